//! A saved machine: its memory and its state, in memory of the host that nobody can write to any more.

use std::{
    fs::{File, Permissions},
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::PermissionsExt,
    },
    path::Path,
};

use nix::{
    fcntl::{FcntlArg, SealFlag, fcntl},
    sys::memfd::{MFdFlags, memfd_create},
};

use crate::host::sparse;

/// What a machine was at one moment: any number of machines can go on from there, each with a copy of its disk.
#[derive(Debug)]
pub struct Saved {
    /// The guest's memory, byte for byte.
    pub memory: File,
    /// Everything else of the machine but its disks; in the VMM's own format.
    pub state: File,
}

impl Saved {
    /// Empty, for a machine to be saved into. Unlike a file of a directory, it can be sealed.
    pub fn empty() -> io::Result<Self> {
        Ok(Self { memory: in_memory()?, state: in_memory()? })
    }

    /// Empty files of a directory, for a VMM that opens them for reading alone.
    pub fn in_files(memory: &Path, state: &Path) -> io::Result<Self> {
        let create = |path: &Path| {
            let file = File::options().read(true).write(true).create_new(true).open(path)?;
            file.set_permissions(Permissions::from_mode(0o444))?;
            Ok::<_, io::Error>(file)
        };
        Ok(Self { memory: create(memory)?, state: create(state)? })
    }

    /// What two files hold, sealed; answers the digests of both as well.
    pub fn load(memory: &File, state: &File) -> io::Result<(Self, [String; 2])> {
        let mut saved = Self::empty()?;
        let digests = [sparse::copy_into(memory, &saved.memory)?, sparse::copy_into(state, &saved.state)?];
        saved.seal()?;
        Ok((saved, digests))
    }

    /// From here on nobody can change it, whoever holds its descriptors. Fails while a process could still write to it.
    pub fn seal(&mut self) -> io::Result<()> {
        let seals = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_SEAL;
        for file in [&self.memory, &self.state] {
            fcntl(file, FcntlArg::F_ADD_SEALS(seals))?;
        }
        Ok(())
    }
}

impl From<[OwnedFd; 2]> for Saved {
    fn from([memory, state]: [OwnedFd; 2]) -> Self {
        Self { memory: memory.into(), state: state.into() }
    }
}

/// For reading, and with a place in the file of its own: descriptors share it with those they were made from.
pub(super) fn reopened(file: &File) -> io::Result<File> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// A file without a name.
pub(super) fn in_memory() -> io::Result<File> {
    Ok(memfd_create(c"pyro", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?.into())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        os::unix::fs::FileExt,
    };

    use super::*;

    #[test]
    fn what_is_sealed_is_read_and_never_written() {
        let mut saved = Saved::empty().unwrap();
        (&saved.memory).write_all(b"memory").unwrap();
        saved.seal().unwrap();
        assert!(saved.memory.write_all_at(b"x", 0).is_err());
        let writable = File::options().write(true).open(format!("/proc/self/fd/{}", saved.memory.as_raw_fd()));
        assert!(writable.is_err() || writable.unwrap().write_all(b"x").is_err());
        for _ in 0..2 {
            let mut text = String::new();
            reopened(&saved.memory).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "memory", "each reader begins at the front");
        }
    }
}
