//! Going through everything below a directory, with neither recursion nor a descriptor per level.

use std::{
    ffi::{CStr, CString, OsStr},
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use nix::{
    dir::Dir,
    errno::Errno,
    fcntl::{AtFlags, OFlag, openat},
    sys::stat::{FileStat, Mode, fstatat},
};

use crate::{
    beneath::{names, open_directory, stat},
    names::DIRECTORY_BYTES_MAX,
};

/// Innermost directories that stay open; those further out are opened again when their turn comes.
const OPEN_MAX: usize = 32;

/// What comes next.
pub(crate) enum Step {
    /// [`Descent::path`] is an entry; [`Descent::enter`] makes its contents come next.
    Entry(FileStat),
    /// Everything in the directory at [`Descent::path`] has come.
    Left,
}

/// A position in a tree. Names of a directory come in the order of their bytes.
pub(crate) struct Descent<'a> {
    base: BorrowedFd<'a>,
    levels: Vec<Level>,
    /// Of the current entry.
    path: Vec<u8>,
}

struct Level {
    /// `None` while it is closed.
    directory: Option<Dir>,
    names: std::vec::IntoIter<CString>,
    /// Length of the directory's path.
    bytes: usize,
}

impl<'a> Descent<'a> {
    /// Begins with what is directly in the directory.
    pub(crate) fn new(base: BorrowedFd<'a>) -> io::Result<Self> {
        let (directory, names) = names(open_directory(base, Path::new(""))?)?;
        let level = Level { directory: Some(directory), names: names.into_iter(), bytes: 0 };
        Ok(Self { base, levels: vec![level], path: Vec::new() })
    }

    /// Goes on; `None` after the last. An error is about [`Descent::path`] alone: the next call goes on behind it.
    pub(crate) fn next(&mut self) -> Option<io::Result<Step>> {
        loop {
            let level = self.levels.last_mut()?;
            self.path.truncate(level.bytes);
            let Some(name) = level.names.next() else {
                self.levels.pop();
                return (!self.levels.is_empty()).then_some(Ok(Step::Left));
            };
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(name.as_bytes());
            match self.parent().and_then(|parent| stat(parent, OsStr::from_bytes(name.as_bytes()))) {
                // It went away meanwhile, as files of a living tree do.
                Ok(None) => {}
                Ok(Some(stat)) => return Some(Ok(Step::Entry(stat))),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Enters the entry that came last, which must be a directory. Fails with `ENAMETOOLONG` where its path is longer
    /// than [`DIRECTORY_BYTES_MAX`].
    pub(crate) fn enter(&mut self) -> io::Result<()> {
        if self.path.len() > DIRECTORY_BYTES_MAX {
            return Err(Errno::ENAMETOOLONG.into());
        }
        let name = OsStr::from_bytes(self.name()).to_owned();
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let (directory, names) = names(openat(self.parent()?, name.as_os_str(), flags, Mode::empty())?)?;
        // Without the right to search, the names would come but nothing behind them.
        fstatat(&directory, c".", AtFlags::empty())?;
        if let Some(outer) = self.levels.len().checked_sub(OPEN_MAX) {
            self.levels[outer].directory = None;
        }
        let bytes = self.path.len();
        self.levels.push(Level { directory: Some(directory), names: names.into_iter(), bytes });
        Ok(())
    }

    /// Keeps only some of the names that are still to come in the innermost directory.
    pub(crate) fn retain(&mut self, keep: impl Fn(&[u8]) -> bool) {
        if let Some(level) = self.levels.last_mut() {
            level.names =
                level.names.by_ref().filter(|name| keep(CStr::to_bytes(name))).collect::<Vec<_>>().into_iter();
        }
    }

    /// The current entry, from the base.
    pub(crate) fn path(&self) -> &[u8] {
        &self.path
    }

    /// The last component of [`Descent::path`].
    pub(crate) fn name(&self) -> &[u8] {
        self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// How many directories lie between the base and what comes next.
    pub(crate) fn level(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// The directory that holds the current entry; the entry itself right after [`Descent::enter`].
    pub(crate) fn parent(&mut self) -> io::Result<BorrowedFd<'_>> {
        let level = self.levels.last_mut().ok_or(Errno::ENOENT)?;
        if level.directory.is_none() {
            let path = Path::new(OsStr::from_bytes(&self.path[..level.bytes]));
            level.directory = Some(Dir::from_fd(open_directory(self.base, path)?)?);
        }
        level.directory.as_ref().map(AsFd::as_fd).ok_or_else(|| Errno::ENOENT.into())
    }
}
