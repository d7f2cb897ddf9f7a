//! What can go wrong with a tree, and how the guest's agent says it.

use std::{ffi::OsStr, io, os::unix::ffi::OsStrExt};

use nix::errno::Errno;
use pyro_protocol::{GuestError, GuestErrorCode};

/// Why a tree was not read, written or changed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The file system said no.
    #[error("cannot {doing} {}: {source}", shown(path))]
    Io { doing: &'static str, path: Vec<u8>, source: io::Error },
    /// An archive or a request that nobody should have made.
    #[error("{0}")]
    Invalid(String),
    /// More than the caller or this program allows.
    #[error("{0}")]
    Limit(String),
    /// The tree is not as the change supposes it; nothing was changed.
    #[error("{0}")]
    Conflict(String),
    /// A change that failed and could not be undone.
    #[error("{0}")]
    Torn(String),
}

impl TreeError {
    pub(crate) fn io(doing: &'static str, path: impl AsRef<OsStr>, source: impl Into<io::Error>) -> Self {
        Self::Io { doing, path: path.as_ref().as_bytes().to_vec(), source: source.into() }
    }
}

impl From<TreeError> for GuestError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Io { doing, path, source } => refusal(doing, OsStr::from_bytes(&path), &source),
            TreeError::Invalid(message) => Self::new(GuestErrorCode::Invalid, message),
            TreeError::Limit(message) => Self::new(GuestErrorCode::Limit, message),
            TreeError::Conflict(message) => Self::new(GuestErrorCode::Conflict, message),
            TreeError::Torn(message) => Self::new(GuestErrorCode::Internal, message),
        }
    }
}

/// Says what went wrong with a path, as the refusal a caller reads.
pub fn refusal(doing: &str, path: &OsStr, error: &io::Error) -> GuestError {
    use io::ErrorKind as Kind;
    let code = match error.kind() {
        Kind::NotFound => GuestErrorCode::Missing,
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => GuestErrorCode::Denied,
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge | Kind::OutOfMemory => GuestErrorCode::Limit,
        Kind::NotADirectory | Kind::IsADirectory | Kind::AlreadyExists | Kind::DirectoryNotEmpty => {
            GuestErrorCode::Conflict
        }
        Kind::InvalidInput | Kind::InvalidData | Kind::InvalidFilename => GuestErrorCode::Invalid,
        _ if error.raw_os_error() == Some(Errno::ELOOP as i32) => GuestErrorCode::Conflict,
        _ if error.raw_os_error() == Some(Errno::EXDEV as i32) => GuestErrorCode::Denied,
        _ => GuestErrorCode::Internal,
    };
    GuestError::new(code, format!("cannot {doing} {}: {error}", shown(path.as_bytes())))
}

/// A path as text for people: what is not UTF-8 is replaced, control characters are escaped.
pub fn shown(path: impl AsRef<[u8]>) -> String {
    let mut text = String::new();
    for char in String::from_utf8_lossy(path.as_ref()).chars() {
        match char.is_control() {
            true => text.extend(char.escape_default()),
            false => text.push(char),
        }
    }
    text
}
