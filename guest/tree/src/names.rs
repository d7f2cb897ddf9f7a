//! Names from outside: what may stand in an archive or a request.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
};

use pyro_protocol::tree::RESERVED_PREFIX;

/// Longest path of an entry, bytes: what the kernel takes in one call.
pub const PATH_BYTES_MAX: usize = 4095;
/// Longest path of a directory that is entered, bytes: every name in it still fits.
pub const DIRECTORY_BYTES_MAX: usize = PATH_BYTES_MAX - 256;

/// A path of plain names, empty for the directory itself; anything that could lead elsewhere is refused with the reason.
pub(crate) fn clean(name: &[u8]) -> Result<PathBuf, &'static str> {
    if name.len() > PATH_BYTES_MAX {
        return Err("is longer than 4095 bytes");
    }
    if name.contains(&0) {
        return Err("has a NUL byte");
    }
    let mut path = PathBuf::new();
    for component in Path::new(OsStr::from_bytes(name)).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return Err("leads out of its directory"),
        }
    }
    if is_reserved(path.as_os_str().as_bytes()) {
        return Err("has a name that only the agent uses");
    }
    Ok(path)
}

/// Whether a path begins with one of the agent's own names.
pub(crate) fn is_reserved(path: &[u8]) -> bool {
    path.starts_with(RESERVED_PREFIX.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_clean() {
        for (name, path) in [("a/b", "a/b"), ("./a//b/.", "a/b"), (".", ""), ("", ""), ("..a/b..", "..a/b..")] {
            assert_eq!(clean(name.as_bytes()), Ok(PathBuf::from(path)), "{name}");
        }
        for name in ["/a", "..", "a/..", "a/../../x", "a\0b", ".pyro-apply-0/x", "./.pyro-apply-", &"d/".repeat(2048)] {
            assert!(clean(name.as_bytes()).is_err(), "{name}");
        }
        assert!(clean(b"a/.pyro-apply-0").is_ok());
        assert!(clean(&[b'd'; PATH_BYTES_MAX]).is_ok());
    }
}
