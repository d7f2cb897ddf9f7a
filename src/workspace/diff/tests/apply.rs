//! Real git takes the patches: the old tree becomes the new one.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{PermissionsExt, symlink},
    },
    path::Path,
    process::{Command, Stdio},
};

use proptest::prelude::*;

use super::*;
use crate::limits::DIFF_PATCH_BYTES_MAX;

fn lay_out(tree: &Tree, at: &Path) {
    for (path, node) in tree {
        let path = at.join(OsStr::from_bytes(path));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match node {
            Node::File(content, mode) => {
                fs::write(&path, content).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Node::Link(target) => symlink(OsStr::from_bytes(target), &path).unwrap(),
            Node::Directory | Node::Fifo => panic!("git keeps neither"),
        }
    }
}

fn take_in(at: &Path, prefix: &[u8], tree: &mut Tree) {
    for entry in fs::read_dir(at).unwrap() {
        let entry = entry.unwrap();
        let path = [prefix, entry.file_name().as_bytes()].concat();
        let known = entry.metadata().unwrap();
        if known.is_dir() {
            take_in(&entry.path(), &[&path[..], b"/"].concat(), tree);
        } else if known.is_symlink() {
            tree.insert(path, Node::Link(fs::read_link(entry.path()).unwrap().into_os_string().into_vec()));
        } else {
            let mode = if known.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 };
            tree.insert(path, Node::File(fs::read(entry.path()).unwrap(), mode));
        }
    }
}

/// What `git apply` makes of the old tree.
fn applied(old: &Tree, patch: &str) -> Result<Tree, String> {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("tree");
    fs::create_dir(&at).unwrap();
    lay_out(old, &at);
    if !patch.is_empty() {
        let mut git = Command::new("git")
            .args(["apply", "--whitespace=nowarn", "-"])
            .current_dir(&at)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", folder.path())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = git.stdin.take().unwrap().write_all(patch.as_bytes());
        let done = git.wait_with_output().unwrap();
        if !done.status.success() {
            return Err(format!("{}\n{patch}", String::from_utf8_lossy(&done.stderr)));
        }
    }
    let mut tree = Tree::new();
    take_in(&at, b"", &mut tree);
    Ok(tree)
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "[ab]?",
        Just("-- x".into()),
        Just("++ y".into()),
        Just("\\ z".into()),
        Just("@@ -1 +1 @@".into()),
        Just("ä\u{c}".into())
    ];
    let end = prop_oneof![6 => Just("\n"), 1 => Just("\r\n")];
    let lines = proptest::collection::vec((line, end), 0..25);
    (lines, proptest::option::of("[ab]{1,2}\r?")).prop_map(|(lines, last)| {
        let lines: String = lines.into_iter().map(|(line, end)| line + end).collect();
        (lines + &last.unwrap_or_default()).into_bytes()
    })
}

fn node() -> impl Strategy<Value = Node> {
    let mode = prop_oneof![Just(0o644u32), Just(0o755)];
    let target = prop_oneof!["[ab]{1,3}", Just("../x\ny".into()), Just("/etc/ü".into())];
    prop_oneof![
        6 => (text(), mode.clone()).prop_map(|(text, mode)| Node::File(text, mode)),
        1 => mode.prop_map(|mode| Node::File(Vec::new(), mode)),
        2 => target.prop_map(|target| Node::Link(target.into_bytes())),
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let odd = [
        "a b",
        " lead",
        "trail ",
        "q\"uote",
        "back\\slash",
        "tab\tbed",
        "new\nline",
        "grüße",
        "a",
        "b",
        "-x",
        "x b",
        "\u{1}\u{7f}",
        "b/x",
    ];
    prop_oneof![8 => prop::sample::select(odd.to_vec()).prop_map(|name| name.as_bytes().to_vec()), 1 => Just(b"\xff\xe4b".to_vec())]
}

/// Two trees that share some paths and contents.
fn trees() -> impl Strategy<Value = (Tree, Tree)> {
    let path = proptest::collection::vec(name(), 1..3).prop_map(|names| names.join(&b"/"[..]));
    let fate = (proptest::option::weighted(0.8, node()), proptest::option::weighted(0.8, node()), 0u8..4);
    proptest::collection::vec((path, fate), 0..8).prop_map(|nodes| {
        let (mut old, mut new) = (Tree::new(), Tree::new());
        for (path, (before, after, kind)) in nodes {
            let after = match (kind, &before, after) {
                (0, before, _) => before.clone(),
                // The same file with other permissions, or with a line more in its midst.
                (1, Some(Node::File(content, mode)), _) => Some(Node::File(content.clone(), mode ^ 0o111)),
                (2, Some(Node::File(content, mode)), _) => {
                    let middle = content.iter().position(|byte| *byte == b'\n').map_or(0, |place| place + 1);
                    let content = [&content[..middle], b"inserted\n", &content[middle..]].concat();
                    Some(Node::File(content, *mode))
                }
                (_, _, after) => after,
            };
            before.into_iter().for_each(|node| insert(&mut old, path.clone(), node));
            after.into_iter().for_each(|node| insert(&mut new, path.clone(), node));
        }
        (old, new)
    })
}

/// Adds a node where nothing stands in its way.
fn insert(tree: &mut Tree, path: Vec<u8>, node: Node) {
    let below = |path: &[u8], other: &[u8]| path.starts_with(&[other, b"/"].concat());
    if !tree.keys().any(|other| below(&path, other) || below(other, &path)) {
        tree.insert(path, node);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn git_makes_the_new_tree_of_the_old((old, new) in trees()) {
        let diff = diffed(Builder::new(DIFF_PATCH_BYTES_MAX), &old, &new, Options { full: true, ..Options::default() });
        prop_assert_eq!(diff.changed, old != new);
        prop_assert!(!diff.truncated && diff.summary.non_text == 0, "{:?}", diff.entries);
        let made = applied(&old, &diff.patch).map_err(TestCaseError::fail)?;
        prop_assert_eq!(made, new, "{}", diff.patch);
    }
}

#[test]
fn a_file_becomes_a_directory_and_back_and_a_link_a_file() {
    let old = tree(&[("a", file("x\n")), ("b/c", file("y")), ("l", Node::Link(b"a".to_vec()))]);
    let new = tree(&[("a/d", file("x\n")), ("b", Node::Link(b"a/d".to_vec())), ("l", file("a"))]);
    let diff = diffed(Builder::new(10_000), &old, &new, Options::default());
    assert_eq!(applied(&old, &diff.patch).unwrap(), new);
    assert_eq!((diff.summary.type_changed, diff.summary.text_patched), (3, 5));
    assert_eq!(diff.entries[0].old_artifact_type, Some(EntryType::File));
    assert_eq!(diff.entries[0].kind, EntryType::Directory);
}

#[test]
fn a_costly_difference_is_told_in_time_and_still_applies() {
    // Two orders of many lines that all occur on both sides: the worst for finding the shortest way.
    let line = |number: u64| format!("{}\n", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50);
    let text = |seed: u64| (0..60_000).map(|number| line(number + seed * 1_000_003)).collect::<String>();
    let (old, new) = (tree(&[("a", file(&text(1)))]), tree(&[("a", file(&text(2)))]));
    let mut whole = Vec::new();
    diffed(Builder::new(0).with_whole_patch(&mut whole), &old, &new, Options::default());
    assert_eq!(applied(&old, std::str::from_utf8(&whole).unwrap()).unwrap(), new);
}

#[test]
fn paths_that_git_refuses_do_not_spoil_the_patch() {
    let new = tree(&[(".git/config", file("x")), ("a", file("x")), ("sub/.gitmodules", Node::Link(b"a".to_vec()))]);
    let diff = diffed(Builder::new(10_000), &Tree::new(), &new, Options { include_git: true, ..Options::default() });
    assert_eq!((diff.summary.total, diff.summary.text_patched), (3, 1));
    assert_eq!(applied(&Tree::new(), &diff.patch).unwrap(), tree(&[("a", file("x"))]));
}
