//! A new place on the host, named by a caller. What is to be there is made aside and appears whole, and whatever takes the
//! name meanwhile stays.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::fd::{AsRawFd, OwnedFd},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, RenameFlags, openat, renameat2},
    sys::stat::{Mode, fchmod, fstatat, mkdirat},
};
use pyro_protocol::tree::Kind;

use super::host_files::{HostFiles, Named};
use crate::failure::Failure;

/// A name in an open directory of the host, free so far.
pub(super) struct Place {
    path: PathBuf,
    parent: File,
    name: OsString,
}

/// A directory being filled; gone again unless it is kept.
struct Aside<'a> {
    place: &'a Place,
    name: String,
    directory: File,
}

impl Place {
    pub(super) fn open(files: &HostFiles, output_path: &str) -> Result<Self, Failure> {
        let Named { path, parent, name } = files.named("output_path", output_path)?;
        let place = Self { path, parent, name };
        match fstatat(&place.parent, place.name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Err(Errno::ENOENT) => Ok(place),
            _ => Err(place.taken()),
        }
    }

    /// A name in a directory of ours.
    pub(super) fn within(directory: &Path, name: &str) -> Result<Self, Failure> {
        let parent = File::open(directory).map_err(|error| Failure::io("open a directory", &error))?;
        Ok(Self { path: directory.join(name), parent, name: name.into() })
    }

    fn taken(&self) -> Failure {
        let message = format!("output_path {} already exists; nothing is ever overwritten", self.path.display());
        Failure::conflict(message).hint("name a path that does not exist")
    }

    /// Has something made in a directory that nobody else knows, and gives it its name in one step: the directory, or else
    /// the one file or link in it.
    pub(super) fn fill<T>(&self, kind: Kind, fill: impl FnOnce(&OwnedFd) -> Result<T, Failure>) -> Result<T, Failure> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => self.taken(),
            _ => Failure::io(&format!("write {}", self.path.display()), &error),
        };
        let aside = Aside::create(self).map_err(failed)?;
        let filled = fill(&aside.directory.try_clone().map_err(failed)?.into())?;
        aside.keep(kind).map_err(failed)?;
        Ok(filled)
    }

    /// Where it is, for messages and results.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl<'a> Aside<'a> {
    fn create(place: &'a Place) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!(".pyro-export-{:016x}", u64::from_le_bytes(random));
        mkdirat(&place.parent, name.as_str(), Mode::S_IRWXU)?;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let directory = openat(&place.parent, name.as_str(), flags, Mode::empty())?.into();
        Ok(Self { place, name, directory })
    }

    /// Gives the tree, or the one thing in it, its name.
    fn keep(self, kind: Kind) -> io::Result<()> {
        let (place, once) = (self.place, RenameFlags::RENAME_NOREPLACE);
        let to = place.name.as_os_str();
        if kind == Kind::Directory {
            fchmod(&self.directory, Mode::from_bits_truncate(0o755))?;
            renameat2(&place.parent, self.name.as_str(), &place.parent, to, once)?;
        } else {
            let mut names = std::fs::read_dir(format!("/proc/self/fd/{}", self.directory.as_raw_fd()))?;
            let (Some(only), None) = (names.next().transpose()?, names.next()) else {
                return Err(io::Error::other("there is something else than one file"));
            };
            renameat2(&self.directory, only.file_name().as_os_str(), &place.parent, to, once)?;
        }
        place.parent.sync_all()
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        // Through the descriptor: the directory's path may lead elsewhere by now. Nothing is there after a success.
        let parent = format!("/proc/self/fd/{}", self.place.parent.as_raw_fd());
        let _ = std::fs::remove_dir_all(Path::new(&parent).join(&self.name));
    }
}
