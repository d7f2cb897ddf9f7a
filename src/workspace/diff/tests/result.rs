//! The result within its caps, with honest counts.

use super::*;
use crate::limits::{DIFF_ENTRIES_MAX, DIFF_PATCH_BYTES_MAX, RESULT_BYTES_MAX, diff_patch_bytes_default};

fn plainly(old: &[(&str, Node)], new: &[(&str, Node)]) -> Diff {
    diffed(Builder::new(diff_patch_bytes_default()), &tree(old), &tree(new), Options::default())
}

#[test]
fn an_unchanged_workspace_has_nothing_to_tell() {
    let same = [("a", file("x")), ("b", Node::Link(b"a".to_vec()))];
    let full = Options { full: true, ..Options::default() };
    let diff = diffed(Builder::new(1), &tree(&same), &tree(&same), full);
    assert!(!diff.changed && !diff.truncated && diff.patch.is_empty() && diff.entries.is_empty());
    assert_eq!((diff.summary, diff.patch_bytes), (Summary::default(), 0));
}

#[test]
fn a_modified_file_is_told_as_git_would() {
    let lines = |changed: &str| (1..=9).map(|n| if n == 5 { changed.into() } else { n.to_string() + "\n" }).collect();
    let (old, new): (String, String) = (lines("five\n"), lines("FIVE\n"));
    let diff = plainly(&[("a b", file(&old))], &[("a b", file(&(new + "end")))]);
    let expected = "diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -2,8 +2,9 @@\n 2\n 3\n 4\n-five\n+FIVE\n 6\n 7\n 8\n 9\n+end\n\\ No newline at end of file\n";
    assert_eq!(diff.patch, expected);
    assert_eq!(diff.patch_bytes, expected.len() as u64);
    let [entry] = &diff.entries[..] else { panic!("{diff:?}") };
    assert_eq!((entry.status, entry.kind, entry.patched), (Status::Modified, EntryType::File, true));
    assert_eq!((entry.old_size_bytes, entry.size_bytes, &entry.old_mode), (Some(21), Some(24), &None));
}

#[test]
fn what_has_no_text_says_why_and_leaves_the_patch_alone() {
    let diff = plainly(
        &[
            ("binary", Node::File(b"a\0b".to_vec(), 0o644)),
            ("large", file("")),
            ("latin", Node::File(b"\xe4".to_vec(), 0o644)),
            ("mode", Node::File(b"x".to_vec(), 0o644)),
            ("same", Node::File(vec![b'x'; 2 << 20], 0o644)),
            ("special", Node::Fifo),
        ],
        &[
            ("binary", Node::File(b"a\0c".to_vec(), 0o644)),
            ("empty", Node::Directory),
            ("large", Node::File(vec![b'x'; 2 << 20], 0o644)),
            ("latin", file("ä")),
            ("mode", Node::File(b"x".to_vec(), 0o600)),
            ("same", Node::File(vec![b'x'; 2 << 20], 0o755)),
            ("special", file("x")),
        ],
    );
    let notes: Vec<_> = diff.entries.iter().map(|entry| (entry.path.as_str(), entry.note.as_deref())).collect();
    let expected = [
        ("binary", Some("binary")),
        ("empty", Some("no file")),
        ("large", Some("larger than 1048576 bytes")),
        ("latin", Some("binary")),
        ("mode", Some("permissions that no patch can tell")),
        ("same", None),
        ("special", Some("replaces what no patch can remove")),
    ];
    assert_eq!(notes, expected);
    assert_eq!(diff.patch, "diff --git a/same b/same\nold mode 100644\nnew mode 100755\n");
    let counts = (diff.summary.total, diff.summary.mode_changed, diff.summary.text_patched, diff.summary.non_text);
    assert_eq!((counts, diff.truncated), ((7, 2, 1, 6), false));
    assert_eq!(diff.entries.iter().filter(|entry| entry.binary).count(), 2);
    assert_eq!(
        (diff.entries[4].old_mode.as_deref(), diff.entries[4].new_mode.as_deref()),
        (Some("0644"), Some("0600"))
    );
}

#[test]
fn a_patch_is_cut_between_files_and_goes_whole_where_wanted() {
    let text = "line\n".repeat(100);
    let new = [("a", file(&text)), ("b", file(&text.repeat(9))), ("c", file(&text))];
    let mut whole = Vec::new();
    let builder = Builder::new(2000).with_whole_patch(&mut whole);
    let diff = diffed(builder, &Tree::new(), &tree(&new), Options::default());
    let patched: Vec<bool> = diff.entries.iter().map(|entry| entry.patched).collect();
    assert_eq!((patched, diff.patches_omitted, diff.truncated), (vec![true, false, true], 1, true));
    assert_eq!(diff.entries[1].note.as_deref(), Some("left out: the patch's cap"));
    assert_eq!(diff.summary.text_patched, 3, "counted whether here or not");
    assert_eq!(diff.patch_bytes, whole.len() as u64);
    assert!(diff.patch.contains("+++ b/c\n") && !diff.patch.contains("+++ b/b\n"));
}

#[test]
fn the_largest_result_fits_a_message() {
    let name = |number: u32| format!("{number:04}{}", "\u{1}".repeat(200)).into_bytes();
    let new: Tree = (0..1000).map(|number| (name(number), file(&"\n".repeat(300)))).collect();
    let diff = diffed(Builder::new(u32::MAX), &Tree::new(), &new, Options::default());
    assert!(serde_json::to_vec(&diff).unwrap().len() < RESULT_BYTES_MAX);
    assert!(
        diff.patch.len() > 60_000
            && serde_json::to_vec(&diff.patch).unwrap().len() <= DIFF_PATCH_BYTES_MAX as usize + 2
    );
    assert!(diff.entries.len() > 50 && diff.entries_omitted == 1000 - diff.entries.len() as u64);
    let short: Tree = (0..1000).map(|number| (format!("{number}").into_bytes(), file("x"))).collect();
    assert_eq!(diffed(Builder::new(0), &Tree::new(), &short, Options::default()).entries.len(), DIFF_ENTRIES_MAX);
}

#[test]
fn what_could_not_be_read_counts_as_changed_and_is_named() {
    let mut builder = Builder::new(1000);
    let (old, new) = (tree(&[("a", file("x"))]), tree(&[("a", file("y"))]));
    let change = changes(&old, &new, Options::default()).remove(0);
    assert!(change.needs_content && change.may_be_equal() && !change.too_large());
    builder.add(change, Contents::Unread { why: "gone meanwhile" }).unwrap();
    builder.unreadable(b"locked");
    let diff = builder.finish("workspace");
    assert_eq!((diff.entries[0].note.as_deref(), diff.unreadable), (Some("gone meanwhile"), vec!["locked".to_owned()]));
    assert!(diff.changed && diff.patch.is_empty());
}
