//! The files of a machine at rest, as its guest would see them: its disk over its base image, read in this process.
//!
//! A guest's root is an overlay of the disk's `root/` over the base image, with the disk's `workspace/` mounted into it
//! (`guest/agent/src/boot/mounts.rs`). What else is mounted in a running machine (`/proc`, `/dev`, `/run`...) is none of
//! its files: at rest there is what lies below.

mod children;
mod index;
mod place;
mod walk;
mod way;

use std::{path::Path, sync::OnceLock};

use pyro_protocol::tree::{Entry, Kind};

use self::{index::Indexed, place::Place};
use super::{
    erofs::Erofs,
    ext4::{Disk, DiskError, Inode},
};
pub use walk::ViewWalk;

/// The files of a machine at rest, as its guest would see them.
#[derive(Debug)]
pub struct View {
    disk: Disk,
    base: Erofs,
    /// What is at `/`.
    top: Place,
    /// What is at `/workspace`, once the machine has booted.
    workspace: Option<Inode>,
    /// Where the overlay keeps files of the base that have several names and were changed.
    index: Option<Inode>,
    /// What is there, where it can be read.
    indexed: OnceLock<Option<Indexed>>,
}

/// Something in a [`View`].
#[derive(Clone, Debug)]
pub struct Found {
    /// From `/` on, with every link on the way resolved.
    pub path: Vec<u8>,
    /// Its path is the last name of the above; `/` for the topmost directory.
    pub entry: Entry,
    place: Place,
}

/// In the guest's topmost directory, and on the disk.
const WORKSPACE: &[u8] = b"workspace";

impl View {
    /// Opens a machine's disk and the base image that it was made over. A disk that was never booted is an empty one.
    pub fn open(disk: &Path, base: &Path) -> Result<Self, DiskError> {
        let (disk, base) = (Disk::open(disk)?, Erofs::open(base)?);
        let root = base.root()?;
        let top = match directory(&disk, b"root")? {
            Some(inode) => Place::Upper { inode, below: Some(root) },
            None => Place::Lower(root),
        };
        let (workspace, index) = (directory(&disk, WORKSPACE)?, directory(&disk, b"work/index")?);
        Ok(Self { disk, base, top, workspace, index, indexed: OnceLock::new() })
    }

    /// Bytes of a regular file from `offset` on; answers how many, 0 at its end.
    pub fn read(&self, found: &Found, offset: u64, to: &mut [u8]) -> Result<usize, DiskError> {
        match &found.place {
            Place::Plain(inode) | Place::Upper { inode, .. } => self.disk.read(inode, offset, to),
            Place::Lower(node) => self.base.read(node, offset, to),
        }
    }
}

/// A directory that only a machine which has booted has.
fn directory(disk: &Disk, path: &[u8]) -> Result<Option<Inode>, DiskError> {
    match disk.find(path) {
        Ok(inode) if inode.kind() == Kind::Directory => Ok(Some(inode)),
        Ok(_) => Err(DiskError::NoSuchKind("directory on the way")),
        Err(DiskError::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
