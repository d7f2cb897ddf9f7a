//! Shells: commands on terminals that stay when their callers leave. The supervisor takes what they write, keeps its end
//! and draws it, so that any caller can read on from anywhere.

mod attach;
mod reading;
mod routes;
mod shell;
pub mod wire;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pyro_protocol::{GuestError, GuestErrorCode, network::Denied};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(super) use routes::{answer, takes};
use shell::Shell;
use wire::ShellFacts;

use crate::{ids::ShellId, limits};

/// The shells of one machine that nobody has closed.
pub(super) struct Shells {
    table: Mutex<BTreeMap<ShellId, Arc<Shell>>>,
    /// One for each that runs, or is being opened.
    seats: Arc<Semaphore>,
}

impl Default for Shells {
    fn default() -> Self {
        Self { table: Mutex::default(), seats: Arc::new(Semaphore::new(limits::SHELLS_MAX)) }
    }
}

/// Held by a shell until it ends.
type Seat = OwnedSemaphorePermit;

impl Shells {
    /// All of them, the oldest first.
    pub(super) fn list(&self) -> Vec<ShellFacts> {
        let mut all: Vec<ShellFacts> = self.table().values().map(|shell| shell.facts()).collect();
        all.sort_by(|one, other| (one.started_at_ms, &one.shell_id).cmp(&(other.started_at_ms, &other.shell_id)));
        all
    }

    /// Tells the shell whose program met a refusal.
    pub(super) fn denied(&self, exec: u64, denied: &Denied) {
        for shell in self.table().values() {
            shell.denied(exec, denied);
        }
    }

    fn get(&self, id: &str) -> Result<Arc<Shell>, GuestError> {
        let id: Option<ShellId> = id.parse().ok();
        let found = id.and_then(|id| self.table().get(&id).cloned());
        found.ok_or_else(|| {
            GuestError::new(GuestErrorCode::Missing, "there is no such shell: it was closed, or its machine ended")
        })
    }

    fn seat(&self) -> Result<Seat, GuestError> {
        self.seats.clone().try_acquire_owned().map_err(|_| {
            let message = format!(
                "{} shells are open, the most of one workspace; close one with workspace_shell_close",
                limits::SHELLS_MAX
            );
            GuestError::new(GuestErrorCode::Limit, message)
        })
    }

    /// Takes one in. Where there are too many then, those that ended go, the oldest first.
    fn add(&self, shell: Arc<Shell>) {
        let mut table = self.table();
        table.insert(shell.id.clone(), shell);
        while table.len() > limits::SHELLS_MAX {
            let ended = table.values().filter(|shell| shell.is_over()).min_by_key(|shell| shell.started_at_ms);
            let Some(id) = ended.map(|shell| shell.id.clone()) else { return };
            table.remove(&id);
        }
    }

    fn remove(&self, shell: &Shell) {
        self.table().remove(&shell.id);
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<ShellId, Arc<Shell>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
