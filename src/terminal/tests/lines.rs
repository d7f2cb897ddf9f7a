//! What readers along the stream get.

use super::{Terminal, all, fed};
use crate::limits::{TERMINAL_SCROLLED_BYTES_MAX, TERMINAL_SCROLLED_ROWS_MAX};

/// What is new since the last time, with `cursor` moved on.
fn next(terminal: &mut Terminal, cursor: &mut u64, bytes: &str) -> String {
    terminal.feed(bytes.as_bytes());
    let view = terminal.view(*cursor, usize::MAX);
    assert!(!view.more);
    *cursor = view.next_cursor;
    assert_eq!(*cursor, terminal.offset());
    view.text
}

#[test]
fn lines_are_ended_and_the_one_being_written_is_not() {
    assert_eq!(all(&fed(80, 24, "")).text, "");
    assert_eq!(all(&fed(80, 24, "\r\n")).text, "\n");
    assert_eq!(all(&fed(80, 24, "a  \r\n\r\n\r\n")).text, "a\n\n\n");
    assert_eq!(all(&fed(80, 24, "a\r\n$ ")).text, "a\n$");
    assert_eq!(all(&fed(80, 2, "a\r\n\r\nb\r\n\r\n")).text, "a\n\nb\n\n");
}

#[test]
fn each_read_tells_what_changed_since() {
    let (mut terminal, mut cursor) = (Terminal::new(20, 3), 0);
    assert_eq!(next(&mut terminal, &mut cursor, "$ "), "$");
    assert_eq!(next(&mut terminal, &mut cursor, ""), "");
    assert_eq!(next(&mut terminal, &mut cursor, "ls\r\n"), "$ ls\n");
    assert_eq!(next(&mut terminal, &mut cursor, "a\r\nb\r\nc\r\nd\r\n$ "), "a\nb\nc\nd\n$");
    assert_eq!(next(&mut terminal, &mut cursor, "\x1b[31m"), "");
    assert_eq!(next(&mut terminal, &mut cursor, "\r\n\r\n"), "$\n\n");
}

#[test]
fn a_line_that_ran_over_rows_is_one() {
    assert_eq!(all(&fed(5, 2, "aaaaabbbbbcc\r\nd")).text, "aaaaabbbbbcc\nd");
    assert_eq!(all(&fed(5, 9, "aaaa漢b\r\n")).text, "aaaa漢b\n");
    assert_eq!(all(&fed(5, 9, "aaaaa\r\nb")).text, "aaaaa\nb");
    assert_eq!(all(&fed(5, 9, "a         b  ")).text, "a         b");
    assert_eq!(all(&fed(5, 9, "aaaaabb\x1b[A\x1b[K\r\nc")).text, "aa\ncb");
    assert_eq!(all(&fed(5, 9, "aaaaa ")).text, "aaaaa");
    assert_eq!(all(&fed(1, 1, "abc\r\nd")).text, "abc\nd");
}

#[test]
fn a_line_read_in_parts_goes_on_where_rows_do() {
    let (mut terminal, mut cursor) = (Terminal::new(5, 3), 0);
    assert_eq!(next(&mut terminal, &mut cursor, "aaaaa"), "aaaaa");
    assert_eq!(next(&mut terminal, &mut cursor, "b"), "b");
    assert_eq!(next(&mut terminal, &mut cursor, "bbbbc\r\n"), "bbbbbc\n");
}

#[test]
fn what_was_redrawn_is_told_as_it_stands() {
    let (mut terminal, mut cursor) = (Terminal::new(20, 5), 0);
    assert_eq!(next(&mut terminal, &mut cursor, " 10%\r 20%\r 30%"), " 30%");
    assert_eq!(next(&mut terminal, &mut cursor, "\r 40%"), " 40%");
    assert_eq!(next(&mut terminal, &mut cursor, "\r\x1b[Kdone\r\n"), "done\n");
    assert_eq!(next(&mut terminal, &mut cursor, "one: 0\r\ntwo: 0\r\n"), "one: 0\ntwo: 0\n");
    assert_eq!(next(&mut terminal, &mut cursor, "\x1b[2A\r\x1b[Kone: 1\x1b[2B\r"), "one: 1\n");
}

#[test]
fn drawing_on_the_main_screen_is_told_as_a_screen() {
    let (mut terminal, mut cursor) = (Terminal::new(20, 3), 0);
    next(&mut terminal, &mut cursor, "a\r\nb\r\nc\r\nd\r\n");
    terminal.feed(b"\x1b[H\x1b[Jtop\x1b[3;1Hbottom");
    let view = terminal.view(cursor, usize::MAX);
    let screen = view.screen.unwrap();
    assert_eq!((view.text.as_str(), screen.text.as_str()), ("", "top\n\nbottom"));
    assert_eq!((screen.cursor_row, screen.cursor_column), (3, 7));
    cursor = view.next_cursor;
    assert_eq!(next(&mut terminal, &mut cursor, "\r\nafter"), "bottom\nafter");
    assert_eq!(terminal.view(cursor, usize::MAX).screen, None);
    terminal.feed(b"\x1b[2Jx");
    assert_eq!(terminal.view(cursor, usize::MAX).screen.unwrap().text, "\n\n     x");
}

#[test]
fn pages_end_between_lines_and_miss_nothing() {
    let terminal = fed(20, 3, (1..=9).map(|line| format!("line {line}\r\n")).collect::<String>());
    let page = terminal.view(0, 21);
    assert_eq!((page.text.as_str(), page.next_cursor, page.more), ("line 1\nline 2\nline 3\n", 31, true));
    let page = terminal.view(page.next_cursor, 1);
    assert_eq!((page.text.as_str(), page.more), ("line 4\n", true));
    let page = terminal.view(page.next_cursor, 1000);
    assert_eq!((page.text.lines().count(), page.next_cursor, page.more), (5, terminal.offset(), false));
}

#[test]
fn a_long_line_goes_on_over_pages() {
    let line = "0123456789".repeat(200);
    let terminal = fed(10, 3, &line);
    let (mut cursor, mut text, mut pages) = (0, String::new(), 0);
    loop {
        let view = terminal.view(cursor, 300);
        text += &view.text;
        (cursor, pages) = (view.next_cursor, pages + 1);
        if !view.more {
            break;
        }
    }
    assert_eq!((text, pages > 4), (line, true));
}

#[test]
fn a_row_that_changed_late_is_told_again() {
    let terminal = fed(20, 9, "a\r\nb\r\nc\r\n\x1b[3A\rX\n");
    let page = terminal.view(0, 1);
    assert_eq!((page.text.as_str(), page.more, page.next_cursor), ("X\n", true, 5));
    assert_eq!(terminal.view(page.next_cursor, 9).text, "X\nb\nc");
}

#[test]
fn what_is_no_longer_kept_is_counted() {
    let rows = TERMINAL_SCROLLED_ROWS_MAX + 100;
    let terminal = fed(80, 10, "0123456\r\n".repeat(rows));
    let view = all(&terminal);
    assert_eq!(view.text.lines().count(), TERMINAL_SCROLLED_ROWS_MAX + 9);
    assert_eq!(view.dropped_bytes, 91 * 9);
    assert_eq!(terminal.view(90 * 9, 1).dropped_bytes, 9);
    assert_eq!(terminal.view(91 * 9, 1).dropped_bytes, 0);
}

#[test]
fn wide_rows_are_bounded_by_their_bytes() {
    let terminal = fed(500, 10, "漢".repeat(TERMINAL_SCROLLED_BYTES_MAX / 2));
    let view = all(&terminal);
    assert!(view.dropped_bytes > 0 && view.text.len() <= TERMINAL_SCROLLED_BYTES_MAX + 500 * 10 * 4);
}

#[test]
fn a_cursor_beyond_the_stream_gets_nothing() {
    let terminal = fed(80, 24, "a\r\n");
    let view = terminal.view(1000, 10);
    assert_eq!((view.text.as_str(), view.next_cursor, view.more, view.dropped_bytes), ("", 3, false, 0));
}
