//! Lists a tree entry by entry, as a living tree allows: nothing in it makes the walk fail.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    io,
    os::{
        fd::BorrowedFd,
        unix::ffi::{OsStrExt, OsStringExt},
    },
};

use bytes::Bytes;
use nix::{
    fcntl::readlinkat,
    sys::stat::{FileStat, SFlag},
};
use pyro_protocol::tree::{Entry, Kind};

use crate::{
    beneath::{kind, permissions, stat},
    descend::{Descent, Step},
    error::TreeError,
    names::is_reserved,
    times,
};

/// What of a tree is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkOptions {
    /// Levels below the directory; everything when absent.
    pub depth: Option<u32>,
    /// Leaves out directories called `.git` and everything in them.
    pub exclude_git: bool,
    /// Begins behind this path, whether or not it is still there.
    pub after: Option<Vec<u8>>,
}

/// Hands everything below a directory to `sink`, parents first, the names of each directory in the order of their bytes:
/// as [`crate::compare_paths`] has it. Answers how many entries came. A directory that cannot be read, or whose path is
/// too long for anything in it, is flagged; what vanishes meanwhile is left out. Fails when the directory itself cannot
/// be read, or when the sink does.
pub fn walk(
    directory: BorrowedFd<'_>,
    options: &WalkOptions,
    mut sink: impl FnMut(Entry) -> io::Result<()>,
) -> Result<u64, TreeError> {
    let mut descent = Descent::new(directory).map_err(|error| TreeError::io("read", ".", error))?;
    descent.retain(|name| !is_reserved(name));
    let after = options.after.as_deref().unwrap_or_default();
    let mut way = Way(after.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect());
    way.shorten(&mut descent);
    let mut count = 0;
    while let Some(step) = descent.next() {
        let Ok(Step::Entry(stat)) = step else { continue };
        let passed = way.passes(&descent);
        let (mut entered, mut unreadable) = (false, false);
        if kind(&stat) == SFlag::S_IFDIR {
            if options.exclude_git && descent.name() == b".git" {
                way.end();
                continue;
            }
            if options.depth.is_none_or(|depth| descent.level() as u64 + 1 < u64::from(depth)) {
                entered = descent.enter().is_ok();
                unreadable = !entered;
            }
        }
        match entered {
            true => way.shorten(&mut descent),
            false => way.end(),
        }
        if passed || options.depth == Some(0) {
            continue;
        }
        let target = match kind(&stat) == SFlag::S_IFLNK {
            false => Bytes::new(),
            true => {
                let name = OsStr::from_bytes(descent.name()).to_owned();
                let Some(target) = descent.parent().ok().and_then(|parent| link(parent, &name)) else { continue };
                target
            }
        };
        let entry = Entry { unreadable, ..described(descent.path(), &stat, target) };
        sink(entry).map_err(|error| TreeError::io("list", OsStr::from_bytes(descent.path()), error))?;
        count += 1;
    }
    Ok(count)
}

/// Describes one name in a directory, itself and not what it links to; its path is that name.
pub fn look(parent: BorrowedFd<'_>, name: &OsStr) -> Result<Entry, TreeError> {
    let failed = |error| TreeError::io("read", name, error);
    let stat = stat(parent, name).and_then(|stat| stat.ok_or(io::ErrorKind::NotFound.into())).map_err(failed)?;
    let target = if kind(&stat) == SFlag::S_IFLNK { link(parent, name).unwrap_or_default() } else { Bytes::new() };
    Ok(described(name.as_bytes(), &stat, target))
}

/// The names on the way to where a walk begins; empty when it is under way.
struct Way<'a>(VecDeque<&'a [u8]>);

impl Way<'_> {
    /// Leaves out what comes before the next name of the way.
    fn shorten(&self, descent: &mut Descent<'_>) {
        if let Some(next) = self.0.front() {
            descent.retain(|name| name >= *next);
        }
    }

    /// Whether the current entry is on the way, and so has come in an earlier walk.
    fn passes(&mut self, descent: &Descent<'_>) -> bool {
        let passes = self.0.front().is_some_and(|next| *next == descent.name());
        match passes {
            true => drop(self.0.pop_front()),
            false => self.end(),
        }
        passes
    }

    fn end(&mut self) {
        self.0.clear();
    }
}

fn link(parent: BorrowedFd<'_>, name: &OsStr) -> Option<Bytes> {
    readlinkat(parent, name).ok().map(|target| target.into_vec().into())
}

fn described(path: &[u8], stat: &FileStat, target: Bytes) -> Entry {
    let kind = match kind(stat) {
        SFlag::S_IFDIR => Kind::Directory,
        SFlag::S_IFLNK => Kind::Symlink,
        SFlag::S_IFIFO => Kind::Fifo,
        SFlag::S_IFSOCK => Kind::Socket,
        SFlag::S_IFCHR => Kind::CharDevice,
        SFlag::S_IFBLK => Kind::BlockDevice,
        _ => Kind::File,
    };
    Entry {
        path: Bytes::copy_from_slice(path),
        kind,
        mode: permissions(stat),
        size: if kind == Kind::File { stat.st_size.max(0) as u64 } else { 0 },
        mtime_ns: times::nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
        ctime_ns: times::nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
        inode: stat.st_ino,
        target,
        unreadable: false,
    }
}
