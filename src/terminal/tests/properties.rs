//! What holds for any bytes, however they are cut.

use proptest::prelude::*;

use super::{Terminal, View, all, fed, seen};

/// Bytes that are likely to mean something to a terminal.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[ -~]{0,30}".prop_map(String::into_bytes),
        2 => Just(b"\r\n".to_vec()),
        2 => prop::sample::select(vec!["漢字", "e\u{301}", "\u{85}", "😀", "\u{200b}", "\u{301}"])
            .prop_map(|text| text.as_bytes().to_vec()),
        6 => ("[?>!]?", "[0-9]{0,3}(;[0-9]{1,3}){0,2}", "[@-~]")
            .prop_map(|(mark, numbers, last)| format!("\x1b[{mark}{numbers}{last}").into_bytes()),
        2 => prop::sample::select(vec![6u16, 7, 47, 1047, 1048, 1049, 2004]).prop_flat_map(|mode| "[hl]"
            .prop_map(move |last| format!("\x1b[?{mode}{last}").into_bytes())),
        2 => "\x1b[ -~]".prop_map(String::into_bytes),
        1 => "\x1b[\\]P_X^][ -~]{0,9}(\x07|\x1b\\\\)?".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..6),
        1 => prop::collection::vec(0x80u8..=0xff, 0..6),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn sizes() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(1u16..4, 1u16..4), (1u16..30, 1u16..12), Just((500, 500))]
}

fn assert_readable(view: &View) {
    let screen = view.screen.as_ref().map_or("", |screen| &screen.text);
    for text in [&*view.text, screen] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
}

/// Reads all pages of at most so many characters, as far as rows changing at once allow.
fn pages(terminal: &Terminal, max_chars: usize) -> String {
    let (mut cursor, mut text) = (0, String::new());
    loop {
        let view = terminal.view(cursor, max_chars);
        text += &view.text;
        if !view.more {
            assert_eq!(view.next_cursor, terminal.offset());
            return text;
        }
        assert!(view.next_cursor > cursor, "no progress at {cursor}");
        cursor = view.next_cursor;
    }
}

proptest! {
    #[test]
    fn nothing_depends_on_cuts(
        bytes in stream(),
        (cols, rows) in sizes(),
        cuts in prop::collection::vec(1usize..40, 1..40),
        max_chars in 0usize..200,
    ) {
        let whole = fed(cols, rows, &bytes);
        let mut cut = Terminal::new(cols, rows);
        let (mut rest, mut lengths) = (&bytes[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*lengths.next().unwrap()));
            cut.feed(piece);
            rest = after;
        }
        prop_assert_eq!(cut.repaint(), whole.repaint());
        for cursor in 0..=whole.offset() {
            prop_assert_eq!(cut.view(cursor, max_chars), whole.view(cursor, max_chars));
        }
    }

    #[test]
    fn any_bytes_at_any_sizes_stay_readable(
        steps in prop::collection::vec((stream(), sizes()), 1..6),
        max_chars in 0usize..200,
    ) {
        let mut terminal = Terminal::new(80, 24);
        for (bytes, (cols, rows)) in steps {
            terminal.feed(&bytes);
            assert_readable(&all(&terminal));
            pages(&terminal, max_chars);
            terminal.resize(cols, rows);
            assert_readable(&all(&terminal));
        }
    }

    #[test]
    fn lines_come_back_as_they_were_printed(
        lines in prop::collection::vec("[!-~漢é]{0,50}", 0..60),
        (cols, rows) in (2u16..30, 1u16..12),
        reads in prop::collection::vec(any::<bool>(), 60),
        max_chars in 0usize..300,
    ) {
        let printed: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let (mut terminal, mut cursor, mut read) = (Terminal::new(cols, rows), 0, String::new());
        for (line, reads) in lines.iter().zip(reads) {
            terminal.feed(format!("{line}\r\n").as_bytes());
            if reads {
                let view = terminal.view(cursor, usize::MAX);
                read += &view.text;
                cursor = view.next_cursor;
            }
        }
        prop_assert_eq!(read + &terminal.view(cursor, usize::MAX).text, &*printed);
        prop_assert_eq!(pages(&terminal, max_chars), printed);
    }

    #[test]
    fn a_terminal_just_attached_shows_the_same(bytes in stream(), (cols, rows) in sizes()) {
        let mut first = fed(cols, rows, &bytes);
        // Ends a sequence or a character that is cut short.
        first.feed(b"\x18");
        let mut second = fed(cols, rows, first.repaint());
        prop_assert_eq!(second.emulator.in_alternate, first.emulator.in_alternate);
        prop_assert_eq!(second.emulator.modes, first.emulator.modes);
        prop_assert_eq!(seen(&mut second).text, seen(&mut first).text);
    }
}
