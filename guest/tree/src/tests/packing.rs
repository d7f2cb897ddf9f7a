//! Trees that go into a tar and come out the same.

use std::{
    fs,
    os::{
        fd::AsFd,
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

use super::{ALL, contents, open, packed, sample};
use crate::{Packed, UnpackOptions, pack, pack_one, unpack};

#[test]
fn a_tree_comes_back_as_it_was() {
    let root = sample();
    let long = root.path().join("d".repeat(200)).join("e".repeat(200));
    fs::create_dir_all(long.parent().unwrap()).unwrap();
    fs::write(&long, "long").unwrap();
    let before = SystemTime::UNIX_EPOCH - Duration::new(5, 250_000_000);
    fs::File::open(root.path().join("src/main.rs")).unwrap().set_modified(before).unwrap();
    let mut tar = Vec::new();
    let report = pack(open(root.path()).as_fd(), &mut tar).unwrap();
    assert_eq!((report.entries, &report.skipped[..]), (16, &["fifo".to_owned()][..]));

    let copy = TempDir::new().unwrap();
    let unpacked = unpack(&open(copy.path()), &tar[..], &ALL).unwrap();
    assert_eq!((unpacked.entries, unpacked.bytes), (report.entries, report.bytes));
    fs::remove_file(root.path().join("fifo")).unwrap();
    assert_eq!(contents(copy.path()), contents(root.path()));
    let stat = |name: &str| fs::metadata(copy.path().join(name)).unwrap();
    assert_eq!(stat("src/main.rs").modified().unwrap(), before);
    assert_eq!((stat("twin").ino(), stat("twin").nlink()), (stat("src.txt").ino(), 2));
}

#[test]
fn setid_is_kept_only_where_asked() {
    let root = sample();
    let copy = TempDir::new().unwrap();
    let options = UnpackOptions { keep_setid: false, ..ALL };
    unpack(&open(copy.path()), &packed(root.path())[..], &options).unwrap();
    assert_eq!(fs::metadata(copy.path().join("src.txt")).unwrap().mode() & 0o7777, 0o755);
}

#[test]
fn one_link_or_file_is_packed_itself() {
    let root = sample();
    let opened = open(root.path());
    let entries = |name: &[u8]| {
        let mut tar = Vec::new();
        let packed = pack_one(opened.as_fd(), std::ffi::OsStr::from_bytes(name), &mut tar);
        packed.map(|packed| {
            let mut archive = tar::Archive::new(&tar[..]);
            let kinds = archive.entries().unwrap().map(|entry| entry.unwrap().header().entry_type());
            (packed, kinds.collect::<Vec<_>>())
        })
    };
    assert_eq!(entries(b"to-src").unwrap().1, [tar::EntryType::Symlink]);
    let file = Packed { entries: 1, bytes: 7, skipped: vec![] };
    assert_eq!(entries(b"not\xffutf8").unwrap(), (file, vec![tar::EntryType::Regular]));
    assert_eq!(entries(b"twin").unwrap().1, [tar::EntryType::Regular]);
    assert_eq!(entries(b"fifo").unwrap().0.skipped, ["fifo"]);
    entries(b"src").unwrap_err();
    entries(b"nothing").unwrap_err();
}

#[test]
fn what_vanishes_is_left_out_and_what_shrinks_is_padded() {
    struct Vandal<'a>(&'a std::path::Path, Vec<u8>);
    impl std::io::Write for Vandal<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if bytes.starts_with(b"big") {
                fs::write(self.0.join("big"), "short").unwrap();
                fs::remove_file(self.0.join("gone")).unwrap();
            }
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("big"), vec![b'x'; 100_000]).unwrap();
    fs::write(root.path().join("gone"), "").unwrap();
    fs::write(root.path().join("last"), "last").unwrap();
    let mut vandal = Vandal(root.path(), Vec::new());
    let packed = pack(open(root.path()).as_fd(), &mut vandal).unwrap();
    assert_eq!((packed.entries, packed.bytes), (2, 100_004));
    let copy = TempDir::new().unwrap();
    unpack(&open(copy.path()), &vandal.1[..], &ALL).unwrap();
    let big = fs::read(copy.path().join("big")).unwrap();
    assert_eq!((big.len(), big[99_999]), (100_000, 0));
    assert_eq!(fs::read(copy.path().join("last")).unwrap(), b"last");
}
