//! Walks of sound disks: what `pyro_tree` tells of the tree they were made of, and where they begin and end.

use std::os::fd::AsFd;

use pyro_tree::compare_paths;

use super::*;

/// What `mkfs` takes over from a tree: not its inodes, and of times only the seconds.
fn facts(entry: &Entry) -> Entry {
    let mtime_ns = entry.mtime_ns.div_euclid(1_000_000_000);
    Entry { mtime_ns, ctime_ns: 0, inode: 0, ..entry.clone() }
}

#[test]
fn a_walk_tells_what_one_of_the_tree_itself_does() {
    for options in JOURNALS {
        let (folder, path) = image(options);
        let tree = File::open(folder.path().join("tree/workspace")).unwrap();
        let mut expected = Vec::new();
        let sink = |entry: Entry| {
            expected.push(facts(&entry));
            Ok(())
        };
        pyro_tree::walk(tree.as_fd(), &pyro_tree::WalkOptions::default(), sink).unwrap();
        let disk = Disk::open(&path).unwrap();
        let walked = walked(&disk, b"workspace", WalkOptions::default());
        assert_eq!(walked.iter().map(facts).collect::<Vec<_>>(), expected);
        for entry in walked {
            let inode = disk.find(&[b"workspace/", &entry.path[..]].concat()).unwrap();
            assert_eq!((u64::from(inode.number()), inode.ctime_ns()), (entry.inode, entry.ctime_ns));
        }
    }
}

#[test]
fn every_kind_and_time_is_told() {
    let (_folder, path) = image(&["-O", "^has_journal", "-I", "256"]);
    change(
        &path,
        &[
            "cd /workspace",
            "mknod fifo p",
            "mknod char c 1 3",
            "mknod block b 8 1",
            "mknod socket p",
            "set_inode_field socket mode 0140751",
            "set_inode_field empty mode 0104755",
            "set_inode_field empty mtime @0xfffffffe",
            "set_inode_field empty mtime_extra 0",
            "set_inode_field empty ctime @16",
            "set_inode_field empty ctime_extra 29",
            "set_inode_field large mtime_extra 0xffffffff",
            "set_inode_field large extra_isize 0",
            "set_inode_field large mtime @5",
        ],
    );
    let entries = walked(&Disk::open(&path).unwrap(), b"workspace", WalkOptions { depth: Some(1), after: None });
    let by_name = |name: &str| entries.iter().find(|entry| entry.path == name.as_bytes()).unwrap();
    let kinds = ["fifo", "char", "block", "socket"].map(|name| by_name(name).kind);
    assert_eq!(kinds, [Kind::Fifo, Kind::CharDevice, Kind::BlockDevice, Kind::Socket]);
    let empty = by_name("empty");
    assert_eq!((empty.mode, empty.size, empty.kind), (0o4755, 0, Kind::File));
    // Two seconds before 1970; one epoch of 2^32 seconds later, and seven nanoseconds.
    assert_eq!((empty.mtime_ns, empty.ctime_ns), (-2_000_000_000, ((1 << 32) + 16) * 1_000_000_000 + 7));
    assert_eq!((by_name("large").mtime_ns, by_name("large").size), (5_000_000_000, 700_001));
}

#[test]
fn depth_and_place_are_the_callers_choice() {
    let (_folder, path) = image(JOURNALS[0]);
    let disk = Disk::open(&path).unwrap();
    let all = walked(&disk, b"workspace", WalkOptions::default());
    for depth in 0..5 {
        let walked = walked(&disk, b"workspace", WalkOptions { depth: Some(depth), after: None });
        let level = |entry: &Entry| entry.path.split(|byte| *byte == b'/').count() as u32;
        let expected: Vec<_> = all.iter().filter(|entry| level(entry) <= depth).cloned().collect();
        assert_eq!(walked, expected);
    }
    let there = all.iter().map(|entry| entry.path.to_vec()).step_by(7);
    let others = ["deep/a/gone", "deep/er/", "large/below-a-file", "many//zzz", "m", "zzz", "", "/"].map(Vec::from);
    for after in there.chain(others) {
        let trimmed = after.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect::<Vec<_>>().join(&b'/');
        let expected: Vec<_> =
            all.iter().filter(|entry| compare_paths(&entry.path, &trimmed).is_gt()).cloned().collect();
        let shown = String::from_utf8_lossy(&after).into_owned();
        let behind = walked(&disk, b"workspace", WalkOptions { depth: None, after: Some(after) });
        assert_eq!(names(&behind), names(&expected), "{shown}");
    }
    let whole = names(&walked(&disk, b"", WalkOptions { depth: Some(1), after: None }));
    assert_eq!(whole, ["lost+found", "workspace"]);
    for top in [&b"none"[..], b"workspace/large", b"workspace/short"] {
        let mut walk = disk.walk(top, WalkOptions::default());
        assert!(matches!(walk.next(), Some(Err(DiskError::Missing | DiskError::NoSuchKind(_)))));
        assert!(walk.next().is_none());
    }
}

#[test]
fn names_of_the_agents_own_are_left_out_at_the_top_only() {
    let (_folder, path) = image(JOURNALS[0]);
    change(&path, &["mkdir /workspace/.pyro-apply-1", "mkdir /workspace/deep/.pyro-apply-2"]);
    let entries = walked(&Disk::open(&path).unwrap(), b"workspace", WalkOptions::default());
    let own: Vec<_> = names(&entries).into_iter().filter(|name| name.contains(".pyro-apply-")).collect();
    assert_eq!(own, ["deep/.pyro-apply-2"]);
}
