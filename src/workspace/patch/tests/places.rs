//! Where hunks go, and what is said of those that go nowhere.

use proptest::prelude::*;

use super::*;

fn numbered(lines: std::ops::Range<usize>) -> String {
    lines.map(|n| format!("line {n}\n")).collect()
}

/// Changes the line `n` of [`numbered`], with context, as if it stood at `stated`.
fn change(n: usize, stated: usize) -> String {
    format!("@@ -{0},3 +{0},3 @@\n line {1}\n-line {n}\n+changed {n}\n line {2}\n", stated, n - 1, n + 1)
}

fn offsets(text: &str, old: &str) -> Vec<i64> {
    apply(&one(text), old.as_bytes()).unwrap().offsets
}

proptest! {
    #[test]
    fn lines_inserted_before_are_tolerated(before in 0..40_usize, at in 2..30_usize, stated in 1..80_usize) {
        let old = "other\n".repeat(before) + &numbered(1..40);
        let new = old.replace(&format!("line {at}\n"), &format!("changed {at}\n"));
        let text = section(&change(at, stated));
        prop_assert_eq!(patched(&text, &old), new);
        prop_assert_eq!(offsets(&text, &old), [(before + at - 1) as i64 - stated as i64]);
    }

    #[test]
    fn the_nearest_place_wins(copies in 2..6_usize, stated in 1..70_usize) {
        let block = "start\nmiddle\nend\n1\n2\n3\n4\n";
        let text = section(&format!("@@ -{stated},3 +{stated},2 @@\n start\n-middle\n end\n"));
        let old = block.repeat(copies);
        let at = (stated as i64 - 1) + offsets(&text, &old)[0];
        prop_assert_eq!(at % 7, 0);
        let nearest = (0..copies).map(|n| (n as i64 * 7 - (stated as i64 - 1)).abs()).min().unwrap();
        prop_assert_eq!((at - (stated as i64 - 1)).abs(), nearest);
    }
}

#[test]
fn a_hunk_follows_the_offset_of_the_one_before() {
    // Both places of the second hunk match; the first hunk tells which.
    let block = "a\nb\nc\nd\ne\n";
    let old = format!("{block}{block}first\n{block}{block}");
    let text = section("@@ -6 +6 @@\n-first\n+1st\n@@ -8 +8 @@\n-b\n+B\n");
    assert_eq!(offsets(&text, &old), [5, 5]);
    assert_eq!(patched(&text, &old), format!("{block}{block}1st\na\nB\nc\nd\ne\n{block}"));
    // A hunk of additions only has nothing else to go by.
    let text = section("@@ -6 +6 @@\n-first\n+1st\n@@ -7,0 +8 @@\n+new\n");
    assert_eq!(patched(&text, &old), format!("{block}{block}1st\na\nnew\nb\nc\nd\ne\n{block}"));
}

#[test]
fn what_is_put_at_an_end_goes_there() {
    let appended = section("@@ -2,2 +2,3 @@\n x\n }\n+new\n");
    assert_eq!(patched(&appended, "0\nx\n}\ny\nx\n}\n"), "0\nx\n}\nnew\ny\nx\n}\n");
    assert_eq!(patched(&appended, "0\n1\nx\n}\ny\nx\n}\n"), "0\n1\nx\n}\ny\nx\n}\nnew\n");
    assert_eq!(patched(&appended, "0\n1\nx\n}\ny\n"), "0\n1\nx\n}\nnew\ny\n");
}

#[test]
fn additions_without_context_stay_where_they_say() {
    assert_eq!(patched(&section("@@ -0,0 +1 @@\n+0\n"), "1\n"), "0\n1\n");
    assert_eq!(patched(&section("@@ -1,0 +2 @@\n+2\n"), "1\n3\n"), "1\n2\n3\n");
    assert_eq!(failures(&section("@@ -3,0 +4 @@\n+2\n"), "1\n2\n")[0].reason, Reason::BeyondEnd);
}

#[test]
fn failures_name_hunk_line_and_what_is_there() {
    let hunks = change(3, 2) + &change(20, 19).replace("-line 20", "-line zwanzig") + &change(30, 29);
    let failures = failures(&section(&hunks), &numbered(1..40));
    let [failure] = &failures[..] else { panic!("{failures:?}") };
    assert_eq!((failure.number, failure.patch_line, failure.line), (2, 8, 20));
    assert_eq!((failure.matched, failure.of, failure.reason), (2, 3, Reason::NotFound));
    assert_eq!(failure.wanted.as_deref(), Some("line zwanzig"));
    assert_eq!(failure.found[1], FoundLine { line: 20, text: "line 20".into() });
    let shown = failure.to_string();
    assert!(shown.contains("hunk 2 (`@@ -19,3 +19,3 @@`, line 8 of the patch)"), "{shown}");
    assert!(shown.contains("   20: line 20"), "{shown}");
}

#[test]
fn failures_show_the_place_most_like_the_hunk() {
    let hunk = change(20, 2).replace("-line 20", "-line zwanzig");
    assert_eq!(failures(&section(&hunk), &numbered(1..40))[0].line, 20);
}

#[test]
fn failures_say_why() {
    let reason = |hunks: &str, old: &str| failures(&section(hunks), old).pop().unwrap().reason;
    let old = numbered(1..9);
    let again = patched(&section(&change(3, 2)), &old);
    assert_eq!(reason(&change(3, 2), &again), Reason::AlreadyThere { line: 2 });
    assert_eq!(reason(&(change(6, 5) + &change(3, 2)), &old), Reason::OutOfOrder { line: 2 });
    assert_eq!(reason(&change(3, 2), &old.replace('\n', "\r\n")), Reason::LineEnds { file_has_crlf: true });
    let crlf = change(3, 2).replace('\n', "\r\n");
    assert_eq!(reason(&crlf, &old), Reason::LineEnds { file_has_crlf: false });
    assert_eq!(reason(&change(3, 2), &old.replace("line", "\tline")), Reason::Blanks);
    assert_eq!(reason(&change(7, 6), old.trim_end()), Reason::FinalNewline);
    assert_eq!(reason(&change(3, 2), ""), Reason::NotFound);
}

#[test]
fn many_failures_are_told_in_part() {
    let hunks: String = (1..100).map(|n| change(n * 5, n * 5)).collect();
    assert_eq!(failures(&section(&hunks), "x\n").len(), crate::limits::HUNK_FAILURES_MAX);
}

#[test]
fn a_large_file_of_like_lines_does_not_stall() {
    // A million places that all but match, for each of a hundred hunks.
    let old = "same\n".repeat(1_000_000);
    let context = " same\n".repeat(50);
    let hunk = |n: usize, rest: &str| format!("@@ -{0},51 +{0},52 @@\n{context}{rest}+new\n", n * 60 + 1);
    let absent: String = (0..100).map(|n| hunk(n, " absent\n")).collect();
    assert_eq!(failures(&section(&absent), &old)[0].reason, Reason::NotFound);
    // Nowhere are 51 in a row, which is found out a million times.
    let there: String = (0..100).map(|n| hunk(n, " same\n")).collect();
    let broken = format!("{}other\n", "same\n".repeat(50)).repeat(20_000);
    assert_eq!(failures(&section(&there), &broken)[0].reason, Reason::TooRepetitive);
    assert_eq!(offsets(&section(&there), &old), [0; 100]);
}
