//! Unpacks a tar beneath a directory: never above it, never through a link, within the caller's limits.

mod entry;
mod metered;

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{self, Read},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

use nix::sys::{
    stat::{Mode, fchmod, futimens},
    time::TimeSpec,
};
use pyro_protocol::file::TarUnpacked;
use tar::Archive;

use crate::{
    beneath::{Directories, open_directory},
    error::{TreeError, shown},
    names::clean,
};
pub(crate) use entry::make_directories;
use metered::Metered;

/// Paths of directories that wait for their modes and times, bytes.
const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What a tar may bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackOptions {
    pub entries_max: u64,
    /// Bytes of contents. A sparse file counts with its holes, which are written out.
    pub bytes_max: u64,
    /// Keeps the bits of files that give rights away: set-user-id, set-group-id, sticky.
    pub keep_setid: bool,
    /// Waits until everything is on disk.
    pub sync: bool,
}

/// Unpacks everything. What is there is replaced, except directories, which merge. Special files are left out and
/// listed; hard links lead to entries beneath `base` only. After a failure, what came before it is there.
pub fn unpack(base: &OwnedFd, from: impl Read, options: &UnpackOptions) -> Result<TarUnpacked, TreeError> {
    let unpacked = unpack_open(base, from, options)?;
    finish(base, &unpacked.directories)?;
    if options.sync {
        nix::unistd::syncfs(base).map_err(|error| TreeError::io("sync", "the unpacked tree", error))?;
    }
    Ok(unpacked.report)
}

/// A tree whose directories do not have their modes and times yet.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) report: TarUnpacked,
    /// Those that the tar has entries for.
    pub(crate) directories: BTreeMap<PathBuf, Attributes>,
}

/// What a directory gets when nothing more is written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) mode: Mode,
    pub(crate) modified: TimeSpec,
}

impl Attributes {
    pub(crate) fn set(&self, directory: impl AsFd) -> io::Result<()> {
        fchmod(&directory, self.mode)?;
        Ok(futimens(&directory, &TimeSpec::UTIME_OMIT, &self.modified)?)
    }
}

/// Unpacks everything but the directories' modes and times.
pub(crate) fn unpack_open(base: &OwnedFd, from: impl Read, options: &UnpackOptions) -> Result<Unpacked, TreeError> {
    let (metered, meter) = Metered::new(from);
    let report = TarUnpacked { entries: 0, bytes: 0, skipped: Vec::new() };
    let mut unpack = Unpack {
        options,
        directories: Directories::new(base.as_fd()),
        waiting_bytes: 0,
        content_bytes: 0,
        unpacked: Unpacked { report, directories: BTreeMap::new() },
    };
    let mut archive = Archive::new(metered);
    let mut entries = archive.entries().map_err(broken)?;
    let mut count = 0;
    loop {
        meter.headers();
        let Some(entry) = entries.next() else { break };
        let mut entry = entry.map_err(broken)?;
        meter.content();
        count += 1;
        if count > options.entries_max {
            return Err(TreeError::Limit(format!("tar has more than {} entries", options.entries_max)));
        }
        let name = entry.path_bytes().into_owned();
        let path = clean(&name)
            .map_err(|why| TreeError::Invalid(format!("tar has a path that {why}: {}", shown(cut(&name)))))?;
        unpack.entry(&mut entry, &path)?;
    }
    // What follows the tar's end must arrive too: a body that breaks off is not a whole tar.
    meter.trailer();
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    Ok(unpack.unpacked)
}

/// Gives directories their modes and times.
pub(crate) fn finish(base: &OwnedFd, directories: &BTreeMap<PathBuf, Attributes>) -> Result<(), TreeError> {
    // Backwards, contents before their directory: one made unwritable first would hide them.
    for (path, attributes) in directories.iter().rev() {
        // A later entry may have replaced it.
        if let Ok(opened) = open_directory(base.as_fd(), path) {
            attributes.set(&opened).map_err(|error| TreeError::io("finish", path, error))?;
        }
    }
    Ok(())
}

struct Unpack<'a> {
    options: &'a UnpackOptions,
    directories: Directories<'a>,
    waiting_bytes: usize,
    content_bytes: u64,
    unpacked: Unpacked,
}

impl Unpack<'_> {
    /// Remembers what a directory gets in the end; the last entry for it counts.
    fn wait(&mut self, path: &Path, attributes: Attributes) -> Result<(), TreeError> {
        if self.unpacked.directories.insert(path.to_path_buf(), attributes).is_none() {
            self.waiting_bytes += path.as_os_str().len() + size_of::<(PathBuf, Attributes)>();
        }
        if self.waiting_bytes > WAITING_BYTES_MAX {
            return Err(TreeError::Limit("tar has more directories than fit into 32 MiB of names".into()));
        }
        Ok(())
    }
}

fn broken(error: io::Error) -> TreeError {
    match error.kind() {
        io::ErrorKind::QuotaExceeded => TreeError::Limit(error.to_string()),
        _ => TreeError::Invalid(format!("tar cannot be read: {error}")),
    }
}

/// The beginning of a name that may be endless.
fn cut(name: &[u8]) -> &[u8] {
    &name[..name.len().min(200)]
}

/// The path as a caller is told it.
fn told(path: &Path) -> String {
    shown(path.as_os_str().as_bytes())
}

/// An empty path is the base itself.
fn parent_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(OsStr::new("")))
}
