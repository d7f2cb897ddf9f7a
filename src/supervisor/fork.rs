//! Saving the machine for others to go on from, while it runs.

use std::os::fd::AsRawFd;

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
    let saved = Saved::empty().map_err(|error| failed(Failure::io("make room for the machine's memory", &error)))?;
    let source = shared.disk.clone();
    let copy = Box::new(move || sparse::copy(&source, &fork.disk));
    let paused = shared.machine.save(&saved, copy).await.map_err(failed)?;
    let saved = saved.seal().map_err(|error| failed(Failure::io("seal the machine's memory", &error)))?;
    let path = |fd: i32| format!("/proc/{}/fd/{fd}", std::process::id()).into();
    let forked = Forked {
        memory: path(saved.memory.as_raw_fd()),
        state: path(saved.state.as_raw_fd()),
        paused_ms: paused.as_millis() as u64,
        services,
    };
    *kept = Some(saved);
    Ok(forked)
}

/// Lets go of what was saved: the forks that shall be are.
pub(super) async fn done(shared: &Shared) {
    *shared.saved.lock().await = None;
}

fn taken() -> GuestError {
    GuestError::new(GuestErrorCode::Conflict, "the workspace is just being forked")
}
