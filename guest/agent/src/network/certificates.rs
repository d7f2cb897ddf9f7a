//! Certificates that the guest trusts besides its own.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::Path,
};

use nix::{
    fcntl::OFlag,
    sys::stat::{SFlag, fstat},
    unistd::syncfs,
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    network::{CA_BUNDLE, CA_BYTES_MAX, CA_COUNT_MAX},
};
use pyro_tree::{beneath::kind, refusal, sha256_of};

use super::pem;
use crate::{replace, root::Root};

/// Where `update-ca-certificates` finds those it puts into the bundle, whenever it makes that anew.
const LOCAL: &str = "/usr/local/share/ca-certificates";
/// Exists wherever that program can.
const SHARE: &str = "/usr/local/share";
/// Of the guest's bundle, bytes. Debian's has 220 KB.
const BUNDLE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Of a certificate's hash in its file's name.
const NAME_DIGITS: usize = 12;

/// Takes the certificates out of a text.
pub(super) fn read(text: &str) -> Result<Vec<Vec<u8>>, GuestError> {
    let limit = |what: String| Err(GuestError::new(GuestErrorCode::Limit, format!("ca_certificates has {what}")));
    if text.len() > CA_BYTES_MAX {
        return limit(format!("{} bytes, more than the {CA_BYTES_MAX} that can be added", text.len()));
    }
    let certificates: Vec<_> = pem::parse(text.as_bytes()).collect();
    if certificates.len() > CA_COUNT_MAX {
        return limit(format!("{} certificates, more than the {CA_COUNT_MAX} that can be added", certificates.len()));
    }
    Ok(certificates)
}

/// Adds those that the guest does not trust yet.
pub(super) fn add(root: &Root, certificates: &[Vec<u8>]) -> Result<(), GuestError> {
    if certificates.is_empty() {
        return Ok(());
    }
    let mut bundle = bundle(root).map_err(|error| refusal("read", OsStr::new(CA_BUNDLE), &error))?;
    let mut known: HashSet<Vec<u8>> = pem::parse(&bundle).collect();
    let new: Vec<_> = certificates.iter().filter(|certificate| known.insert((*certificate).clone())).collect();
    if new.is_empty() {
        return Ok(());
    }
    // The bundle last: what it has counts as done.
    if root.open(Path::new(SHARE), OFlag::O_PATH | OFlag::O_DIRECTORY).is_ok() {
        for certificate in &new {
            let name = format!("pyro-host-{}.crt", &sha256_of(certificate)[..NAME_DIGITS]);
            write(root, &Path::new(LOCAL).join(name), pem::print(certificate).as_bytes())?;
        }
    }
    if bundle.last().is_some_and(|last| *last != b'\n') {
        bundle.push(b'\n');
    }
    for certificate in &new {
        bundle.extend_from_slice(pem::print(certificate).as_bytes());
    }
    write(root, Path::new(CA_BUNDLE), &bundle)?;
    // Once for all: there may be hundreds of files.
    let synced = root.open(Path::new(CA_BUNDLE), OFlag::O_RDONLY).and_then(|bundle| Ok(syncfs(&bundle)?));
    synced.map_err(|error| refusal("sync", OsStr::new(CA_BUNDLE), &error))
}

fn write(root: &Root, path: &Path, bytes: &[u8]) -> Result<(), GuestError> {
    replace::write(root, path, bytes).map_err(|error| refusal("write", path.as_os_str(), &error))
}

/// What the bundle holds now; nothing where there is none.
fn bundle(root: &Root) -> io::Result<Vec<u8>> {
    let opened = match root.open(Path::new(CA_BUNDLE), OFlag::O_RDONLY | OFlag::O_NONBLOCK) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    if kind(&fstat(&opened)?) != SFlag::S_IFREG {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a file"));
    }
    let mut bytes = Vec::new();
    File::from(opened).take(BUNDLE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > BUNDLE_BYTES_MAX {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than any bundle of certificates")),
        false => Ok(bytes),
    }
}
