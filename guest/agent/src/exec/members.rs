//! The processes of a command: how they are found, asked to end, and ended.

use std::time::Duration;

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::time::{sleep, timeout};

use crate::processes::{self, Process};

/// No event tells when the last of a group or session has left.
const POLL: Duration = Duration::from_millis(20);
/// Killed processes are gone within this, unless the kernel holds them.
const KILLED: Duration = Duration::from_millis(500);

/// Which processes are ended with a command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Members {
    /// Those of the leader's process group.
    Group,
    /// Those of its session. A daemon leaves that and lives until the machine's end.
    Session,
}

impl Members {
    /// Signals all of them. Until the leader is reaped its number is taken, so nobody else's processes could be hit.
    pub(super) fn signal(self, leader: Pid, signal: Signal) {
        match self {
            Self::Group => {
                let _ = killpg(leader, signal);
            }
            Self::Session => {
                for process in processes::all().filter(|process| self.has(leader, process)) {
                    let _ = kill(process.pid, signal);
                }
            }
        }
    }

    /// How many are alive, the leader among them.
    pub(super) fn count(self, leader: Pid) -> usize {
        processes::all().filter(|process| !process.zombie && self.has(leader, process)).count()
    }

    /// Waits until none is alive.
    pub(super) async fn gone(self, leader: Pid) {
        while self.count(leader) > 0 {
            sleep(POLL).await;
        }
    }

    /// Kills until none is left; one may have started another meanwhile. Only the kernel can hold a killed process, and
    /// it is not waited for for ever.
    pub(super) async fn kill(self, leader: Pid) {
        let killed = async {
            self.signal(leader, Signal::SIGKILL);
            while self.count(leader) > 0 {
                sleep(POLL).await;
                self.signal(leader, Signal::SIGKILL);
            }
        };
        let _ = timeout(KILLED, killed).await;
    }

    fn has(self, leader: Pid, process: &Process) -> bool {
        match self {
            Self::Group => process.group == leader,
            Self::Session => process.session == leader,
        }
    }
}
