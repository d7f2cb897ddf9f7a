//! Single files into the guest: written without a name, then put in place. Whoever dies meanwhile leaves nothing behind.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Write},
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use nix::{
    fcntl::{AT_FDCWD, AtFlags, OFlag, openat, renameat},
    sys::stat::{FileStat, Mode, SFlag, fchmod, fstat},
    unistd::{Gid, Uid, UnlinkatFlags, fchown, fsync, linkat, unlinkat},
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    file::{CREATE_ONLY, EXPECT, FileWritten, MODE, PATH},
};
use pyro_tree::{
    beneath::{kind, permissions, stat},
    refusal, sha256, shown,
};

use crate::{
    Agent,
    file::not_regular,
    http::Call,
    reply::{self, Reply},
    root::{Entry, Root},
    transfer::{self, Upload},
};

const MODE_DEFAULT: u32 = 0o644;

/// Writes a file whole or not at all, where the caller's condition holds.
pub(crate) async fn put(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let invalid = |message: &str| GuestError::new(GuestErrorCode::Invalid, message);
    let mode = call.number(MODE, 8)?.map(|mode| u32::try_from(mode).unwrap_or(u32::MAX));
    if mode.is_some_and(|mode| mode > 0o7777) {
        return Err(invalid("mode is more than permission bits"));
    }
    let condition = match (call.flag(CREATE_ONLY), call.optional(EXPECT)) {
        (true, Some(_)) => return Err(invalid("a file cannot both be new and have an expected content")),
        (true, None) => Condition::Absent,
        (false, Some(hash)) => Condition::Content(String::from_utf8_lossy(hash).into_owned()),
        (false, None) => Condition::None,
    };
    let agent = call.agent;
    let written = transfer::upload(call.body, move |from| replace(&agent, &path, mode, &condition, from)).await?;
    reply::json(&written)
}

/// What must be there before a file is written.
enum Condition {
    None,
    Absent,
    /// A file with this SHA-256.
    Content(String),
}

fn replace(
    agent: &Agent,
    path: &Path,
    mode: Option<u32>,
    condition: &Condition,
    from: Upload,
) -> Result<FileWritten, GuestError> {
    let refuse = |error: io::Error| refusal("write", path.as_os_str(), &error);
    if let Condition::Content(_) = condition
        && let Err(error) = agent.root.open(path, OFlag::O_PATH)
        && error.kind() == io::ErrorKind::NotFound
    {
        // Before parents are created for nothing.
        return Err(vanished(path));
    }
    let entry = agent.root.entry(path, !matches!(condition, Condition::Absent)).map_err(refuse)?;
    if let Some(stat) = &entry.stat
        && kind(stat) != SFlag::S_IFREG
        && !matches!(condition, Condition::Absent)
    {
        return Err(not_regular(path, kind(stat)));
    }
    let target = unnamed(&entry).map_err(refuse)?;
    let bytes = fill(&target, from).map_err(refuse)?;
    let _turn = agent.write_turn();
    let now = check(&entry, path, condition)?;
    let mode = put_in_place(&now, &target, mode, condition).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => refuse(error),
    })?;
    fsync(&entry.parent).map_err(|error| refuse(error.into()))?;
    Ok(FileWritten { bytes, created: now.stat.is_none(), mode })
}

/// Writes a file of the agent's own whole or not at all; it keeps its mode, or gets the usual one. Under
/// [`Agent::write_turn`]; the caller syncs.
pub(crate) fn write(root: &Root, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let entry = root.entry(path, true)?;
    let parent = &entry.parent;
    let (mut target, temporary) = named(parent)?;
    let written = target
        .write_all(bytes)
        .and_then(|()| Ok(fchmod(&target, Mode::from_bits_truncate(MODE_DEFAULT))?))
        .and_then(|()| Ok(renameat(parent, temporary.as_str(), parent, entry.name.as_os_str())?));
    if written.is_err() {
        let _ = unlinkat(parent, temporary.as_str(), UnlinkatFlags::NoRemoveDir);
    }
    written
}

/// Opens a new file beside its place, for file systems where none is without a name: overlays are such.
fn named(parent: &OwnedFd) -> io::Result<(File, String)> {
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    loop {
        let name = temporary_name();
        match openat(parent, name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR) {
            Err(nix::errno::Errno::EEXIST) => {}
            opened => return Ok((File::from(opened?), name)),
        }
    }
}

/// Opens a file that has no name yet, beside its place.
fn unnamed(entry: &Entry) -> io::Result<File> {
    let flags = OFlag::O_TMPFILE | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    Ok(File::from(openat(&entry.parent, ".", flags, Mode::S_IRUSR | Mode::S_IWUSR)?))
}

fn fill(mut target: &File, mut from: Upload) -> io::Result<u64> {
    let bytes = io::copy(&mut from, &mut target)?;
    target.sync_all()?;
    Ok(bytes)
}

/// Looks again at what is there, now that nobody else writes, and whether it is as expected.
fn check<'a>(entry: &'a Entry, path: &Path, condition: &Condition) -> Result<Now<'a>, GuestError> {
    let refuse = |error: io::Error| refusal("write", path.as_os_str(), &error);
    let now = stat(&entry.parent, &entry.name).map_err(refuse)?;
    match (condition, &now) {
        (Condition::Absent, Some(_)) => return Err(exists(path)),
        (Condition::Content(_), None) => return Err(vanished(path)),
        (Condition::Content(wanted), Some(_)) => {
            let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let opened = openat(&entry.parent, entry.name.as_os_str(), flags, Mode::empty());
            let opened = opened.map_err(|error| refuse(error.into()))?;
            let found = kind(&fstat(&opened).map_err(|error| refuse(error.into()))?);
            if found != SFlag::S_IFREG {
                return Err(not_regular(path, found));
            }
            let found = sha256(File::from(opened)).map_err(refuse)?;
            if !found.eq_ignore_ascii_case(wanted) {
                let path = shown(path.as_os_str().as_encoded_bytes());
                let message = format!("{path} has changed, its SHA-256 is {found}; read it again, then write");
                return Err(GuestError::new(GuestErrorCode::Conflict, message));
            }
        }
        _ => {}
    }
    Ok(Now { entry, stat: now })
}

/// An entry and what is there at the last moment.
struct Now<'a> {
    entry: &'a Entry,
    stat: Option<FileStat>,
}

/// Gives a finished file its owner, mode and name; answers the mode.
fn put_in_place(now: &Now<'_>, target: &File, mode: Option<u32>, condition: &Condition) -> io::Result<u32> {
    if let Some(old) = &now.stat {
        // An owner that cannot be kept (unprivileged agent) is no reason to refuse the write.
        let _ = fchown(target, Some(Uid::from_raw(old.st_uid)), Some(Gid::from_raw(old.st_gid)));
    }
    let mode = mode.or(now.stat.as_ref().map(permissions)).unwrap_or(MODE_DEFAULT);
    fchmod(target, Mode::from_bits_truncate(mode))?;
    let (parent, name) = (&now.entry.parent, now.entry.name.as_os_str());
    if matches!(condition, Condition::Absent) {
        // A link never replaces anything.
        link(target, parent, name)?;
    } else {
        let temporary = temporary(target, parent)?;
        let renamed = renameat(parent, temporary.as_str(), parent, name);
        if renamed.is_err() {
            let _ = unlinkat(parent, temporary.as_str(), UnlinkatFlags::NoRemoveDir);
        }
        renamed?;
    }
    Ok(mode)
}

/// Gives a file without a name its first one.
fn link(target: &File, parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    let unnamed = format!("/proc/self/fd/{}", target.as_raw_fd());
    Ok(linkat(AT_FDCWD, unnamed.as_str(), parent, name, AtFlags::AT_SYMLINK_FOLLOW)?)
}

/// Gives it a name for the moment before it is renamed over another; one that a dead agent left is passed over.
fn temporary(target: &File, parent: &OwnedFd) -> io::Result<String> {
    loop {
        let name = temporary_name();
        match link(target, parent, name.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => return linked.map(|()| name),
        }
    }
}

fn temporary_name() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    format!(".pyro-{}-{}.tmp", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn exists(path: &Path) -> GuestError {
    let path = shown(path.as_os_str().as_encoded_bytes());
    let message =
        format!("{path} exists already; read it, then write with its SHA-256 or without asking for a new file");
    GuestError::new(GuestErrorCode::Conflict, message)
}

fn vanished(path: &Path) -> GuestError {
    let path = shown(path.as_os_str().as_encoded_bytes());
    let message = format!("{path} does not exist any more; look at the directory again, or write it as a new file");
    GuestError::new(GuestErrorCode::Conflict, message)
}
