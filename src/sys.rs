//! The host's only unsafe code: what a child does between fork and exec, also where it keeps another in a process namespace,
//! a terminal's size, the time stamp counter, how a static program looks names up, and a page of memory for a KVM guest.
#![expect(
    unsafe_code,
    reason = "fork hooks, one ioctl, a C call, one instruction and a guest's memory have no safe form"
)]

use std::{
    io,
    num::NonZeroUsize,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    process::Command,
    time::{Duration, Instant},
};

use kvm_bindings::kvm_userspace_memory_region;
use kvm_ioctls::{Kvm, VcpuExit};
use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        mman::{MapFlags, ProtFlags, mmap_anonymous, munmap},
        prctl,
        signal::Signal,
        wait::{WaitStatus, wait},
    },
    unistd::{ForkResult, Pid},
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

/// What [`keep`] adds to the number of the signal that ended its child.
pub(crate) const SIGNALED: i32 = 128;

/// As [`confine`], for a program that changes its user, which would clear the parent-death signal. The child is to be the
/// first of a process namespace and keeps the program as its own child there: where it dies, the kernel kills all of them.
/// It ends as the program does, with [`SIGNALED`] and the signal's number for a signal. `enter` is called in the program's
/// process, as late as possible; it must only make system calls.
pub(crate) fn confine_kept(command: &mut Command, enter: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
    // The parent's process id means nothing in another namespace.
    // SAFETY: a system call on numbers.
    let parent = unsafe { nix::libc::syscall(nix::libc::SYS_pidfd_open, nix::unistd::getpid().as_raw(), 0u32) };
    let parent = (parent >= 0)
        // SAFETY: a descriptor that was just made, and is nobody's.
        .then(|| unsafe { OwnedFd::from_raw_fd(parent as RawFd) });
    // SAFETY: as in `confine`; so does `enter`. The second fork is of a process with one thread, and both sides of it only
    // make system calls.
    unsafe {
        command.pre_exec(move || {
            close_range_cloexec();
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            prctl::set_no_new_privs()?;
            let parent = parent.as_ref().ok_or(io::ErrorKind::Unsupported)?;
            let mut watched = nix::libc::pollfd { fd: parent.as_raw_fd(), events: nix::libc::POLLIN, revents: 0 };
            if nix::libc::poll(&raw mut watched, 1, 0) != 0 {
                // The parent died before the signal was armed.
                return Err(io::Error::from(io::ErrorKind::BrokenPipe));
            }
            match nix::unistd::fork()? {
                ForkResult::Child => enter(),
                ForkResult::Parent { child } => keep(child),
            }
        });
    }
}

/// Ends as `child` does, holding nothing of the process it is a copy of.
fn keep(child: Pid) -> ! {
    // For whoever looks at processes; it is not worth failing for.
    let _ = prctl::set_name(c"pyro-keeper");
    // SAFETY: system calls on numbers; nothing in this process uses a descriptor any more.
    unsafe { nix::libc::syscall(nix::libc::SYS_close_range, 0u32, u32::MAX, 0u32) };
    let code = loop {
        // Whatever else the namespace's first process inherits is waited for as well.
        match wait() {
            Ok(WaitStatus::Exited(pid, code)) if pid == child => break code,
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => break SIGNALED + signal as i32,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => break SIGNALED,
        }
    };
    // SAFETY: ends the process; what the copied program would do at its end is not this one's to do.
    unsafe { nix::libc::_exit(code) }
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

/// Has names looked up in the host's file and in DNS alone, where this program is linked statically. Whatever else
/// `nsswitch.conf` asks are modules of the host's C library, and a program with another one built in cannot load those.
pub(crate) fn resolve_without_modules() {
    #[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
    {
        use std::ffi::{c_char, c_int};
        unsafe extern "C" {
            fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
        }
        static ONCE: std::sync::Once = std::sync::Once::new();
        // SAFETY: both are strings that end in a null byte and live as long as the program; glibc declares the function so.
        ONCE.call_once(|| unsafe {
            __nss_configure_lookup(c"hosts".as_ptr(), c"files dns".as_ptr());
        });
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

/// Has a virtual CPU under KVM count down from `count` in real mode; answers how long that took.
pub(crate) fn count_down(count: u32) -> io::Result<Duration> {
    const PAGE_BYTES: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
    const PLACE: u64 = 0x1000;
    // mov ecx, count; again: dec ecx; jnz again; hlt
    let program = [&[0x66, 0xb9][..], &count.to_le_bytes(), &[0x66, 0x49, 0x75, 0xfc, 0xf4]].concat();
    let failed = |error: kvm_ioctls::Error| io::Error::from_raw_os_error(error.errno());
    let vm = Kvm::new().map_err(failed)?.create_vm().map_err(failed)?;
    // SAFETY: a new mapping of our own; it is unmapped after the machine is gone, and nothing else refers to it.
    let page = unsafe {
        mmap_anonymous(None, PAGE_BYTES, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_PRIVATE)?
    };
    let region = kvm_userspace_memory_region {
        slot: 0,
        flags: 0,
        guest_phys_addr: PLACE,
        memory_size: PAGE_BYTES.get() as u64,
        userspace_addr: page.as_ptr() as u64,
    };
    // SAFETY: the program is shorter than the page, which is mapped until the machine below has been dropped.
    let made = unsafe {
        std::ptr::copy_nonoverlapping(program.as_ptr(), page.as_ptr().cast(), program.len());
        vm.set_user_memory_region(region)
    };
    let run = || -> Result<Duration, kvm_ioctls::Error> {
        made?;
        let mut cpu = vm.create_vcpu(0)?;
        let mut segments = cpu.get_sregs()?;
        (segments.cs.base, segments.cs.selector) = (0, 0);
        cpu.set_sregs(&segments)?;
        let mut registers = cpu.get_regs()?;
        (registers.rip, registers.rflags) = (PLACE, 2);
        cpu.set_regs(&registers)?;
        let begun = Instant::now();
        match cpu.run()? {
            VcpuExit::Hlt => Ok(begun.elapsed()),
            _ => Err(kvm_ioctls::Error::new(nix::libc::EIO)),
        }
    };
    let took = run().map_err(failed);
    drop(vm);
    // SAFETY: nothing refers to the page any more: the virtual CPU and its machine are gone.
    unsafe { munmap(page, PAGE_BYTES.get())? };
    took
}
