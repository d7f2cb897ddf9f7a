//! Saving the machine for others to go on from, while it runs.

use std::{
    fs,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use pyro_protocol::{GuestError, GuestErrorCode};

use super::{
    drive::Shared,
    wire::{Fork, Forked},
};
use crate::{failure::Failure, host::sparse, vm::Saved};

/// Saves the machine and keeps what was saved; one fork at a time.
pub(super) async fn save(shared: &Shared, fork: Fork) -> Result<Forked, GuestError> {
    let failed = |failure: Failure| GuestError::new(GuestErrorCode::Internal, failure.message);
    let mut kept = shared.saved.try_lock().map_err(|_| taken())?;
    if kept.is_some() {
        return Err(taken());
    }
    let services = shared.services.as_ref().map(|services| services.going()).unwrap_or_default();
    let files = shared.reads_files.then(|| named(&shared.disk));
    let room = |error| failed(Failure::io("make room for the machine's memory", &error));
    let saved = match &files {
        Some([memory, state]) => {
            clear(shared);
            Saved::in_files(memory, state)
        }
        None => Saved::empty(),
    };
    let saved = saved.map_err(room)?;
    let source = shared.disk.clone();
    let copy = Box::new(move || sparse::copy(&source, &fork.disk));
    let paused = shared.machine.save(&saved, copy).await.map_err(failed)?;
    let (saved, [memory, state]) = match files {
        Some(files) => (saved, files),
        None => {
            let saved = saved.seal().map_err(room)?;
            let path = |fd: i32| PathBuf::from(format!("/proc/{}/fd/{fd}", std::process::id()));
            let paths = [path(saved.memory.as_raw_fd()), path(saved.state.as_raw_fd())];
            (saved, paths)
        }
    };
    let forked = Forked { memory, state, paused_ms: paused.as_millis() as u64, services };
    *kept = Some(saved);
    Ok(forked)
}

/// Lets go of what was saved: the forks that shall be are.
pub(super) async fn done(shared: &Shared) {
    *shared.saved.lock().await = None;
    clear(shared);
}

/// Files for a VMM that wants some, beside the disk.
fn named(disk: &Path) -> [PathBuf; 2] {
    ["forking.memory", "forking.state"].map(|name| disk.with_file_name(name))
}

fn clear(shared: &Shared) {
    for path in named(&shared.disk) {
        // Most VMMs need none.
        let _ = fs::remove_file(path);
    }
}

fn taken() -> GuestError {
    GuestError::new(GuestErrorCode::Conflict, "the workspace is just being forked")
}
