//! One QEMU process: opened files, and the descriptors handed over.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd, RawFd},
        unix::net::{UnixListener, UnixStream},
    },
    path::Path,
    process::{Command, Stdio},
};

use super::{
    Qemu, args,
    args::{Accel, Disks, Fds, Memory},
};
use crate::{
    failure::Failure,
    host::socket,
    limits,
    redact::Redactor,
    vm::{
        Saved, VmSpec,
        choose::QEMU_REMEDY,
        saved,
        vmm::{Owner, Vmm},
    },
};

/// The two disks as QEMU takes them: the base once, the machine's own for reading and for writing.
type DiskFiles = [File; 3];

/// Where a process gets the guest's memory from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Boot,
    /// A sealed one.
    Restore(&'a Saved),
    /// A stream with state and memory, and where its memory goes. Nobody is at the ends of its channel and console.
    Load {
        stream: &'a File,
        memory: &'a File,
    },
}

/// A process that was just started, and its monitor.
pub(super) struct Started {
    pub(super) vmm: Vmm,
    pub(super) monitor: UnixStream,
    /// The descriptor under which QEMU knows the saved state, where there is one.
    pub(super) state: Option<RawFd>,
}

pub(super) fn start(qemu: &Qemu, spec: &VmSpec, source: Source, redactor: &Redactor) -> Result<Started, Failure> {
    let image = spec.image.as_ref().ok_or_else(|| Failure::internal("a VM without an image"))?;
    let open =
        |path: &Path, what: &str| File::open(path).map_err(|error| Failure::io(&format!("open the {what}"), &error));
    let kernel = open(&image.kernel, "kernel")?;
    let initramfs = open(&image.initramfs, "initramfs")?;
    let never_runs = matches!(source, Source::Load { .. });
    let disks = match &image.base {
        Some(base) => {
            let own = if never_runs { stand_in() } else { own_disk(&spec.disk()) };
            let [read, write] = own.map_err(|error| Failure::io("open the machine's disk", &error))?;
            Some([open(base, "base image")?, read, write])
        }
        None => None,
    };
    let io = |error: io::Error| Failure::io("prepare the machine's sockets", &error);
    let agent: Option<UnixListener> = match never_runs {
        true => None,
        false => Some(socket::bind(&spec.dir, socket::AGENT).map_err(io)?),
    };
    let (console, console_guest) = UnixStream::pair().map_err(io)?;
    let (monitor, monitor_guest) = UnixStream::pair().map_err(io)?;
    let fds = Fds {
        kernel: kernel.as_raw_fd(),
        initramfs: initramfs.as_raw_fd(),
        agent: agent.as_ref().map(AsRawFd::as_raw_fd),
        console: (!never_runs).then(|| console_guest.as_raw_fd()),
        monitor: monitor_guest.as_raw_fd(),
        disks: disks.as_ref().map(numbers),
    };
    let (memory, state) = match source {
        Source::Boot => (Memory::Empty, None),
        Source::Restore(saved) => {
            (Memory::Saved(saved.memory.as_raw_fd()), Some(saved::reopened(&saved.state).map_err(io)?))
        }
        Source::Load { stream, memory } => {
            (Memory::Saving(memory.as_raw_fd()), Some(saved::reopened(stream).map_err(io)?))
        }
    };
    let state_fd = state.as_ref().map(AsRawFd::as_raw_fd);
    let mut keep = vec![fds.kernel, fds.initramfs, fds.monitor];
    keep.extend(fds.agent.into_iter().chain(fds.console).chain(state_fd));
    keep.extend(disks.iter().flatten().map(File::as_raw_fd));
    if let Memory::Saved(fd) | Memory::Saving(fd) = memory {
        keep.push(fd);
    }

    let mut command = Command::new(&qemu.binary);
    command.args(args::args(spec, qemu.accel, &fds, memory));
    command.stdin(Stdio::null()).stdout(Stdio::null()).current_dir("/");
    let owner = Owner::of(&spec.name, qemu.accel == Accel::Kvm);
    let log = if never_runs { "saving.log" } else { "console.log" };
    let vmm = Vmm::spawn(command, owner, keep, console, spec.dir.join(log), redactor)
        .map_err(|error| Failure::io("start qemu-system-x86_64", &error).hint(QEMU_REMEDY))?;
    Ok(Started { vmm, monitor, state: state_fd })
}

fn own_disk(path: &Path) -> io::Result<[File; 2]> {
    Ok([File::open(path)?, OpenOptions::new().read(true).write(true).open(path)?])
}

/// As large as the disk, for a machine that must have one and never touches it.
fn stand_in() -> io::Result<[File; 2]> {
    let disk = saved::in_memory()?;
    disk.set_len(limits::DISK_BYTES)?;
    Ok([saved::reopened(&disk)?, disk])
}

fn numbers([base, read, write]: &DiskFiles) -> Disks {
    Disks { base: base.as_raw_fd(), disk_read: read.as_raw_fd(), disk_write: write.as_raw_fd() }
}
