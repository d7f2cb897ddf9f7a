//! Paths of the tree that the agent serves, resolved by the kernel so that none leads out of it.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::{OsStrExt, OsStringExt},
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2, readlinkat},
    sys::stat::{FileStat, Mode, SFlag, fstatat, mkdirat},
};
use pyro_protocol::{GuestError, GuestErrorCode};

/// Symbolic links followed at the end of a path that is about to be written.
const LINKS_MAX: usize = 16;
/// Tries of a resolution that races with a rename.
const RACES_MAX: usize = 100;

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
    pub(crate) fn absolute(&self, path: &str) -> Result<PathBuf, GuestError> {
        if path.is_empty() || path.contains('\0') {
            return Err(GuestError::new(GuestErrorCode::Invalid, "path is empty or has a NUL byte"));
        }
        Ok(self.workspace.join(path))
    }

    /// Opens the workspace itself.
    pub(crate) fn workspace(&self) -> io::Result<OwnedFd> {
        self.open(&self.workspace, OFlag::O_PATH | OFlag::O_DIRECTORY)
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

    /// Finds the place that writing to `path` means: the last link is followed, and parents are created.
    pub(crate) fn entry(&self, path: &Path) -> io::Result<Entry> {
        let mut path = path.to_path_buf();
        for _ in 0..LINKS_MAX {
            let name = path.file_name().ok_or(Errno::EISDIR)?.to_os_string();
            let parent_path = path.parent().unwrap_or(Path::new("/")).to_path_buf();
            let parent = self.make_directory(&parent_path)?;
            let stat = match fstatat(&parent, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
                Ok(stat) => Some(stat),
                Err(Errno::ENOENT) => None,
                Err(error) => return Err(error.into()),
            };
            match &stat {
                Some(stat) if kind(stat) == SFlag::S_IFLNK => {
                    path = parent_path.join(readlinkat(&parent, name.as_os_str())?);
                }
                _ => return Ok(Entry { parent, name, stat }),
            }
        }
        Err(Errno::ELOOP.into())
    }
}

/// Opens beneath a directory under the given rule; never follows `/proc` magic links.
pub(crate) fn open_within(
    directory: BorrowedFd<'_>,
    path: &Path,
    flags: OFlag,
    mode: Mode,
    rule: ResolveFlag,
) -> io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let how =
        OpenHow::new().flags(flags | OFlag::O_CLOEXEC).mode(mode).resolve(rule | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    for _ in 0..RACES_MAX {
        match openat2(directory, path, how) {
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            opened => return Ok(opened?),
        }
    }
    Err(Errno::EAGAIN.into())
}

/// The file type in a stat.
pub(crate) fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// The permission bits in a stat.
pub(crate) fn permissions(stat: &FileStat) -> u32 {
    stat.st_mode & 0o7777
}

/// Names in an open directory, sorted, without `.` and `..`.
pub(crate) fn names(directory: BorrowedFd<'_>) -> io::Result<Vec<OsString>> {
    let again = open_within(
        directory,
        Path::new("."),
        OFlag::O_RDONLY | OFlag::O_DIRECTORY,
        Mode::empty(),
        ResolveFlag::empty(),
    )?;
    let mut names = Vec::new();
    for entry in nix::dir::Dir::from_fd(again)?.iter() {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name));
        }
    }
    names.sort();
    Ok(names)
}

/// Says what went wrong with a path, as the refusal a caller reads.
pub(crate) fn refusal(doing: &str, path: &OsStr, error: &io::Error) -> GuestError {
    use io::ErrorKind as Kind;
    let code = match error.kind() {
        Kind::NotFound => GuestErrorCode::Missing,
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => GuestErrorCode::Denied,
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge | Kind::OutOfMemory => GuestErrorCode::Limit,
        Kind::NotADirectory | Kind::IsADirectory | Kind::AlreadyExists | Kind::DirectoryNotEmpty => {
            GuestErrorCode::Conflict
        }
        Kind::InvalidInput | Kind::InvalidData | Kind::InvalidFilename => GuestErrorCode::Invalid,
        _ if error.raw_os_error() == Some(Errno::ELOOP as i32) => GuestErrorCode::Conflict,
        _ if error.raw_os_error() == Some(Errno::EXDEV as i32) => GuestErrorCode::Denied,
        _ => GuestErrorCode::Internal,
    };
    GuestError::new(code, format!("cannot {doing} {}: {error}", String::from_utf8_lossy(path.as_bytes())))
}

/// A descriptor as a file to read or write.
pub(crate) fn file(fd: OwnedFd) -> File {
    fd.into()
}
