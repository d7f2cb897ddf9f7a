//! Locks on files: held by a descriptor, gone with its process, and visible without taking them.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    libc,
};

/// A held lock; released when dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Leaves a note in the locked file, for whoever finds it held.
    pub fn note(&self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all_at(text.as_bytes(), 0)
    }
}

fn whole_file() -> libc::flock {
    // Start and length zero: the whole file. The pid must be zero for locks that belong to a descriptor.
    libc::flock { l_type: libc::F_WRLCK as i16, l_whence: libc::SEEK_SET as i16, l_start: 0, l_len: 0, l_pid: 0 }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Takes the lock at `path` if nobody holds it.
pub fn try_hold(path: &Path) -> io::Result<Option<Lock>> {
    let file = open(path)?;
    match fcntl(&file, FcntlArg::F_OFD_SETLK(&whole_file())) {
        Ok(_) => Ok(Some(Lock { file })),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits for the lock at `path`. Blocks the thread.
pub fn hold(path: &Path) -> io::Result<Lock> {
    let file = open(path)?;
    loop {
        match fcntl(&file, FcntlArg::F_OFD_SETLKW(&whole_file())) {
            Ok(_) => return Ok(Lock { file }),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Whether somebody holds the lock at `path`; looking does not disturb.
pub fn is_held(path: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).write(true).open(path) else { return false };
    let mut asked = whole_file();
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut asked)).is_ok() && i32::from(asked.l_type) != libc::F_UNLCK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_seen_held_and_released() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        assert!(!is_held(&path));
        let lock = try_hold(&path).unwrap().unwrap();
        lock.note("4711").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "4711");
        assert!(is_held(&path));
        assert!(try_hold(&path).unwrap().is_none());
        drop(lock);
        assert!(!is_held(&path));
        drop(hold(&path).unwrap());
    }
}
