//! The baselines: a machine with nothing of ours on the host but the link to it, and the host's own programs.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pyro_protocol::exec::ExecRequest;

use super::stage::{ENVIRONMENT, Stage};
use crate::{
    failure::Failure,
    host::{self, sparse, tsc},
    ids::VmId,
    limits,
    link::{Link, LinkError},
    redact::Redactor,
    template::{self, Given, Kind, Place, Wanted},
    vm::{BackendSpec, Image, Machine, VmSpec, offer},
};

/// What a bare machine took.
pub(super) struct Bare {
    /// From the VMM's start to the agent's answer.
    pub(super) boot: Duration,
    pub(super) first_exec: Duration,
    pub(super) warm_exec: Duration,
}

/// Boots kernel, initramfs and image under QEMU as `mode` says, runs `true` twice, and ends it.
pub(super) async fn machine(stage: &Stage, mode: &str) -> Result<Bare, Failure> {
    let dir = tempfile::tempdir_in(stage.path("")).map_err(|error| Failure::io("make a directory", &error))?;
    let (wanted, spec) = shape(stage, mode, dir.path()).await?;
    let backend = wanted.backend.make()?;
    let started = Instant::now();
    sparse::copy(&wanted.empty_disk, &spec.disk()).map_err(|error| Failure::io("copy a disk", &error))?;
    let machine = backend.launch(&spec, &Redactor::default()).await?;
    ended(machine.as_ref(), run(machine.as_ref(), started)).await
}

/// How long it takes from QEMU's start until an agent answers that goes on from the template of the same machine.
pub(super) async fn restored(stage: &Stage, mode: &str) -> Result<Duration, Failure> {
    let dir = tempfile::tempdir_in(stage.path("")).map_err(|error| Failure::io("make a directory", &error))?;
    let (wanted, spec) = shape(stage, mode, dir.path()).await?;
    let backend = wanted.backend.make()?;
    let place = Place { cache: stage.dirs.cache.clone(), home: stage.dirs.home.clone() };
    let asked = tokio::task::spawn_blocking(move || template::ask(&place, &wanted)).await;
    let Given { saved, disk } = asked.map_err(|error| Failure::internal(error.to_string()))??;
    sparse::copy_of(&disk, &spec.disk()).map_err(|error| Failure::io("copy a disk", &error))?;
    let started = Instant::now();
    let machine = backend.restore(&spec, &saved, &Redactor::default()).await?;
    let answered = async {
        let stream = machine.connect().await.map_err(|error| Failure::io("reach the bare machine", &error))?;
        let link = Link::open_guest(stream, limits::BOOT_DEADLINE).await.map_err(silent)?;
        link.health().await.map_err(silent)?;
        Ok(started.elapsed())
    };
    ended(machine.as_ref(), answered).await
}

/// A machine as those of `vm_run` are, in `dir`.
async fn shape(stage: &Stage, mode: &str, dir: &Path) -> Result<(Wanted, VmSpec), Failure> {
    let boot = stage.environments.ensure(ENVIRONMENT, None, None).await?;
    let binary = offer::qemu().map_err(Failure::unavailable)?;
    let tsc_khz = (mode == "qemu-tcg").then(|| tsc::khz(&stage.dirs.cache, &host::boot_id()));
    let image = Image { kernel: boot.kernel, initramfs: boot.initramfs, base: Some(boot.base) };
    let wanted = Wanted {
        kind: Kind::Fresh,
        environment: boot.name,
        digest: boot.digest,
        vcpu_count: limits::vcpus_default(),
        mem_mib: limits::mem_mib_default(),
        backend: BackendSpec::Qemu { binary, tsc_khz },
        image: image.clone(),
        empty_disk: boot.empty_disk,
    };
    let spec = VmSpec {
        name: VmId::random()?.to_string(),
        vcpu_count: wanted.vcpu_count,
        mem_mib: wanted.mem_mib,
        image: Some(image),
        dir: dir.to_owned(),
        durable: false,
        waits: false,
    };
    Ok((wanted, spec))
}

async fn ended<T>(machine: &dyn Machine, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let done = work.await;
    machine.kill();
    machine.ended().await;
    done
}

fn silent(error: LinkError) -> Failure {
    Failure::unavailable(format!("the bare machine did not answer: {error}"))
}

async fn run(machine: &dyn Machine, started: Instant) -> Result<Bare, Failure> {
    let stream = machine.connect().await.map_err(|error| Failure::io("reach the bare machine", &error))?;
    let link = Link::open_guest(stream, limits::BOOT_DEADLINE).await.map_err(silent)?;
    let boot = started.elapsed();
    let first_exec = exec(&link).await.map_err(silent)?;
    Ok(Bare { boot, first_exec, warm_exec: exec(&link).await.map_err(silent)? })
}

async fn exec(link: &Link) -> Result<Duration, LinkError> {
    let started = Instant::now();
    link.run(&ExecRequest { command: "true".into(), ..ExecRequest::default() }).await?;
    Ok(started.elapsed())
}

/// How long a program of the host takes. Its exit status is its own: `diff` has one for differences.
pub(super) fn program(name: &str, words: &[&OsStr]) -> Result<Duration, Failure> {
    let started = Instant::now();
    let mut command = Command::new(name);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().map_err(|error| Failure::io(&format!("run the host's {name}"), &error))?;
    Ok(started.elapsed())
}

/// `tar` packing a tree and `tar` unpacking it, as it crosses a pipe.
pub(super) fn tar(from: &Path, to: &Path) -> Result<Duration, Failure> {
    fs::create_dir_all(to).map_err(|error| Failure::io("make a directory", &error))?;
    let script = OsStr::new("tar cf - -C \"$0\" . | tar xf - -C \"$1\"");
    program("sh", &[OsStr::new("-c"), script, from.as_os_str(), to.as_os_str()])
}
