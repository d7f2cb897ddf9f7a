//! Names in directories of the disk. A hashed directory reads as a plain one: its index hides in entries without inode.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use super::{DIRECTORY, Disk, DiskError, Inode, KIND, ROOT_INODE, le16, le32};
use crate::limits::DISK_DIRECTORIES_BYTES_MAX;

/// Inode numbers by name.
pub(super) type Names = HashMap<Box<[u8]>, u32>;

/// A directory as it was read.
#[derive(Debug)]
pub(super) struct Latest {
    path: Vec<u8>,
    names: Arc<Names>,
}

/// One name, itself and neither `.` nor `..`.
pub(in crate::disk) struct Named<'a> {
    pub(in crate::disk) name: &'a [u8],
    pub(in crate::disk) inode: u32,
    /// What the inode says counts; this is for when it says nothing.
    pub(super) directory: bool,
}

const HEAD_BYTES: usize = 8;
const IS_DIRECTORY: u8 = 2;
/// Read at once: a multiple of every block's size.
const PIECE_BYTES: usize = 64 * 1024;

impl Disk {
    /// What the directory at `path` holds; empty is the root. All directories on the way share one bound on their bytes.
    pub(super) fn names(&self, path: &[u8]) -> Result<Arc<Names>, DiskError> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(latest) = latest.as_ref().filter(|latest| latest.path == path) {
            return Ok(latest.names.clone());
        }
        let mut room = DISK_DIRECTORIES_BYTES_MAX;
        let mut read = |number| match self.read_names(&self.inode(number)?, &mut room) {
            Err(DiskError::TooLarge(_)) => {
                Err(DiskError::Limit("bytes of directories on the way", DISK_DIRECTORIES_BYTES_MAX))
            }
            read => read,
        };
        let mut names = read(ROOT_INODE)?;
        for name in path.split(|byte| *byte == b'/').filter(|_| !path.is_empty()) {
            names = read(*names.get(name).ok_or(DiskError::Missing)?)?;
        }
        let names = Arc::new(names);
        *latest = Some(Latest { path: path.to_vec(), names: names.clone() });
        Ok(names)
    }

    fn read_names(&self, directory: &Inode, room: &mut u64) -> Result<Names, DiskError> {
        let mut names = Names::new();
        self.each_name(directory, room, |named| {
            names.entry(named.name.into()).or_insert(named.inode);
            Ok(())
        })?;
        Ok(names)
    }

    /// Gives `each` the names of a directory in the disk's order. `room` is how many bytes of directories may still be
    /// read.
    pub(in crate::disk) fn each_name(
        &self,
        directory: &Inode,
        room: &mut u64,
        mut each: impl FnMut(Named<'_>) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        if directory.mode & KIND != DIRECTORY {
            return Err(DiskError::NoSuchKind("directory on the way"));
        }
        // A damaged one costs as much as another.
        *room = room.checked_sub(directory.size).ok_or(DiskError::TooLarge(directory.size))?;
        let (mut piece, mut done) = (vec![0; PIECE_BYTES.min(directory.size as usize)], 0);
        while done < directory.size {
            let length = self.fill(directory, done, &mut piece)?;
            done += length as u64;
            piece[..length].chunks(self.block_bytes as usize).try_for_each(|block| names(block, &mut each))?;
        }
        Ok(())
    }
}

/// The names in one block of a directory.
fn names(mut rest: &[u8], each: &mut dyn FnMut(Named<'_>) -> Result<(), DiskError>) -> Result<(), DiskError> {
    while !rest.is_empty() {
        let (length, name) = (usize::from(le16(rest, 4)), usize::from(rest.get(6).copied().unwrap_or(0)));
        if length < HEAD_BYTES + name || length > rest.len() {
            return Err(DiskError::Damaged("a directory's entries"));
        }
        let (entry, following) = rest.split_at(length);
        let (inode, directory) = (le32(entry, 0), entry[7] == IS_DIRECTORY);
        let name = &entry[HEAD_BYTES..HEAD_BYTES + name];
        if inode != 0 && !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/') && !name.contains(&0) {
            each(Named { name, inode, directory })?;
        }
        rest = following;
    }
    Ok(())
}
