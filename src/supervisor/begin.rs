//! How a machine begins: it goes on from a template where there is one, and boots otherwise.

use std::{fs, io, os::fd::AsRawFd, path::Path, sync::Arc, time::Duration};

use super::{
    guest,
    wire::{How, Launch, Origin, Start},
};
use crate::{
    failure::Failure,
    host::sparse,
    link::Link,
    redact::Redactor,
    template::{self, Given, Kind},
    vm::{Backend, Machine},
};

/// A restored agent answers within a fifth of a second; one that has not by now never will.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// A machine that runs.
pub(super) struct Begun {
    pub(super) machine: Arc<dyn Machine>,
    /// Woken already, where it went on from a template.
    pub(super) link: Option<Link>,
    pub(super) start: Start,
}

pub(super) async fn begin(launch: &Launch, backend: &dyn Backend, redactor: &Redactor) -> Result<Begun, Failure> {
    let mut start = Start { how: How::Booted, trouble: launch.trouble.clone() };
    if let Some(origin) = &launch.origin {
        match restored(launch, origin, backend, redactor).await {
            Ok((machine, link)) => {
                start.how = How::Restored;
                return Ok(Begun { machine, link: Some(link), start });
            }
            Err(failure) => start.trouble = Some(failure.message),
        }
    }
    if let Some(empty) = launch.new_disk.clone() {
        new_disk(empty, launch.spec.disk()).await.map_err(|error| Failure::io("make the machine's disk", &error))?;
    }
    let machine = Arc::from(backend.launch(&launch.spec, redactor).await?);
    Ok(Begun { machine, link: None, start })
}

async fn restored(
    launch: &Launch,
    origin: &Origin,
    backend: &dyn Backend,
    redactor: &Redactor,
) -> Result<(Arc<dyn Machine>, Link), Failure> {
    let asked = origin.clone();
    let given = tokio::task::spawn_blocking(move || template::ask(&asked.place, &asked.wanted)).await;
    let Given { saved, disk } = given.map_err(|error| Failure::internal(error.to_string()))??;
    if origin.wanted.kind == Kind::Fresh {
        let from = Path::new("/proc/self/fd").join(disk.as_raw_fd().to_string());
        new_disk(from, launch.spec.disk()).await.map_err(|error| Failure::io("copy the template's disk", &error))?;
    }
    let restored = async {
        let machine = backend.restore(&launch.spec, &saved, redactor).await?;
        match guest::open(machine.as_ref(), &launch.spec.name, ANSWERS_WITHIN).await {
            Ok(link) => Ok((machine, link)),
            Err(error) => {
                machine.kill();
                let death = machine.ended().await;
                Err(Failure::unavailable(format!("a restored machine did not answer: {error} ({})", death.detail)))
            }
        }
    };
    match restored.await {
        Ok((machine, link)) => Ok((Arc::from(machine), link)),
        Err(failure) => {
            template::complain(&origin.place, &origin.wanted, &failure.message);
            Err(failure)
        }
    }
}

/// Copies an image to where a disk shall be. One may lie there that an earlier, killed start has left.
async fn new_disk(from: std::path::PathBuf, to: std::path::PathBuf) -> io::Result<()> {
    let copied = tokio::task::spawn_blocking(move || {
        match fs::remove_file(&to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        sparse::copy(&from, &to)
    });
    copied.await.map_err(io::Error::other)?
}
