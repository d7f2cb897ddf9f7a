//! Unix sockets in directories whose paths may be longer than the 108 bytes an address holds.

use std::{
    fs::File,
    io,
    os::{
        fd::AsRawFd,
        unix::net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{OFlag, open},
    sys::stat::Mode,
};

/// QEMU's end of the agent's port.
pub const AGENT: &str = "agent.sock";
/// The directory in which a Firecracker runs, with its sockets.
pub const FIRECRACKER: &str = "firecracker";
/// A template keeper's.
pub const KEEPER: &str = "keeper.sock";
/// A spare machine's, until it is taken.
pub const SPARE: &str = "spare.sock";
/// The supervisor's door.
pub const SUPERVISOR: &str = "supervisor.sock";

/// Listens on `name` in `dir`, replacing a dead socket of that name.
pub fn bind(dir: &Path, name: &str) -> io::Result<UnixListener> {
    let (_open, short) = short_path(dir, name)?;
    match std::fs::remove_file(dir.join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => UnixListener::bind(short),
    }
}

/// Connects to `name` in `dir`, which may be another user's: a link there is not followed.
pub fn connect(dir: &Path, name: &str) -> io::Result<UnixStream> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let socket = open(&dir.join(name), flags, Mode::empty())?;
    UnixStream::connect(format!("/proc/self/fd/{}", socket.as_raw_fd()))
}

/// The directory by descriptor: short whatever its path, valid while the first value lives.
fn short_path(dir: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    let open = File::open(dir)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}/{name}", open.as_raw_fd()));
    Ok((open, short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_300_bytes_is_no_trouble() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("d".repeat(150)).join("e".repeat(150));
        std::fs::create_dir_all(&dir).unwrap();
        let listener = bind(&dir, SUPERVISOR).unwrap();
        drop(bind(&dir, SUPERVISOR).unwrap());
        drop(listener);
        let _listener = bind(&dir, SUPERVISOR).unwrap();
        connect(&dir, SUPERVISOR).unwrap();
    }

    #[test]
    fn a_link_leads_to_no_socket() {
        let dir = tempfile::tempdir().unwrap();
        let _listener = bind(dir.path(), SUPERVISOR).unwrap();
        std::os::unix::fs::symlink(SUPERVISOR, dir.path().join(AGENT)).unwrap();
        assert_eq!(connect(dir.path(), AGENT).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(connect(dir.path(), "none.sock").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
