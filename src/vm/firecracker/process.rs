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
    place::{self, By, Part},
    said::{self, Said},
    saving::{self, Saving},
    vsock::Line,
};
use crate::{
    failure::{Code, Failure},
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
    let image = spec.image.as_ref().ok_or_else(|| Failure::internal("a VM without an image"))?;
    let wanted = Wanted {
        spec,
        redactor,
        owner: Owner::of(&spec.name, true),
        parts: place::parts(image, spec, saved)?,
        room: spec.dir.join(socket::FIRECRACKER),
    };
    let calls = match saved {
        Some(_) => vec![config::restore()],
        None => config::calls(spec, image.base.is_some()),
    };
    let launched = wanted.launch(firecracker, calls).await;
    if launched.is_err() {
        let _ = place::clear(&wanted.room);
    }
    let (place, vmm) = launched?;
    let line = Arc::new(Line::new(place.clone(), saved.is_none()));
    Ok(FirecrackerMachine { place, owner: wanted.owner, mem_mib: spec.mem_mib, line, vmm })
}

/// What is to be started.
struct Wanted<'a> {
    spec: &'a VmSpec,
    redactor: &'a Redactor,
    owner: Option<Owner>,
    parts: Vec<Part>,
    /// Firecracker's directory, or where its jail is.
    room: PathBuf,
}

/// A process, where it runs and what it says, before it was told anything.
struct Begun {
    place: PathBuf,
    said: Said,
    vmm: Vmm,
}

impl Wanted<'_> {
    async fn launch(&self, firecracker: &Firecracker, calls: Vec<config::Call>) -> Result<(PathBuf, Vmm), Failure> {
        place::clear(&self.room).map_err(unprepared)?;
        let Begun { place, said, vmm } = match (&firecracker.jailer, self.owner) {
            (Some(jailer), Some(owner)) => self.jailed(&firecracker.binary, jailer, owner)?,
            _ => self.bare(&firecracker.binary)?,
        };
        let started = start(&place, &vmm, calls).await;
        drop(said);
        if let Err(failure) = started {
            vmm.kill();
            vmm.ended().await;
            return Err(failure);
        }
        Ok((place, vmm))
    }

    fn jailed(&self, binary: &Path, jailer: &Path, owner: Owner) -> Result<Begun, Failure> {
        let place = jail::root(&self.room, binary, self.spec).map_err(unprepared)?;
        place::prepare(&place, &self.parts, By::Mount, Some(owner)).map_err(unprepared)?;
        let said = said::keep(&place, &self.spec.dir, Some(owner), self.redactor).map_err(unprepared)?;
        let jail = Jail::new(&place, &self.parts).map_err(|error| Failure::io("prepare the machine's jail", &error))?;
        let (console, mut command) = command(jailer).map_err(unprepared)?;
        let ids = (owner.user, owner.group);
        command.args(jail::args(self.spec, binary, &self.room, ids, jail::is_one_cgroup_tree()));
        let spawn = |command| jail.spawn(command);
        let vmm = Vmm::spawn_by(spawn, jail::exit, command, console, self.console(), self.redactor);
        Ok(Begun { place, said, vmm: vmm.map_err(|error| Failure::io("start firecracker's jailer", &error))? })
    }

    fn bare(&self, binary: &Path) -> Result<Begun, Failure> {
        let directory = place::prepare(&self.room, &self.parts, By::Descriptor, self.owner).map_err(unprepared)?;
        let said = said::keep(&self.room, &self.spec.dir, self.owner, self.redactor).map_err(unprepared)?;
        if let Some(owner) = self.owner {
            device::hand_over(&self.room, owner)?;
        }
        let (console, mut command) = command(binary).map_err(unprepared)?;
        // By descriptor, for its user may not look into the directories above.
        command.args(config::args(self.spec)).current_dir(place::by_descriptor(directory.as_raw_fd()));
        let keep = self.parts.iter().map(|part| part.file.as_raw_fd()).collect();
        let vmm = Vmm::spawn(command, self.owner, keep, console, self.console(), self.redactor).map_err(|error| {
            Failure::io("start firecracker", &error).hint("let PYRO_FIRECRACKER name a program that every user may run")
        })?;
        Ok(Begun { place: self.room.clone(), said, vmm })
    }

    fn console(&self) -> PathBuf {
        self.spec.dir.join("console.log")
    }
}

fn unprepared(error: io::Error) -> Failure {
    Failure::io("prepare the machine's directory", &error)
}

/// A program whose output is the guest's console, and the host's end of that.
fn command(program: &Path) -> io::Result<(UnixStream, Command)> {
    let (console, guest) = UnixStream::pair()?;
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(OwnedFd::from(guest));
    Ok((console, command))
}

async fn start(place: &Path, vmm: &Vmm, calls: Vec<config::Call>) -> Result<(), Failure> {
    let ended = |death: Death| Failure::unavailable(format!("Firecracker did not start: {}", death.detail));
    let made = tokio::select! {
        made = timeout(STARTS_WITHIN, api::make(place, calls)) => made,
        death = vmm.ended() => return Err(ended(death)),
    };
    let failure = match made {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(refused)) if refused.code == Code::Unavailable => return Err(refused),
        Ok(Err(broken)) => broken,
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

    fn save<'a>(&'a self, into: &'a Saved, still: Still) -> ByteFuture<'a, Result<Duration, Failure>> {
        let saving = Saving { place: &self.place, owner: self.owner, mem_mib: self.mem_mib, line: &self.line };
        Box::pin(saving::save(saving, into, still))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::vm::firecracker::place::tests::spec;

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
