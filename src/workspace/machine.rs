//! The directory of one machine: what it tells, to any process, of the machine's life.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::time::timeout;

use super::state::{self, State};
use crate::{
    failure::{Code, Failure},
    host::lock::{self, Lock},
    supervisor::{
        Client,
        wire::{self, Ended, Running},
    },
    vm::Death,
};

/// Serializes start, stop and delete of one machine across processes.
const OPERATION_LOCK: &str = "operation.lock";
/// A supervisor that no longer listens ends by itself within this.
const FLUSHED: Duration = Duration::from_secs(3);
/// A killed supervisor's machine is gone within this.
const GONE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(super) struct MachineDir {
    path: PathBuf,
}

impl MachineDir {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn disk(&self) -> PathBuf {
        self.path.join("disk.ext4")
    }

    /// The tree of an unisolated workspace.
    pub(super) fn tree(&self) -> PathBuf {
        self.path.join("workspace")
    }

    pub(super) fn lives(&self) -> bool {
        lock::is_held(&self.path.join(wire::LOCK))
    }

    pub(super) fn state(&self) -> State {
        state::state(self.lives(), self.path.join(wire::RUNNING).exists())
    }

    /// As [`MachineDir::state`], where a supervisor that lets its last answers out counts no more: who has been told of
    /// the machine's end finds it ended.
    pub(super) fn told_state(&self) -> State {
        state::state(self.lives() && !self.path.join(wire::ENDED).exists(), self.path.join(wire::RUNNING).exists())
    }

    /// What it runs as, or last ran as.
    pub(super) fn running(&self) -> Option<Running> {
        self.read(wire::RUNNING)
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        wire::ended(&self.path)
    }

    /// Why a machine that ran runs no more.
    pub(super) fn death(&self) -> Death {
        wire::last_end(&self.path).0
    }

    /// When a machine that ran was last used, as far as its supervisor got to mark it; unix seconds.
    pub(super) fn last_use(&self) -> i64 {
        let marked = fs::metadata(self.path.join(wire::RUNNING)).and_then(|meta| meta.modified());
        let since = marked.ok().and_then(|marked| marked.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| since.as_secs() as i64)
    }

    /// The supervisor's ear, where one listens.
    pub(super) async fn client(&self) -> Option<Client> {
        Client::connect(&self.path).await
    }

    /// Waits until nobody else starts, stops or deletes this machine; `NotFound` where there is none.
    pub(super) async fn operate(&self) -> io::Result<Lock> {
        hold(self.path.join(OPERATION_LOCK)).await
    }

    /// As [`MachineDir::operate`], where nobody else is at it.
    pub(super) fn try_operate(&self) -> Option<Lock> {
        lock::try_hold(&self.path.join(OPERATION_LOCK)).ok().flatten()
    }

    /// Held by the one command that a machine is deleted after.
    pub(super) fn try_last_command(&self) -> Option<Lock> {
        lock::try_hold(&self.path.join("last-command.lock")).ok().flatten()
    }

    /// Makes sure no supervisor lives: asked first, killed if it does not answer. `name` is told in failures. Answers
    /// whether it switched itself off in time.
    pub(super) async fn end(&self, name: &str, orderly: bool) -> Result<bool, Failure> {
        if !self.lives() {
            return Ok(true);
        }
        let asked = match self.client().await {
            Some(client) => client.stop(orderly).await.is_ok(),
            // It may be letting its last answers out.
            None => timeout(FLUSHED, self.gone()).await.is_ok(),
        };
        if !asked && let (true, Some(pid)) = (self.lives(), self.supervisor_pid()) {
            // Its machine dies with it; if it is gone already, so is its machine.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
        match timeout(GONE, self.gone()).await {
            Ok(gone) => {
                gone.map_err(|error| Failure::io(&format!("wait for the end of {name}"), &error))?;
                Ok(self.ended().is_some_and(|ended| ended.orderly))
            }
            Err(_) => Err(Failure::internal(format!("the supervisor of {name} does not end")).hint("call again")),
        }
    }

    /// Waits until the supervisor's lock is free: its machine is gone then.
    async fn gone(&self) -> io::Result<()> {
        match hold(self.path.join(wire::LOCK)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The process to kill where a supervisor does not answer; only meaningful while it lives.
    fn supervisor_pid(&self) -> Option<nix::unistd::Pid> {
        let noted = fs::read_to_string(self.path.join(wire::LOCK)).ok()?;
        noted.trim().parse().ok().filter(|pid| *pid > 1).map(nix::unistd::Pid::from_raw)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path.join(name)).ok()?).ok()
    }
}

/// Waits for a lock beside the runtime's threads.
pub(super) async fn hold(path: PathBuf) -> io::Result<Lock> {
    tokio::task::spawn_blocking(move || lock::hold(&path)).await.map_err(io::Error::other)?
}

/// A machine that ended between being looked at and being asked.
pub(super) fn just_ended(name: &str, hint: &str) -> Failure {
    Failure::new(Code::VmDied, format!("{name} has just ended")).hint(hint)
}
