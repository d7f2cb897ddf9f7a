//! Secrets: files of a folder that root alone can read.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use nix::{
    dir::Dir,
    errno::Errno,
    fcntl::renameat,
    sys::stat::{Mode, SFlag, fchmod, mkdirat},
    unistd::{UnlinkatFlags, fchown, geteuid, unlinkat},
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    network::{SECRET_NAME_BYTES_MAX, SECRETS_FOLDER, is_secret_name},
};
use pyro_tree::{
    beneath::{create, kind, open_directory, stat},
    refusal,
};

use crate::root::Root;

/// While a secret is written; no secret is called like that.
const UNFINISHED: &str = ".unfinished";

pub(super) type Secrets = BTreeMap<String, Vec<u8>>;

/// Checks names, and decodes values.
pub(super) fn decoded(secrets: BTreeMap<String, String>) -> Result<Secrets, GuestError> {
    let decoded = secrets.into_iter().map(|(name, value)| {
        if !is_secret_name(&name) {
            let message = format!(
                "{name:?} is no secret's name: a letter or '_', then letters, digits and '_', {SECRET_NAME_BYTES_MAX} \
                 at most"
            );
            return Err(GuestError::new(GuestErrorCode::Invalid, message));
        }
        let invalid = |_| GuestError::new(GuestErrorCode::Invalid, format!("the value of secret {name} is not base64"));
        let value = STANDARD.decode(value).map_err(invalid)?;
        Ok((name, value))
    });
    decoded.collect()
}

/// Makes these the secrets, and removes whatever else lies in their folder.
pub(super) fn put(root: &Root, secrets: &Secrets) -> Result<(), GuestError> {
    replace(root, secrets).map_err(|error| refusal("write secrets to", OsStr::new(SECRETS_FOLDER), &error))
}

fn replace(root: &Root, secrets: &Secrets) -> io::Result<()> {
    let Some(folder) = folder(root, !secrets.is_empty())? else { return Ok(()) };
    for name in names(&folder)? {
        let found = stat(&folder, &name)?;
        let is_file = found.as_ref().is_some_and(|found| kind(found) == SFlag::S_IFREG);
        if !is_file || !name.to_str().is_some_and(|name| secrets.contains_key(name)) {
            remove(&folder, &name)?;
        }
    }
    for (name, value) in secrets {
        let mut file = create(folder.as_fd(), UNFINISHED.as_ref(), Mode::S_IRUSR | Mode::S_IWUSR)?;
        fchmod(&file, Mode::S_IRUSR | Mode::S_IWUSR)?;
        file.write_all(value)?;
        renameat(&folder, UNFINISHED, &folder, name.as_str())?;
    }
    Ok(())
}

/// Opens the folder. What lies in its place and is none, a link to one included, goes; where none is wanted, none is
/// made.
fn folder(root: &Root, wanted: bool) -> io::Result<Option<OwnedFd>> {
    let path = Path::new(SECRETS_FOLDER);
    if !wanted {
        match root.place(path).and_then(|(parent, name)| stat(&parent, &name)) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let entry = root.entry(path, false)?;
    if entry.stat.is_some_and(|found| kind(&found) != SFlag::S_IFDIR) {
        unlinkat(&entry.parent, entry.name.as_os_str(), UnlinkatFlags::NoRemoveDir)?;
    }
    match mkdirat(&entry.parent, entry.name.as_os_str(), Mode::S_IRWXU) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let folder = open_directory(entry.parent.as_fd(), entry.name.as_ref())?;
    // One that was there already may be another's.
    fchown(&folder, Some(geteuid()), None)?;
    fchmod(&folder, Mode::S_IRWXU)?;
    Ok(Some(folder))
}

fn names(folder: &OwnedFd) -> io::Result<Vec<std::ffi::OsString>> {
    let mut directory = Dir::from_fd(folder.try_clone()?)?;
    let names = directory.iter().map(|entry| Ok(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned()));
    let names: io::Result<Vec<_>> = names.collect();
    Ok(names?.into_iter().filter(|name| name != "." && name != "..").collect())
}

fn remove(folder: &OwnedFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(folder, name, UnlinkatFlags::NoRemoveDir) {
        Err(Errno::EISDIR) => pyro_tree::remove(folder, name),
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_variables() {
        for name in ["A", "_", "a1_B", &"x".repeat(64)] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["", "1", "a-b", "a/b", "..", ".unfinished", "ä", "a\0", &"x".repeat(65)] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_value_is_never_told() {
        let refused = decoded([("A".to_owned(), "no base64!".to_owned())].into()).unwrap_err();
        assert_eq!(refused.message, "the value of secret A is not base64");
    }
}
