//! One QEMU process: opened files, descriptors handed over, unprivileged, dead with its supervisor.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{net::UnixListener, net::UnixStream, process::CommandExt},
    },
    path::PathBuf,
    process::Stdio,
    sync::Arc,
};

use tokio::{
    process::Child,
    sync::{mpsc, watch},
};

use super::{
    Qemu, args,
    args::{Accel, Disks, Fds},
    console::{self, Tail},
    kvm,
};
use crate::{
    failure::Failure,
    host::socket,
    link::ByteStream,
    redact::Redactor,
    sys,
    vm::{ByteFuture, Death, Machine, VmSpec, death::Exit},
};

/// A running QEMU.
pub(super) struct QemuMachine {
    dir: PathBuf,
    kill: mpsc::Sender<()>,
    ended: watch::Receiver<Option<Death>>,
}

/// First of the user ids under which machines run when pyro is root: far from any account, one per machine.
const VM_UID_BASE: u32 = 1_879_048_192;

pub(super) fn launch(qemu: &Qemu, spec: &VmSpec, redactor: &Redactor) -> Result<Arc<QemuMachine>, Failure> {
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

    let (words, words_writer) = io::pipe().map_err(io)?;
    let mut command = std::process::Command::new(&qemu.binary);
    command.args(args::args(spec, qemu.accel, &fds)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(words_writer);
    command.env_clear().current_dir("/");
    if nix::unistd::geteuid().is_root() {
        let user = user_of(spec);
        // `/dev/kvm` is opened by QEMU itself, as a member of the device's group where that is how it may be opened.
        let group = if qemu.accel == Accel::Kvm { kvm::group() } else { None };
        command.uid(user).gid(group.unwrap_or(user));
    }
    sys::confine(&mut command, keep);
    let child = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::io("start qemu-system-x86_64", &error).hint(crate::vm::choose::QEMU_REMEDY))?;
    drop((kernel, initramfs, disks, agent, console_guest));

    let (kill, killed) = mpsc::channel(1);
    let (told, ended) = watch::channel(None);
    let tail = Tail::default();
    let log = spec.dir.join("console.log");
    let drained = tokio::spawn({
        let (tail, redaction) = (tail.clone(), redactor.stream());
        async move { console::drain(console, &log, tail, redaction).await }
    });
    let words = tokio::task::spawn_blocking(move || bounded_words(words));
    tokio::spawn(async move {
        let exit = wait(child, killed).await;
        // Both ends close with the process, so these end at once and hold its last words.
        let _ = drained.await;
        let words = words.await.unwrap_or_default();
        let _ = told.send(Some(Death::judge(exit, &tail.text(), &words)));
    });
    Ok(Arc::new(QemuMachine { dir: spec.dir.clone(), kill, ended }))
}

/// A user id of this machine's own, from its id.
fn user_of(spec: &VmSpec) -> u32 {
    let hash = blake3::hash(spec.name.as_bytes());
    let bytes = hash.as_bytes();
    VM_UID_BASE + u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}

async fn wait(mut child: Child, mut killed: mpsc::Receiver<()>) -> Exit {
    let status = tokio::select! {
        status = child.wait() => status,
        // A closed channel means the machine was dropped: it dies with its owner.
        _ = killed.recv() => {
            let _ = child.start_kill();
            child.wait().await
        }
    };
    status.map_or(Exit::Code(-1), Exit::of)
}

/// What QEMU says on stderr: the first 16 KiB are kept, the rest is read and dropped.
fn bounded_words(mut pipe: io::PipeReader) -> String {
    let mut words = Vec::new();
    let _ = pipe.by_ref().take(16 * 1024).read_to_end(&mut words);
    let _ = io::copy(&mut pipe, &mut io::sink());
    String::from_utf8_lossy(&words).into_owned()
}

impl Machine for Arc<QemuMachine> {
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>> {
        Box::pin(async move {
            let fd: OwnedFd = socket::connect(&self.dir, socket::AGENT)?.into();
            let stream = UnixStream::from(fd);
            stream.set_nonblocking(true)?;
            Ok(Box::new(tokio::net::UnixStream::from_std(stream)?) as ByteStream)
        })
    }

    fn ended(&self) -> ByteFuture<'_, Death> {
        let mut ended = self.ended.clone();
        Box::pin(async move {
            match ended.wait_for(Option::is_some).await {
                Ok(death) => death.clone().unwrap_or_else(lost),
                Err(_) => lost(),
            }
        })
    }

    fn kill(&self) {
        let _ = self.kill.try_send(());
    }
}

fn lost() -> Death {
    Death::new(crate::vm::death::Cause::VmmFailed, "the VMM's end was not seen")
}
