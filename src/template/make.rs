//! Making a template: a machine is booted, warmed, saved, and ended.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use pyro_protocol::{exec::ExecRequest, preamble::WAITING};
use tokio::{io::AsyncReadExt, time::timeout};

use super::{
    Kind, Wanted,
    folder::{ASIDE, DISK, Folder, all},
};
use crate::{
    failure::Failure,
    host::{sparse, write},
    limits,
    link::{Link, LinkError},
    redact::Redactor,
    vm::{Machine, Saved, VmSpec},
};

/// What nearly every command runs: read once here, it is in the memory of all that go on from here.
const WARM: &str = "for name in sh bash ls cat cp mv rm mkdir chmod find grep sed awk sort head tail tar env git python3; do \
     file=$(command -v $name) && cat $file >/dev/null; done; git --version; ls -la /workspace; \
     python3 -c pass; true";
/// The warming's limit; it takes a second.
const WARM_WITHIN: Duration = Duration::from_secs(30);

/// A half-made one that is older was left by a process that was killed.
pub(super) const LIMIT: Duration = Duration::from_secs(600);

/// Makes it and puts it in its folder.
pub(super) async fn make(cache: &Path, folder: &Folder, wanted: &Wanted) -> Result<(), Failure> {
    let begun = Instant::now();
    let failed = |error: io::Error| Failure::io("make a template", &error);
    write::private_dir(&all(cache)).map_err(failed)?;
    // Dropped, it is gone, whatever was made so far.
    let aside = tempfile::Builder::new().prefix(ASIDE).tempdir_in(all(cache)).map_err(failed)?;
    let spec = VmSpec {
        name: "template".into(),
        vcpu_count: wanted.vcpu_count,
        mem_mib: wanted.mem_mib,
        image: Some(wanted.image.clone()),
        dir: aside.path().join("machine"),
        durable: false,
        waits: wanted.kind == Kind::Bare,
    };
    fs::create_dir(&spec.dir).map_err(failed)?;
    sparse::copy(&wanted.empty_disk, &spec.disk()).map_err(failed)?;
    let machine = wanted.backend.make()?.launch(&spec, &Redactor::default()).await?;
    let saved = async {
        ready(machine.as_ref(), wanted.kind).await?;
        let saved = Saved::empty().map_err(failed)?;
        let (from, to) = (spec.disk(), aside.path().join(DISK));
        machine.save(&saved, Box::new(move || sparse::copy(&from, &to))).await?;
        Ok::<_, Failure>(saved)
    };
    let saved = saved.await;
    machine.kill();
    let death = machine.ended().await;
    let saved = saved.map_err(|failure| Failure::unavailable(format!("{} ({})", failure.message, death.detail)))?;
    fs::remove_dir_all(&spec.dir).map_err(failed)?;
    folder.keep(aside.path(), wanted, &saved, begun.elapsed().as_millis() as u64).map_err(failed)
}

/// Waits until the machine stands where it shall be saved, with nobody connected to it.
async fn ready(machine: &dyn Machine, kind: Kind) -> Result<(), Failure> {
    let failed = |error: LinkError| Failure::unavailable(format!("the template's agent did not come up: {error}"));
    let mut stream = machine.connect().await.map_err(|error| Failure::io("reach the template's agent", &error))?;
    match kind {
        Kind::Bare => {
            let mut mark = [0; WAITING.len()];
            let read = timeout(limits::BOOT_DEADLINE, stream.read_exact(&mut mark)).await;
            match read {
                Ok(Ok(_)) if &mark == WAITING => Ok(()),
                _ => Err(Failure::unavailable("the template's agent does not wait for its disk")),
            }
        }
        Kind::Fresh => {
            // Not woken: that would give it a name and an identity, which its copies would share.
            let link = Link::open_guest(stream, limits::BOOT_DEADLINE).await.map_err(failed)?;
            // A command that fails has warmed what it ran.
            let timeout_ms = Some(WARM_WITHIN.as_millis() as u64);
            let warm = ExecRequest { command: WARM.to_owned(), timeout_ms, ..ExecRequest::default() };
            link.run(&warm).await.map_err(failed)?;
            link.sync().await.map_err(failed)?;
            link.close();
            link.closed().await;
            Ok(())
        }
    }
}
