//! Lists everything below a directory of the view, as `pyro_tree` does in the running guest, without recursion.

use std::collections::{HashSet, VecDeque, btree_map};

use pyro_protocol::tree::{Entry, Kind, RESERVED_PREFIX};
use pyro_tree::DIRECTORY_BYTES_MAX;

use super::{
    Found, View,
    children::{Children, Sides},
    place::Place,
};
use crate::{
    disk::{WalkOptions, ext4::DiskError},
    limits::{
        TREE_ENTRIES_MAX, WALK_DIRECTORIES_BYTES_MAX, WALK_DIRECTORY_BYTES_MAX, WALK_NAMES_BYTES_MAX,
        WALK_TOLD_BYTES_MAX,
    },
};

/// The entries below a directory; see [`View::walk`].
#[derive(Debug)]
pub struct ViewWalk<'a> {
    view: &'a View,
    depth: Option<u32>,
    /// The names on the way to where it begins; empty when it is under way.
    way: VecDeque<Box<[u8]>>,
    /// Why it cannot begin.
    refused: Option<DiskError>,
    levels: Vec<Level>,
    /// Of the entry that came last, from the directory on.
    path: Vec<u8>,
    /// Directories of the disk that were entered: each has but one name.
    entered: HashSet<u32>,
    seen: u64,
    /// Bytes of paths and targets that were told.
    told: u64,
    skipped: u64,
    /// Bytes of directories that may still be read.
    room: u64,
    /// Bytes of all levels' names.
    held: usize,
}

#[derive(Debug)]
struct Level {
    directory: Place,
    names: btree_map::IntoIter<Box<[u8]>, Sides>,
    held: usize,
    /// Length of the directory's path.
    bytes: usize,
}

impl View {
    /// The entries below a directory, parents first, the names of each directory in the order of their bytes: as
    /// [`pyro_tree::compare_paths`] has it. Paths are relative to the directory. A directory that cannot be read is
    /// flagged; other entries that cannot are left out and counted. A walk that would be too large, or an error of the
    /// host, ends it.
    pub fn walk(&self, found: &Found, options: WalkOptions) -> ViewWalk<'_> {
        let after = options.after.unwrap_or_default();
        let way = after.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).map(Box::from).collect();
        let mut walk = ViewWalk {
            view: self,
            depth: options.depth,
            way,
            refused: None,
            levels: Vec::new(),
            path: Vec::new(),
            entered: HashSet::new(),
            seen: 0,
            told: 0,
            skipped: 0,
            room: WALK_DIRECTORIES_BYTES_MAX,
            held: 0,
        };
        if found.place.kind() != Kind::Directory {
            walk.refused = Some(DiskError::NoSuchKind("directory"));
        } else if options.depth != Some(0) {
            walk.refused = walk.enter(found.place.clone()).err();
        }
        walk
    }
}

impl Iterator for ViewWalk<'_> {
    type Item = Result<Entry, DiskError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.refused.take() {
            return Some(Err(error));
        }
        loop {
            match self.step() {
                Ok(None) if self.levels.is_empty() => return None,
                Ok(None) => {}
                Ok(Some(entry)) => return Some(Ok(entry)),
                Err(error) if ends(&error) => {
                    self.levels.clear();
                    return Some(Err(error));
                }
                Err(_) => self.skipped += 1,
            }
        }
    }
}

impl ViewWalk<'_> {
    /// How many entries were left out so far because they could not be read.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Goes on by one name, which need not be an entry.
    fn step(&mut self) -> Result<Option<Entry>, DiskError> {
        let Some(level) = self.levels.last_mut() else { return Ok(None) };
        self.path.truncate(level.bytes);
        let Some((name, sides)) = level.names.next() else {
            self.held -= level.held;
            self.levels.pop();
            return Ok(None);
        };
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(&name);
        self.seen += 1;
        if self.seen > TREE_ENTRIES_MAX {
            return Err(DiskError::Limit("entries", TREE_ENTRIES_MAX));
        }
        let view = self.view;
        let place = within(&mut self.room, |room| view.resolve(&level.directory, &name, sides, room))?;
        let Some(place) = place else { return Ok(None) };
        let passed = self.way.front().is_some_and(|next| *next == name);
        let mut entry = view.described(&self.path, &place)?;
        match passed {
            true => drop(self.way.pop_front()),
            false => self.way.clear(),
        }
        let deeper = self.depth.is_none_or(|depth| (self.levels.len() as u64) < u64::from(depth));
        let entered = entry.kind == Kind::Directory && deeper;
        if entered {
            match self.enter(place) {
                Err(error) if ends(&error) => return Err(error),
                entered => entry.unreadable = entered.is_err(),
            }
        }
        if !entered || entry.unreadable {
            self.way.clear();
        }
        if passed {
            return Ok(None);
        }
        self.told += (entry.path.len() + entry.target.len()) as u64;
        match self.told > WALK_TOLD_BYTES_MAX {
            true => Err(DiskError::Limit("bytes of paths and links", WALK_TOLD_BYTES_MAX)),
            false => Ok(Some(entry)),
        }
    }

    /// Makes the contents of a directory come next.
    fn enter(&mut self, directory: Place) -> Result<(), DiskError> {
        if self.path.len() > DIRECTORY_BYTES_MAX {
            return Err(DiskError::NoSuchKind("directory whose entries have paths short enough"));
        }
        if directory.upper().is_some_and(|inode| !self.entered.insert(inode.number())) {
            return Err(DiskError::Damaged("a directory with two names"));
        }
        let Children { mut names, held } = within(&mut self.room, |room| self.view.children(&directory, room))?;
        if self.levels.is_empty() {
            names.retain(|name, _| !name.starts_with(RESERVED_PREFIX.as_bytes()));
        }
        if let Some(next) = self.way.front() {
            names = names.split_off(next);
        }
        self.held += held;
        if self.held > WALK_NAMES_BYTES_MAX {
            return Err(DiskError::Limit("bytes of names at once", WALK_NAMES_BYTES_MAX as u64));
        }
        self.levels.push(Level { directory, names: names.into_iter(), held, bytes: self.path.len() });
        Ok(())
    }
}

/// Reads directories: as many bytes as one may have, and all together no more than there is room for.
fn within<T>(room: &mut u64, read: impl FnOnce(&mut u64) -> Result<T, DiskError>) -> Result<T, DiskError> {
    let whole = WALK_DIRECTORY_BYTES_MAX.min(*room);
    let mut own = whole;
    let done = read(&mut own);
    *room -= whole - own;
    match done {
        Err(DiskError::TooLarge(_)) if whole < WALK_DIRECTORY_BYTES_MAX => {
            Err(DiskError::Limit("bytes of directories", WALK_DIRECTORIES_BYTES_MAX))
        }
        done => done,
    }
}

/// Whether a walk cannot go on after an error; otherwise it is about one entry.
fn ends(error: &DiskError) -> bool {
    matches!(error, DiskError::Limit(..) | DiskError::Io(_))
}
