//! One entry of a tar.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, BufReader, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    rc::Rc,
};

use nix::{
    errno::Errno,
    fcntl::AtFlags,
    sys::{
        stat::{Mode, SFlag, UtimensatFlags, fchmod, fstat, fstatat, futimens, mkdirat, utimensat},
        time::TimeSpec,
    },
    unistd::{LinkatFlags, UnlinkatFlags, linkat, symlinkat, unlinkat},
};
use tar::{Entry, EntryType};

use super::{Attributes, Unpack, cut, parent_of, told};
use crate::{
    beneath::{create, kind, open_directory, permissions},
    error::{TreeError, shown},
    names::clean,
    times,
};

/// Left-out paths that are listed; the rest are only left out.
const SKIPPED_MAX: usize = 1000;
/// Read and written at once, bytes: large files in large pieces, small ones without much ado.
const PIECE_BYTES_MIN: usize = 8 * 1024;
const PIECE_BYTES_MAX: usize = 128 * 1024;
/// Bits of a mode that give rights away.
const SETID: Mode = Mode::S_ISUID.union(Mode::S_ISGID).union(Mode::S_ISVTX);

impl Unpack<'_> {
    pub(super) fn entry<R: Read>(&mut self, entry: &mut Entry<'_, R>, path: &Path) -> Result<(), TreeError> {
        let failed = |error| TreeError::io("unpack", path, error);
        let mut entry_kind = entry.header().entry_type();
        if entry_kind == EntryType::XGlobalHeader {
            return self.content(entry, path, &mut io::sink()).map(drop);
        }
        // The oldest tars know directories by their names only.
        if entry_kind == EntryType::Regular && entry.path_bytes().ends_with(b"/") {
            entry_kind = EntryType::Directory;
        }
        self.unpacked.report.entries += 1;
        let modified = modified(entry).map_err(failed)?;
        let mode = Mode::from_bits_truncate(entry.header().mode().map_err(failed)? & 0o7777);
        let Some(name) = path.file_name() else {
            if entry_kind.is_dir() {
                self.wait(path, Attributes { mode, modified })?;
            }
            return self.content(entry, path, &mut io::sink()).map(drop);
        };
        let parent = self.parent(parent_of(path)).map_err(failed)?;
        match entry_kind {
            EntryType::Directory => {
                make_directory(parent.as_fd(), name).map_err(failed)?;
                self.wait(path, Attributes { mode, modified })?;
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mut target = replace(parent.as_fd(), name, mode.difference(SETID)).map_err(failed)?;
                self.unpacked.report.bytes += self.content(entry, path, &mut target)?;
                let mode = if self.options.keep_setid { mode } else { mode.difference(SETID) };
                // A file system's journal makes changing a mode dear, looking at one cheap.
                if permissions(&fstat(&target).map_err(|error| failed(error.into()))?) != mode.bits() {
                    fchmod(&target, mode).map_err(|error| failed(error.into()))?;
                }
                futimens(&target, &TimeSpec::UTIME_OMIT, &modified).map_err(|error| failed(error.into()))?;
                return Ok(());
            }
            EntryType::Symlink => {
                let link = entry.link_name_bytes().ok_or(Errno::EINVAL).map_err(|error| failed(error.into()))?;
                clear(parent.as_fd(), name).map_err(failed)?;
                symlink(OsStr::from_bytes(&link), parent.as_fd(), name, &modified).map_err(failed)?;
            }
            EntryType::Link => self.hard_link(entry, path, &parent, name)?,
            _ if self.unpacked.report.skipped.len() < SKIPPED_MAX => {
                self.unpacked.report.skipped.push(path.to_string_lossy().into_owned());
            }
            _ => {}
        }
        self.content(entry, path, &mut io::sink()).map(drop)
    }

    /// Copies an entry's content, which must be whole and fit into what is left of the limit.
    fn content<R: Read>(
        &mut self,
        entry: &mut Entry<'_, R>,
        path: &Path,
        to: &mut impl Write,
    ) -> Result<u64, TreeError> {
        let bytes = entry.size();
        self.content_bytes = self.content_bytes.saturating_add(bytes);
        if self.content_bytes > self.options.bytes_max {
            let max = self.options.bytes_max;
            return Err(TreeError::Limit(format!("tar has more than {max} bytes of contents, at {}", told(path))));
        }
        let mut pieces = BufReader::with_capacity((bytes as usize).clamp(PIECE_BYTES_MIN, PIECE_BYTES_MAX), entry);
        let copied = io::copy(&mut pieces, to).map_err(|error| TreeError::io("unpack", path, error))?;
        if copied < bytes {
            return Err(TreeError::Invalid(format!("tar ends in the middle of {}", told(path))));
        }
        Ok(copied)
    }

    fn hard_link<R: Read>(
        &mut self,
        entry: &Entry<'_, R>,
        path: &Path,
        parent: &OwnedFd,
        name: &OsStr,
    ) -> Result<(), TreeError> {
        let to = entry.link_name_bytes().unwrap_or_default();
        let invalid = |why| {
            let (path, to) = (told(path), shown(cut(&to)));
            TreeError::Invalid(format!("tar has a hard link {path} to a path that {why}: {to}"))
        };
        let link = clean(&to).map_err(invalid)?;
        let target = link.file_name().ok_or_else(|| invalid("is no file's"))?;
        if link == path {
            return Ok(());
        }
        let linked = self.directories.open(parent_of(&link)).and_then(|beside| {
            // Before the old name is taken away: it may be another name of the same file.
            fstatat(&*beside, target, AtFlags::AT_SYMLINK_NOFOLLOW)?;
            clear(parent.as_fd(), name)?;
            Ok(linkat(&*beside, target, parent, name, LinkatFlags::empty())?)
        });
        linked.map_err(|error| TreeError::io("unpack", path, error))
    }

    /// Opens a directory beneath the base, creating what is missing.
    fn parent(&mut self, path: &Path) -> io::Result<Rc<OwnedFd>> {
        self.directories.open_with(path, |base| match open_directory(base, path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_directories(base, path),
            opened => opened,
        })
    }
}

/// Creates a file in place of whatever is there, unless that is a directory.
fn replace(parent: BorrowedFd<'_>, name: &OsStr, mode: Mode) -> io::Result<File> {
    match create(parent, name, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            clear(parent, name)?;
            create(parent, name, mode)
        }
        created => created,
    }
}

/// Makes a directory and those above it, each where it is missing; the last one is answered open.
pub(crate) fn make_directories(base: BorrowedFd<'_>, path: &Path) -> io::Result<OwnedFd> {
    let mut opened = open_directory(base, Path::new(""))?;
    for name in path.iter() {
        make_directory(opened.as_fd(), name)?;
        opened = open_directory(opened.as_fd(), name.as_ref())?;
    }
    Ok(opened)
}

fn make_directory(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    let mode = Mode::from_bits_truncate(0o755);
    match mkdirat(parent, name, mode) {
        Err(Errno::EEXIST) => {}
        made => return Ok(made?),
    }
    if kind(&fstatat(parent, name, AtFlags::AT_SYMLINK_NOFOLLOW)?) == SFlag::S_IFDIR {
        return Ok(());
    }
    clear(parent, name)?;
    Ok(mkdirat(parent, name, mode)?)
}

/// Removes what stands in the way, unless it is a directory.
fn clear(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn symlink(target: &OsStr, parent: BorrowedFd<'_>, name: &OsStr, modified: &TimeSpec) -> io::Result<()> {
    symlinkat(target, parent, name)?;
    Ok(utimensat(parent, name, &TimeSpec::UTIME_OMIT, modified, UtimensatFlags::NoFollowSymlink)?)
}

/// The entry's time, to the nanosecond where the tar has it.
fn modified<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<TimeSpec> {
    let seconds = entry.header().mtime()?;
    let mut time = TimeSpec::new(i64::try_from(seconds).unwrap_or(i64::MAX), 0);
    for extension in entry.pax_extensions()?.into_iter().flatten().flatten() {
        if extension.key_bytes() == b"mtime"
            && let Some(exact) = extension.value().ok().and_then(times::parse)
        {
            time = exact;
        }
    }
    Ok(time)
}
