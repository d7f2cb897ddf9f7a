//! Unpacks a tar beneath a directory: never above it, never through a link.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Component, Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, ResolveFlag},
    sys::{
        stat::{Mode, SFlag, UtimensatFlags, fchmod, fstatat, futimens, mkdirat, utimensat},
        time::TimeSpec,
    },
    unistd::{LinkatFlags, UnlinkatFlags, linkat, symlinkat, unlinkat},
};
use pyro_protocol::{GuestError, GuestErrorCode, file::TarUnpacked};
use tar::{Archive, Entry, EntryType};

use crate::root::{file, kind, open_within, refusal};

/// Left-out paths that are listed; the rest are only left out.
const SKIPPED_MAX: usize = 1000;

struct Unpack<'a> {
    base: &'a OwnedFd,
    /// The directory of the last entry: the next one is usually there too.
    parent: Option<(PathBuf, OwnedFd)>,
    /// Directories get their modes and times when nothing more is written into them.
    directories: Vec<(PathBuf, Mode, TimeSpec)>,
    unpacked: TarUnpacked,
}

/// Unpacks everything, then waits until it is on disk.
pub(super) fn unpack(base: &OwnedFd, from: impl Read) -> Result<TarUnpacked, GuestError> {
    let unpacked = TarUnpacked { entries: 0, bytes: 0, skipped: Vec::new() };
    let mut unpack = Unpack { base, parent: None, directories: Vec::new(), unpacked };
    let broken = |error: io::Error| GuestError::new(GuestErrorCode::Invalid, format!("tar cannot be read: {error}"));
    let mut archive = Archive::new(from);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = OsString::from(OsStr::from_bytes(&entry.path_bytes()));
        let path = clean(&name)?;
        unpack.entry(&mut entry, &path).map_err(|error| refusal("unpack", path.as_os_str(), &error))?;
    }
    // What follows the tar's end must arrive too: a body that breaks off is not a whole tar.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    unpack.finish_directories().map_err(|error| refusal("finish", OsStr::new("directories"), &error))?;
    nix::unistd::syncfs(base).map_err(|error| refusal("sync", OsStr::new("the unpacked tree"), &error.into()))?;
    Ok(unpack.unpacked)
}

/// A path of plain names, empty for the base itself; anything that could lead elsewhere is refused.
fn clean(name: &OsStr) -> Result<PathBuf, GuestError> {
    let mut path = PathBuf::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) if !part.as_bytes().contains(&0) => path.push(part),
            Component::CurDir => {}
            _ => {
                let message = format!("tar has a path that leads out of its directory: {}", name.to_string_lossy());
                return Err(GuestError::new(GuestErrorCode::Invalid, message));
            }
        }
    }
    Ok(path)
}

impl Unpack<'_> {
    fn entry<R: Read>(&mut self, entry: &mut Entry<'_, R>, path: &Path) -> io::Result<()> {
        let time = mtime(entry)?;
        let mode = Mode::from_bits_truncate(entry.header().mode()? & 0o7777);
        let entry_kind = entry.header().entry_type();
        if entry_kind == EntryType::XGlobalHeader {
            return Ok(());
        }
        self.unpacked.entries += 1;
        let Some(name) = path.file_name() else {
            if entry_kind.is_dir() {
                self.directories.push((PathBuf::new(), mode, time));
            }
            return Ok(());
        };
        let parent = self.parent(path.parent().unwrap_or(Path::new("")))?;
        match entry_kind {
            EntryType::Directory => {
                make_directory(&parent, name)?;
                self.directories.push((path.to_path_buf(), mode, time));
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                clear(&parent, name)?;
                let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
                let private = Mode::from_bits_truncate(0o600);
                let rule = ResolveFlag::RESOLVE_BENEATH;
                let mut target = file(open_within(parent.as_fd(), name.as_ref(), flags, private, rule)?);
                self.unpacked.bytes += io::copy(entry, &mut target)?;
                fchmod(&target, mode)?;
                futimens(&target, &TimeSpec::UTIME_OMIT, &time)?;
            }
            EntryType::Symlink => {
                let link = entry.link_name_bytes().ok_or(Errno::EINVAL)?;
                clear(&parent, name)?;
                symlinkat(OsStr::from_bytes(&link), &parent, name)?;
                utimensat(&parent, name, &TimeSpec::UTIME_OMIT, &time, UtimensatFlags::NoFollowSymlink)?;
            }
            EntryType::Link => {
                let link = entry.link_name_bytes().ok_or(Errno::EINVAL)?;
                let link = clean(OsStr::from_bytes(&link)).map_err(io::Error::other)?;
                let target = link.file_name().ok_or(Errno::EINVAL)?;
                let beside = self.parent(link.parent().unwrap_or(Path::new("")))?;
                if link != path {
                    clear(&parent, name)?;
                    linkat(&beside, target, &parent, name, LinkatFlags::empty())?;
                }
            }
            _ => {
                if self.unpacked.skipped.len() < SKIPPED_MAX {
                    self.unpacked.skipped.push(path.to_string_lossy().into_owned());
                }
            }
        }
        Ok(())
    }

    /// Opens a directory beneath the base, creating what is missing.
    fn parent(&mut self, path: &Path) -> io::Result<OwnedFd> {
        if let Some((last, opened)) = &self.parent
            && last == path
        {
            return opened.try_clone();
        }
        let opened = match self.open_directory(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut opened = self.open_directory(Path::new(""))?;
                for name in path.iter() {
                    make_directory(&opened, name)?;
                    opened = directory(&opened, name.as_ref())?;
                }
                opened
            }
            opened => opened?,
        };
        self.parent = Some((path.to_path_buf(), opened.try_clone()?));
        Ok(opened)
    }

    fn open_directory(&self, path: &Path) -> io::Result<OwnedFd> {
        directory(self.base, path)
    }

    fn finish_directories(&mut self) -> io::Result<()> {
        // Deepest last in the tar, so backwards: a parent made unwritable would hide its children.
        for (path, mode, time) in std::mem::take(&mut self.directories).into_iter().rev() {
            // A later entry may have replaced it.
            if let Ok(opened) = self.open_directory(&path) {
                fchmod(&opened, mode)?;
                futimens(&opened, &TimeSpec::UTIME_OMIT, &time)?;
            }
        }
        Ok(())
    }
}

fn directory(base: &OwnedFd, path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
    let rule = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS;
    open_within(base.as_fd(), path, flags, Mode::empty(), rule)
}

fn make_directory(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
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
fn clear(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The entry's time, to the nanosecond where the tar has it.
fn mtime<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<TimeSpec> {
    let seconds = entry.header().mtime()?;
    let mut time = TimeSpec::new(seconds as i64, 0);
    if let Some(extensions) = entry.pax_extensions()? {
        for extension in extensions.flatten() {
            if extension.key_bytes() == b"mtime"
                && let Some(exact) = extension.value().ok().and_then(parse_time)
            {
                time = exact;
            }
        }
    }
    Ok(time)
}

fn parse_time(text: &str) -> Option<TimeSpec> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut digits = fraction.get(..fraction.len().min(9))?.to_owned();
    digits.extend(std::iter::repeat_n('0', 9 - digits.len()));
    Some(TimeSpec::new(seconds.parse().ok()?, digits.parse().ok()?))
}
