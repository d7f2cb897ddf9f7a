//! Everything below a directory of the disk, as the guest itself would tell it: see `pyro_tree::walk`.

use std::collections::HashSet;

use bytes::Bytes;
use pyro_protocol::tree::{Entry, Kind, RESERVED_PREFIX};
use pyro_tree::{DIRECTORY_BYTES_MAX, compare_paths};

use super::{Disk, DiskError, Inode};
use crate::limits::{
    LINK_TARGET_BYTES_MAX, TREE_ENTRIES_MAX, WALK_DIRECTORIES_BYTES_MAX, WALK_DIRECTORY_BYTES_MAX,
    WALK_NAMES_BYTES_MAX, WALK_TOLD_BYTES_MAX,
};

/// What a name takes in memory besides its bytes.
const NAME_BYTES: usize = size_of::<Name>() + 8;

/// What of a tree is walked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkOptions {
    /// Levels below the directory; everything when absent.
    pub depth: Option<u32>,
    /// Begins behind this path, relative to the directory, whether or not it is there.
    pub after: Option<Vec<u8>>,
}

/// Entries below a directory, parents first, in the order of [`compare_paths`]. After an error nothing follows.
#[derive(Debug)]
pub struct Walk<'a> {
    disk: &'a Disk,
    /// The directory to begin with, until the first step.
    top: Option<Vec<u8>>,
    depth: Option<u32>,
    after: Vec<u8>,
    levels: Vec<Level>,
    /// Directories that were entered: each has but one name.
    entered: HashSet<u32>,
    /// Of the current entry.
    path: Vec<u8>,
    spent: Spent,
    /// Bytes of directories that may still be read.
    room: u64,
    skipped: u64,
}

/// What a walk has used of its bounds.
#[derive(Debug, Default)]
struct Spent {
    entries: u64,
    /// Bytes of names that are held now.
    names: usize,
    /// Bytes of paths and targets told.
    told: u64,
}

#[derive(Debug)]
struct Level {
    names: std::vec::IntoIter<Name>,
    /// What they took when all were there.
    held: usize,
    /// Length of the directory's path.
    path: usize,
}

#[derive(Debug)]
struct Name {
    name: Box<[u8]>,
    inode: u32,
    directory: bool,
}

impl Disk {
    /// Walks everything below the directory `top`, a path from the disk's root that may be empty. The agent's own names
    /// directly in it are left out.
    ///
    /// A directory whose inode or contents cannot be made sense of, whose path is too long for anything in it, or that came
    /// before under another name, is told as unreadable; anything else in that state is skipped and counted. The walk ends
    /// with an error when `top` itself cannot be read, when the host fails to read the disk, and with [`DiskError::Limit`]
    /// when the tree exceeds a bound of `limits`.
    pub fn walk(&self, top: &[u8], options: WalkOptions) -> Walk<'_> {
        let after = options.after.unwrap_or_default();
        let after: Vec<&[u8]> = after.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
        Walk {
            disk: self,
            top: Some(top.to_vec()),
            depth: options.depth,
            after: after.join(&b'/'),
            levels: Vec::new(),
            entered: HashSet::new(),
            path: Vec::new(),
            spent: Spent::default(),
            room: WALK_DIRECTORIES_BYTES_MAX,
            skipped: 0,
        }
    }
}

impl Walk<'_> {
    /// How many entries so far had no inode, or no target, that could be read.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn step(&mut self) -> Result<Option<Entry>, DiskError> {
        if let Some(top) = self.top.take() {
            let directory = self.disk.find(&top)?;
            if directory.kind() != Kind::Directory {
                return Err(DiskError::NoSuchKind("directory"));
            }
            if self.depth != Some(0) {
                self.enter(&directory)?;
            }
        }
        while let Some(level) = self.levels.last_mut() {
            self.path.truncate(level.path);
            let Some(name) = level.names.next() else {
                self.spent.names -= level.held;
                self.levels.pop();
                continue;
            };
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(&name.name);
            let told = compare_paths(&self.path, &self.after).is_gt();
            if !told && !self.on_the_way() {
                continue;
            }
            spend(&mut self.spent.entries, 1, TREE_ENTRIES_MAX, "entries")?;
            let entry = self.look(&name)?;
            if entry.is_none() {
                self.skipped += 1;
            }
            if let Some(entry) = entry.filter(|_| told) {
                let bytes = entry.path.len() + entry.target.len();
                spend(&mut self.spent.told, bytes as u64, WALK_TOLD_BYTES_MAX, "bytes of paths and links")?;
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Whether the walk begins behind the current entry or within it.
    fn on_the_way(&self) -> bool {
        self.after.strip_prefix(&self.path[..]).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
    }

    /// Describes the current entry, and makes what is in a directory come next.
    fn look(&mut self, name: &Name) -> Result<Option<Entry>, DiskError> {
        let Some(inode) = bearable(self.disk.inode(name.inode))? else {
            let bare = Entry { unreadable: true, ..self.described(Kind::Directory, name.inode) };
            return Ok(Some(bare).filter(|_| name.directory));
        };
        let mut entry = Entry {
            mode: inode.mode(),
            mtime_ns: inode.mtime_ns(),
            ctime_ns: inode.ctime_ns(),
            ..self.described(inode.kind(), name.inode)
        };
        match entry.kind {
            Kind::File => entry.size = inode.size(),
            Kind::Symlink => match bearable(self.disk.link_target(&inode, LINK_TARGET_BYTES_MAX))? {
                Some(target) => entry.target = target.into(),
                None => return Ok(None),
            },
            Kind::Directory if self.depth.is_none_or(|depth| self.levels.len() < depth as usize) => {
                entry.unreadable = bearable(self.enter(&inode))?.is_none();
            }
            _ => {}
        }
        Ok(Some(entry))
    }

    fn described(&self, kind: Kind, inode: u32) -> Entry {
        Entry {
            path: Bytes::copy_from_slice(&self.path),
            kind,
            mode: 0,
            size: 0,
            mtime_ns: 0,
            ctime_ns: 0,
            inode: inode.into(),
            target: Bytes::new(),
            unreadable: false,
        }
    }

    fn enter(&mut self, directory: &Inode) -> Result<(), DiskError> {
        if !self.entered.insert(directory.number) {
            return Err(DiskError::Damaged("a directory with two names"));
        }
        if self.path.len() > DIRECTORY_BYTES_MAX {
            return Err(DiskError::Unsupported("paths too long for anything below them"));
        }
        let (topmost, others) = (self.levels.is_empty(), self.spent.names);
        // What is larger than any directory says nothing true.
        if directory.size > WALK_DIRECTORY_BYTES_MAX {
            return Err(DiskError::Damaged("a directory's size"));
        }
        if directory.size > self.room {
            return Err(DiskError::Limit("bytes of directories", WALK_DIRECTORIES_BYTES_MAX));
        }
        let (mut names, mut held) = (Vec::new(), 0);
        self.disk.each_name(directory, &mut self.room, |named| {
            if topmost && named.name.starts_with(RESERVED_PREFIX.as_bytes()) {
                return Ok(());
            }
            held += named.name.len() + NAME_BYTES;
            if others + held > WALK_NAMES_BYTES_MAX {
                return Err(DiskError::Limit("bytes of names at once", WALK_NAMES_BYTES_MAX as u64));
            }
            names.push(Name { name: named.name.into(), inode: named.inode, directory: named.directory });
            Ok(())
        })?;
        // Of a name that is there twice, the kernel finds the first.
        names.sort_by(|a: &Name, b| a.name.cmp(&b.name));
        names.dedup_by(|b, a| a.name == b.name);
        self.spent.names += held;
        self.levels.push(Level { names: names.into_iter(), held, path: self.path.len() });
        Ok(())
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Entry, DiskError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.levels.clear();
        }
        step.transpose()
    }
}

/// What the disk alone is to blame for is no error of the walk.
fn bearable<T>(read: Result<T, DiskError>) -> Result<Option<T>, DiskError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error @ (DiskError::Io(_) | DiskError::Limit(..))) => Err(error),
        Err(_) => Ok(None),
    }
}

fn spend(spent: &mut u64, more: u64, max: u64, what: &'static str) -> Result<(), DiskError> {
    *spent = spent.saturating_add(more);
    if *spent > max { Err(DiskError::Limit(what, max)) } else { Ok(()) }
}
