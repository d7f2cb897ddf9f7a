//! The orderly end of the machine.

use std::{
    io,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
    sys::{
        reboot::{RebootMode, reboot},
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// What nobody told before may take to heed TERM: commands, shells and services are gone by then.
const STRAYS: Duration = Duration::from_secs(1);
const EVERYONE_ELSE: Pid = Pid::from_raw(-1);
/// After KILL only the kernel can hold a process.
const KILLED: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(5);

/// Ends all processes, writes the file systems out and switches off, or resets where that is the end of the VMM. Returns
/// only if the kernel refuses.
pub(super) fn off(grace: Duration, by_reset: bool) -> io::Error {
    for (signal, limit) in [(Signal::SIGTERM, grace.min(STRAYS)), (Signal::SIGKILL, KILLED)] {
        if kill(EVERYONE_ELSE, signal).is_err() || all_reaped(limit) {
            break;
        }
    }
    nix::unistd::sync();
    // The overlay before the disk beneath it. What cannot be made read-only was synced above.
    for mounted in ["/", "/workspace"] {
        let none = None::<&str>;
        let _ = mount(none, mounted, none, MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY, none);
    }
    nix::unistd::sync();
    if !by_reset {
        // Without a power switch this would halt the CPUs for ever.
        let _ = reboot(RebootMode::RB_POWER_OFF);
    }
    // What cannot be switched off is at least reset, which ends a VMM started with no-reboot.
    match reboot(RebootMode::RB_AUTOBOOT) {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}

fn all_reaped(limit: Duration) -> bool {
    let begun = Instant::now();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return true,
            Ok(WaitStatus::StillAlive) | Err(_) if begun.elapsed() > limit => return false,
            Ok(WaitStatus::StillAlive) => std::thread::sleep(POLL),
            _ => {}
        }
    }
}
