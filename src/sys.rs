//! The host's only unsafe code: what a child does between fork and exec, a terminal's size, the time stamp counter, and a
//! page of memory for a KVM guest.
#![expect(unsafe_code, reason = "fork hooks, one ioctl, one CPU instruction and a guest's memory have no safe form")]

use std::{
    io,
    num::NonZeroUsize,
    os::{
        fd::{AsRawFd, RawFd},
        unix::process::CommandExt,
    },
    process::Command,
    time::{Duration, Instant},
};

use kvm_bindings::kvm_userspace_memory_region;
use kvm_ioctls::{Kvm, VcpuExit};
use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        mman::{MapFlags, ProtFlags, mmap_anonymous, munmap},
        prctl,
        signal::Signal,
    },
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
