//! A command's terminal: opened, read, typed into, given another size.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::Command,
    sync::Arc,
    time::Duration,
};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use nix::{
    fcntl::OFlag,
    pty::{posix_openpt, unlockpt},
    sys::termios::{InputFlags, SetArg, tcgetattr, tcsetattr},
    unistd::{Pid, tcgetpgrp},
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{TERMINAL_SIDE_MAX, TYPE_PATIENCE_MS, TerminalSize, Typed},
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::Mutex,
    time::timeout,
};

use super::Exec;
use crate::sys;

const PATIENCE: Duration = Duration::from_millis(TYPE_PATIENCE_MS);

/// A pair of pseudo-terminal ends.
#[derive(Debug)]
pub(super) struct Terminal {
    master: AsyncFd<Arc<OwnedFd>>,
    /// Stays open here: a program may close its terminal and open it again, which to the master must not look like an
    /// end.
    slave: OwnedFd,
    /// Held while one body is typed, so that two never mix.
    typing: Mutex<()>,
}

impl Terminal {
    pub(super) fn open(size: TerminalSize) -> io::Result<Self> {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let master = posix_openpt(flags)?;
        unlockpt(&master)?;
        let slave = sys::terminal_slave(&master)?;
        let mut modes = tcgetattr(&slave)?;
        // Erasing takes a character, not one of its bytes.
        modes.input_flags |= InputFlags::IUTF8;
        tcsetattr(&slave, SetArg::TCSANOW, &modes)?;
        let master = sys::watch(Arc::new(master.into()), Interest::READABLE | Interest::WRITABLE)?;
        let terminal = Self { master, slave, typing: Mutex::new(()) };
        terminal.resize(size)?;
        Ok(terminal)
    }

    /// Makes it all that the command reads and writes.
    pub(super) fn connect(&self, command: &mut Command) -> io::Result<()> {
        command.stdin(self.slave.try_clone()?).stdout(self.slave.try_clone()?).stderr(self.slave.try_clone()?);
        Ok(())
    }

    /// The end that programs have.
    #[cfg(test)]
    pub(super) fn program(&self) -> OwnedFd {
        self.slave.try_clone().unwrap()
    }

    /// The kernel tells the programs in its foreground.
    pub(super) fn resize(&self, size: TerminalSize) -> io::Result<()> {
        sys::resize_terminal(&self.master, size.cols, size.rows)
    }

    /// The process group that its keyboard's signals would reach.
    pub(super) fn foreground(&self) -> Option<Pid> {
        tcgetpgrp(&self.master).ok().filter(|group| group.as_raw() > 0)
    }

    pub(super) async fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        self.master.async_io(Interest::READABLE, |master| Ok(nix::unistd::read(master, &mut *into)?)).await
    }

    async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.master.async_io(Interest::WRITABLE, |master| Ok(nix::unistd::write(master, bytes)?)).await
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.get_ref().as_fd()
    }
}

/// Refuses sizes that no screen has.
pub(super) fn check(size: TerminalSize) -> Result<(), GuestError> {
    let TerminalSize { cols, rows } = size;
    if [cols, rows].iter().all(|side| (1..=TERMINAL_SIDE_MAX).contains(side)) {
        return Ok(());
    }
    let message = format!("a terminal has 1 to {TERMINAL_SIDE_MAX} columns and rows, not {cols} and {rows}");
    Err(GuestError::new(GuestErrorCode::Invalid, message))
}

/// Types a body to its end, or until the program has read nothing for a while, or is over.
pub(super) async fn feed(exec: &Exec, mut body: Incoming) -> Result<Typed, GuestError> {
    let terminal = exec.terminal()?;
    let _turn = terminal.typing.lock().await;
    let mut cut = exec.cut.subscribe();
    let mut typed = Typed { bytes: 0 };
    loop {
        let broken = |cause: &dyn std::fmt::Display| {
            let message = format!("what is typed broke off after {} bytes: {cause}", typed.bytes);
            GuestError::new(GuestErrorCode::Invalid, message)
        };
        // Others wait for their turn: a body that stalls is given up.
        let frame = timeout(PATIENCE, body.frame()).await.map_err(|_| broken(&"no more came"))?;
        let Some(frame) = frame else { return Ok(typed) };
        let Ok(mut bytes) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
        while !bytes.is_empty() {
            let taken = tokio::select! {
                biased;
                _ = cut.wait_for(|cut| *cut) => return Ok(typed),
                taken = timeout(PATIENCE, terminal.write(&bytes)) => taken,
            };
            let Ok(Ok(taken)) = taken else { return Ok(typed) };
            typed.bytes += taken as u64;
            let _ = bytes.split_to(taken);
        }
    }
}
