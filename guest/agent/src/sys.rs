//! The system calls that no safe wrapper offers, each behind a safe function.

#![expect(
    unsafe_code,
    reason = "pre_exec, pidfd_open, accepted descriptors, descriptor registration and some ioctls have no safe wrapper"
)]

use std::{
    io,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    process::Command,
    sync::Arc,
};

use nix::{
    errno::Errno,
    libc,
    sys::{
        signal::{self, SigHandler, Signal},
        socket::{SockFlag, accept4},
    },
};
use tokio::io::{Interest, unix::AsyncFd};

/// Makes the command lead a session of its own, heed every signal, start in `cwd`, and be as killable as any other
/// process when memory runs out (the agent itself is exempt from that). With `terminal` its standard input is a terminal, which becomes the
/// session's; a `cgroup`'s list of processes is where it enters that.
pub(crate) fn lead_session(command: &mut Command, cwd: Option<OwnedFd>, terminal: bool, cgroup: Option<OwnedFd>) {
    let prepare = move || {
        for signal in Signal::iterator() {
            // What whoever started the agent ignores, such as INT behind `nohup pyro &`, a command must heed. KILL and STOP
            // cannot be changed and need not be.
            // SAFETY: no handler is installed.
            let _ = unsafe { signal::signal(signal, SigHandler::SigDfl) };
        }
        nix::unistd::setsid()?;
        // SAFETY: TIOCSCTTY takes a number; descriptor 0 has been replaced by the command's input before.
        if terminal && unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY as _, 0) } < 0 {
            return Err(io::Error::last_os_error());
        }
        if let Some(cwd) = &cwd {
            nix::unistd::fchdir(cwd)?;
        }
        if let Some(cgroup) = &cgroup {
            nix::unistd::write(cgroup, b"0")?;
        }
        // SAFETY: open, write and close of a constant path and buffer; failure only leaves the score as it was.
        unsafe {
            let score = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            if score >= 0 {
                libc::write(score, c"0".as_ptr().cast(), 1);
                libc::close(score);
            }
        }
        Ok(())
    };
    // SAFETY: the closure only makes async-signal-safe system calls and allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

/// Runs this process before any ordinary one; its children are ordinary again.
pub(crate) fn before_all_others() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 1 };
    // SAFETY: reads one sched_param.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A descriptor that becomes readable when the process exits.
pub(crate) fn pidfd_open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: plain system call without pointers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Registers a descriptor with the runtime. Every registration begins with fresh readiness.
pub(crate) fn watch(fd: Arc<OwnedFd>, interest: Interest) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    // SAFETY: the Arc keeps the same descriptor open for as long as the registration holds it.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}

/// Takes the next connection of a listener; like the listener's, its calls do not block.
pub(crate) fn accept(listener: &impl AsRawFd) -> Result<OwnedFd, Errno> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = accept4(listener.as_raw_fd(), flags)?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Bytes waiting in a pipe.
pub(crate) fn bytes_waiting(fd: &impl AsRawFd) -> io::Result<usize> {
    let mut waiting: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int to the given address.
    if unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut waiting) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(waiting.max(0) as usize)
}

/// Opens the other end of a terminal by its master, so that no path is involved.
pub(crate) fn terminal_slave(master: &impl AsRawFd) -> io::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes flags as a number.
    let fd = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER as _, flags) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sets a terminal's size in characters.
pub(crate) fn resize_terminal(terminal: &impl AsRawFd, cols: u16, rows: u16) -> io::Result<()> {
    let size = libc::winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads one winsize.
    if unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ as _, &raw const size) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Takes over an inherited descriptor. Call once per number, before anything else opens descriptors.
pub(crate) fn inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_GETFD and F_SETFD take no pointers and fail on a number that is not open.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 || unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } < 0
    {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, and by contract nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `struct rand_pool_info` with room for what the host sends.
#[repr(C)]
struct Pool {
    entropy_count: libc::c_int,
    buf_size: libc::c_int,
    buf: [u8; ENTROPY_BYTES],
}

/// Random bytes the host sends with every wake.
pub(crate) const ENTROPY_BYTES: usize = 32;
const RNDADDENTROPY: libc::c_ulong = 0x4008_5203;
const RNDRESEEDCRNG: libc::c_ulong = 0x5207;

/// Credits entropy to the kernel and makes its generator use it at once.
pub(crate) fn add_entropy(random: &impl AsRawFd, entropy: [u8; ENTROPY_BYTES]) -> io::Result<()> {
    let pool = Pool { entropy_count: ENTROPY_BYTES as i32 * 8, buf_size: ENTROPY_BYTES as i32, buf: entropy };
    // SAFETY: RNDADDENTROPY reads buf_size bytes after the two ints, which is the layout of Pool.
    if unsafe { libc::ioctl(random.as_raw_fd(), RNDADDENTROPY as _, &raw const pool) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: RNDRESEEDCRNG takes no argument.
    if unsafe { libc::ioctl(random.as_raw_fd(), RNDRESEEDCRNG as _) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

const FIFREEZE: libc::c_ulong = 0xc004_5877;
const FITHAW: libc::c_ulong = 0xc004_5878;

/// Makes a file system consistent on its disk and holds every write to it back until [`thaw`].
pub(crate) fn freeze(directory: &impl AsRawFd) -> io::Result<()> {
    frozen(directory, FIFREEZE)
}

/// Lets writes to a file system go on.
pub(crate) fn thaw(directory: &impl AsRawFd) -> io::Result<()> {
    frozen(directory, FITHAW)
}

fn frozen(directory: &impl AsRawFd, request: libc::c_ulong) -> io::Result<()> {
    let unused: libc::c_int = 0;
    // SAFETY: the kernel ignores the argument of both requests; were it to use it, it would be as an int.
    if unsafe { libc::ioctl(directory.as_raw_fd(), request as _, &raw const unused) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Sets the loopback interface up.
pub(crate) fn loopback_up() -> io::Result<()> {
    let socket = nix::sys::socket::socket(
        nix::sys::socket::AddressFamily::Inet,
        nix::sys::socket::SockType::Datagram,
        nix::sys::socket::SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    // SAFETY: ifreq is plain data; all zero is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name[0] = b'l' as libc::c_char;
    request.ifr_name[1] = b'o' as libc::c_char;
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads one ifreq.
    if unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ignores_no_signal_that_the_agent_does() {
        // SAFETY: no handler is installed; commands of other tests heed the signal all the same.
        let before = unsafe { signal::signal(Signal::SIGINT, SigHandler::SigIgn) }.unwrap();
        let mut command = Command::new("grep");
        command.args(["SigIgn", "/proc/self/status"]);
        lead_session(&mut command, None, false, None);
        let told = command.output().unwrap().stdout;
        // SAFETY: what it was before.
        unsafe { signal::signal(Signal::SIGINT, before) }.unwrap();
        let told = String::from_utf8(told).unwrap();
        let ignored = u64::from_str_radix(told.strip_prefix("SigIgn:").unwrap().trim(), 16).unwrap();
        // Those above 31 are the C library's own.
        assert_eq!(ignored & 0x7fff_ffff, 0, "{told}");
    }
}
