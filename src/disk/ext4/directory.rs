//! Names in directories of the disk. A hashed directory reads as a plain one: its index hides in entries without inode.

use std::{collections::HashMap, sync::Arc};

use super::{DIRECTORY, Disk, DiskError, Inode, KIND, ROOT_INODE, le16, le32};
use crate::limits::BASELINE_DIRECTORIES_BYTES_MAX;

/// Inode numbers by name.
pub(super) type Names = HashMap<Box<[u8]>, u32>;

/// A directory as it was read.
#[derive(Debug)]
pub(super) struct Latest {
    path: Vec<u8>,
    names: Arc<Names>,
}

const HEAD_BYTES: usize = 8;

impl Disk {
    /// What the directory at `path` holds; empty is the root. All directories on the way share one bound on their bytes.
    pub(super) fn names(&self, path: &[u8]) -> Result<Arc<Names>, DiskError> {
        let mut latest = self.latest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(latest) = latest.as_ref().filter(|latest| latest.path == path) {
            return Ok(latest.names.clone());
        }
        let mut room = BASELINE_DIRECTORIES_BYTES_MAX;
        let mut names = self.read_names(&self.inode(ROOT_INODE)?, &mut room)?;
        for name in path.split(|byte| *byte == b'/').filter(|_| !path.is_empty()) {
            let number = *names.get(name).ok_or(DiskError::Missing)?;
            names = self.read_names(&self.inode(number)?, &mut room)?;
        }
        let names = Arc::new(names);
        *latest = Some(Latest { path: path.to_vec(), names: names.clone() });
        Ok(names)
    }

    fn read_names(&self, directory: &Inode, room: &mut u64) -> Result<Names, DiskError> {
        if directory.mode & KIND != DIRECTORY {
            return Err(DiskError::NoSuchKind("directory on the way"));
        }
        let mut bytes = Vec::new();
        *room -= self.content(directory, *room, &mut bytes)?;
        let mut names = Names::new();
        for block in bytes.chunks(self.block_bytes as usize) {
            let mut rest = block;
            while !rest.is_empty() {
                let damaged = DiskError::Damaged("a directory's entries");
                let (length, name) = (usize::from(le16(rest, 4)), usize::from(rest.get(6).copied().unwrap_or(0)));
                if length < HEAD_BYTES + name || length > rest.len() || length < HEAD_BYTES {
                    return Err(damaged);
                }
                let (entry, following) = rest.split_at(length);
                let name = &entry[HEAD_BYTES..HEAD_BYTES + name];
                if le32(entry, 0) != 0 && name != b"." && name != b".." && !name.contains(&b'/') {
                    names.insert(name.into(), le32(entry, 0));
                }
                rest = following;
            }
        }
        Ok(names)
    }
}
