//! Paths of the tree that the agent serves, resolved by the kernel so that none leads out of it.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, ResolveFlag, readlinkat},
    sys::stat::{FileStat, Mode, SFlag, mkdirat},
};
use pyro_protocol::{GuestError, GuestErrorCode};
use pyro_tree::beneath::{kind, open_within, stat};

/// Symbolic links followed at the end of a path that is about to be written.
const LINKS_MAX: usize = 16;

/// A directory beneath which every path is looked up, absolute links and `..` included.
#[derive(Debug)]
pub(crate) struct Root {
    directory: OwnedFd,
    workspace: PathBuf,
}

/// A name in an open directory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) parent: OwnedFd,
    pub(crate) name: OsString,
    /// What is there now.
    pub(crate) stat: Option<FileStat>,
}

impl Root {
    pub(crate) fn new(directory: OwnedFd, workspace: &str) -> Self {
        Self { directory, workspace: PathBuf::from(workspace) }
    }

    /// Makes a caller's path absolute.
    pub(crate) fn absolute(&self, path: &[u8]) -> Result<PathBuf, GuestError> {
        if path.is_empty() || path.contains(&0) {
            return Err(GuestError::new(GuestErrorCode::Invalid, "path is empty or has a NUL byte"));
        }
        Ok(self.workspace.join(OsStr::from_bytes(path)))
    }

    /// Opens the workspace itself.
    pub(crate) fn workspace(&self) -> io::Result<OwnedFd> {
        self.open(&self.workspace, OFlag::O_PATH | OFlag::O_DIRECTORY)
    }

    /// Opens the workspace, creating it where it is missing, and answers an absolute path as seen from there.
    pub(crate) fn below_workspace<'p>(&self, path: &'p Path) -> Result<(OwnedFd, &'p Path), GuestError> {
        let below = path.strip_prefix(&self.workspace).map_err(|_| {
            let (path, workspace) = (path.display(), self.workspace.display());
            GuestError::new(GuestErrorCode::Invalid, format!("{path} is not below {workspace}, where changes go"))
        })?;
        let opened = self.make_directory(&self.workspace);
        Ok((opened.map_err(|error| pyro_tree::refusal("open", self.workspace.as_os_str(), &error))?, below))
    }

    /// Finds a name in its directory, without following it.
    pub(crate) fn place(&self, path: &Path) -> io::Result<(OwnedFd, OsString)> {
        let name = path.file_name().ok_or(Errno::EISDIR)?.to_os_string();
        let parent = path.parent().unwrap_or(Path::new("/"));
        Ok((self.open(parent, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?, name))
    }

    pub(crate) fn open(&self, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
        open_within(self.directory.as_fd(), path, flags, Mode::empty(), ResolveFlag::RESOLVE_IN_ROOT)
    }

    /// Opens a directory, creating it and its parents where they are missing.
    pub(crate) fn make_directory(&self, path: &Path) -> io::Result<OwnedFd> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        match self.open(path, flags) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return self.open(path, flags);
        };
        let parent = self.make_directory(parent)?;
        match mkdirat(&parent, name, Mode::from_bits_truncate(0o755)) {
            Ok(()) | Err(Errno::EEXIST) => self.open(path, flags),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds the place that writing to `path` means: the last link is followed if wanted, and parents are created.
    pub(crate) fn entry(&self, path: &Path, follow: bool) -> io::Result<Entry> {
        let mut path = path.to_path_buf();
        for _ in 0..LINKS_MAX {
            let name = path.file_name().ok_or(Errno::EISDIR)?.to_os_string();
            let parent_path = path.parent().unwrap_or(Path::new("/")).to_path_buf();
            let parent = self.make_directory(&parent_path)?;
            let stat = stat(&parent, &name)?;
            match &stat {
                Some(stat) if follow && kind(stat) == SFlag::S_IFLNK => {
                    path = parent_path.join(readlinkat(&parent, name.as_os_str())?);
                }
                _ => return Ok(Entry { parent, name, stat }),
            }
        }
        Err(Errno::ELOOP.into())
    }
}
