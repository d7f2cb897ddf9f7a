//! QEMU's command line. Pure: every file is a descriptor number, opened and handed over by the process that spawns it.

use std::os::fd::RawFd;

use crate::vm::VmSpec;

/// How guest instructions are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    Kvm,
    /// Emulation. The guest's time stamp counter is the host's, whose rate the guest cannot calibrate on this machine
    /// type: without it on the command line, boots hang.
    Tcg {
        tsc_khz: u64,
    },
}

/// Descriptors QEMU inherits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fds {
    pub kernel: RawFd,
    pub initramfs: RawFd,
    /// Listening unix socket of the agent's port; without one, nobody is at its other end.
    pub agent: Option<RawFd>,
    /// Connected socket that takes the serial console; without one, what the guest says there is lost.
    pub console: Option<RawFd>,
    /// Connected socket of the monitor.
    pub monitor: RawFd,
    pub disks: Option<Disks>,
}

/// Where the guest's memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// It begins empty: the machine boots.
    Empty,
    /// A file that is read and never written: what the guest changes is the machine's own. It waits for a saved state.
    Saved(RawFd),
    /// A file that takes all of it. The machine waits for a saved state and never runs.
    Saving(RawFd),
}

/// Descriptors of the two disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disks {
    pub base: RawFd,
    /// QEMU opens a disk for reading first and for writing later, and wants a descriptor for each.
    pub disk_read: RawFd,
    pub disk_write: RawFd,
}

/// The whole command line after the program's name.
pub fn args(spec: &VmSpec, accel: Accel, fds: &Fds, memory: Memory) -> Vec<String> {
    let mut args = Vec::new();
    let mut add = |words: &[&str]| args.extend(words.iter().map(|word| (*word).to_owned()));
    add(&["-name", &spec.name]);
    add(&["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]);
    add(&["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]);
    match accel {
        // With kvm-clock the guest needs none of the old timers; under TCG it would hang without the PIT.
        Accel::Kvm => {
            add(&["-M", "microvm,x-option-roms=off,pit=off,pic=off,rtc=off,memory-backend=memory"]);
            add(&["-accel", "kvm", "-cpu", "host"]);
        }
        Accel::Tcg { .. } => {
            add(&["-M", "microvm,x-option-roms=off,memory-backend=memory"]);
            add(&["-accel", "tcg,thread=multi,tb-size=64"]);
            // Emulated, `rep movsb` goes byte by byte. Told that it is nothing special, the guest's kernel copies and
            // clears memory in words: 2.8 GB/s instead of 0.43 for 1 MiB reads of /dev/zero.
            add(&["-cpu", "max,erms=off,fsrm=off"]);
        }
    }
    add(&["-m", &format!("{}M", spec.mem_mib), "-smp", &spec.vcpu_count.to_string()]);
    let object = match memory {
        Memory::Empty => "memory-backend-ram,id=memory".to_owned(),
        Memory::Saved(fd) => format!("memory-backend-file,id=memory,mem-path=/proc/self/fd/{fd},share=off"),
        Memory::Saving(fd) => format!("memory-backend-file,id=memory,mem-path=/proc/self/fd/{fd},share=on"),
    };
    add(&["-object", &format!("{object},size={}M", spec.mem_mib)]);
    if memory != Memory::Empty {
        add(&["-incoming", "defer"]);
    }
    if matches!(memory, Memory::Saving(_)) {
        add(&["-S"]);
    }
    add(&["-chardev", &format!("socket,id=monitor,fd={}", fds.monitor), "-mon", "chardev=monitor,mode=control"]);
    add(&["-kernel", &format!("/proc/self/fd/{}", fds.kernel)]);
    add(&["-initrd", &format!("/proc/self/fd/{}", fds.initramfs)]);
    add(&["-append", &command_line(spec, accel, fds.disks.is_some())]);
    let console = fds.console.map_or("null,id=console".to_owned(), |fd| format!("socket,id=console,fd={fd}"));
    add(&["-chardev", &console, "-serial", "chardev:console"]);
    add(&["-device", "virtio-rng-device"]);
    add(&["-device", "virtio-serial-device"]);
    let agent =
        fds.agent.map_or("null,id=agent".to_owned(), |fd| format!("socket,id=agent,fd={fd},server=on,wait=off"));
    add(&["-chardev", &agent]);
    add(&["-device", "virtserialport,chardev=agent,name=agent,nr=1"]);
    if let Some(Disks { base, disk_read, disk_write }) = fds.disks {
        for (fd, set) in [(base, 1), (disk_read, 2), (disk_write, 2)] {
            add(&["-add-fd", &format!("fd={fd},set={set}")]);
        }
        add(&[
            "-drive",
            "id=base,file=/dev/fdset/1,format=raw,if=none,readonly=on,cache=writeback,aio=threads,file.locking=off",
        ]);
        add(&["-device", "virtio-blk-device,drive=base"]);
        // `unsafe` ignores the guest's flushes: right for a disk that ends with its machine, wrong for one that stays.
        let cache = if spec.durable { "writeback" } else { "unsafe" };
        // Without QEMU's own lock, which it could not take again after having been saved; the supervisor holds one.
        let disk = format!(
            "id=disk,file=/dev/fdset/2,format=raw,if=none,cache={cache},aio=threads,discard=unmap,detect-zeroes=unmap,\
             file.locking=off"
        );
        add(&["-drive", &disk]);
        add(&["-device", "virtio-blk-device,drive=disk"]);
    }
    args
}

/// The guest kernel's command line.
fn command_line(spec: &VmSpec, accel: Accel, disks: bool) -> String {
    // loglevel=1, not 0: at 0 a panic stays silent and the cause of death unknown.
    let mut words = vec!["quiet loglevel=1 console=ttyS0 reboot=t panic=-1".to_owned()];
    if let Accel::Tcg { tsc_khz } = accel {
        // Not reliable, the counter can be dropped for a clock of ticks: always with several CPUs, and with one where the
        // host is busy. That clock has steps of 4 or 10 ms, and its ticks cost an idle machine 3 % of a core.
        words.push(format!("tsc_early_khz={tsc_khz} tsc=reliable"));
    }
    if spec.waits {
        words.push("pyro.waits".into());
    }
    words.push(if disks { "pyro.base=/dev/vda pyro.disk=/dev/vdb" } else { "pyro.root=none" }.into());
    words.join(" ")
}
