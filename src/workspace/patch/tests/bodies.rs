//! What is a hunk's body: counted lines, miscounted ones, markers, line ends.

use super::*;

#[test]
fn lines_like_headers_are_content() {
    let text = section("@@ -1,4 +1,4 @@\n a\n--- old/x\n+++ new/x\n @@ -1 +1 @@\n z\n");
    assert_eq!(patched(&text, "a\n-- old/x\n@@ -1 +1 @@\nz\n"), "a\n++ new/x\n@@ -1 +1 @@\nz\n");
    let text = section("@@ -1,2 +1,2 @@\n-diff --git a/y b/y\n+-- \n \\ x\n");
    assert_eq!(patched(&text, "diff --git a/y b/y\n\\ x\n"), "-- \n\\ x\n");
}

#[test]
fn a_removed_line_of_dashes_at_the_end_is_no_signature() {
    assert_eq!(patched(&section("@@ -1,2 +1,1 @@\n a\n-- \n"), "a\n- \n"), "a\n");
    let mailed = section("@@ -1 +1 @@\n-a\n+b\n-- \n2.47.3\n\n");
    assert_eq!(patched(&mailed, "a\n"), "b\n");
}

#[test]
fn blank_context_may_lack_its_space() {
    let text = section("@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n");
    assert_eq!(patched(&text, "a\n\nb\n"), "a\n\nc\n");
    assert_eq!(patched(&text.replace('\n', "\r\n"), "a\r\n\r\nb\r\n"), "a\r\n\r\nc\r\n");
}

#[test]
fn a_missing_final_newline_is_exact_on_both_sides() {
    let marker = "\\ No newline at end of file\n";
    let both = section(&format!("@@ -1 +1 @@\n-a\n{marker}+b\n{marker}"));
    assert_eq!(patched(&both, "a"), "b");
    assert_eq!(failures(&both, "a\n")[0].reason, Reason::FinalNewline);
    let gained = section(&format!("@@ -1 +1,2 @@\n-a\n{marker}+a\n+b\n"));
    assert_eq!(patched(&gained, "a"), "a\nb\n");
    let lost = section(&format!("@@ -1 +1 @@\n-a\n+a\n{marker}"));
    assert_eq!(patched(&lost, "a\n"), "a");
    assert_eq!(failures(&lost, "a")[0].reason, Reason::FinalNewline);
    assert_eq!(failures(&lost, "a\nz\n")[0].reason, Reason::FinalNewline);
    let context = section(&format!("@@ -1,2 +1,2 @@\n-a\n+b\n c\n{marker}"));
    assert_eq!(patched(&context, "a\nc"), "b\nc");
}

#[test]
fn lines_are_never_glued_to_an_unended_one() {
    assert_eq!(failures(&section("@@ -1,0 +2 @@\n+b\n"), "a")[0].reason, Reason::FinalNewline);
    let twice = section("@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n@@ -1,0 +2 @@\n+c\n");
    assert_eq!(failures(&twice, "a\n")[0].reason, Reason::FinalNewline);
}

#[test]
fn a_marker_before_more_lines_is_refused() {
    let error = parse(&section("@@ -1,2 +1,2 @@\n-a\n\\ No newline at end of file\n b\n+c\n")).unwrap_err();
    assert_eq!(error.line, 6);
    assert!(parse(&section("@@ -1 +1 @@\n\\ No newline\n-a\n+b\n")).is_err());
}

#[test]
fn content_is_split_at_line_feeds_only() {
    let text = section("@@ -1,2 +1,2 @@\n a\u{c}b\u{2028}c\rd\n-x\r\n+y\r\n");
    assert_eq!(patched(&text, "a\u{c}b\u{2028}c\rd\nx\r\n"), "a\u{c}b\u{2028}c\rd\ny\r\n");
}

#[test]
fn files_need_not_be_utf8() {
    let file = one(&section("@@ -2 +2 @@\n-a\n+b\n"));
    assert_eq!(apply(&file, b"\xff\xfe\na\n\x80").unwrap().content, b"\xff\xfe\nb\n\x80");
}

#[test]
fn omitted_counts_are_one_and_sections_are_ignored() {
    assert_eq!(patched(&section("@@ -2 +2 @@ fn x() @@ -9 +9 @@\n-b\n+c\n"), "a\nb\n"), "a\nc\n");
}

#[test]
fn miscounted_hunks_are_counted_anew_where_their_end_is_clear() {
    for header in ["@@ -1,2 +1,2 @@", "@@ -1,3 +1,9 @@", "@@ -1,9 +1,4 @@", "@@ -1,1 +1,1 @@"] {
        let text = section(&format!("{header}\n a\n-b\n+c\n+d\n e\n@@ -8,1 +8,1 @@\n-h\n+i\n"));
        assert_eq!(patched(&text, "a\nb\ne\n4\n5\n6\n7\nh\n"), "a\nc\nd\ne\n4\n5\n6\n7\ni\n", "{header}");
        let text = section(&format!("{header}\n a\n-b\n+c\n+d\n e\n\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-h\n+i\n"));
        let patch = parse(&text).unwrap();
        assert_eq!((patch.files[0].hunks[0].lines.len(), patch.files[1].path()), (5, "y"), "{header}");
        let fenced = format!("```diff\n{}```\nDone - really:\n- x\n", section(&format!("{header}\n a\n-b\n+c\n e\n")));
        assert_eq!(patched(&fenced, "a\nb\ne\n"), "a\nc\ne\n", "{header}");
    }
}

#[test]
fn too_few_lines_at_the_end_are_a_miscount_only_if_few_and_complete() {
    for (body, accepted) in [
        ("@@ -1,4 +1,4 @@\n a\n-b\n+c\n d\n", true),
        // Blank context, trimmed away.
        ("@@ -1,3 +1,3 @@\n a\n-b\n+c", true),
        ("@@ -1,3 +1,5 @@\n a\n-b\n+c\n", false),
        ("@@ -1,3 +1,3 @@\n a\n-b\n", false),
        ("@@ -1,30 +1,30 @@\n a\n-b\n+c\n d\n", false),
    ] {
        let parsed = parse(&section(body));
        assert_eq!(parsed.is_ok(), accepted, "{body}");
        assert!(parsed.err().is_none_or(|error| error.what.contains("ends within a hunk")));
    }
}

#[test]
fn nothing_of_a_hunk_is_lost_without_a_word() {
    // The context line has lost its space; what follows would be skipped.
    let error = parse(&section("@@ -1,2 +1,2 @@\n-a\n+b\n c\nd\n+e\n")).unwrap_err();
    assert_eq!((error.line, error.what.contains("part of a hunk")), (8, true));
    let error = parse(&section("@@ -1,4 +1,4 @@\n-a\n+b\nc\n d\n")).unwrap_err();
    assert_eq!((error.line, error.what.contains("does not end here")), (6, true));
    let error = parse(&section("@@ -1 +1 @@\n-a\n+b\nSome text.\n@@ -9 +9 @@\n-c\n+d\n")).unwrap_err();
    assert_eq!(error.line, 7);
    assert!(parse("@@ -1 +1 @@\n-a\n+b\n").unwrap_err().what.contains("belongs to none"));
    assert!(parse(&section("@@ -7,2 +7,1 @@\n+b\n@@ -9 +9 @@\n-c\n+d\n")).is_err());
}
