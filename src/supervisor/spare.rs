//! A supervisor whose machine runs before anybody wanted it: it goes on from a template, is warmed, and waits to be told
//! whose it is. Until then it ends with its keeper.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use pyro_protocol::exec::ExecRequest;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::UnixListener,
};

use super::{
    begin, guest, process,
    wire::{Launch, Report},
};
use crate::{
    failure::Failure,
    host::{lock, socket},
    link::{Link, LinkError},
    redact::Redactor,
    template::{self, Given, SPARE_LOCK, SpareOrder},
    vm::{Machine, VmSpec},
};

/// Run once, as it is woken and frozen once, so that an emulator has translated what every start, command and baseline
/// runs through.
const WARM: &str = "true";

/// Files in a machine's directory that its VMM's words go to.
const SAID: [&str; 3] = ["console.log", "firecracker.log", "firecracker-metrics.jsonl"];

/// A machine that waits.
pub(super) struct Spare {
    pub(super) machine: Arc<dyn Machine>,
    /// Woken under a name of its own, and to be woken again under its taker's.
    pub(super) link: Link,
    /// Where that lies until it is somebody's.
    disk: PathBuf,
}

/// Makes one, and supervises it once somebody took it.
pub(super) async fn run(order: SpareOrder) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io("have a spare machine", &error);
    let lock = lock::try_hold(&order.dir.join(SPARE_LOCK)).map_err(failed)?;
    let made = made(&order).await;
    let ran = match made {
        Ok(spare) => wait(&order, spare).await,
        Err(failure) => Err(failure),
    };
    let _ = fs::remove_dir_all(&order.dir);
    drop(lock);
    ran
}

async fn made(order: &SpareOrder) -> Result<Spare, Failure> {
    let SpareOrder { place, wanted, dir } = order.clone();
    // One whose keeper has just ended is nobody's, and must not start another.
    let given = tokio::task::spawn_blocking(move || template::ask_present(&place, &wanted)).await;
    let Given { saved, disk } = given.map_err(|error| Failure::internal(error.to_string()))??;
    let spec = VmSpec {
        // Its user comes from it, which no other machine shall have.
        name: dir.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        vcpu_count: order.wanted.vcpu_count,
        mem_mib: order.wanted.mem_mib,
        image: Some(order.wanted.image.clone()),
        dir: dir.clone(),
        // Whoever takes it may want that.
        durable: true,
        waits: false,
    };
    begin::new_disk(disk, &spec).await?;
    let machine = order.wanted.backend.make()?.restore(&spec, &saved, &Redactor::default()).await?;
    let gone = |error: LinkError| Failure::unavailable(format!("a spare machine did not answer: {error}"));
    let link = guest::reach(machine.as_ref(), begin::ANSWERS_WITHIN).await.map_err(gone)?;
    guest::wake(&link, &spec.name, false).await.map_err(gone)?;
    link.run(&ExecRequest { command: WARM.to_owned(), ..ExecRequest::default() }).await.map_err(gone)?;
    drop(link.freeze().await.map_err(gone)?);
    Ok(Spare { machine: Arc::from(machine), link, disk: spec.disk() })
}

/// Waits until somebody takes it, its keeper leaves, or the machine ends.
async fn wait(order: &SpareOrder, spare: Spare) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io("offer a spare machine", &error);
    let listener = socket::bind(&order.dir, socket::SPARE).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let listener = UnixListener::from_std(listener).map_err(failed)?;
    let (mut keeper, mut byte) = (process::stdin().map_err(failed)?, [0]);
    process::tell_byte();
    let stream = tokio::select! {
        accepted = listener.accept() => accepted.map_err(failed)?.0,
        _ = keeper.read(&mut byte) => return Ok(()),
        _ = spare.machine.ended() => return Ok(()),
    };
    drop(listener);
    let _ = fs::remove_file(order.dir.join(socket::SPARE));
    let reports = stream.into_std().map_err(failed)?;
    let mut told = reports.try_clone().map_err(failed)?;
    let mut taker = BufReader::new(tokio::net::UnixStream::from_std(reports).map_err(failed)?);
    let mut line = String::new();
    taker.read_line(&mut line).await.map_err(failed)?;
    let launch: Launch = serde_json::from_str(&line)
        .map_err(|error| Failure::internal(format!("the launch order is wrong: {error}")))?;
    // From here on what goes wrong belongs into the log of who took it.
    let log = fs::File::create(launch.spec.dir.join("supervisor.log")).map_err(failed)?;
    nix::unistd::dup2_stderr(log).map_err(|errno| failed(errno.into()))?;
    process::supervise(launch, Some(spare), Some(taker), |report: &Report| process::tell(&mut told, report)).await
}

impl Spare {
    /// Puts its disk where it belongs, in place of what a killed start may have left.
    pub(super) fn settle(&self, disk: &Path) -> io::Result<()> {
        fs::rename(&self.disk, disk)?;
        for name in SAID {
            // What was said so far, and will be: whoever writes there goes on.
            let _ = fs::rename(self.disk.with_file_name(name), disk.with_file_name(name));
        }
        Ok(())
    }
}
