//! Files that never change: their digest is taken once, and again only when the file system says they were touched.

use std::{
    fs::{self, File, Permissions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// What a file must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    /// File name, without a directory.
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) blake3: String,
}

/// What the file system says of a file; while it is the same, so are the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Whether a file can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Good,
    Missing,
    Damaged,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        Ok(Self {
            device: meta.dev(),
            inode: meta.ino(),
            bytes: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }
}

impl Sealed {
    /// Makes the file read-only, brings it to the disk and takes its digest.
    pub(super) fn seal(path: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = File::open(path)?;
        file.set_permissions(Permissions::from_mode(0o444))?;
        file.sync_all()?;
        let sealed = Self { name, bytes: file.metadata()?.len(), blake3: digest(path)? };
        note(path)?;
        Ok(sealed)
    }

    /// Whether the file below `directory` is still the one that was sealed.
    pub(super) fn state(&self, directory: &Path) -> State {
        let path = directory.join(&self.name);
        let Ok(stamp) = Stamp::of(&path) else { return State::Missing };
        if fs::read(stamp_path(&path)).is_ok_and(|noted| serde_json::from_slice(&noted).ok() == Some(stamp)) {
            return State::Good;
        }
        match digest(&path) {
            Ok(digest) if digest == self.blake3 => {
                // The note only saves time; without it the next use takes the digest again.
                let _ = note(&path);
                State::Good
            }
            _ => State::Damaged,
        }
    }
}

/// Hex BLAKE3 of a file.
pub(super) fn digest(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            count => hasher.update(&buffer[..count]),
        };
    }
}

/// Writes a small file so that readers see the old one or the new one.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

fn note(path: &Path) -> io::Result<()> {
    let stamp = serde_json::to_vec(&Stamp::of(path)?)?;
    write_whole(&stamp_path(path), &stamp)
}

fn stamp_path(path: &Path) -> PathBuf {
    path.with_added_extension("stamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_replacement_and_loss_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image");
        fs::write(&path, b"content").unwrap();
        let sealed = Sealed::seal(&path).unwrap();
        assert_eq!(sealed.state(dir.path()), State::Good);

        fs::remove_file(&path).unwrap();
        assert_eq!(sealed.state(dir.path()), State::Missing);
        fs::write(&path, b"content").unwrap();
        assert_eq!(sealed.state(dir.path()), State::Good, "same bytes in another inode");
        fs::write(&path, b"conten").unwrap();
        assert_eq!(sealed.state(dir.path()), State::Damaged);
        fs::write(&path, b"CONTENT").unwrap();
        assert_eq!(sealed.state(dir.path()), State::Damaged);
    }
}
