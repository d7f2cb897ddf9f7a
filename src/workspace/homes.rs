//! Which state directories have machines made over the images of one cache: several may share it, and pruning must know.

use std::{
    fs, io,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use crate::host::write;

/// In the cache: a file per state directory, named by a digest of its path, which it holds.
const FOLDER: &str = "homes";

/// Notes that machines below `home` are made over images of `cache`.
pub(super) fn note(cache: &Path, home: &Path) -> io::Result<()> {
    let path = home.as_os_str().as_bytes();
    let file = cache.join(FOLDER).join(blake3::hash(path).to_hex().as_str());
    if file.exists() {
        return Ok(());
    }
    fs::create_dir_all(cache.join(FOLDER))?;
    write::atomically(&file, path)
}

/// Those noted that still exist; notes of the others go.
pub(super) fn using(cache: &Path) -> Vec<PathBuf> {
    let mut homes = Vec::new();
    for entry in fs::read_dir(cache.join(FOLDER)).into_iter().flatten().flatten() {
        let Ok(path) = fs::read(entry.path()) else { continue };
        let home = PathBuf::from(std::ffi::OsString::from_vec(path));
        if home.is_dir() {
            homes.push(home);
        } else {
            // It only costs being looked at again.
            let _ = fs::remove_file(entry.path());
        }
    }
    homes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_are_known_until_they_are_gone() {
        let place = tempfile::tempdir().unwrap();
        let (cache, one, two) = (place.path().join("cache"), place.path().join("one"), place.path().join("two"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&two).unwrap();
        for home in [&one, &two, &one] {
            note(&cache, home).unwrap();
        }
        let mut known = using(&cache);
        known.sort();
        assert_eq!(known, [one.clone(), two.clone()]);
        fs::remove_dir(&two).unwrap();
        assert_eq!(using(&cache), [one]);
        assert_eq!(fs::read_dir(cache.join(FOLDER)).unwrap().count(), 1);
    }
}
