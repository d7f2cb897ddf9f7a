//! The host's only unsafe code: what a child does between fork and exec, a terminal's size, and the time stamp counter.
#![expect(unsafe_code, reason = "fork hooks, one ioctl and one CPU instruction have no safe form")]

use std::{
    io,
    os::{
        fd::{AsRawFd, RawFd},
        unix::process::CommandExt,
    },
    process::Command,
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{prctl, signal::Signal},
};

/// Lets `command`'s child keep exactly the descriptors in `keep` beyond 0-2, die with the spawning thread, and never
/// gain privileges. The signal is armed after any change of user, which would clear it.
pub(crate) fn confine(command: &mut Command, keep: Vec<RawFd>) {
    let parent = nix::unistd::getpid();
    // SAFETY: the hook runs between fork and exec and makes only system calls on values captured before the fork;
    // it neither allocates nor locks.
    unsafe {
        command.pre_exec(move || {
            close_range_cloexec();
            for &fd in &keep {
                let fd = std::os::fd::BorrowedFd::borrow_raw(fd);
                fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
            }
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            prctl::set_no_new_privs()?;
            if nix::unistd::getppid() != parent {
                // The parent died before the signal was armed.
                return Err(io::Error::from(io::ErrorKind::BrokenPipe));
            }
            Ok(())
        });
    }
}

/// Detaches `command`'s child from our session and terminal, keeping only `keep` beyond 0-2.
pub(crate) fn detach(command: &mut Command, keep: Vec<RawFd>) {
    // SAFETY: as in `confine`.
    unsafe {
        command.pre_exec(move || {
            close_range_cloexec();
            for &fd in &keep {
                let fd = std::os::fd::BorrowedFd::borrow_raw(fd);
                fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
            }
            nix::unistd::setsid()?;
            Ok(())
        });
    }
}

/// Marks everything beyond 2 as close-on-exec; where the kernel lacks the call, Rust's own descriptors already are.
fn close_range_cloexec() {
    // SAFETY: a system call on numbers; it closes nothing now.
    unsafe {
        nix::libc::syscall(nix::libc::SYS_close_range, 3u32, u32::MAX, nix::libc::CLOSE_RANGE_CLOEXEC);
    }
}

/// Columns and rows of a terminal.
pub(crate) fn window_size(terminal: &impl AsRawFd) -> io::Result<(u16, u16)> {
    let mut size = nix::libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one winsize to the given address.
    if unsafe { nix::libc::ioctl(terminal.as_raw_fd(), nix::libc::TIOCGWINSZ, &raw mut size) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((size.ws_col, size.ws_row))
}

/// The CPU's time stamp counter.
pub(crate) fn time_stamp() -> u64 {
    // SAFETY: every x86-64 CPU has the instruction, and it only reads.
    unsafe { core::arch::x86_64::_rdtsc() }
}
