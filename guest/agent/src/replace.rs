//! Single files into the guest: written beside, then renamed into place.

use std::{
    fs::File,
    io,
    os::fd::AsFd,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use nix::{
    fcntl::{OFlag, RenameFlags, openat, renameat2},
    sys::stat::{FileStat, Mode, SFlag, fchmod, fstat},
    unistd::{Gid, Uid, UnlinkatFlags, fchown, unlinkat},
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    file::{CREATE_ONLY, EXPECT, FileWritten, MODE, PATH},
};
use pyro_tree::{
    beneath::{create, kind, permissions, stat},
    refusal, sha256, shown,
};

use crate::{
    Agent,
    file::not_regular,
    http::Call,
    reply::{self, Reply},
    root::Entry,
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
    static TEMPORARY: AtomicU64 = AtomicU64::new(0);
    let temporary = format!(".pyro-{}-{}.tmp", std::process::id(), TEMPORARY.fetch_add(1, Ordering::Relaxed));
    let target = create(entry.parent.as_fd(), temporary.as_ref()).map_err(refuse)?;
    let written = fill(&target, from).map_err(refuse).and_then(|bytes| {
        let _turn = agent.write_turn();
        let entry = check(&entry, path, condition)?;
        let mode = put_in_place(&entry, &target, &temporary, mode, condition).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(path),
            _ => refuse(error),
        })?;
        Ok(FileWritten { bytes, created: entry.stat.is_none(), mode })
    });
    if written.is_err() {
        let _ = unlinkat(&entry.parent, temporary.as_str(), UnlinkatFlags::NoRemoveDir);
    }
    written
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
fn put_in_place(
    now: &Now<'_>,
    target: &File,
    temporary: &str,
    mode: Option<u32>,
    condition: &Condition,
) -> io::Result<u32> {
    if let Some(old) = &now.stat {
        // An owner that cannot be kept (unprivileged agent) is no reason to refuse the write.
        let _ = fchown(target, Some(Uid::from_raw(old.st_uid)), Some(Gid::from_raw(old.st_gid)));
    }
    let mode = mode.or(now.stat.as_ref().map(permissions)).unwrap_or(MODE_DEFAULT);
    fchmod(target, Mode::from_bits_truncate(mode))?;
    let flags = match condition {
        Condition::Absent => RenameFlags::RENAME_NOREPLACE,
        _ => RenameFlags::empty(),
    };
    renameat2(&now.entry.parent, temporary, &now.entry.parent, now.entry.name.as_os_str(), flags)?;
    nix::unistd::fsync(&now.entry.parent)?;
    Ok(mode)
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
