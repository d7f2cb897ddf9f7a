//! What files hold that no machine runs on: a snapshot's or a workspace's at rest, read from the disk or the tree.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::{OsStrExt, OsStringExt},
    },
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2, readlinkat},
    sys::stat::Mode,
};

use crate::{
    disk::{Disk, DiskError},
    failure::{Code, Failure},
    limits,
};

/// The workspace's tree within the disk.
pub(super) const ON_DISK: &[u8] = b"workspace";

/// The contents of files. Everything in them was written by a workload: nothing is mounted and no link is followed.
#[derive(Debug)]
pub struct Stored(Source);

#[derive(Debug)]
enum Source {
    Disk(Disk),
    /// The copy of `/workspace` itself.
    Tree(OwnedFd),
}

/// A file's content, as far as it was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredContent {
    Whole(Vec<u8>),
    /// More than was wanted: its size in bytes.
    TooLarge(u64),
    /// It cannot be made sense of, for this reason.
    Unreadable(String),
}

impl Stored {
    /// Opens the file system in `disk`, or else, of an unisolated workspace, the directory `tree`.
    pub fn open(disk: &Path, tree: &Path) -> Result<Self, Failure> {
        match Disk::open(disk) {
            Ok(disk) => return Ok(Self(Source::Disk(disk))),
            Err(DiskError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unread("the disk", &error)),
        }
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        match open(tree, flags, Mode::empty()) {
            Ok(tree) => Ok(Self(Source::Tree(tree))),
            Err(Errno::ENOENT) => Err(Failure::internal("the files are gone from the state directory").hint(ANEW)),
            Err(error) => Err(Failure::io("open the tree of files", &error.into())),
        }
    }

    /// Reads a regular file of at most `max` bytes; `path` is relative to the workspace.
    pub fn read(&self, path: &[u8], max: u64) -> Result<StoredContent, Failure> {
        let mut content = Vec::new();
        match self.copied(path, max, &mut content) {
            Ok(_) => Ok(StoredContent::Whole(content)),
            Err(DiskError::TooLarge(size)) => Ok(StoredContent::TooLarge(size)),
            Err(error @ (DiskError::Damaged(_) | DiskError::Unsupported(_) | DiskError::Limit(..))) => {
                Ok(StoredContent::Unreadable(error.to_string()))
            }
            Err(error) => Err(unread(&String::from_utf8_lossy(path), &error)),
        }
    }

    /// Gives a regular file to `to` piece by piece, in constant memory; one longer than `max` bytes is a failure.
    /// Answers its size.
    pub fn copy(&self, path: &[u8], max: u64, to: &mut dyn Write) -> Result<u64, Failure> {
        self.copied(path, max, to).map_err(|error| unread(&String::from_utf8_lossy(path), &error))
    }

    /// Reads what a symlink says.
    pub fn read_link(&self, path: &[u8]) -> Result<Vec<u8>, Failure> {
        let target = clean(path).and_then(|()| match &self.0 {
            Source::Disk(disk) => disk.link_target(&disk.find(&on_disk(path))?, limits::LINK_TARGET_BYTES_MAX),
            Source::Tree(tree) => {
                let (parent, name) = match path.iter().rposition(|byte| *byte == b'/') {
                    Some(slash) => (&path[..slash], &path[slash + 1..]),
                    None => (&b"."[..], path),
                };
                let parent = beneath(tree, parent, OFlag::O_PATH | OFlag::O_DIRECTORY)?;
                let target = readlinkat(&parent, OsStr::from_bytes(name)).map_err(failed)?;
                Ok(target.into_vec())
            }
        });
        target.map_err(|error| unread(&String::from_utf8_lossy(path), &error))
    }

    fn copied(&self, path: &[u8], max: u64, to: &mut dyn Write) -> Result<u64, DiskError> {
        clean(path)?;
        match &self.0 {
            Source::Disk(disk) => disk.copy(&disk.find(&on_disk(path))?, max, to),
            Source::Tree(tree) => {
                // A FIFO must not hold the reader back; what is no regular file is refused below.
                let file = File::from(beneath(tree, path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?);
                let known = file.metadata()?;
                if !known.is_file() {
                    return Err(DiskError::NoSuchKind("regular file"));
                }
                if known.len() > max {
                    return Err(DiskError::TooLarge(known.len()));
                }
                Ok(io::copy(&mut file.take(max), to)?)
            }
        }
    }
}

/// A path that goes down only, name by name.
fn clean(path: &[u8]) -> Result<(), DiskError> {
    let unclean = |name: &[u8]| matches!(name, b"" | b"." | b"..") || name.contains(&0);
    if path.split(|byte| *byte == b'/').any(unclean) { Err(DiskError::Missing) } else { Ok(()) }
}

fn beneath(tree: &OwnedFd, path: &[u8], flags: OFlag) -> Result<OwnedFd, DiskError> {
    let rule = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    let how = OpenHow::new().flags(flags | OFlag::O_CLOEXEC).resolve(rule);
    openat2(tree.as_fd(), OsStr::from_bytes(path), how).map_err(failed)
}

fn failed(errno: Errno) -> DiskError {
    match errno {
        Errno::ENOENT => DiskError::Missing,
        Errno::ELOOP => DiskError::NoSuchKind("regular file, but a symlink"),
        Errno::EINVAL => DiskError::NoSuchKind("symlink"),
        _ => DiskError::Io(errno.into()),
    }
}

const ANEW: &str = "compare with another snapshot, or export what you need and make the workspace anew";

fn unread(what: &str, error: &DiskError) -> Failure {
    disk_failure(&format!("{what} cannot be read from the stored files"), error).hint(ANEW)
}

/// A failure to read a disk, as callers are told.
pub(in crate::workspace) fn disk_failure(what: &str, error: &DiskError) -> Failure {
    let code = match error {
        DiskError::Missing => Code::Missing,
        DiskError::NoSuchKind(_) => Code::Invalid,
        DiskError::Limit(..) | DiskError::TooLarge(_) => Code::Limit,
        DiskError::Io(_) | DiskError::Damaged(_) | DiskError::Unsupported(_) => Code::Internal,
    };
    Failure::new(code, format!("{what}: {error}")).bounded()
}

fn on_disk(path: &[u8]) -> Vec<u8> {
    [ON_DISK, b"/", path].concat()
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    fn opened(dir: &Path) -> Result<Stored, Failure> {
        Stored::open(&dir.join("disk.ext4"), &dir.join("tree"))
    }

    fn baseline() -> (tempfile::TempDir, Stored) {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("sub")).unwrap();
        fs::write(tree.join("sub/file"), "content").unwrap();
        fs::write(dir.path().join("secret"), "outside").unwrap();
        symlink("../../secret", tree.join("sub/out")).unwrap();
        symlink("sub", tree.join("dir")).unwrap();
        nix::unistd::mkfifo(&tree.join("fifo"), Mode::from_bits_truncate(0o600)).unwrap();
        let old = opened(dir.path()).unwrap();
        (dir, old)
    }

    #[test]
    fn a_tree_is_read_beneath_itself_only() {
        let (_dir, old) = baseline();
        assert_eq!(old.read(b"sub/file", 7).unwrap(), StoredContent::Whole(b"content".to_vec()));
        assert_eq!(old.read(b"sub/file", 6).unwrap(), StoredContent::TooLarge(7));
        assert_eq!(old.read_link(b"sub/out").unwrap(), b"../../secret");
        assert_eq!(old.read_link(b"dir").unwrap(), b"sub");
        for path in
            [&b"sub/out"[..], b"dir/file", b"../secret", b"/etc/passwd", b"sub/../sub/file", b"", b"fifo", b"sub"]
        {
            assert!(old.read(path, 100).is_err(), "{}", String::from_utf8_lossy(path));
        }
        assert!(old.read_link(b"dir/out").is_err());
        assert!(old.read_link(b"sub/file").is_err());
    }

    #[test]
    fn a_disk_is_read_within_the_workspace() {
        let (dir, _) = baseline();
        let (tree, disk) = (dir.path().join("tree"), dir.path().join("disk.ext4"));
        fs::create_dir(dir.path().join("all")).unwrap();
        fs::rename(tree, dir.path().join("all/workspace")).unwrap();
        File::create(&disk).unwrap().set_len(4 << 20).unwrap();
        let mut made = std::process::Command::new("mkfs.ext4");
        made.env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin").args(["-q", "-F", "-O", "^has_journal", "-d"]);
        assert!(made.arg(dir.path().join("all")).arg(&disk).status().unwrap().success());
        let old = opened(dir.path()).unwrap();
        assert_eq!(old.read(b"sub/file", 7).unwrap(), StoredContent::Whole(b"content".to_vec()));
        assert_eq!(old.read(b"sub/file", 6).unwrap(), StoredContent::TooLarge(7));
        let mut copied = Vec::new();
        assert_eq!(old.copy(b"sub/file", 100, &mut copied).unwrap(), 7);
        assert_eq!((copied, old.read_link(b"sub/out").unwrap()), (b"content".to_vec(), b"../../secret".to_vec()));
        for path in ["", "/sub/file", "../workspace/sub/file", "dir/file", "sub", "none"] {
            let refused = old.read(path.as_bytes(), 99).unwrap_err();
            assert!(refused.message.contains("cannot be read from the stored files"), "{path}: {refused}");
        }
    }

    #[test]
    fn what_cannot_be_opened_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert!(opened(dir.path()).unwrap_err().message.contains("are gone"));
        fs::write(dir.path().join("disk.ext4"), [0; 5000]).unwrap();
        fs::set_permissions(dir.path().join("disk.ext4"), fs::Permissions::from_mode(0o400)).unwrap();
        assert!(opened(dir.path()).unwrap_err().message.contains("holds no ext4"));
    }
}
