//! What sections mean: names, modes, moves, and what stands around them.

use super::*;

const BODY: &str = "@@ -1 +1 @@\n-a\n+b\n";

fn paths(text: &str) -> (Action, Option<String>, Option<String>) {
    let file = one(text);
    (file.action, file.old_path, file.new_path)
}

fn some(path: &str) -> Option<String> {
    Some(path.to_owned())
}

#[test]
fn prefixes_are_taken_off_where_they_are_prefixes() {
    for (old, new, path) in [
        ("a/x/y", "b/x/y", "x/y"),
        ("x/y", "x/y", "x/y"),
        ("a/y", "a/y", "a/y"),
        ("b/y", "a/y", "y"),
        ("i/y", "w/y", "y"),
        ("old/y", "new/y", "y"),
        ("y.orig", "y", "y"),
        ("a/y", "y", "y"),
        ("y\t2024-01-01 10:00:00.000000000 +0100", "y\t2024-01-02 10:00:00 +0100", "y"),
        ("/workspace/d/y", "/workspace/d/y", "d/y"),
        ("/workspace/d/y", "/workspace/d/y", "d/y"),
        ("a//workspace/y", "b//workspace/y", "y"),
        ("./d//y", "./d//y", "d/y"),
        ("a/sp ace\t", "b/sp ace\t", "sp ace"),
        ("\"a/\\303\\244\\t\\\"b\"", "\"b/\\303\\244\\t\\\"b\"", "ä\t\"b"),
    ] {
        let expected = (Action::Modify, some(path), some(path));
        assert_eq!(paths(&format!("--- {old}\n+++ {new}\n{BODY}")), expected);
        assert_eq!(paths(&format!("--- {old}\r\n+++ {new}\r\n{BODY}")), expected);
    }
}

#[test]
fn null_labels_add_and_delete() {
    let added = "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n";
    assert_eq!(paths(added), (Action::Add, None, some("x")));
    assert_eq!(patched(added, ""), "a\n");
    let deleted = "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n";
    assert_eq!(paths(deleted), (Action::Delete, some("x"), None));
    assert_eq!(patched(deleted, "a\n"), "");
    assert_eq!(apply(&one(deleted), b"a\nb\n"), Err(ApplyError::Leftover { lines: 1 }));
    // Here `a/` and `b/` are directories: the first line says so.
    let bare = "diff --git b/x b/x\nnew file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n";
    assert_eq!(paths(bare), (Action::Add, None, some("b/x")));
    assert_eq!(one(bare).new_mode, Some(0o100_755));
}

#[test]
fn files_missing_by_date_are_added_and_deleted() {
    for epoch in ["1970-01-01 00:00:00.000000000 +0000", "1970-01-01 01:00:00 +0100", "1969-12-31 19:00:00.0 -0500"] {
        let added = format!("--- old/x\t{epoch}\n+++ new/x\t2024-01-01 10:00:00 +0000\n@@ -0,0 +1 @@\n+a\n");
        assert_eq!(one(&added).action, Action::Add);
        let deleted = format!("--- old/x\t2024-01-01 10:00:00 +0000\n+++ new/x\t{epoch}\n@@ -1 +0,0 @@\n-a\n");
        assert_eq!(one(&deleted).action, Action::Delete);
    }
    let undated = one("--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a\n");
    assert_eq!((undated.action, undated.may_create()), (Action::Modify, true));
    assert!(!one(&section(BODY)).may_create());
}

#[test]
fn sections_without_hunks() {
    let index = "index 000000000..e69de29bb\n";
    let added = one(&format!("diff --git a/sp ace b/sp ace\nnew file mode 100644\n{index}"));
    assert_eq!((added.action, added.path(), added.new_mode), (Action::Add, "sp ace", Some(0o100_644)));
    let deleted = one("diff --git \"a/\\344\\272\\272\" \"b/\\344\\272\\272\"\ndeleted file mode 100644\n");
    assert_eq!((deleted.action, deleted.path()), (Action::Delete, "人"));
    assert!(matches!(apply(&deleted, b"x"), Err(ApplyError::Leftover { .. })));
    let mode = one("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n");
    assert_eq!((mode.action, mode.old_mode, mode.new_mode), (Action::Modify, Some(0o100_644), Some(0o100_755)));
    assert_eq!(apply(&mode, b"same").unwrap().content, b"same");
    let renamed = "diff --git a/o b/n\nsimilarity index 100%\nrename from o\nrename to d/n\n";
    assert_eq!(paths(renamed), (Action::Rename, some("o"), some("d/n")));
    assert_eq!(paths(&renamed.replace("rename", "copy")), (Action::Copy, some("o"), some("d/n")));
}

#[test]
fn a_rename_may_edit() {
    let text = format!("diff --git a/o b/n\nrename from o\nrename to n\nindex 1..2 100644\n--- a/o\n+++ b/n\n{BODY}");
    assert_eq!(paths(&text), (Action::Rename, some("o"), some("n")));
    assert_eq!(patched(&text, "a\n"), "b\n");
    assert!(parse(&text.replace("+++ b/n", "+++ b/m")).is_err());
}

#[test]
fn links_are_their_targets() {
    let marker = "\\ No newline at end of file";
    let text =
        format!("diff --git a/l b/l\nindex 1..2 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-t\n{marker}\n+u\n{marker}\n");
    assert!(one(&text).is_symlink());
    assert_eq!(patched(&text, "t"), "u");
    assert!(parse(&text.replace(&format!("+u\n{marker}\n"), "+u\n")).unwrap_err().what.contains("line end"));
}

#[test]
fn a_change_of_type_is_a_deletion_and_an_addition() {
    let deleted = "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n";
    let added = "diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+t\n\\ No newline\n";
    let patch = parse(&format!("{deleted}{added}")).unwrap();
    let old = Tree::from([("x".into(), (0o100_644, b"a\n".to_vec()))]);
    assert_eq!(patched_tree(&patch, &old), Tree::from([("x".into(), (0o120_000, b"t".to_vec()))]));
    assert!(parse(&format!("{added}{deleted}")).is_err());
}

#[test]
fn other_text_stands_around_files() {
    let log = "commit 1234\nAuthor: A <a@b>\n\n    Subject\n\n    - a point\n\n";
    let git = format!("{log}diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n{BODY}");
    let plain = format!("\n{log}Index: y\n=====\ndiff -u y y\n--- y\n+++ y\n{BODY}");
    let fenced = format!("```\nNow the next one:\n- see\n```diff\n--- a/z\n+++ b/z\n{BODY}```\n");
    let patch = parse(&format!("Here it is:\n\n{git}{plain}{fenced}")).unwrap();
    let lines: Vec<(&str, usize)> = patch.files.iter().map(|file| (file.path(), file.line)).collect();
    assert_eq!(lines, [("x", 10), ("y", 28), ("z", 37)]);
    let whole = format!("Here it is:\n\n{git}{plain}{fenced}").replace('\n', "\r\n");
    assert_eq!(parse(&whole).unwrap().files.len(), 3);
}
