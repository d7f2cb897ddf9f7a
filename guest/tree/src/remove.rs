//! Removes a tree, however deep.

use std::{
    ffi::OsStr,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use nix::{
    errno::Errno,
    fcntl::renameat,
    sys::stat::{Mode, SFlag, fchmod},
    unistd::{UnlinkatFlags, unlinkat},
};

use pyro_protocol::tree::RESERVED_PREFIX;

use crate::{
    beneath::{kind, open_directory, permissions},
    descend::{Descent, Step},
};

/// Removes a directory and everything in it, through no link.
pub fn remove(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    let directory = open_directory(parent.as_fd(), Path::new(name))?;
    while empty(&directory)? {}
    Ok(unlinkat(parent, name, UnlinkatFlags::RemoveDir)?)
}

/// Removes what is in a directory. What lies too deep is moved up instead; then the answer is true: there is more.
fn empty(directory: &OwnedFd) -> io::Result<bool> {
    static MOVED: AtomicU64 = AtomicU64::new(0);
    let mut more = false;
    let mut descent = Descent::new(directory.as_fd())?;
    while let Some(step) = descent.next() {
        let step = step?;
        let name = OsStr::from_bytes(descent.name()).to_owned();
        match step {
            Step::Entry(stat) if kind(&stat) == SFlag::S_IFDIR => match descent.enter() {
                Err(error) if error.raw_os_error() == Some(Errno::ENAMETOOLONG as i32) => {
                    let up = format!("{RESERVED_PREFIX}deep-{}", MOVED.fetch_add(1, Ordering::Relaxed));
                    renameat(descent.parent()?, name.as_os_str(), directory, up.as_str())?;
                    more = true;
                }
                entered => {
                    entered?;
                    // Who is not root cannot empty a directory that is unwritable.
                    if permissions(&stat) & 0o300 != 0o300 {
                        fchmod(descent.parent()?, Mode::S_IRWXU)?;
                    }
                }
            },
            Step::Entry(_) => unlinkat(descent.parent()?, name.as_os_str(), UnlinkatFlags::NoRemoveDir)?,
            Step::Left => unlinkat(descent.parent()?, name.as_os_str(), UnlinkatFlags::RemoveDir)?,
        }
    }
    Ok(more)
}
