//! What programs ask, and what a terminal just attached is told.

use super::{Terminal, all, fed, seen};
use crate::limits::TERMINAL_REPLIES_BYTES_MAX;

#[test]
fn questions_are_answered_once() {
    let mut terminal = fed(80, 24, "\x1b[3;5H\x1b[5n\x1b[6n\x1b[c\x1b[0c\x1b[>c");
    assert_eq!(terminal.take_replies(), b"\x1b[0n\x1b[3;5R\x1b[?1;2c\x1b[?1;2c\x1b[>0;0;0c");
    assert_eq!(terminal.take_replies(), b"");
    terminal.feed(b"\x1b[2;9r\x1b[?6h\x1b[6n\x1b[?6n\x1b[7n\x1b[?5n");
    assert_eq!(terminal.take_replies(), b"\x1b[1;1R\x1b[?1;1R");
}

#[test]
fn answers_nobody_takes_are_bounded() {
    let mut terminal = fed(80, 24, "\x1b[6n".repeat(10_000));
    let replies = terminal.take_replies();
    assert!(replies.len() <= TERMINAL_REPLIES_BYTES_MAX && replies.ends_with(b"R"));
}

/// A terminal just attached that was sent the picture of another.
fn attached(terminal: &Terminal) -> Terminal {
    let (cols, rows) = terminal.size();
    fed(cols, rows, terminal.repaint())
}

#[test]
fn an_attached_terminal_shows_the_screen_and_goes_on_alike() {
    let states = [
        "ab\r\n漢e\u{301}\r\n\r\n  c\x1b[2;2H",
        "\x1b(0lq\x1b(B\x1b[2;4r\x1b[?6h\x1b[2;3Hx\x1b[4h",
        "0123456789\x1b[?7l\x1b[3;10Hx",
        "\x1b)0\x0e\x1b[20h",
    ];
    for state in states {
        let mut first = fed(10, 5, state);
        let mut second = attached(&first);
        assert_eq!(second.emulator.modes, first.emulator.modes);
        for terminal in [&mut first, &mut second] {
            terminal.feed(b"lq\nx\n\n\n12345678901\x1b[Hy");
        }
        assert_eq!(seen(&mut second), seen(&mut first));
    }
}

#[test]
fn leaving_the_alternate_screen_shows_the_main_one_there_too() {
    let mut first = fed(10, 5, "a\r\nb\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l\x1b[?2004h\x1b[3;3Hdrawn");
    let mut second = attached(&first);
    assert_eq!(second.emulator.modes, first.emulator.modes);
    assert_eq!(all(&second).screen, all(&first).screen);
    for terminal in [&mut first, &mut second] {
        terminal.feed(b"\x1b[?1049lc");
    }
    assert_eq!(seen(&mut second), seen(&mut first));
}

#[test]
fn a_repaint_turns_the_mouse_off_and_is_bounded() {
    let terminal = fed(500, 500, "\x1b[?1000h漢e\u{301}".repeat(100_000));
    let repaint = terminal.repaint();
    assert!(String::from_utf8(repaint).unwrap().starts_with("\x1b[?9;1000;1002;1003;"));
}
