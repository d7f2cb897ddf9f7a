//! One QEMU process: opened files, and the descriptors handed over.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::net::{UnixListener, UnixStream},
    },
    path::PathBuf,
    process::{Command, Stdio},
};

use super::{
    Qemu, args,
    args::{Accel, Disks, Fds},
};
use crate::{
    failure::Failure,
    host::socket,
    link::ByteStream,
    redact::Redactor,
    vm::{
        ByteFuture, Death, Machine, VmSpec,
        choose::QEMU_REMEDY,
        vmm::{Owner, Vmm},
    },
};

/// A running QEMU.
#[derive(Debug)]
pub(super) struct QemuMachine {
    dir: PathBuf,
    vmm: Vmm,
}

pub(super) fn launch(qemu: &Qemu, spec: &VmSpec, redactor: &Redactor) -> Result<QemuMachine, Failure> {
    let image = spec.image.as_ref().ok_or_else(|| Failure::internal("a VM without an image"))?;
    let open =
        |path: &PathBuf, what: &str| File::open(path).map_err(|error| Failure::io(&format!("open the {what}"), &error));
    let kernel = open(&image.kernel, "kernel")?;
    let initramfs = open(&image.initramfs, "initramfs")?;
    let disks = match &image.base {
        Some(base) => {
            let disk = OpenOptions::new().read(true).write(true).open(spec.disk());
            let disk = disk.map_err(|error| Failure::io("open the machine's disk", &error))?;
            Some([open(base, "base image")?, open(&spec.disk(), "machine's disk")?, disk])
        }
        None => None,
    };
    let io = |error: io::Error| Failure::io("prepare the machine's sockets", &error);
    let agent: UnixListener = socket::bind(&spec.dir, socket::AGENT).map_err(io)?;
    let (console, console_guest) = UnixStream::pair().map_err(io)?;
    let fds = Fds {
        kernel: kernel.as_raw_fd(),
        initramfs: initramfs.as_raw_fd(),
        agent: agent.as_raw_fd(),
        console: console_guest.as_raw_fd(),
        disks: disks.as_ref().map(|[base, disk_read, disk_write]| Disks {
            base: base.as_raw_fd(),
            disk_read: disk_read.as_raw_fd(),
            disk_write: disk_write.as_raw_fd(),
        }),
    };
    let mut keep = vec![fds.kernel, fds.initramfs, fds.agent, fds.console];
    keep.extend(disks.iter().flatten().map(File::as_raw_fd));

    let mut command = Command::new(&qemu.binary);
    command.args(args::args(spec, qemu.accel, &fds)).stdin(Stdio::null()).stdout(Stdio::null()).current_dir("/");
    let owner = Owner::of(&spec.name, qemu.accel == Accel::Kvm);
    let vmm = Vmm::spawn(command, owner, keep, console, spec.dir.join("console.log"), redactor)
        .map_err(|error| Failure::io("start qemu-system-x86_64", &error).hint(QEMU_REMEDY))?;
    Ok(QemuMachine { dir: spec.dir.clone(), vmm })
}

impl Machine for QemuMachine {
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>> {
        Box::pin(async move {
            let stream = socket::connect(&self.dir, socket::AGENT)?;
            stream.set_nonblocking(true)?;
            Ok(Box::new(tokio::net::UnixStream::from_std(stream)?) as ByteStream)
        })
    }

    fn ended(&self) -> ByteFuture<'_, Death> {
        Box::pin(self.vmm.ended())
    }

    fn kill(&self) {
        self.vmm.kill();
    }
}
