//! Templates as their owner sees them, and the end of those that nobody uses.

use std::{
    fs,
    os::fd::AsFd,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::net::UnixListener;

use super::{Kind, folder, keeper::LOCK, wire::Place};
use crate::{host::lock, vm::ExecutionMode};

/// One that no keeper has read for so long goes when another is made.
pub(super) const KEPT_UNUSED: Duration = Duration::from_secs(7 * 24 * 3600);
const EMPTY: PollTimeout = PollTimeout::ZERO;

/// One template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub key: String,
    pub kind: Kind,
    pub environment: String,
    /// Of its base image.
    pub digest: String,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub execution_mode: Option<ExecutionMode>,
    /// Unix milliseconds.
    pub made_at: i64,
    pub made_in_ms: u64,
    /// Allocated on the host's disk.
    pub size_bytes: u64,
    /// A process holds it in memory for this state directory.
    pub kept: bool,
}

/// Those whose manifest can be read, by key.
pub fn list(place: &Place) -> Vec<Told> {
    let mut found: Vec<Told> = keys(&place.cache).into_iter().filter_map(|key| told(place, key)).collect();
    found.sort_by(|one, other| one.key.cmp(&other.key));
    found
}

fn told(place: &Place, key: String) -> Option<Told> {
    let path = folder::all(&place.cache).join(&key);
    let manifest = folder::manifest(&path).ok()?;
    let kept = lock::is_held(&super::ask::keeper_dir(place, &key).join(LOCK));
    Some(Told {
        kind: manifest.kind,
        environment: manifest.environment,
        digest: manifest.digest,
        vcpu_count: manifest.vcpu_count,
        mem_mib: manifest.mem_mib,
        execution_mode: manifest.execution_mode,
        made_at: manifest.made_at,
        made_in_ms: manifest.made_in_ms,
        size_bytes: size(&path),
        kept,
        key,
    })
}

/// Removes those that no keeper has read for `unused`, and what a killed one left half-made; answers the bytes freed.
/// A keeper of one that goes has it in memory and does not mind.
pub fn remove_unused(cache: &Path, unused: Duration) -> u64 {
    let mut freed = 0;
    for entry in fs::read_dir(folder::all(cache)).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let aside = name.to_string_lossy().starts_with(folder::ASIDE);
        let last = if aside { entry.metadata().and_then(|meta| meta.modified()).ok() } else { folder::last_use(&path) };
        // A manifest that is missing belongs to something that is no template any more.
        let age = last.map_or(Duration::MAX, |last| SystemTime::now().duration_since(last).unwrap_or_default());
        let old = if aside { age > super::make::LIMIT } else { age >= unused };
        if old && path.is_dir() {
            freed += size(&path);
            let _ = fs::remove_dir_all(&path);
        }
    }
    freed
}

/// Ends the keepers of one state directory; those who want a template then start another.
pub fn end_keepers(home: &Path) {
    for entry in fs::read_dir(home.join("keepers")).into_iter().flatten().flatten() {
        let path = entry.path().join(LOCK);
        let pid = fs::read_to_string(&path).ok().and_then(|pid| pid.trim().parse().ok()).filter(|pid| *pid > 1);
        if let (true, Some(pid)) = (lock::is_held(&path), pid) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
}

/// Whether no connection waits to be taken.
pub(super) fn nobody_waits(listener: &UnixListener) -> bool {
    let mut polled = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut polled, EMPTY).is_ok_and(|ready| ready == 0)
}

fn keys(cache: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder::all(cache)).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

fn size(path: &Path) -> u64 {
    let files = fs::read_dir(path).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|meta| meta.blocks() * 512).sum()
}
