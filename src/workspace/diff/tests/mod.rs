//! Diffs of made-up trees, and what git makes of them.

mod apply;
mod compare;
mod result;

use std::collections::BTreeMap;

use bytes::Bytes;
use pyro_protocol::tree::{Entry, Kind};

use super::*;
use crate::failure::Failure;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    File(Vec<u8>, u32),
    Link(Vec<u8>),
    Directory,
    Fifo,
}

/// Nodes by path; directories above them are implied.
pub(super) type Tree = BTreeMap<Vec<u8>, Node>;

pub(super) fn tree(nodes: &[(&str, Node)]) -> Tree {
    nodes.iter().map(|(path, node)| (path.as_bytes().to_vec(), node.clone())).collect()
}

pub(super) fn file(text: &str) -> Node {
    Node::File(text.as_bytes().to_vec(), 0o644)
}

pub(super) fn entry(path: &[u8], kind: Kind) -> Entry {
    Entry {
        path: Bytes::copy_from_slice(path),
        kind,
        mode: 0o755,
        size: 0,
        mtime_ns: 1,
        ctime_ns: 1,
        inode: 1,
        target: Bytes::new(),
        unreadable: false,
    }
}

/// The walk of a tree; files of equal content have equal times.
pub(super) fn walk(tree: &Tree) -> Vec<Entry> {
    let mut entries: BTreeMap<Vec<&[u8]>, Entry> = BTreeMap::new();
    let names = |path| -> Vec<&[u8]> { <[u8]>::split(path, |byte| *byte == b'/').collect() };
    for (path, node) in tree {
        for (end, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            entries.entry(names(&path[..end])).or_insert_with(|| entry(&path[..end], Kind::Directory));
        }
        let found = match node {
            Node::Directory => entry(path, Kind::Directory),
            Node::Fifo => entry(path, Kind::Fifo),
            Node::Link(target) => Entry { target: Bytes::from(target.clone()), ..entry(path, Kind::Symlink) },
            Node::File(content, mode) => {
                let [stamp, ..] = blake3::hash(content).as_bytes().to_owned();
                let (size, mtime_ns) = (content.len() as u64, i64::from(stamp));
                Entry { size, mtime_ns, mode: *mode, ..entry(path, Kind::File) }
            }
        };
        entries.insert(names(path), found);
    }
    entries.into_values().collect()
}

/// Everything a comparison of two walks tells.
pub(super) fn compared(old: Vec<Entry>, new: Vec<Entry>, options: Options) -> Result<Vec<Next>, Failure> {
    let mut compare = Compare::new(options);
    let (mut old, mut new, mut told) = (old.into_iter(), new.into_iter(), Vec::new());
    loop {
        match compare.advance()? {
            Next::Old => compare.feed_old(old.next())?,
            Next::New => compare.feed_new(new.next())?,
            Next::End => return Ok(told),
            next => told.push(next),
        }
    }
}

pub(super) fn changes(old: &Tree, new: &Tree, options: Options) -> Vec<Change> {
    let changes = compared(walk(old), walk(new), options).unwrap().into_iter().map(|next| match next {
        Next::Change(change) => change,
        other => panic!("{other:?}"),
    });
    changes.collect()
}

pub(super) fn content(tree: &Tree, change: &Change) -> Option<Vec<u8>> {
    match tree.get(&change.path[..]) {
        Some(Node::File(content, _)) => Some(content.clone()),
        _ => None,
    }
}

/// The diff of two trees, as its driver would make it.
pub(super) fn diffed(mut builder: Builder<'_>, old: &Tree, new: &Tree, options: Options) -> Diff {
    for change in changes(old, new, options) {
        let (before, after) = (content(old, &change), content(new, &change));
        assert_eq!((change.reads_old(), change.reads_new()), (before.is_some(), after.is_some()));
        let contents = if change.too_large() {
            Contents::TooLarge { equal: change.may_be_equal() && before == after }
        } else {
            Contents::Read { old: before.as_deref(), new: after.as_deref() }
        };
        builder.add(change, contents).unwrap();
    }
    builder.finish("workspace")
}
