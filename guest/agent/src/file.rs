//! Single files in and out.

use std::{
    io::{self, Read, Write},
    os::fd::AsFd,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use http::HeaderValue;
use nix::{
    fcntl::{OFlag, ResolveFlag, renameat},
    sys::stat::{Mode, SFlag, fchmod, fstat},
    unistd::{Gid, Uid, UnlinkatFlags, fchown, unlinkat},
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    file::{FileWritten, MODE, MODE_HEADER, PATH, SIZE_HEADER},
};

use crate::{
    Agent,
    http::Call,
    reply::{self, Reply},
    root::{Entry, file, kind, open_within, permissions, refusal},
    transfer::{self, PIECE_BYTES, Upload},
};

const MODE_DEFAULT: u32 = 0o644;

/// Streams a regular file.
pub(crate) async fn get(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let refuse = |error: &io::Error| refusal("read", path.as_os_str(), error);
    // Without O_NONBLOCK a FIFO would hold the agent until somebody writes to it.
    let opened = call.agent.root.open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK).map_err(|error| refuse(&error))?;
    let stat = fstat(&opened).map_err(|error| refuse(&error.into()))?;
    if kind(&stat) != SFlag::S_IFREG {
        return Err(not_regular(&path, kind(&stat)));
    }
    let mut source = file(opened);
    let mut response = transfer::download(move |to| {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match source.read(&mut piece) {
                Ok(0) => return Ok(None),
                Ok(read) => to.write_all(&piece[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    });
    let headers = response.headers_mut();
    if let Ok(mode) = HeaderValue::from_str(&format!("{:o}", permissions(&stat))) {
        headers.insert(MODE_HEADER, mode);
    }
    headers.insert(SIZE_HEADER, HeaderValue::from(stat.st_size));
    Ok(response)
}

/// Writes a file whole or not at all.
pub(crate) async fn put(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let mode = call.number(MODE, 8)?;
    if mode.is_some_and(|mode| mode > 0o7777) {
        return Err(GuestError::new(GuestErrorCode::Invalid, "mode is more than permission bits"));
    }
    let agent = call.agent;
    let bytes =
        transfer::upload(call.body, move |from| replace(&agent, path, mode.map(|mode| mode as u32), from)).await?;
    reply::json(&FileWritten { bytes, created: false, mode: 0 })
}

fn replace(agent: &Agent, path: PathBuf, mode: Option<u32>, from: Upload) -> Result<u64, GuestError> {
    let refuse = |error: io::Error| refusal("write", path.as_os_str(), &error);
    let entry = agent.root.entry(&path).map_err(refuse)?;
    if let Some(stat) = &entry.stat
        && kind(stat) != SFlag::S_IFREG
    {
        return Err(not_regular(&path, kind(stat)));
    }
    write(&entry, mode, from).map_err(refuse)
}

fn write(entry: &Entry, mode: Option<u32>, mut from: Upload) -> io::Result<u64> {
    static TEMPORARY: AtomicU64 = AtomicU64::new(0);
    let temporary = format!(".pyro-{}-{}.tmp", std::process::id(), TEMPORARY.fetch_add(1, Ordering::Relaxed));
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
    let private = Mode::from_bits_truncate(0o600);
    let opened = open_within(entry.parent.as_fd(), temporary.as_ref(), flags, private, ResolveFlag::RESOLVE_BENEATH)?;
    let filled = (|| {
        let mut target = file(opened);
        let bytes = io::copy(&mut from, &mut target)?;
        if let Some(old) = &entry.stat {
            // An owner that cannot be kept (unprivileged agent) is no reason to refuse the write.
            let _ = fchown(&target, Some(Uid::from_raw(old.st_uid)), Some(Gid::from_raw(old.st_gid)));
        }
        let mode = mode.or(entry.stat.as_ref().map(permissions)).unwrap_or(MODE_DEFAULT);
        fchmod(&target, Mode::from_bits_truncate(mode))?;
        target.sync_all()?;
        renameat(&entry.parent, temporary.as_str(), &entry.parent, entry.name.as_os_str())?;
        nix::unistd::fsync(&entry.parent)?;
        Ok(bytes)
    })();
    if filled.is_err() {
        let _ = unlinkat(&entry.parent, temporary.as_str(), UnlinkatFlags::NoRemoveDir);
    }
    filled
}

fn not_regular(path: &std::path::Path, kind: SFlag) -> GuestError {
    let what = if kind == SFlag::S_IFDIR { "a directory" } else { "a special file" };
    GuestError::new(GuestErrorCode::Conflict, format!("{} is {what}, not a file", path.display()))
}
