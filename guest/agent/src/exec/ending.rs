//! How a command ends: by itself, by its timeout, by cancellation; and what is known of the cause.

use std::{
    fs,
    os::fd::OwnedFd,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use nix::sys::{signal::Signal, statvfs::fstatvfs, wait::WaitStatus};
use pyro_protocol::exec::{Condition, ExecEnded, ExitReason, KILL_GRACE_MS};
use tokio::sync::{oneshot, watch};

use super::Exec;
use crate::{Place, children::Child, control};

/// The leader may be gone while others of its group still heed TERM; no event tells when the last one left.
const GROUP_POLL: Duration = Duration::from_millis(20);
/// Killed processes are gone within this, unless the kernel holds them.
const KILLED: Duration = Duration::from_millis(500);
/// Below this share of free blocks the disk counts as full.
const DISK_FULL_PERCENT: u64 = 1;
/// Below this share of available memory it counts as low.
const MEMORY_LOW_PERCENT: u64 = 5;

/// What watching over a command needs.
pub(crate) struct Watched {
    pub(crate) child: Child,
    pub(crate) exited: watch::Sender<bool>,
    pub(crate) settled: [oneshot::Receiver<()>; 2],
    pub(crate) timeout: Option<Duration>,
    pub(crate) spawned_at: Instant,
    pub(crate) oom_kills: u64,
    pub(crate) workspace: Option<OwnedFd>,
    pub(crate) place: Place,
}

/// Waits for the leader's exit or a reason to end it, then settles output and writes down how it ended.
pub(crate) async fn watch_over(exec: Arc<Exec>, watched: Watched) {
    let Watched { child, exited, settled, timeout, spawned_at, oom_kills: oom_kills_before, workspace, place } =
        watched;
    let forced = tokio::select! {
        biased;
        () = child.exited() => None,
        () = exec.cancel.notified() => Some(ExitReason::Canceled),
        () = after(timeout) => Some(ExitReason::TimedOut),
    };
    if forced.is_some() {
        end_group(&exec, &child).await;
    }
    let duration_ms = spawned_at.elapsed().as_millis() as u64;
    // Until it is reaped the leader's number is taken, so nobody else's group could be hit above.
    let status = {
        let mut alive = exec.group_alive();
        *alive = false;
        child.reap()
    };
    exited.send_replace(true);
    for stream in settled {
        let _ = stream.await;
    }

    let (code, signal) = match status {
        Ok(WaitStatus::Exited(_, code)) => (code, None),
        Ok(WaitStatus::Signaled(_, signal, _)) => (128 + signal as i32, Some(signal)),
        _ => (125, None),
    };
    let by_kernel = place == Place::Guest
        && forced.is_none()
        && code == 128 + Signal::SIGKILL as i32
        && !exec.killed.load(Ordering::Relaxed)
        && oom_kills() > oom_kills_before;
    let (reason, exit_code, detail) = match (forced, signal) {
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
    exec.stdin.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    exec.output.end(ExecEnded {
        reason,
        exit_code,
        signal: signal.map(|signal| signal as i32),
        duration_ms,
        stdout_bytes,
        stderr_bytes,
        conditions: conditions(workspace, place),
        detail,
        forced: false,
        left_behind: 0,
    });
}

async fn after(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

/// TERM to the group; KILL when the grace is over or only the leader has left by then.
async fn end_group(exec: &Exec, child: &Child) {
    let _ = exec.signal(Signal::SIGTERM);
    // A stopped process heeds TERM only once it goes on.
    let _ = exec.signal(Signal::SIGCONT);
    let all_gone = async || {
        child.exited().await;
        while group_lives(exec.started.pgid) {
            tokio::time::sleep(GROUP_POLL).await;
        }
    };
    if tokio::time::timeout(Duration::from_millis(KILL_GRACE_MS), all_gone()).await.is_err() {
        let _ = exec.signal(Signal::SIGKILL);
        // Only the kernel can hold a killed process; the call does not wait for that for ever.
        let _ = tokio::time::timeout(KILLED, all_gone()).await;
    }
    child.exited().await;
}

/// Whether a process of the group is alive, zombies aside.
fn group_lives(pgid: u32) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    processes.filter_map(Result::ok).any(|process| {
        let name = process.file_name();
        if !name.to_string_lossy().starts_with(|first: char| first.is_ascii_digit()) {
            return false;
        }
        let stat = fs::read(process.path().join("stat")).unwrap_or_default();
        // `pid (name) state ppid pgrp …`, where the name may hold anything, `)` included.
        let after_name = stat.iter().rposition(|byte| *byte == b')').map_or(&[][..], |at| &stat[at + 1..]);
        let text = String::from_utf8_lossy(after_name);
        let mut fields = text.split_whitespace();
        let state = fields.next();
        !matches!(state, None | Some("Z" | "X")) && fields.nth(1) == Some(pgid.to_string().as_str())
    })
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
