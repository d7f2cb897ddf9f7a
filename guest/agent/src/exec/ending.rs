//! How a command ends: by itself, by its timeout, by cancellation; and what is known of the cause.

use std::{
    fs,
    os::fd::OwnedFd,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use nix::sys::{signal::Signal, statvfs::fstatvfs, wait::WaitStatus};
use pyro_protocol::exec::{Condition, ExecEnded, ExitReason};
use tokio::sync::oneshot;

use super::{Exec, members::Members};
use crate::{Place, children::Child, control};

/// Below this share of free blocks the disk counts as full.
const DISK_FULL_PERCENT: u64 = 1;
/// Below this share of available memory it counts as low.
const MEMORY_LOW_PERCENT: u64 = 5;

/// What watching over a command needs.
pub(super) struct Watched {
    pub(super) child: Child,
    pub(super) members: Arc<Members>,
    pub(super) settled: Vec<oneshot::Receiver<()>>,
    pub(super) contained: bool,
    /// Asks its processes to end.
    pub(super) polite: Signal,
    pub(super) grace: Duration,
    pub(super) timeout: Option<Duration>,
    pub(super) spawned_at: Instant,
    pub(super) oom_kills: u64,
    pub(super) workspace: Option<OwnedFd>,
    pub(super) place: Place,
}

/// Waits for the leader's exit or a reason to end it, then settles output and writes down how it ended.
pub(super) async fn watch_over(exec: Arc<Exec>, watched: Watched) {
    let Watched { child, members, settled, contained, timeout, spawned_at, workspace, place, .. } = watched;
    let reason = tokio::select! {
        biased;
        () = child.exited() => None,
        () = exec.cancel.notified() => Some(ExitReason::Canceled),
        () = after(timeout) => Some(ExitReason::TimedOut),
    };
    if reason.is_some() && watched.polite == Signal::SIGHUP {
        // A signal alone can come just before a shell waits for input; then it would wait on.
        exec.cut();
    }
    let mut duration = spawned_at.elapsed();
    let left_behind = if reason.is_none() && contained { members.count(child.pid) } else { 0 };
    let forced = (reason.is_some() || left_behind > 0) && end(&members, &child, watched.polite, watched.grace).await;
    if reason.is_some() {
        duration = spawned_at.elapsed();
    }
    // Until it is reaped the leader's number is taken, so nobody else's processes could be hit above.
    let status = {
        let mut members = exec.members();
        *members = None;
        child.reap()
    };
    // A cgroup goes before its end is told.
    drop(members);
    exec.cut();
    for stream in settled {
        let _ = stream.await;
    }

    let (code, signal) = match status {
        Ok(WaitStatus::Exited(_, code)) => (code, None),
        Ok(WaitStatus::Signaled(_, signal, _)) => (128 + signal as i32, Some(signal)),
        _ => (125, None),
    };
    let by_kernel = place == Place::Guest
        && reason.is_none()
        && code == 128 + Signal::SIGKILL as i32
        && !exec.killed.load(Ordering::Relaxed)
        && oom_kills() > watched.oom_kills;
    let (reason, exit_code, detail) = match (reason, signal) {
        (Some(ExitReason::TimedOut), _) => {
            let limit_ms = timeout.unwrap_or_default().as_millis();
            (ExitReason::TimedOut, 124, Some(format!("ended at its limit of {limit_ms} ms")))
        }
        (Some(reason), _) => (reason, code, Some("ended on request".to_owned())),
        _ if by_kernel => {
            let memory_mib = control::memory().0 / (1024 * 1024);
            let detail = format!("killed by the guest's kernel when its {memory_mib} MiB of memory were used up");
            (ExitReason::OomKilled, code, Some(detail))
        }
        (None, Some(signal)) => (ExitReason::Signaled, code, Some(format!("ended by signal {}", signal.as_str()))),
        (None, None) => (ExitReason::Exited, code, None),
    };
    let [stdout_bytes, stderr_bytes] = exec.output.written();
    exec.stdin.lock().unwrap_or_else(PoisonError::into_inner).take();
    exec.output.end(ExecEnded {
        reason,
        exit_code,
        signal: signal.map(|signal| signal as i32),
        duration_ms: duration.as_millis() as u64,
        stdout_bytes,
        stderr_bytes,
        conditions: conditions(workspace, place),
        detail,
        forced,
        egress_denied: vec![],
        left_behind: left_behind.try_into().unwrap_or(u32::MAX),
    });
}

async fn after(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

/// Asks processes to end, and kills those that are left when the grace is over; answers whether there were any.
async fn end(members: &Members, leader: &Child, polite: Signal, grace: Duration) -> bool {
    members.signal(leader.pid, polite);
    // A stopped process heeds a signal only once it goes on.
    members.signal(leader.pid, Signal::SIGCONT);
    let all_gone = async {
        leader.exited().await;
        members.gone(leader.pid).await;
    };
    let forced = tokio::time::timeout(grace, all_gone).await.is_err();
    if forced {
        members.kill(leader.pid).await;
    }
    leader.exited().await;
    forced
}

/// Processes the kernel has killed for want of memory since boot.
pub(crate) fn oom_kills() -> u64 {
    let vmstat = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    vmstat.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()).unwrap_or(0)
}

fn conditions(workspace: Option<OwnedFd>, place: Place) -> Vec<Condition> {
    let mut conditions = Vec::new();
    if let Some(disk) = workspace.and_then(|workspace| fstatvfs(&workspace).ok()) {
        let full = disk.blocks_available() * 100 < disk.blocks() * DISK_FULL_PERCENT;
        if full || (disk.files() > 0 && disk.files_available() == 0) {
            conditions.push(Condition::DiskFull);
        }
    }
    let (total, available) = control::memory();
    if place == Place::Guest && available * 100 < total * MEMORY_LOW_PERCENT {
        conditions.push(Condition::MemoryLow);
    }
    conditions
}
