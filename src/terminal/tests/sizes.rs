//! Sizes, and how they change.

use super::{Terminal, all, fed, seen};
use crate::limits::TERMINAL_SIDE_MAX;

#[test]
fn sizes_are_held_within_bounds() {
    assert_eq!(Terminal::new(0, 0).size(), (1, 1));
    assert_eq!(Terminal::new(u16::MAX, 7).size(), (TERMINAL_SIDE_MAX, 7));
    let mut terminal = fed(1, 1, "漢a\u{301}\x1b[5;5H\x1b[2@\x1b[3P\x1b[L\x1b[M\t\x1bM\x1b[9b");
    terminal.resize(3, 0);
    assert_eq!(terminal.size(), (3, 1));
}

#[test]
fn fewer_rows_let_the_top_scroll_off_only_as_far_as_the_cursor_needs() {
    let mut terminal = fed(10, 5, "a\r\nb\r\nc\r\nd");
    terminal.resize(10, 3);
    assert_eq!(all(&terminal).text, "a\nb\nc\nd");
    assert_eq!(seen(&mut terminal).text, "b\nc\nd");
    let mut terminal = fed(10, 5, "a\r\nb");
    terminal.resize(10, 3);
    assert_eq!(seen(&mut terminal).text, "a\nb");
    terminal.resize(10, 5);
    terminal.feed(b"\r\nc\r\nd\r\ne");
    assert_eq!(seen(&mut terminal).text, "a\nb\nc\nd\ne");
}

#[test]
fn columns_are_cut_and_extended() {
    let mut terminal = fed(10, 2, "abc漢def\r\n\x1b[1;10H");
    terminal.resize(4, 2);
    assert_eq!((seen(&mut terminal).text.as_str(), seen(&mut terminal).cursor_column), ("abc", 4));
    terminal.resize(30, 2);
    terminal.feed(b"\x1b[1;20Hx\t|");
    assert_eq!(seen(&mut terminal).text, "abc                x    |");
}

#[test]
fn the_main_screen_behind_the_alternate_one_is_resized_too() {
    let mut terminal = fed(10, 5, "a\r\nb\r\nc\r\nd\x1b[?1049h\x1b[5;1Hend");
    terminal.resize(10, 2);
    assert_eq!(seen(&mut terminal).text, "");
    terminal.feed(b"\x1b[?1049l");
    assert_eq!((seen(&mut terminal).text.as_str(), seen(&mut terminal).cursor_row), ("c\nd", 2));
    assert_eq!(all(&terminal).text, "a\nb\n");
}
