//! Writes a tree as a tar: modes, times to the nanosecond, links as links; special files are left out and listed.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs::File,
    io::{self, Read, Write},
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, openat, readlinkat},
    sys::stat::{FileStat, Mode, SFlag, fstat},
};
use tar::{Builder, EntryType, Header};

use crate::{
    beneath::{kind, permissions, stat},
    descend::{Descent, Step},
    error::TreeError,
    names::is_reserved,
    times,
};

/// Left-out paths that are listed; the rest are only left out.
const SKIPPED_MAX: usize = 10_000;
/// Room for a link's target in a header.
const LINK_BYTES: usize = 100;

/// What went into a tar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Directories included.
    pub entries: u64,
    /// Bytes of files.
    pub bytes: u64,
    /// Special files, and directories whose contents are missing because their path is too long; at most 10,000.
    pub skipped: Vec<String>,
}

/// Writes everything below a directory; names that are the agent's own, directly in it, are left out. Links are never
/// followed. Fails on what cannot be read, for a tar that lacks something must not look whole.
pub fn pack(directory: BorrowedFd<'_>, to: impl Write) -> Result<Packed, TreeError> {
    let mut pack = Pack::new(to);
    let mut descent = Descent::new(directory).map_err(|error| TreeError::io("read", ".", error))?;
    descent.retain(|name| !is_reserved(name));
    while let Some(step) = descent.next() {
        let path = Path::new(OsStr::from_bytes(descent.path())).to_owned();
        let failed = |error| TreeError::io("pack", &path, error);
        match step.map_err(failed)? {
            Step::Left => {}
            Step::Entry(stat) if kind(&stat) == SFlag::S_IFDIR => {
                pack.append(&stat, EntryType::Directory, &path, None, io::empty()).map_err(failed)?;
                match descent.enter() {
                    Err(error) if error.raw_os_error() == Some(Errno::ENAMETOOLONG as i32) => pack.skip(&path),
                    // Gone, or replaced by something else.
                    Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                    entered => entered.map_err(failed)?,
                }
            }
            Step::Entry(stat) => {
                let name = OsStr::from_bytes(descent.name()).to_owned();
                descent.parent().and_then(|parent| pack.entry(parent, &name, &stat, &path)).map_err(failed)?;
            }
        }
    }
    pack.finish()
}

/// Writes one file or link under its name. A directory is refused: see [`pack`].
pub fn pack_one(parent: BorrowedFd<'_>, name: &OsStr, to: impl Write) -> Result<Packed, TreeError> {
    let failed = |error| TreeError::io("pack", name, error);
    let mut pack = Pack::new(to);
    let stat = stat(parent, name).and_then(|stat| stat.ok_or(Errno::ENOENT.into())).map_err(failed)?;
    match kind(&stat) {
        SFlag::S_IFDIR => Err(failed(Errno::EISDIR.into())),
        _ => {
            pack.entry(parent, name, &stat, Path::new(name)).map_err(failed)?;
            pack.finish()
        }
    }
}

struct Pack<W: Write> {
    tar: Builder<W>,
    /// First path of each file with several names, until all of them have come.
    linked: HashMap<(u64, u64), Linked>,
    packed: Packed,
}

struct Linked {
    first: PathBuf,
    /// Names that have not come yet; some may lie elsewhere.
    left: u64,
}

impl<W: Write> Pack<W> {
    fn new(to: W) -> Self {
        Self { tar: Builder::new(to), linked: HashMap::new(), packed: Packed::default() }
    }

    fn finish(mut self) -> Result<Packed, TreeError> {
        self.tar.finish().map_err(|error| TreeError::io("finish", "the tar", error))?;
        Ok(self.packed)
    }

    fn skip(&mut self, path: &Path) {
        if self.packed.skipped.len() < SKIPPED_MAX {
            self.packed.skipped.push(path.to_string_lossy().into_owned());
        }
    }

    /// Writes what is no directory.
    fn entry(&mut self, parent: BorrowedFd<'_>, name: &OsStr, stat: &FileStat, path: &Path) -> io::Result<()> {
        match kind(stat) {
            SFlag::S_IFLNK => match readlinkat(parent, name) {
                Ok(target) => self.append(stat, EntryType::Symlink, path, Some(Path::new(&target)), io::empty()),
                Err(Errno::ENOENT | Errno::EINVAL) => Ok(()),
                Err(error) => Err(error.into()),
            },
            SFlag::S_IFREG => {
                let inode = (stat.st_dev, stat.st_ino);
                if let Some(linked) = self.linked.get_mut(&inode) {
                    let first = linked.first.clone();
                    linked.left -= 1;
                    if linked.left == 0 {
                        self.linked.remove(&inode);
                    }
                    return self.append(stat, EntryType::Link, path, Some(&first), io::empty());
                }
                self.file(parent, name, path)
            }
            _ => {
                self.skip(path);
                Ok(())
            }
        }
    }

    fn file(&mut self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        // Without O_NONBLOCK a FIFO put there meanwhile would hold us until somebody writes to it.
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let opened: OwnedFd = match openat(parent, name, flags, Mode::empty()) {
            Err(Errno::ENOENT | Errno::ELOOP) => return Ok(()),
            opened => opened?,
        };
        // The size must be that of the very file that is read.
        let stat = fstat(&opened)?;
        if kind(&stat) != SFlag::S_IFREG {
            self.skip(path);
            return Ok(());
        }
        if stat.st_nlink > 1 {
            let linked = Linked { first: path.to_path_buf(), left: stat.st_nlink - 1 };
            self.linked.insert((stat.st_dev, stat.st_ino), linked);
        }
        let size = stat.st_size as u64;
        self.packed.bytes += size;
        self.append(&stat, EntryType::Regular, path, None, Padded { source: File::from(opened), left: size })
    }

    fn append(
        &mut self,
        stat: &FileStat,
        kind: EntryType,
        path: &Path,
        link: Option<&Path>,
        data: impl Read,
    ) -> io::Result<()> {
        let time = times::decimal(times::modified(stat));
        let mut extensions: Vec<(&str, &[u8])> = Vec::new();
        if stat.st_mtime_nsec != 0 || stat.st_mtime < 0 {
            extensions.push(("mtime", time.as_bytes()));
        }
        let long_link = link.filter(|link| link.as_os_str().len() > LINK_BYTES);
        if let Some(link) = long_link {
            extensions.push(("linkpath", link.as_os_str().as_bytes()));
        }
        // All in one: a second header of this kind would make the tar invalid.
        if !extensions.is_empty() {
            self.tar.append_pax_extensions(extensions)?;
        }
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(permissions(stat));
        header.set_mtime(stat.st_mtime.max(0) as u64);
        header.set_uid(stat.st_uid.into());
        header.set_gid(stat.st_gid.into());
        header.set_size(if kind == EntryType::Regular { stat.st_size as u64 } else { 0 });
        if let (Some(link), None) = (link, long_link) {
            // Verbatim: a symlink's target is text, not a path to be cleaned.
            header.set_link_name_literal(link.as_os_str().as_bytes())?;
        }
        self.packed.entries += 1;
        self.tar.append_data(&mut header, path, data)
    }
}

/// Exactly as many bytes as the header promised, whatever becomes of the file meanwhile.
struct Padded<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Padded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = (buffer.len() as u64).min(self.left) as usize;
        let read = match self.source.read(&mut buffer[..wanted])? {
            0 => {
                buffer[..wanted].fill(0);
                wanted
            }
            read => read,
        };
        self.left -= read as u64;
        Ok(read)
    }
}
