//! Text that means harm or nothing: never a panic, never an endless search.

use proptest::prelude::*;

use super::*;

const REAL: &str = "From 1 Mon Sep 17 00:00:00 2001\nSubject: x\n---\n x | 2 +-\n\n\
    diff --git a/x b/x\nold mode 100644\nnew mode 100755\nindex 1..2\n--- a/x\n+++ b/x\n\
    @@ -1,3 +1,3 @@ fn a\n a\n-b\n+c\n d\n@@ -9,2 +9 @@\n-h\n i\n\\ No newline at end of file\n\
    diff --git a/o b/\"n\nsimilarity index 90%\nrename from o\nrename to \"\\\"n\"\n\
    --- a/o\n+++ \"b/\\\"n\"\n@@ -1 +1 @@\n-a\n+b\n\
    diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+t\n\\ No newline at end of file\n\
    -- \n2.47\n";
const PIECES: &[&str] = &[
    "diff --git a/x b/x\n",
    "diff --git \"a/",
    "--- a/x\n",
    "+++ b/x\n",
    "--- /dev/null\n",
    "+++ /dev/null\n",
    "@@ -1 +1 @@\n",
    "@@ -1,2 +1,2 @@\n",
    "@@ -0,0 +1 @@\n",
    "@@ -4294967295,4294967295 +1 @@\n",
    "@@ -",
    "-a\n",
    "+b\n",
    " a\n",
    "\n",
    "-- \n",
    "\\ No newline at end of file\n",
    "rename from x\n",
    "rename to y\n",
    "new file mode 100644\n",
    "deleted file mode 120000\n",
    "```\n",
    "\\303",
    "\"",
    "ä",
    "\r\n",
    "\0",
];

fn try_all(text: &str, old: &[u8]) {
    let Ok(patch) = parse(text) else { return };
    for file in &patch.files {
        match apply(file, old) {
            Ok(applied) => assert_eq!(applied.offsets.len(), file.hunks.len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,200}", old: Vec<u8>) {
        try_all(&text, &old);
    }

    #[test]
    fn arbitrary_pieces_never_panic(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..20), old in "(a\n|b\n|\n){0,6}a?",
    ) {
        try_all(&pieces.concat(), old.as_bytes());
        try_all(&format!("--- a/x\n+++ b/x\n{}", pieces.concat()), old.as_bytes());
    }

    #[test]
    fn damaged_patches_never_panic(
        damage in proptest::collection::vec((0..REAL.len(), 0..8_usize, proptest::sample::select(PIECES)), 1..4),
        old in "a\n(b\n|c\n)d\n(\n){0,6}(h\n)?i",
    ) {
        let mut text = REAL.to_owned();
        for (at, cut, piece) in damage {
            let at = text.floor_char_boundary(at.min(text.len()));
            let end = text.ceil_char_boundary((at + cut).min(text.len()));
            text.replace_range(at..end, piece);
        }
        try_all(&text, old.as_bytes());
    }
}

#[test]
fn the_undamaged_patch_is_read() {
    let patch = parse(REAL).unwrap();
    let names: Vec<&str> = patch.files.iter().map(FilePatch::path).collect();
    assert_eq!(names, ["x", "\"n", "l"]);
    assert_eq!(apply(&patch.files[0], b"a\nb\nd\n4\n5\n6\n7\n8\nh\ni").unwrap().content, b"a\nc\nd\n4\n5\n6\n7\n8\ni");
}

#[test]
fn long_lines_of_blanks_and_quotes_are_soon_read() {
    for text in [" ".repeat(900_000), "\"".repeat(900_000), "\n".repeat(900_000), "x y".repeat(300_000)] {
        try_all(&format!("diff --git {text}"), b"");
        try_all(&format!("--- {text}\n+++ {text}\n@@ -1 +1 @@\n{text}"), b"");
        try_all(&format!("--- a/x\n+++ b/x\n@@ -1,900000 +1,900001 @@\n{text}+x\n"), b"\n\n\n");
    }
    let hunks = "@@ -1 +1 @@\n-a\n+b\n".repeat(50_000);
    try_all(&section(&hunks), &b"a\n".repeat(100_000));
}
