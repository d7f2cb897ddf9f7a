//! Child processes: each is awaited through a descriptor of its own, so that reaping orphans never steals an exit.

use std::{
    collections::HashSet,
    io,
    os::fd::{AsFd, OwnedFd},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use nix::{
    errno::Errno,
    sys::wait::{Id, WaitPidFlag, WaitStatus, waitid},
    unistd::Pid,
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    signal::unix::{SignalKind, signal},
    sync::Notify,
};

use crate::sys;

/// Children that someone in the agent awaits.
#[derive(Debug, Default)]
pub(crate) struct Children {
    awaited: Arc<Mutex<HashSet<Pid>>>,
    reaped: Arc<Notify>,
}

/// A child whose exit is seen through its pidfd. It stays a zombie, and its number taken, until [`Child::reap`].
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) pid: Pid,
    exit: AsyncFd<Arc<OwnedFd>>,
    awaited: Arc<Mutex<HashSet<Pid>>>,
    reaped: Arc<Notify>,
}

impl Children {
    /// Spawns a child that only the returned value may reap.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        // Held across the spawn: the child could exit before it is in the set.
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = Pid::from_raw(command.spawn()?.id() as i32);
        let exit = sys::watch(Arc::new(sys::pidfd_open(pid.as_raw())?), Interest::READABLE)?;
        awaited.insert(pid);
        Ok(Child { pid, exit, awaited: self.awaited.clone(), reaped: self.reaped.clone() })
    }

    /// Reaps processes whose parents died, for ever. Only for PID 1 and subreapers.
    pub(crate) async fn reap_orphans(&self) -> io::Result<()> {
        let mut chld = signal(SignalKind::child())?;
        loop {
            self.reap_orphans_now();
            tokio::select! {
                _ = chld.recv() => {}
                // An awaited child may have stood before an orphan in the kernel's list.
                () = self.reaped.notified() => {}
            }
        }
    }

    fn reap_orphans_now(&self) {
        let awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let peek = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        while let Ok(status) = waitid(Id::All, peek) {
            match status.pid() {
                Some(pid) if !awaited.contains(&pid) => {
                    let _ = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG);
                }
                _ => return,
            }
        }
    }
}

impl Child {
    /// Waits for the exit; may be called again.
    pub(crate) async fn exited(&self) {
        // Readability of a pidfd stays: an error here could only be the runtime's end.
        let _ = self.exit.readable().await;
    }

    /// Takes the exit status, after which the process number may be used again. Call after [`Child::exited`].
    pub(crate) fn reap(self) -> Result<WaitStatus, Errno> {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let status = waitid(Id::PIDFd(self.exit.get_ref().as_fd()), WaitPidFlag::WEXITED);
        awaited.remove(&self.pid);
        drop(awaited);
        self.reaped.notify_one();
        status
    }
}
