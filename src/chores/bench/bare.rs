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
    let boot = stage.environments.ensure(ENVIRONMENT, None, None).await?;
    let dir = tempfile::tempdir_in(stage.path("")).map_err(|error| Failure::io("make a directory", &error))?;
    let spec = VmSpec {
        name: VmId::random()?.to_string(),
        vcpu_count: limits::vcpus_default(),
        mem_mib: limits::mem_mib_default(),
        image: Some(Image { kernel: boot.kernel, initramfs: boot.initramfs, base: Some(boot.base) }),
        dir: dir.path().to_owned(),
        durable: false,
        waits: false,
    };
    let binary = offer::qemu().map_err(Failure::unavailable)?;
    let tsc_khz = (mode == "qemu-tcg").then(|| tsc::khz(&stage.dirs.cache, &host::boot_id()));
    let backend = BackendSpec::Qemu { binary, tsc_khz }.make()?;
    let started = Instant::now();
    sparse::copy(&boot.empty_disk, &spec.disk()).map_err(|error| Failure::io("copy a disk", &error))?;
    let machine = backend.launch(&spec, &Redactor::default()).await?;
    let run = run(machine.as_ref(), started).await;
    machine.kill();
    machine.ended().await;
    run
}

async fn run(machine: &dyn Machine, started: Instant) -> Result<Bare, Failure> {
    let failed = |error: LinkError| Failure::unavailable(format!("the bare machine did not answer: {error}"));
    let stream = machine.connect().await.map_err(|error| Failure::io("reach the bare machine", &error))?;
    let link = Link::open_guest(stream, limits::BOOT_DEADLINE).await.map_err(failed)?;
    let boot = started.elapsed();
    let first_exec = exec(&link).await.map_err(failed)?;
    Ok(Bare { boot, first_exec, warm_exec: exec(&link).await.map_err(failed)? })
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
