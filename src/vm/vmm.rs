//! The process of a VMM, whichever it is: unprivileged, dead with its supervisor, its last words kept, its end judged.

use std::{
    io::{self, Read},
    os::{fd::RawFd, unix::net::UnixStream, unix::process::CommandExt},
    path::PathBuf,
    process::{Command, ExitStatus},
};

use tokio::{
    process::Child,
    sync::{mpsc, watch},
};

use super::{
    Death,
    console::{self, Tail},
    death::{Cause, Exit},
    kvm,
};
use crate::{redact::Redactor, sys};

/// First of the user ids under which machines run when pyro is root: far from any account, one per machine.
const VM_UID_BASE: u32 = 1_879_048_192;

/// Whom a VMM runs as when pyro is root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Owner {
    /// A user of the machine's own, from its name; where pyro is not root, VMMs run as the same user as pyro. With
    /// `kvm` it is in the group that may open the device.
    pub(super) fn of(name: &str, kvm: bool) -> Option<Self> {
        nix::unistd::geteuid().is_root().then(|| {
            let hash = blake3::hash(name.as_bytes());
            let bytes = hash.as_bytes();
            let user = VM_UID_BASE + u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
            let group = if kvm { kvm::group() } else { None };
            Self { user, group: group.unwrap_or(user) }
        })
    }
}

/// A running VMM. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Vmm {
    kill: mpsc::Sender<()>,
    ended: watch::Receiver<Option<Death>>,
}

impl Vmm {
    /// Spawns `command`, whose standard streams are set but for the error stream, with the descriptors of `keep` and no
    /// environment. What the other end of `console` says goes to `log`, as `redactor` tells it.
    pub(super) fn spawn(
        command: Command,
        owner: Option<Owner>,
        keep: Vec<RawFd>,
        console: UnixStream,
        log: PathBuf,
        redactor: &Redactor,
    ) -> io::Result<Self> {
        let spawn = |mut command: Command| {
            if let Some(Owner { user, group }) = owner {
                command.uid(user).gid(group);
            }
            sys::confine(&mut command, keep);
            tokio::process::Command::from(command).kill_on_drop(true).spawn()
        };
        Self::spawn_by(spawn, Exit::of, command, console, log, redactor)
    }

    /// As [`Vmm::spawn`], confined and started by `spawn`; `exit` tells how the VMM ended from how the process did.
    pub(super) fn spawn_by(
        spawn: impl FnOnce(Command) -> io::Result<Child>,
        exit: fn(ExitStatus) -> Exit,
        mut command: Command,
        console: UnixStream,
        log: PathBuf,
        redactor: &Redactor,
    ) -> io::Result<Self> {
        let (words, words_writer) = io::pipe()?;
        command.stderr(words_writer).env_clear();
        // The command holds ends of pipes that must be the child's alone: it goes with this statement.
        let child = spawn(command)?;
        let (kill, killed) = mpsc::channel(1);
        let (told, ended) = watch::channel(None);
        let tail = Tail::default();
        let drained = tokio::spawn({
            let (tail, redaction) = (tail.clone(), redactor.stream());
            async move { console::drain(console, &log, tail, redaction).await }
        });
        let words = tokio::task::spawn_blocking(move || bounded_words(words));
        tokio::spawn(async move {
            let exit = wait(child, killed).await.map_or(Exit::Code(-1), exit);
            // Both ends close with the process, so these end at once and hold its last words.
            let _ = drained.await;
            let words = words.await.unwrap_or_default();
            let _ = told.send(Some(Death::judge(exit, &tail.text(), &words)));
        });
        Ok(Self { kill, ended })
    }

    /// Resolves once it is gone, with the reason.
    pub(super) async fn ended(&self) -> Death {
        let lost = || Death::new(Cause::VmmFailed, "the VMM's end was not seen");
        match self.ended.clone().wait_for(Option::is_some).await {
            Ok(death) => death.clone().unwrap_or_else(lost),
            Err(_) => lost(),
        }
    }

    pub(super) fn kill(&self) {
        let _ = self.kill.try_send(());
    }
}

async fn wait(mut child: Child, mut killed: mpsc::Receiver<()>) -> io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => status,
        // A closed channel means the machine was dropped: it dies with its owner.
        _ = killed.recv() => {
            let _ = child.start_kill();
            child.wait().await
        }
    }
}

/// What a VMM says on its error stream: the first 16 KiB are kept, the rest is read and dropped.
fn bounded_words(mut pipe: io::PipeReader) -> String {
    let mut words = Vec::new();
    let _ = pipe.by_ref().take(16 * 1024).read_to_end(&mut words);
    let _ = io::copy(&mut pipe, &mut io::sink());
    String::from_utf8_lossy(&words).into_owned()
}
