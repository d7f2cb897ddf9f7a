//! Writes a tree as a tar: modes, times to the nanosecond, links as links; special files are left out and listed.

use std::{
    collections::HashMap,
    ffi::OsStr,
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, ResolveFlag, readlinkat},
    sys::stat::{FileStat, Mode, SFlag, fstat, fstatat},
};
use tar::{Builder, EntryType, Header};

use crate::root::{Root, file, kind, names, open_within, permissions};

/// Left-out paths that are remembered.
const SKIPPED_MAX: usize = 10_000;

struct Pack<W: Write> {
    tar: Builder<W>,
    /// First path of each file with several names.
    linked: HashMap<(u64, u64), PathBuf>,
    skipped: Vec<String>,
}

/// Writes everything below a directory, or one file. Answers the paths of special files.
pub(super) fn pack<W: Write>(root: &Root, path: &Path, found: SFlag, to: W) -> io::Result<Vec<String>> {
    let mut pack = Pack { tar: Builder::new(to), linked: HashMap::new(), skipped: Vec::new() };
    if found == SFlag::S_IFDIR {
        let directory = root.open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        pack.directory(directory.as_fd(), Path::new(""))?;
    } else {
        let name = path.file_name().unwrap_or(OsStr::new("file"));
        let parent = root.open(path.parent().unwrap_or(Path::new("/")), OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        pack.entry(parent.as_fd(), name, Path::new(name))?;
    }
    pack.tar.finish()?;
    Ok(pack.skipped)
}

impl<W: Write> Pack<W> {
    fn directory(&mut self, directory: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        for name in names(directory)? {
            self.entry(directory, &name, &path.join(&name))?;
        }
        Ok(())
    }

    fn entry(&mut self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let stat = match fstatat(parent, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // It went away meanwhile, as files of a living tree do.
            Err(Errno::ENOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
        let open = |flags| open_within(parent, name.as_ref(), flags, Mode::empty(), ResolveFlag::RESOLVE_BENEATH);
        match kind(&stat) {
            SFlag::S_IFDIR => {
                self.append(&stat, EntryType::Directory, path, None, io::empty())?;
                let directory = open(flags | OFlag::O_DIRECTORY)?;
                self.directory(directory.as_fd(), path)
            }
            SFlag::S_IFLNK => {
                let target = readlinkat(parent, name)?;
                self.append(&stat, EntryType::Symlink, path, Some(Path::new(&target)), io::empty())
            }
            SFlag::S_IFREG => {
                let inode = (stat.st_dev, stat.st_ino);
                if let Some(first) = self.linked.get(&inode).cloned() {
                    return self.append(&stat, EntryType::Link, path, Some(&first), io::empty());
                }
                let opened = match open(flags) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                    opened => opened?,
                };
                // The size must be that of the very file that is read.
                let stat = fstat(&opened)?;
                if stat.st_nlink > 1 {
                    self.linked.insert(inode, path.to_path_buf());
                }
                let size = stat.st_size as u64;
                self.append(&stat, EntryType::Regular, path, None, Padded { source: file(opened), left: size })
            }
            _ => {
                if self.skipped.len() < SKIPPED_MAX {
                    self.skipped.push(path.to_string_lossy().into_owned());
                }
                Ok(())
            }
        }
    }

    fn append(
        &mut self,
        stat: &FileStat,
        kind: EntryType,
        path: &Path,
        link: Option<&Path>,
        data: impl Read,
    ) -> io::Result<()> {
        let time = format!("{}.{:09}", stat.st_mtime, stat.st_mtime_nsec);
        let mut extensions: Vec<(&str, &[u8])> = Vec::new();
        if stat.st_mtime_nsec != 0 {
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
        self.tar.append_data(&mut header, path, data)
    }
}

/// Room for a link's target in a header.
const LINK_BYTES: usize = 100;

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
