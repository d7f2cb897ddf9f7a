//! The processes of a command: how they are found, asked to end, and ended.

use std::{future::pending, io, os::fd::OwnedFd, path::Path, time::Duration};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::time::{sleep, timeout};

use super::{cgroup, cgroup::Cgroup, spec::Spec};
use crate::{
    Place,
    processes::{self, Process},
};

/// No event tells when the last of a group or session has left.
const POLL: Duration = Duration::from_millis(20);
/// Killed processes are gone within this, thousands of them included, unless the kernel holds them.
const KILLED: Duration = Duration::from_secs(5);

/// Which processes are ended with a command. Its leader leads a group and a session; until it is reaped its number is
/// taken, so nobody else's could be hit.
#[derive(Debug)]
pub(super) enum Members {
    /// The leader's process group.
    Group,
    /// The leader's session: all jobs of a terminal. A daemon leaves it and lives until the machine's end, also where
    /// a session has to stand in for a cgroup.
    Session,
    /// All that it ever started.
    Cgroup(Cgroup),
}

impl Members {
    /// Those of a command about to be started.
    pub(super) fn of(spec: &Spec, place: Place, number: u64) -> Self {
        // On a host, the tree of cgroups is not ours; in a guest, a command may have unmounted it.
        let own = spec.contained && place == Place::Guest;
        match own.then(|| Cgroup::make(Path::new(cgroup::TREE), number)) {
            Some(Ok(cgroup)) => Self::Cgroup(cgroup),
            _ if spec.contained || spec.terminal.is_some() => Self::Session,
            _ => Self::Group,
        }
    }

    /// What the leader enters by before it runs its program.
    pub(super) fn entrance(&self) -> io::Result<Option<OwnedFd>> {
        match self {
            Self::Cgroup(cgroup) => cgroup.entrance().map(Some),
            Self::Group | Self::Session => Ok(None),
        }
    }

    /// Signals all of them.
    pub(super) fn signal(&self, leader: Pid, signal: Signal) {
        match self {
            Self::Group => {
                let _ = killpg(leader, signal);
            }
            Self::Session => {
                for process in processes::all().filter(|process| process.session == leader) {
                    let _ = kill(process.pid, signal);
                }
            }
            Self::Cgroup(cgroup) if signal == Signal::SIGKILL => cgroup.kill(leader),
            Self::Cgroup(cgroup) => cgroup.signal(leader, signal),
        }
    }

    /// How many are alive.
    pub(super) fn count(&self, leader: Pid) -> usize {
        let alive = |has: fn(&Process) -> Pid| {
            processes::all().filter(|process| !process.zombie && has(process) == leader).count()
        };
        match self {
            Self::Group => alive(|process| process.group),
            Self::Session => alive(|process| process.session),
            Self::Cgroup(cgroup) => cgroup.count(),
        }
    }

    /// Waits until none is alive.
    pub(super) async fn gone(&self, leader: Pid) {
        if let Self::Cgroup(cgroup) = self {
            return match cgroup.gone().await {
                Ok(()) => {}
                // Nobody can tell: the caller's patience decides.
                Err(_) => pending().await,
            };
        }
        while self.count(leader) > 0 {
            sleep(POLL).await;
        }
    }

    /// Kills until none is left. Only the kernel can hold a killed process, and it is not waited for for ever.
    pub(super) async fn kill(&self, leader: Pid) {
        let killed = async {
            self.signal(leader, Signal::SIGKILL);
            // Outside a cgroup, one may have started another meanwhile.
            while timeout(POLL, self.gone(leader)).await.is_err() {
                self.signal(leader, Signal::SIGKILL);
            }
        };
        let _ = timeout(KILLED, killed).await;
    }
}
