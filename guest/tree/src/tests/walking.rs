//! Walks: what comes, in which order, and what does not make them fail.

use std::{collections::BTreeSet, fs, os::fd::AsFd, os::unix::fs::symlink};

use proptest::prelude::*;
use pyro_protocol::tree::Kind;
use tempfile::TempDir;

use super::{listed, open, sample};
use crate::{WalkOptions, compare_paths, look, walk};

fn paths(root: &TempDir, options: &WalkOptions) -> Vec<String> {
    listed(root.path(), options).iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect()
}

#[test]
fn everything_comes_with_its_facts() {
    let root = sample();
    fs::create_dir(root.path().join(".pyro-apply-0")).unwrap();
    let entries = listed(root.path(), &WalkOptions::default());
    let names: Vec<_> = entries.iter().map(|entry| String::from_utf8_lossy(&entry.path)).collect();
    let expected = [
        ".git",
        ".git/HEAD",
        ".git/objects",
        "a\n\u{1b}b",
        "dangling",
        "fifo",
        "not\u{fffd}utf8",
        "src",
        "src/deep",
        "src/deep/er",
        "src/deep/er/x",
        "src/main.rs",
        "src.txt",
        "to-src",
        "twin",
    ];
    assert_eq!(names, expected);
    let by_name = |name: &str| entries.iter().find(|entry| entry.path == name.as_bytes()).unwrap();
    let main = by_name("src/main.rs");
    assert_eq!((main.kind, main.mode, main.size, main.unreadable), (Kind::File, 0o644, 13, false));
    let stat = nix::sys::stat::stat(&root.path().join("src/main.rs")).unwrap();
    assert_eq!((main.inode, main.mtime_ns), (stat.st_ino, stat.st_mtime * 1_000_000_000 + stat.st_mtime_nsec));
    assert_eq!((by_name("to-src").kind, &by_name("to-src").target[..]), (Kind::Symlink, &b"src"[..]));
    assert_eq!((by_name("fifo").kind, by_name("src").kind), (Kind::Fifo, Kind::Directory));
    assert_eq!((by_name("twin").inode, by_name("twin").mode), (by_name("src.txt").inode, 0o4755));
}

#[test]
fn depth_and_git_are_the_callers_choice() {
    let root = sample();
    fs::create_dir_all(root.path().join("src/deep/.git/x")).unwrap();
    let depth = |depth| paths(&root, &WalkOptions { depth: Some(depth), exclude_git: true, after: None });
    assert_eq!(depth(0), Vec::<String>::new());
    assert!(depth(1).iter().all(|path| !path.contains('/')));
    assert_eq!(depth(2).iter().filter(|path| path.starts_with("src/")).count(), 2);
    assert!(depth(9).contains(&"src/deep/er/x".to_owned()));
    assert!(!depth(9).iter().any(|path| path.contains(".git")));
    // A worktree's `.git` is a file.
    fs::remove_dir_all(root.path().join(".git")).unwrap();
    fs::write(root.path().join(".git"), "gitdir: elsewhere").unwrap();
    assert!(depth(1).contains(&".git".to_owned()));
}

#[test]
fn a_walk_goes_on_where_another_ended() {
    let root = sample();
    let all = listed(root.path(), &WalkOptions::default());
    for (place, entry) in all.iter().enumerate() {
        let options = WalkOptions { after: Some(entry.path.to_vec()), ..WalkOptions::default() };
        assert_eq!(listed(root.path(), &options), all[place + 1..], "{:?}", entry.path);
    }
    for after in ["src/deep/a/gone", "src/deep/er/x/below-a-file", "src.txt/src", "", "zzz", "src/deep/er/"] {
        let options = WalkOptions { after: Some(after.into()), ..WalkOptions::default() };
        let trimmed = after.trim_end_matches('/').as_bytes();
        let behind = |path: &[u8]| compare_paths(path, trimmed).is_gt();
        let expected: Vec<_> = all.iter().filter(|entry| behind(&entry.path)).cloned().collect();
        assert_eq!(listed(root.path(), &options), expected, "{after}");
    }
}

#[test]
fn one_name_is_looked_at_unfollowed() {
    let root = sample();
    let opened = open(root.path());
    let link = look(opened.as_fd(), "dangling".as_ref()).unwrap();
    assert_eq!((link.kind, &link.target[..], &link.path[..]), (Kind::Symlink, &b"../no/where"[..], &b"dangling"[..]));
    look(opened.as_fd(), "nothing".as_ref()).unwrap_err();
}

#[test]
fn a_sink_that_fails_ends_the_walk() {
    let root = sample();
    let mut left = 3;
    let walked = walk(open(root.path()).as_fd(), &WalkOptions::default(), |_| {
        left -= 1;
        if left == 0 { Err(std::io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    });
    assert!(walked.is_err());
    assert_eq!(left, 0);
}

#[test]
fn a_tree_that_changes_under_the_walk_does_not_make_it_fail() {
    let root = TempDir::new().unwrap();
    for number in 0..40 {
        fs::create_dir_all(root.path().join(format!("d{number:02}/sub"))).unwrap();
        fs::write(root.path().join(format!("d{number:02}/sub/file")), "x").unwrap();
    }
    let mut count = 0;
    walk(open(root.path()).as_fd(), &WalkOptions::default(), |entry| {
        count += 1;
        if &entry.path[..] == b"d05/sub" {
            for number in 5..20 {
                fs::remove_dir_all(root.path().join(format!("d{number:02}"))).unwrap();
            }
            symlink("/etc", root.path().join("d07")).unwrap();
            fs::write(root.path().join("d08"), "now a file").unwrap();
        }
        Ok(())
    })
    .unwrap();
    // The five before, the one that was entered, two that are something else now, and the rest.
    assert_eq!(count, 5 * 3 + 2 + 2 + 20 * 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_walks_order_is_that_of_paths(
        names in prop::collection::btree_set("[ab.\\-\u{e4}]{1,2}(/[ab.\\-]{1,2}){0,3}", 1..30)
    ) {
        let root = TempDir::new().unwrap();
        let plain = |name: &String| !name.split('/').any(|part| part == "." || part == "..");
        let names: BTreeSet<_> = names.into_iter().filter(plain).collect();
        for name in &names {
            prop_assume!(fs::create_dir_all(root.path().join(name)).is_ok());
        }
        let walked: Vec<_> = listed(root.path(), &WalkOptions::default()).into_iter().map(|entry| entry.path).collect();
        let mut sorted = walked.clone();
        sorted.sort_by(|a, b| compare_paths(a, b));
        prop_assert_eq!(&walked, &sorted);
        prop_assert!(names.iter().all(|name| walked.iter().any(|path| path == name.as_bytes())));
    }
}
