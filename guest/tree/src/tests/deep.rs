//! Trees deeper than a path can say, and wider than fits.

use std::{
    fs,
    os::fd::{AsFd, OwnedFd},
};

use nix::sys::stat::{Mode, mkdirat};
use tempfile::TempDir;

use super::{ALL, listed, message, open};
use crate::{WalkOptions, beneath::open_directory, pack, remove::remove, unpack};

const LEVELS: usize = 10_000;

/// Makes `top/d/d/d/…` in a directory, level by level: no path reaches that far.
fn dig(root: &OwnedFd) {
    mkdirat(root, "top", Mode::S_IRWXU).unwrap();
    let mut at = open_directory(root.as_fd(), "top".as_ref()).unwrap();
    for _ in 0..LEVELS {
        mkdirat(&at, "d", Mode::S_IRWXU).unwrap();
        at = open_directory(at.as_fd(), "d".as_ref()).unwrap();
    }
}

#[test]
fn ten_thousand_levels_are_listed_packed_and_removed_as_far_as_paths_reach() {
    let root = TempDir::new().unwrap();
    let opened = open(root.path());
    dig(&opened);
    fs::write(root.path().join("z"), "behind it").unwrap();

    let entries = listed(root.path(), &WalkOptions::default());
    let deepest = &entries[entries.len() - 2];
    assert!(deepest.unreadable && deepest.path.len() > 3839, "{}", deepest.path.len());
    assert_eq!(entries.iter().filter(|entry| entry.unreadable).count(), 1);
    assert_eq!(&entries[entries.len() - 1].path[..], b"z");

    let mut tar = Vec::new();
    let packed = pack(opened.as_fd(), &mut tar).unwrap();
    assert_eq!((packed.entries, packed.skipped.len()), (entries.len() as u64, 1));
    assert_eq!(packed.skipped[0].as_bytes(), &deepest.path[..]);

    let copy = TempDir::new().unwrap();
    let copied = open(copy.path());
    assert_eq!(unpack(&copied, &tar[..], &ALL).unwrap().entries, packed.entries);
    for root in [&opened, &copied] {
        remove(root, "top".as_ref()).unwrap();
    }
    assert_eq!(listed(root.path(), &WalkOptions::default()).len(), 1);
    assert_eq!(listed(copy.path(), &WalkOptions::default()).len(), 1);
}

#[test]
fn a_path_longer_than_the_kernel_takes_is_refused() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    header.set_mode(0o644);
    builder.append_data(&mut header, "d/".repeat(LEVELS) + "f", std::io::empty()).unwrap();
    let root = TempDir::new().unwrap();
    let refused = message(unpack(&open(root.path()), &builder.into_inner().unwrap()[..], &ALL));
    assert!(refused.contains("longer than 4095 bytes"), "{refused}");
    assert_eq!(listed(root.path(), &WalkOptions::default()), []);
}
