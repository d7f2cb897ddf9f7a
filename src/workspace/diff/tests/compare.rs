//! Which entries count as changed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use pyro_tree::compare_paths;

use super::*;
use crate::failure::Code;

fn told(old: &[(&str, Node)], new: &[(&str, Node)], options: Options) -> Vec<(Status, String)> {
    let changes = changes(&tree(old), &tree(new), options).into_iter();
    changes.map(|change| (change.status, String::from_utf8_lossy(&change.path).into_owned())).collect()
}

fn told_plainly(old: &[(&str, Node)], new: &[(&str, Node)]) -> Vec<(Status, String)> {
    told(old, new, Options::default())
}

#[test]
fn directories_count_only_when_empty_or_of_other_permissions() {
    use Node::Directory;
    let added = |path: &str| (Status::Added, path.to_owned());
    assert_eq!(told_plainly(&[], &[("a/b/c", file("x")), ("d/e", Directory)]), [added("a/b/c"), added("d/e")]);
    let deleted = |path: &str| (Status::Deleted, path.to_owned());
    assert_eq!(
        told_plainly(&[("a/b/c", file("x")), ("d/e", Directory), ("f", Directory)], &[]),
        [deleted("a/b/c"), deleted("d/e"), deleted("f")]
    );
    assert_eq!(told_plainly(&[("a/b", file("x"))], &[("a/b", file("x")), ("a-", Directory)]), [added("a-")]);
    let (old, mut new) = (walk(&tree(&[("a", Directory)])), walk(&tree(&[("a", Directory)])));
    new[0].mtime_ns = 99;
    assert_eq!(compared(old.clone(), new.clone(), Options::default()).unwrap(), []);
    new[0].mode = 0o700;
    assert!(matches!(
        &compared(old, new, Options::default()).unwrap()[..],
        [Next::Change(Change { status: Status::ModeChanged, needs_content: false, .. })]
    ));
}

#[test]
fn times_are_trusted_unless_told_otherwise() {
    let (old, new) = ([("a", file("x"))], [("a", file("x"))]);
    assert_eq!(told_plainly(&old, &new), []);
    let full = Options { full: true, ..Options::default() };
    assert_eq!(told(&old, &new, full), [(Status::Modified, "a".into())]);
    for change in [
        |entry: &mut Entry| entry.inode += 1,
        |entry: &mut Entry| entry.ctime_ns += 1,
        |entry: &mut Entry| entry.mode = 0o600,
    ] {
        let (old, mut new) = (walk(&tree(&old)), walk(&tree(&new)));
        change(&mut new[0]);
        assert_eq!(compared(old, new, Options::default()).unwrap().len(), 1);
    }
}

#[test]
fn one_kind_in_place_of_another_is_one_change_beside_what_is_below() {
    let told = told_plainly(
        &[("a", file("x")), ("b/c", file("x")), ("l", Node::Link(b"x".to_vec())), ("m", Node::Link(b"x".to_vec()))],
        &[("a/d", file("x")), ("b", file("x")), ("l", Node::Link(b"y".to_vec())), ("m", Node::Fifo)],
    );
    let expected = [
        (Status::TypeChanged, "a"),
        (Status::Added, "a/d"),
        (Status::TypeChanged, "b"),
        (Status::Deleted, "b/c"),
        (Status::Modified, "l"),
        (Status::TypeChanged, "m"),
    ];
    assert_eq!(told, expected.map(|(status, path)| (status, path.to_owned())));
}

#[test]
fn directories_of_git_are_left_out_on_both_sides_unless_wanted() {
    let old = [(".git/HEAD", file("x")), ("sub/.git", file("gitdir: y")), (".gitignore", file("z"))];
    let new = [("a/.git/HEAD", file("x")), ("sub/.git", file("gitdir: q")), (".gitignore", file("z"))];
    let added = (Status::Added, "a".to_owned());
    let modified = (Status::Modified, "sub/.git".to_owned());
    assert_eq!(told_plainly(&old, &new), [added, modified.clone()]);
    let all = Options { include_git: true, ..Options::default() };
    let (deleted, added) = ((Status::Deleted, ".git/HEAD".to_owned()), (Status::Added, "a/.git/HEAD".to_owned()));
    assert_eq!(told(&old, &new, all), [deleted, added, modified]);
}

#[test]
fn only_wanted_paths_are_told_and_directories_keep_what_they_hold() {
    let paths = Paths::new(&["a", "*.py"]).unwrap();
    let new = [("a/x", file("1")), ("b/c/y.py", file("1")), ("b/z", file("1")), ("e.py/in", file("1"))];
    let told = told(&[], &new, Options { paths, ..Options::default() });
    let paths: Vec<&str> = told.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, ["a/x", "b/c/y.py", "e.py/in"]);
}

#[test]
fn what_an_unreadable_directory_holds_is_unknown_not_gone() {
    let old = walk(&tree(&[("a/b", file("x")), ("a/c/d", file("x")), ("e", file("x"))]));
    let mut hidden = entry(b"a", Kind::Directory);
    hidden.unreadable = true;
    let told = compared(old.clone(), vec![hidden.clone()], Options::default()).unwrap();
    assert!(matches!(&told[..], [Next::Unreadable(path), Next::Change(change)] if path == "a" && change.path == "e"));
    let told = compared(vec![hidden, entry(b"e", Kind::Fifo)], old, Options::default()).unwrap();
    assert!(matches!(&told[..], [Next::Unreadable(path), Next::Change(change)] if path == "a" && change.path == "e"));
}

#[test]
fn a_walk_out_of_order_is_refused() {
    let entries = || vec![entry(b"b", Kind::Fifo), entry(b"a", Kind::Fifo)];
    for (old, new) in [(vec![], entries()), (entries(), vec![])] {
        assert_eq!(compared(old, new, Options::default()).unwrap_err().code, Code::Internal);
    }
}

proptest! {
    #[test]
    fn paths_compare_as_their_names_do(one in "[a/!.]{1,8}", other in "[a/!.]{1,8}") {
        let names = |path: &str| path.split('/').map(String::from).collect::<Vec<_>>();
        prop_assert_eq!(compare_paths(one.as_bytes(), other.as_bytes()), names(&one).cmp(&names(&other)));
    }

    #[test]
    fn exactly_the_files_that_differ_are_told(old in proptest::collection::btree_map("[ab!]{1,2}(/[ab]){0,2}", 0u8..3, 0..9),
        new in proptest::collection::btree_map("[ab!]{1,2}(/[ab]){0,2}", 0u8..3, 0..9)) {
        // A file below another cannot be.
        let sound = |nodes: std::collections::BTreeMap<String, u8>| -> Tree {
            let paths: Vec<String> = nodes.keys().cloned().collect();
            let free = |path: &String| !paths.iter().any(|other| other.starts_with(&format!("{path}/")));
            nodes.into_iter().filter(|(path, _)| free(path)).map(|(path, byte)| (path.into_bytes(), file(&byte.to_string()))).collect()
        };
        let (old, new) = (sound(old), sound(new));
        let expected: BTreeSet<&[u8]> =
            old.keys().chain(new.keys()).filter(|path| old.get(*path) != new.get(*path)).map(Vec::as_slice).collect();
        let changes = changes(&old, &new, Options::default());
        let files: Vec<&[u8]> = changes.iter().map(|change| &change.path[..]).collect();
        prop_assert_eq!(files.iter().copied().collect::<BTreeSet<_>>(), expected);
        prop_assert!(files.is_sorted_by(|one, other| compare_paths(one, other).is_lt()));
    }
}
