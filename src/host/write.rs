//! Files written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, fchown},
    path::Path,
};

/// Replaces the file at `path`: written aside, synced, renamed, the directory synced.
pub fn atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut aside = tempfile::NamedTempFile::new_in(dir)?;
    aside.write_all(bytes)?;
    aside.as_file().sync_all()?;
    aside.persist(path).map_err(|error| error.error)?;
    File::open(dir)?.sync_all()
}

/// As [`atomically`], without waiting for the disk: for what a killed process must not tear, but a crash of the host may
/// take back.
pub fn swiftly(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut aside = tempfile::NamedTempFile::new_in(dir)?;
    aside.write_all(bytes)?;
    aside.persist(path).map(drop).map_err(|error| error.error)
}

/// As [`atomically`], for a file that is not ours: its mode and, as far as we may, its owner stay. A new one is the
/// user's alone.
pub fn in_place_of(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::NamedTempFile::new_in(dir)?;
    aside.write_all(bytes)?;
    if let Ok(found) = fs::metadata(path) {
        // Only root may give files away; who else writes here owns the file.
        let _ = fchown(aside.as_file(), Some(found.uid()), Some(found.gid()));
        aside.as_file().set_permissions(found.permissions())?;
    }
    aside.as_file().sync_all()?;
    aside.persist(path).map_err(|error| error.error)?;
    File::open(dir)?.sync_all()
}

/// Creates `dir` and its parents, closed to others (0700).
pub fn private_dir(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_private() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        private_dir(&dir).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        let path = dir.join("record.json");
        atomically(&path, b"one").unwrap();
        atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn anothers_file_keeps_its_mode() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("settings.json");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        in_place_of(&path, b"one").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        in_place_of(&path, b"two").unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), mode()), (&b"two"[..], 0o640));
    }
}
