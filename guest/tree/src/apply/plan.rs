//! A change as renames, and what is remembered to undo them.

use std::{collections::BTreeMap, path::PathBuf};

use nix::sys::stat::{FileStat, SFlag};

use crate::{beneath::kind, error::TreeError, times, unpack::Attributes};

/// Paths of one plan, bytes.
const PLAN_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A change as renames, in order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) operations: Vec<Operation>,
    /// Directories in which names change, as they were.
    pub(super) directories: BTreeMap<PathBuf, Touched>,
    pub(super) replaced: u64,
    pub(super) deleted: u64,
    pub(super) bytes: usize,
}

/// One rename between staging and tree. Paths begin at the workspace.
#[derive(Debug, PartialEq)]
pub(super) enum Operation {
    /// What is there goes to `old/NUMBER`.
    Delete { path: PathBuf, number: u64, old: Identity },
    /// What is there and what is in `new/` change places.
    Exchange { path: PathBuf, new: Identity, old: Identity },
    /// A file or a whole directory comes from `new/`; nothing is there.
    Move { path: PathBuf, new: Identity },
}

/// An entry as it is recognised after a rename. The inode alone would not do: a file system gives it to the next file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) inode: u64,
    /// Zero for directories, as the time is: they change with what is in them.
    pub(super) size: u64,
    pub(super) mtime_ns: i64,
}

impl Identity {
    pub(super) fn of(stat: &FileStat) -> Self {
        let inode = stat.st_ino;
        match kind(stat) {
            SFlag::S_IFDIR => Self { inode, size: 0, mtime_ns: 0 },
            _ => {
                let mtime_ns = times::nanoseconds(stat.st_mtime, stat.st_mtime_nsec);
                Self { inode, size: stat.st_size as u64, mtime_ns }
            }
        }
    }
}

/// A directory before the change.
#[derive(Debug, PartialEq)]
pub(super) struct Touched {
    pub(super) inode: u64,
    pub(super) attributes: Attributes,
}

impl Plan {
    pub(super) fn push(&mut self, operation: Operation) -> Result<(), TreeError> {
        let path = match &operation {
            Operation::Delete { path, .. } | Operation::Exchange { path, .. } | Operation::Move { path, .. } => path,
        };
        self.bytes += path.as_os_str().len() + size_of::<Operation>();
        if self.bytes > PLAN_BYTES_MAX {
            return Err(TreeError::Limit("the change touches more than fits into 32 MiB of names".into()));
        }
        self.operations.push(operation);
        Ok(())
    }
}
