//! What programs send, as it was recorded and cut to what matters.

use super::{Terminal, all, fed, seen};

#[test]
fn bash_edits_a_command_longer_than_the_screen() {
    let right = "\x1b[C";
    let mut terminal = fed(20, 5, "\x1b[?2004h$ echo aaaaaaaaaaaaaaaa bbbb");
    assert_eq!(all(&terminal).text, "$ echo aaaaaaaaaaaaaaaa bbbb");
    // Home, five to the right, X, end, an exclamation mark.
    terminal.feed(format!("\x1b[A\r{}X{}", right.repeat(7), "aaaaaaaaaaaaa\x1b[C\x1b[Ca bbbb\x1b[A\x08").as_bytes());
    terminal.feed(format!("\r\n\r{}!", right.repeat(9)).as_bytes());
    assert_eq!(all(&terminal).text, "$ echo Xaaaaaaaaaaaaaaaa bbbb!");
    // All of it erased, and another command.
    terminal
        .feed(b"\x1b[A\r\x1b[C\x1b[C\x1b[K\r\n\r\x1b[K\x1b[A\x1b[C\x1b[Cls\r\n\x1b[?2004l\radduser\r\n\x1b[?2004h$ ");
    assert_eq!(all(&terminal).text, "$ ls\nadduser\n$");
}

#[test]
fn vim_draws_and_leaves_no_trace() {
    let mut terminal = fed(40, 6, "$ vim notes\r\n");
    let read = terminal.offset();
    terminal.feed(
        b"\x1b[?1049h\x1b[22;0;0t\x1b[>4;2m\x1b[?1h\x1b=\x1b[?2004h\x1b[1;6r\x1b[?12h\x1b[?12l\x1b[22;2t\x1b[22;1t",
    );
    terminal
        .feed(b"\x1b[27m\x1b[23m\x1b[29m\x1b[m\x1b[H\x1b[2J\x1b[?25l\x1b[6;1H\"notes\" 2L, 10B\x1b[1;1Hone\r\ntwo\r\n");
    terminal.feed(
        b"\x1b[94m~                                       \x1b[4;1H~                                       \x1b[m",
    );
    terminal.feed(b"\x1b[6;23H1,1\x1b[11CAll\x1b[1;1H\x1b[?25h");
    let view = terminal.view(read, 1000);
    let screen = view.screen.unwrap();
    assert_eq!(view.text, "");
    assert_eq!(screen.text, "one\ntwo\n~\n~\n\n\"notes\" 2L, 10B       1,1           All");
    assert_eq!((screen.cursor_row, screen.cursor_column), (1, 1));
    // dd, then a scroll of the text's region by one.
    terminal.feed(b"\x1b[?25l\x1b[1;5r\x1b[1;1H\x1b[M\x1b[1;6r\x1b[4;1H\x1b[94m~\x1b[m\x1b[1;1H\x1b[?25h");
    assert!(terminal.view(read, 1000).screen.unwrap().text.starts_with("two\n~\n~\n~\n\n\"notes\""));
    terminal.feed(b"\x1b[6;1H\x1b[K\x1b[6;1H:q\r\x1b[?1l\x1b>\x1b[?2004l\x1b[?1049l\x1b[23;0;0t$ ");
    let view = terminal.view(read, 1000);
    assert_eq!((view.text.as_str(), view.screen), ("$", None));
}

#[test]
fn less_turns_pages_forward_and_back() {
    let mut terminal = fed(20, 4, "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\r1\r\n2\r\n3\r\n:\x1b[K");
    terminal.feed(b"\r\x1b[K4\r\n5\r\n:\x1b[K");
    assert_eq!(seen(&mut terminal).text, "3\n4\n5\n:");
    terminal.feed(b"\r\x1b[K\x1b[H\x1bM2\r\n\x1b[4;1H\r\x1b[K:\x1b[K");
    assert_eq!(seen(&mut terminal).text, "2\n3\n4\n:");
    terminal.feed(b"\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t");
    assert_eq!((all(&terminal).text.as_str(), all(&terminal).screen), ("", None));
}

#[test]
fn top_redraws_the_main_screen() {
    let mut terminal = fed(30, 5, "$ top\r\n");
    let mut cursor = terminal.offset();
    let frame = |load: &str| {
        format!(
            "\x1b[H\x1b(B\x1b[mtop - {load}\x1b(B\x1b[m\x1b[K\r\n\x1b[7m  PID COMMAND\x1b[m\x1b[K\r\n    1 init\x1b[K\r\n\x1b[J"
        )
    };
    terminal.feed(b"\x1b[?1h\x1b=\x1b[?25l\x1b[H\x1b[2J");
    for load in ["0.10", "0.25"] {
        terminal.feed(frame(load).as_bytes());
        let view = terminal.view(cursor, 1000);
        let expected = format!("top - {load}\n  PID COMMAND\n    1 init");
        assert_eq!((view.text.as_str(), view.screen.unwrap().text), ("", expected));
        cursor = view.next_cursor;
    }
    assert_eq!(terminal.view(cursor, 1000).screen, None);
}

#[test]
fn pip_shows_the_bar_as_it_stands() {
    let (mut terminal, mut cursor) = (Terminal::new(60, 5), 0);
    terminal.feed("Collecting six\r\n\x1b[?25l     \x1b[90m━━━━\x1b[0m \x1b[32m0.0/9 kB\x1b[0m".as_bytes());
    let view = terminal.view(cursor, 1000);
    assert_eq!(view.text, "Collecting six\n     ━━━━ 0.0/9 kB");
    cursor = view.next_cursor;
    terminal.feed("\r\x1b[2K     \x1b[91m━━\x1b[0m\x1b[90m╺━\x1b[0m \x1b[32m4.5/9 kB\x1b[0m".as_bytes());
    terminal.feed("\r\x1b[2K     \x1b[92m━━━━\x1b[0m \x1b[32m9.0/9 kB\x1b[0m\r\n\x1b[?25hInstalling".as_bytes());
    assert_eq!(terminal.view(cursor, 1000).text, "     ━━━━ 9.0/9 kB\nInstalling");
}

#[test]
fn cargo_prints_above_its_bar() {
    let terminal =
        fed(40, 3, "   Compiling a\r\n    Building [>  ] 0/2\r\x1b[K   Compiling b\r\n    Building [=> ] 1/2\r");
    assert_eq!(all(&terminal).text, "   Compiling a\n   Compiling b\n    Building [=> ] 1/2");
}

#[test]
fn docker_moves_up_to_the_layers_that_moved_on() {
    let mut terminal = fed(40, 6, "a1: Waiting\r\nb2: Waiting\r\nc3: Waiting\r\n");
    let cursor = terminal.offset();
    terminal.feed(b"\x1b[2A\x1b[2K\rb2: Pulling\x1b[2B\r");
    assert_eq!(terminal.view(cursor, 1000).text, "b2: Pulling\n");
}

#[test]
fn curses_draws_boxes() {
    let mut terminal =
        fed(12, 4, "\x1b[?1049h\x1b[1;4r\x1b(B\x1b[m\x1b[4l\x1b[?7h\x1b[H\x1b[2J\x1b(0lq\x1b[7bk\x1b(B\x1b[2;1H");
    terminal.feed(b"\x1b(0x\x1b(B hello  \x1b(0x\x1b[3;1Hmq\x1b[7bj\x1b(B\x1b[4;12H");
    assert_eq!(seen(&mut terminal).text, "┌────────┐\n│ hello  │\n└────────┘");
}
