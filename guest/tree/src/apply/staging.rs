//! The directory beside a tree where a change is prepared: `new/` is the tar, `old/` what is deleted, `journal` the plan.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStringExt,
    },
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, renameat},
    sys::stat::{Mode, SFlag, mkdirat},
    unistd::{UnlinkatFlags, fsync, unlinkat},
};
use pyro_protocol::tree::RESERVED_PREFIX;

use super::{journal, plan::Plan};
use crate::{
    beneath::{create, kind, names, open, open_directory, stat},
    names::is_reserved,
    remove::remove,
};

const NEW: &str = "new";
const OLD: &str = "old";
const JOURNAL: &str = "journal";
const JOURNAL_UNFINISHED: &str = "journal.tmp";

/// Goes away when it is dropped, unless its journal says that something is still to be undone.
#[derive(Debug)]
pub(super) struct Staging<'a> {
    pub(super) workspace: &'a OwnedFd,
    name: OsString,
    directory: OwnedFd,
}

impl<'a> Staging<'a> {
    /// Makes an empty one directly in the workspace: everything can be renamed between the two.
    pub(super) fn create(workspace: &'a OwnedFd) -> io::Result<Self> {
        let private = Mode::from_bits_truncate(0o700);
        let name = (0u64..)
            .map(|number| format!("{RESERVED_PREFIX}{number}"))
            .find_map(|name| match mkdirat(workspace, name.as_str(), private) {
                Err(Errno::EEXIST) => None,
                made => Some(made.map(|()| OsString::from(name))),
            })
            .ok_or(Errno::EEXIST)??;
        let staging = Self::open(workspace, &name)?;
        for part in [NEW, OLD] {
            mkdirat(&staging.directory, part, private)?;
        }
        Ok(staging)
    }

    pub(super) fn open(workspace: &'a OwnedFd, name: &OsStr) -> io::Result<Self> {
        let directory = open_directory(workspace.as_fd(), Path::new(name))?;
        Ok(Self { workspace, name: name.to_owned(), directory })
    }

    pub(super) fn new_tree(&self) -> io::Result<OwnedFd> {
        open_directory(self.directory.as_fd(), Path::new(NEW))
    }

    pub(super) fn old(&self) -> io::Result<OwnedFd> {
        open_directory(self.directory.as_fd(), Path::new(OLD))
    }

    /// Writes the journal whole or not at all, and waits until it is on disk.
    pub(super) fn write_journal(&self, plan: &Plan) -> io::Result<()> {
        let mut file = create(self.directory.as_fd(), OsStr::new(JOURNAL_UNFINISHED), Mode::S_IRUSR | Mode::S_IWUSR)?;
        file.write_all(&journal::encode(plan))?;
        file.sync_all()?;
        renameat(&self.directory, JOURNAL_UNFINISHED, &self.directory, JOURNAL)?;
        self.sync()?;
        Ok(fsync(self.workspace)?)
    }

    /// The plan of a change that was not finished.
    pub(super) fn read_journal(&self) -> io::Result<Option<Plan>> {
        let mut bytes = Vec::new();
        let opened = match open(self.directory.as_fd(), Path::new(JOURNAL), OFlag::O_RDONLY | OFlag::O_NONBLOCK) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        std::fs::File::from(opened).take(journal::BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        journal::decode(&bytes).map(Some).ok_or_else(|| io::Error::other("its journal cannot be read"))
    }

    pub(super) fn remove_journal(&self) -> io::Result<()> {
        Ok(unlinkat(&self.directory, JOURNAL, UnlinkatFlags::NoRemoveDir)?)
    }

    /// Waits until its names are on disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.directory)?)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if stat(&self.directory, OsStr::new(JOURNAL)).is_ok_and(|journal| journal.is_none()) {
            // What is left is out of sight, and removed by the next recovery.
            let _ = remove(self.workspace, &self.name);
        }
    }
}

/// Names of staging directories in a workspace.
pub(super) fn left(workspace: &OwnedFd) -> io::Result<Vec<OsString>> {
    let (_, names) = names(open_directory(workspace.as_fd(), Path::new(""))?)?;
    let names = names.into_iter().map(|name| OsString::from_vec(name.into_bytes()));
    let is_directory = |name: &OsString| Ok(stat(workspace, name)?.is_some_and(|stat| kind(&stat) == SFlag::S_IFDIR));
    let ours = names.filter(|name| is_reserved(name.as_encoded_bytes()));
    ours.filter_map(|name| is_directory(&name).map(|ours| ours.then_some(name)).transpose()).collect()
}
