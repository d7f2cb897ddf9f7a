//! One function of the terminal at a time, on 10 columns and 4 rows.

use super::{all, fed, rows, screen, seen};

#[test]
fn text_stands_where_it_was_printed() {
    assert_eq!(screen("ab\r\nc"), ("ab\nc".into(), (2, 2)));
    assert_eq!(screen("ab\nc"), ("ab\n  c".into(), (2, 4)));
    assert_eq!(screen("abc\x08\x08X"), ("aXc".into(), (1, 3)));
    assert_eq!(screen("a\tb\tc"), ("a       bc".into(), (1, 10)));
    assert_eq!(screen("a\x0bb\x0cc\x07\x00\x05"), ("a\n b\n  c".into(), (3, 4)));
}

#[test]
fn a_full_row_waits_for_the_next_character_to_wrap() {
    assert_eq!(screen("0123456789"), ("0123456789".into(), (1, 10)));
    assert_eq!(screen("0123456789a"), ("0123456789\na".into(), (2, 2)));
    assert_eq!(screen("0123456789\r\nb"), ("0123456789\nb".into(), (2, 2)));
    assert_eq!(screen("0123456789\x08X"), ("01234567X9".into(), (1, 10)));
    assert_eq!(rows("0123456789\x1b[K\x1b[J"), "0123456789");
    assert_eq!(rows("\x1b[?7l0123456789abc"), "012345678c");
    assert_eq!(rows("\x1b[?7l0123456789\x1b[K"), "012345678");
}

#[test]
fn the_cursor_moves_within_the_screen() {
    assert_eq!(screen("\x1b[3;4Hx"), ("\n\n   x".into(), (3, 5)));
    assert_eq!(screen("\x1b[9;99fx\x1b[A\x1b[2Dy"), ("\n\n       y\n         x".into(), (3, 9)));
    assert_eq!(screen("\x1b[2Bx\x1b[3Cy"), ("\n\nx   y".into(), (3, 6)));
    assert_eq!(screen("ab\x1b[2Ec\x1b[Fd"), ("ab\nd\nc".into(), (2, 2)));
    assert_eq!(screen("abc\x1b[2GX\x1b[5`Y\x1b[aZ"), ("aXc Y Z".into(), (1, 8)));
    assert_eq!(screen("a\x1b[3db\x1b[eC"), ("a\n\n b\n  C".into(), (4, 4)));
    assert_eq!(screen("\x1b[99A\x1b[99D\x1b[65535B\x1b[65535C").1, (4, 10));
}

#[test]
fn erasing_leaves_the_rest() {
    let full = "aaaaaaaaaa\r\nbbbbbbbbbb\r\ncccccccccc\x1b[2;5H";
    let after = |sequence: &str| rows(format!("{full}{sequence}"));
    assert_eq!(after("\x1b[K"), "aaaaaaaaaa\nbbbb\ncccccccccc");
    assert_eq!(after("\x1b[1K"), "aaaaaaaaaa\n     bbbbb\ncccccccccc");
    assert_eq!(after("\x1b[2K"), "aaaaaaaaaa\n\ncccccccccc");
    assert_eq!(after("\x1b[J"), "aaaaaaaaaa\nbbbb");
    assert_eq!(after("\x1b[1J"), "\n     bbbbb\ncccccccccc");
    assert_eq!(after("\x1b[2J"), "");
    assert_eq!(after("\x1b[3J"), after(""));
    assert_eq!(after("\x1b[3X"), "aaaaaaaaaa\nbbbb   bbb\ncccccccccc");
}

#[test]
fn characters_and_lines_are_inserted_and_deleted() {
    assert_eq!(rows("abcdefghij\x1b[3G\x1b[2@"), "ab  cdefgh");
    assert_eq!(rows("abcdefghij\x1b[3G\x1b[2P"), "abefghij");
    assert_eq!(rows("abcdefghij\x1b[3G\x1b[4hXY\x1b[4lZ"), "abXYZdefgh");
    assert_eq!(rows("a\r\nb\r\nc\x1b[2;2H\x1b[LX"), "a\nX\nb\nc");
    assert_eq!(rows("a\r\nb\r\nc\r\nd\x1b[2;2H\x1b[2MX"), "a\nX");
    assert_eq!(rows("a\r\nb\r\nc\r\nd\x1b[2S"), "c\nd");
    assert_eq!(rows("a\r\nb\r\nc\r\nd\x1b[T"), "\na\nb\nc");
    assert_eq!(rows("a-\x1b[3bx"), "a----x");
}

#[test]
fn the_region_scrolls_alone() {
    let region = "a\r\nb\r\nc\r\nd\x1b[2;3r";
    let after = |sequence: &str| rows(format!("{region}{sequence}"));
    assert_eq!(after("\x1b[3;1H\nX"), "a\nc\nX\nd");
    assert_eq!(after("\x1b[2;1H\x1bMX"), "a\nX\nb\nd");
    assert_eq!(after("\x1b[4;1H\nX"), "a\nb\nc\nX");
    assert_eq!(after("\x1b[1;1H\x1b[LX"), "X\nb\nc\nd");
    assert_eq!(after("\x1b[2;1H\x1b[9LX"), "a\nX\n\nd");
    assert_eq!(after("\x1b[2;1H\x1b[9BX\x1b[9AY"), "a\nbY\nX\nd");
    assert_eq!(after("\x1b[?6h\x1b[9;1HX\x1b[HY"), "a\nY\nX\nd");
    assert_eq!(after("\x1b[r\x1b[4;1H\nX"), "b\nc\nd\nX");
}

#[test]
fn tabs_stop_where_they_are_set() {
    assert_eq!(rows("\x1b[3G\x1bH\r\tX\tY"), "  X     Y");
    assert_eq!(rows("\x1b[3g\tX"), "         X");
    assert_eq!(rows("\x1b[3G\x1bH\r\x1b[2IX\x1b[2ZY"), "  Y     X");
    assert_eq!(rows("\x1b[9G\x1b[g\r\tX"), "         X");
}

#[test]
fn the_cursor_is_saved_with_its_charset() {
    assert_eq!(rows("a\x1b7\x1b[3;3Hb\x1b8c"), "ac\n\n  b");
    assert_eq!(rows("a\x1b[s\x1b[3;3Hb\x1b[uc"), "ac\n\n  b");
    assert_eq!(rows("\x1b7\x1b(0q\x1b8q\x1b(0\x1b7\x1b(B\x1b8x"), "q│");
}

#[test]
fn lines_are_drawn_by_either_charset() {
    assert_eq!(rows("\x1b(0lqk\x1b(B lqk"), "┌─┐ lqk");
    assert_eq!(rows("\x1b)0x\x0ex\x0fx"), "x│x");
}

#[test]
fn wide_characters_take_two_cells() {
    assert_eq!(screen("漢字"), ("漢字".into(), (1, 5)));
    assert_eq!(screen("012345678漢"), ("012345678\n漢".into(), (2, 3)));
    assert_eq!(rows("漢字\x1b[2GX"), " X字");
    assert_eq!(rows("漢字\x1b[3GX"), "漢X");
    assert_eq!(rows("漢字\x1b[3D字"), " 字");
    assert_eq!(rows("\x1b[?7l0123456789漢"), "01234567漢");
}

#[test]
fn marks_ride_and_hidden_characters_do_not() {
    assert_eq!(screen("e\u{301}x"), ("e\u{301}x".into(), (1, 3)));
    assert_eq!(rows("012345678e\u{301}"), "012345678e\u{301}");
    assert_eq!(rows("\u{301}a\u{200b}\u{202e}b\u{feff}\u{e0061}"), "ab");
    assert_eq!(rows(format!("e{}", "\u{301}".repeat(50))), format!("e{}", "\u{301}".repeat(4)));
}

#[test]
fn what_is_no_text_is_replaced_or_swallowed() {
    assert_eq!(rows(b"a\xffb\xc3("), "a\u{fffd}b\u{fffd}(");
    assert_eq!(rows(b"a\x85\x9bb\x7f"), "a\u{fffd}\u{fffd}b");
    assert_eq!(rows(b"\xe2\x82\x1b[3Gx"), "\u{fffd} x");
    assert_eq!(rows("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c"), "abc");
    assert_eq!(rows("a\x1bPq#0\x1b\\b\x1b_apc\x1b\\c\x1b^pm\x1b\\d\x1bXsos\x1b\\e"), "abcde");
    assert_eq!(rows(format!("a\x1b]{}\x07b\x1bP{}\x18c", "x".repeat(100_000), "y".repeat(100_000))), "abc");
    assert_eq!(rows("a\x1b[31;1m\x1b[38:2:1:2:3mb\x1b[>4;2m\x1b[?u\x1b#8\x1b%Gc"), "abc");
}

#[test]
fn a_reset_clears_the_screen_and_keeps_what_scrolled_off() {
    let terminal = fed(10, 2, "a\r\nb\r\nc\x1b[?1049h\x1b(0\x1b[?7lx\x1bcq");
    let view = all(&terminal);
    assert_eq!((view.text.as_str(), view.screen.unwrap().text.as_str()), ("a\n", "q"));
}

#[test]
fn the_alternate_screen_leaves_the_main_one_as_it_was() {
    for (enter, leave) in [("\x1b[?1049h", "\x1b[?1049l"), ("\x1b7\x1b[?47h", "\x1b[?47l\x1b8")] {
        let mut terminal = fed(10, 4, format!("ab\r\nc{enter}\x1b[H1\r\n2\r\n3\r\n4\r\n5"));
        let view = all(&terminal);
        assert_eq!((view.text.as_str(), view.screen.unwrap().text.as_str()), ("ab\nc", "2\n3\n4\n5"));
        terminal.feed(leave.as_bytes());
        assert_eq!((all(&terminal).text.as_str(), all(&terminal).screen), ("ab\nc", None));
        terminal.feed(b"d");
        assert_eq!(seen(&mut terminal).text, "ab\ncd");
    }
    assert_eq!(rows("\x1b[?1049h\x1b[2;3r\x1b[?1049l\x1b[?1049h\x1b[4;1Ha\nb"), "\n\na\n b");
}
