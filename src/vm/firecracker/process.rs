//! One Firecracker process: started in a directory of its own, and told what to run.

use std::{
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;

use super::{
    Firecracker, api, config, device,
    jail::{self, Jail},
    place::{self, By},
    saving::{self, Saving},
    vsock::Line,
};
use crate::{
    failure::Failure,
    host::socket,
    link::ByteStream,
    redact::Redactor,
    vm::{
        ByteFuture, Death, Machine, Saved, Still, VmSpec,
        vmm::{Owner, Vmm},
    },
};

/// It answers within milliseconds; this is for a very busy host.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// Its API breaks off a moment before its end is seen.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running Firecracker.
#[derive(Debug)]
pub(super) struct FirecrackerMachine {
    /// Where it runs, with its sockets.
    place: PathBuf,
    owner: Option<Owner>,
    mem_mib: u32,
    line: Arc<Line>,
    vmm: Vmm,
}

/// Starts a machine, or has one go on from where `saved` was saved.
pub(super) async fn launch(
    firecracker: &Firecracker,
    spec: &VmSpec,
    saved: Option<&Saved>,
    redactor: &Redactor,
) -> Result<FirecrackerMachine, Failure> {
    let room = spec.dir.join(socket::FIRECRACKER);
    let owner = Owner::of(&spec.name, true);
    let launched = launch_in(&room, owner, firecracker, spec, saved, redactor).await;
    if launched.is_err() {
        let _ = place::clear(&room);
    }
    let (place, vmm) = launched?;
    let line = Arc::new(Line::new(place.clone(), saved.is_none()));
    Ok(FirecrackerMachine { place, owner, mem_mib: spec.mem_mib, line, vmm })
}

async fn launch_in(
    room: &Path,
    owner: Option<Owner>,
    firecracker: &Firecracker,
    spec: &VmSpec,
    saved: Option<&Saved>,
    redactor: &Redactor,
) -> Result<(PathBuf, Vmm), Failure> {
    let image = spec.image.as_ref().ok_or_else(|| Failure::internal("a VM without an image"))?;
    let parts = place::parts(image, spec, saved)?;
    let io = |error: io::Error| Failure::io("prepare the machine's directory", &error);
    place::clear(room).map_err(io)?;
    let (console, console_guest) = UnixStream::pair().map_err(io)?;
    let streams = |program: &Path| {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stdout(OwnedFd::from(console_guest));
        command
    };
    let log = spec.dir.join("console.log");
    let binary = &firecracker.binary;
    let (place, vmm) = if let (Some(jailer), Some(owner)) = (&firecracker.jailer, owner) {
        let root = jail::root(room, binary, spec).map_err(io)?;
        place::prepare(&root, &parts, By::Mount, Some(owner)).map_err(io)?;
        let jail = Jail::new(&root, &parts).map_err(|error| Failure::io("prepare the machine's jail", &error))?;
        let mut command = streams(jailer);
        command.args(jail::args(spec, binary, room, owner.user, owner.group, jail::is_one_cgroup_tree()));
        let vmm = Vmm::spawn_by(|command| jail.spawn(command), jail::exit, command, console, log, redactor);
        (root, vmm.map_err(|error| Failure::io("start firecracker's jailer", &error))?)
    } else {
        let directory = place::prepare(room, &parts, By::Descriptor, owner).map_err(io)?;
        if let Some(owner) = owner {
            device::hand_over(room, owner)?;
        }
        let mut command = streams(binary);
        // By descriptor, for its user may not look into the directories above.
        command.args(config::args(spec)).current_dir(place::by_descriptor(directory.as_raw_fd()));
        let keep = parts.iter().map(|part| part.file.as_raw_fd()).collect();
        let vmm = Vmm::spawn(command, owner, keep, console, log, redactor).map_err(|error| {
            Failure::io("start firecracker", &error).hint("let PYRO_FIRECRACKER name a program that every user may run")
        })?;
        (room.to_owned(), vmm)
    };
    let calls = match saved {
        Some(_) => vec![config::restore()],
        None => config::calls(spec, image.base.is_some()),
    };
    if let Err(failure) = start(&place, &vmm, calls).await {
        vmm.kill();
        vmm.ended().await;
        return Err(failure);
    }
    Ok((place, vmm))
}

async fn start(place: &Path, vmm: &Vmm, calls: Vec<config::Call>) -> Result<(), Failure> {
    let ended = |death: Death| Failure::unavailable(format!("Firecracker did not start: {}", death.detail));
    let made = tokio::select! {
        made = timeout(STARTS_WITHIN, api::make(place, calls)) => made,
        death = vmm.ended() => return Err(ended(death)),
    };
    let failure = match made {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(failure)) => failure,
        Err(_) => Failure::unavailable(format!("Firecracker's API was silent for {} s", STARTS_WITHIN.as_secs())),
    };
    // Where it is no more, it has said why.
    Err(timeout(LAST_WORDS, vmm.ended()).await.map_or(failure, ended))
}

impl Machine for FirecrackerMachine {
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>> {
        Box::pin(async move {
            tokio::select! {
                connected = self.line.open() => Ok(Box::new(connected?) as ByteStream),
                _ = self.vmm.ended() => Err(io::ErrorKind::BrokenPipe.into()),
            }
        })
    }

    fn ended(&self) -> ByteFuture<'_, Death> {
        Box::pin(self.vmm.ended())
    }

    fn kill(&self) {
        self.vmm.kill();
    }

    fn save<'a>(&'a self, into: &'a Saved, still: Still<'a>) -> ByteFuture<'a, Result<Duration, Failure>> {
        let saving = Saving { place: &self.place, owner: self.owner, mem_mib: self.mem_mib, line: &self.line };
        Box::pin(saving::save(saving, into, still))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::{super::place::tests::spec, *};

    #[tokio::test]
    async fn one_that_ends_at_once_leaves_its_words_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("program");
        fs::write(&binary, "#!/bin/sh\necho 'no such luck' >&2; exit 7\n").unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        // The machine's user must find the program.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let firecracker = Firecracker { binary, jailer: None };
        let failure = launch(&firecracker, &spec(dir.path()), None, &Redactor::default()).await.unwrap_err();
        assert!(!dir.path().join(socket::FIRECRACKER).exists());
        assert!(failure.message.ends_with("status 7; its last words: no such luck"), "{}", failure.message);
    }
}
