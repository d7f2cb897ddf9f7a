//! Paths beneath a directory descriptor, resolved by the kernel so that none leads out of it.

use std::{
    ffi::{CString, OsStr},
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    rc::Rc,
};

use nix::{
    dir::Dir,
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2},
    sys::stat::{FileStat, Mode, SFlag, fstatat},
};

/// Tries of a resolution that races with a rename.
const RACES_MAX: usize = 100;

/// Opens beneath a directory under the given rule; never follows `/proc` magic links.
pub fn open_within(
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

/// Opens without creating, beneath a directory and through no link.
pub fn open(base: BorrowedFd<'_>, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
    open_within(base, path, flags, Mode::empty(), ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS)
}

/// Opens a directory to read, beneath another and through no link.
pub fn open_directory(base: BorrowedFd<'_>, path: &Path) -> io::Result<OwnedFd> {
    open(base, path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)
}

/// Creates a file that must not exist; the process's mask takes bits of `mode` away.
pub fn create(directory: BorrowedFd<'_>, name: &OsStr, mode: Mode) -> io::Result<File> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
    Ok(open_within(directory, name.as_ref(), flags, mode, ResolveFlag::RESOLVE_BENEATH)?.into())
}

/// What a name is, itself and not what it links to; `None` when nothing is there.
pub fn stat(directory: impl AsFd, name: &OsStr) -> io::Result<Option<FileStat>> {
    match fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::ENOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The file type in a stat.
pub fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// The permission bits in a stat.
pub fn permissions(stat: &FileStat) -> u32 {
    stat.st_mode & 0o7777
}

/// Names in an open directory, sorted by their bytes, without `.` and `..`; the directory comes back with them.
pub(crate) fn names(directory: OwnedFd) -> io::Result<(Dir, Vec<CString>)> {
    let mut directory = Dir::from_fd(directory)?;
    let mut names = Vec::new();
    for entry in directory.iter() {
        let entry = entry?;
        if entry.file_name() != c"." && entry.file_name() != c".." {
            names.push(entry.file_name().to_owned());
        }
    }
    names.sort_unstable();
    Ok((directory, names))
}

/// Directories beneath a base by their paths. The last one stays open: the next path is usually there too.
#[derive(Debug)]
pub(crate) struct Directories<'a> {
    base: BorrowedFd<'a>,
    last: Option<(PathBuf, Rc<OwnedFd>)>,
}

impl<'a> Directories<'a> {
    pub(crate) fn new(base: BorrowedFd<'a>) -> Self {
        Self { base, last: None }
    }

    pub(crate) fn open(&mut self, path: &Path) -> io::Result<Rc<OwnedFd>> {
        self.open_with(path, |base| open_directory(base, path))
    }

    /// As [`Directories::open`], opening in a way of the caller's when the directory is not the last one.
    pub(crate) fn open_with(
        &mut self,
        path: &Path,
        open: impl FnOnce(BorrowedFd<'_>) -> io::Result<OwnedFd>,
    ) -> io::Result<Rc<OwnedFd>> {
        if let Some((last, opened)) = &self.last
            && last == path
        {
            return Ok(opened.clone());
        }
        let opened = Rc::new(open(self.base)?);
        self.last = Some((path.to_path_buf(), opened.clone()));
        Ok(opened)
    }

    /// The directory that holds a path, and the path's name in it.
    pub(crate) fn parent<'p>(&mut self, path: &'p Path) -> io::Result<(Rc<OwnedFd>, &'p OsStr)> {
        let name = path.file_name().ok_or(Errno::EINVAL)?;
        Ok((self.open(path.parent().unwrap_or(Path::new("")))?, name))
    }

    /// What a path is, itself; `None` when nothing is there, or no directory on its way.
    pub(crate) fn stat(&mut self, path: &Path) -> io::Result<Option<FileStat>> {
        match self.parent(path) {
            Ok((parent, name)) => stat(&*parent, name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
