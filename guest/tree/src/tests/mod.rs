//! Real trees in temporary directories.

mod deep;
pub(crate) mod hostile;
mod packing;
mod walking;

use std::{
    collections::BTreeMap,
    fs,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            ffi::OsStrExt,
            fs::{MetadataExt, PermissionsExt, symlink},
        },
    },
    path::Path,
};

use pyro_protocol::tree::Entry;
use tempfile::TempDir;

use crate::{TreeError, UnpackOptions, WalkOptions, pack, walk};

/// Everything allowed, nothing waited for.
pub(crate) const ALL: UnpackOptions =
    UnpackOptions { entries_max: u64::MAX, bytes_max: u64::MAX, keep_setid: true, sync: false };

pub(crate) fn open(directory: &Path) -> OwnedFd {
    fs::File::open(directory).unwrap().into()
}

pub(crate) fn listed(directory: &Path, options: &WalkOptions) -> Vec<Entry> {
    let mut entries = Vec::new();
    let opened = open(directory);
    let count = walk(opened.as_fd(), options, |entry| {
        entries.push(entry);
        Ok(())
    });
    assert_eq!(count.unwrap(), entries.len() as u64);
    entries
}

pub(crate) fn packed(directory: &Path) -> Vec<u8> {
    let mut tar = Vec::new();
    pack(open(directory).as_fd(), &mut tar).unwrap();
    tar
}

/// Every entry by its path: kind, mode, and content, target or nothing.
pub(crate) fn contents(directory: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in listed(directory, &WalkOptions::default()) {
        let path = directory.join(std::ffi::OsStr::from_bytes(&entry.path));
        let stat = fs::symlink_metadata(&path).unwrap();
        let content = match () {
            () if stat.is_file() => fs::read(&path).unwrap(),
            () if stat.is_symlink() => entry.target.to_vec(),
            () => Vec::new(),
        };
        found.insert(String::from_utf8_lossy(&entry.path).into_owned(), (stat.mode(), content));
    }
    found
}

/// A small tree with one of each: files, directories, links, odd names.
pub(crate) fn sample() -> TempDir {
    let root = TempDir::new().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir_all(at("src/deep/er")).unwrap();
    fs::create_dir_all(at(".git/objects")).unwrap();
    fs::write(at("src/main.rs"), "fn main() {}\n").unwrap();
    fs::write(at("src/deep/er/x"), "").unwrap();
    fs::write(at("src.txt"), "text").unwrap();
    fs::write(at("a\n\u{1b}b"), "odd").unwrap();
    fs::write(root.path().join(std::ffi::OsStr::from_bytes(b"not\xffutf8")), "odd too").unwrap();
    fs::write(at(".git/HEAD"), "ref").unwrap();
    fs::set_permissions(at("src.txt"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::hard_link(at("src.txt"), at("twin")).unwrap();
    symlink("../no/where", at("dangling")).unwrap();
    symlink("src", at("to-src")).unwrap();
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    root
}

pub(crate) fn message<T: std::fmt::Debug>(result: Result<T, TreeError>) -> String {
    result.unwrap_err().to_string()
}
