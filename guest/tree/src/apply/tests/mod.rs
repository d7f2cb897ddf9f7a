//! Changes to real trees: whole, or not at all.

mod obstacles;
mod recovery;

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
};

use pyro_protocol::tree::{Applied, ApplyRequest, Entry, Expected};
use tempfile::TempDir;

use super::*;
use crate::{
    WalkOptions,
    tests::{ALL, contents, listed, message, open, packed},
};

/// A workspace before any change.
fn old_tree() -> TempDir {
    let root = TempDir::new().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir_all(at("src/sub")).unwrap();
    fs::create_dir(at("kept")).unwrap();
    for name in ["src/a", "src/b", "src/sub/c", "kept/k", "doomed", "src/doomed"] {
        fs::write(at(name), format!("old {name}")).unwrap();
    }
    symlink("kept/k", at("src/link")).unwrap();
    fs::set_permissions(at("src/sub"), fs::Permissions::from_mode(0o750)).unwrap();
    root
}

/// What a change brings: replaced, new, moved as a whole, linked, with modes.
fn new_tree() -> TempDir {
    let root = TempDir::new().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir_all(at("src/sub")).unwrap();
    fs::create_dir_all(at("fresh/with/levels")).unwrap();
    for name in ["src/a", "src/link", "src/sub/new", "fresh/with/levels/f", "top"] {
        fs::write(at(name), format!("new {name}")).unwrap();
    }
    symlink("a", at("src/b")).unwrap();
    fs::hard_link(at("top"), at("fresh/twin")).unwrap();
    fs::set_permissions(at("src/sub"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(at("fresh"), fs::Permissions::from_mode(0o555)).unwrap();
    root
}

fn deleting(paths: &[&str]) -> ApplyRequest {
    ApplyRequest { delete: paths.iter().map(ToString::to_string).collect(), expect: vec![] }
}

fn expecting(expected: &[(&str, Option<&str>)]) -> ApplyRequest {
    let expected = expected.iter().map(|(path, sha256)| Expected {
        path: path.to_string(),
        sha256: sha256.map(|content| crate::sha256(content.as_bytes()).unwrap()),
    });
    ApplyRequest { delete: vec![], expect: expected.collect() }
}

fn applied(root: &Path, to: &str, request: &ApplyRequest, tar: &[u8]) -> Result<Applied, TreeError> {
    let applied = apply(&open(root), to.as_ref(), request, tar, &ALL);
    assert!(
        !fs::read_dir(root)
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with(".pyro-apply-") })
    );
    applied
}

/// Everything about a tree that must be the same when nothing happened: inodes and times, too.
fn facts(root: &Path) -> (Vec<Entry>, Vec<(String, Vec<u8>)>) {
    let entries = listed(root, &WalkOptions::default()).into_iter().map(|entry| Entry { ctime_ns: 0, ..entry });
    let contents = contents(root).into_iter().map(|(path, (_, content))| (path, content));
    (entries.collect(), contents.collect())
}

#[test]
fn a_change_merges_replaces_and_deletes() {
    let (root, new) = (old_tree(), new_tree());
    let applied = applied(root.path(), "", &deleting(&["doomed", "src/doomed"]), &packed(new.path())).unwrap();
    assert_eq!((applied.entries, applied.replaced, applied.deleted), (12, 3, 2));
    let after = contents(root.path());
    let text = |name: &str| String::from_utf8(after[name].1.clone()).unwrap();
    for name in ["src/a", "src/link", "src/sub/new", "fresh/with/levels/f", "top"] {
        assert_eq!(text(name), format!("new {name}"));
    }
    assert_eq!(
        (text("src/b"), text("src/sub/c"), text("kept/k")),
        ("a".into(), "old src/sub/c".into(), "old kept/k".into())
    );
    assert!(!after.contains_key("doomed") && !after.contains_key("src/doomed"));
    assert_eq!((after["src/sub"].0 & 0o7777, after["fresh"].0 & 0o7777), (0o700, 0o555));
    let stat = |root: &TempDir, name: &str| fs::symlink_metadata(root.path().join(name)).unwrap();
    assert_eq!(stat(&root, "top").ino(), stat(&root, "fresh/twin").ino());
    for name in ["src", "src/sub", "fresh", "src/a", "src/b"] {
        assert_eq!(stat(&root, name).modified().unwrap(), stat(&new, name).modified().unwrap(), "{name}");
    }
}

#[test]
fn a_destination_is_created_when_it_is_missing() {
    let (root, new) = (old_tree(), new_tree());
    let expect = expecting(&[("src/a", None), ("top", None)]);
    applied(root.path(), "kept/far/off", &expect, &packed(new.path())).unwrap();
    assert_eq!(fs::read(root.path().join("kept/far/off/src/a")).unwrap(), b"new src/a");
    assert_eq!(fs::read(root.path().join("src/a")).unwrap(), b"old src/a");
    assert_eq!(fs::metadata(root.path().join("kept/far")).unwrap().mode() & 0o7777, 0o755);
    // And merged with when it is not; paths of the request begin there.
    applied(root.path(), "kept/far", &deleting(&["off/top"]), &tar_of_nothing()).unwrap();
    assert!(!root.path().join("kept/far/off/top").exists());
}

#[test]
fn conditions_that_hold_let_the_change_pass() {
    let root = old_tree();
    let held =
        expecting(&[("src/a", Some("old src/a")), ("src/link", Some("kept/k")), ("new", None), ("no/dir/x", None)]);
    let mut upper = held.clone();
    upper.expect[0].sha256 = upper.expect[0].sha256.as_ref().map(|hex| hex.to_uppercase());
    for request in [held, upper] {
        assert_eq!(applied(root.path(), "", &request, &tar_of_nothing()).unwrap(), Applied::default());
    }
}

#[test]
fn deleting_makes_room_for_another_type() {
    let (root, new) = (old_tree(), TempDir::new().unwrap());
    fs::create_dir(new.path().join("doomed")).unwrap();
    fs::write(new.path().join("doomed/inside"), "x").unwrap();
    let done = applied(root.path(), "", &deleting(&["doomed"]), &packed(new.path())).unwrap();
    assert_eq!((done.deleted, done.replaced), (1, 0));
    assert_eq!(fs::read(root.path().join("doomed/inside")).unwrap(), b"x");
}

fn tar_of_nothing() -> Vec<u8> {
    tar::Builder::new(Vec::new()).into_inner().unwrap()
}

#[test]
fn a_replaced_file_keeps_its_owner() {
    let (root, new) = (old_tree(), new_tree());
    let [a, link] = ["src/a", "src/link"].map(|name| root.path().join(name));
    // Who is not root has one owner to give only; then this is about that one.
    let owner = if nix::unistd::geteuid().is_root() { 4711 } else { nix::unistd::geteuid().as_raw() };
    for path in [&a, &link] {
        std::os::unix::fs::lchown(path, Some(owner), None).unwrap();
    }
    applied(root.path(), "", &ApplyRequest::default(), &packed(new.path())).unwrap();
    for path in [&a, &link] {
        assert_eq!(fs::symlink_metadata(path).unwrap().uid(), owner);
    }
}
