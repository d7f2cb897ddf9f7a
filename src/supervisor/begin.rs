//! How a machine begins: it goes on from a template where there is one, and boots otherwise.

use std::{
    fs::{self, File},
    io,
    sync::Arc,
    time::Duration,
};

use super::{
    guest,
    spare::Spare,
    wire::{How, Launch, Origin, Start},
};
use crate::{
    failure::Failure,
    host::sparse,
    link::Link,
    redact::Redactor,
    template::{self, Given, Kind, Place, Wanted},
    vm::{Backend, Machine, Saved, VmSpec},
};

/// A restored agent answers within a fifth of a second; one that has not by now never will.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// A machine that runs.
pub(super) struct Begun {
    pub(super) machine: Arc<dyn Machine>,
    /// Woken already, where it went on from a template.
    pub(super) link: Option<Link>,
    pub(super) start: Start,
}

pub(super) async fn begin(
    launch: &Launch,
    backend: &dyn Backend,
    spare: Option<Spare>,
    redactor: &Redactor,
) -> Result<Begun, Failure> {
    let mut start = Start { how: How::Booted, trouble: launch.trouble.clone() };
    if let Some(spare) = spare {
        match settled(launch, spare).await {
            Ok(begun) => return Ok(begun),
            Err(failure) => start.trouble = Some(failure.message),
        }
    }
    match &launch.origin {
        Some(Origin::Template { place, wanted }) => match restored(launch, place, wanted, backend, redactor).await {
            Ok((machine, link)) => {
                start.how = How::Restored;
                return Ok(Begun { machine, link: Some(link), start });
            }
            Err(failure) => start.trouble = Some(failure.message),
        },
        // To boot it instead would lose what it was forked for.
        Some(Origin::Fork { memory, state, .. }) => {
            let opened = File::open(memory).and_then(|memory| Ok(Saved { memory, state: File::open(state)? }));
            let saved = opened.map_err(|error| Failure::io("open the saved machine", &error))?;
            let (machine, link) = answers(launch, backend.restore(&launch.spec, &saved, redactor).await?).await?;
            start.how = How::Forked;
            return Ok(Begun { machine, link: Some(link), start });
        }
        None => {}
    }
    if let Some(empty) = &launch.new_disk {
        let empty = File::open(empty).map_err(|error| Failure::io("open the empty disk", &error))?;
        new_disk(empty, &launch.spec).await?;
    }
    let machine = Arc::from(backend.launch(&launch.spec, redactor).await?);
    Ok(Begun { machine, link: None, start })
}

/// A machine that runs already, given its name and its place.
async fn settled(launch: &Launch, spare: Spare) -> Result<Begun, Failure> {
    spare.settle(&launch.spec.disk()).map_err(|error| Failure::io("put the machine's disk in place", &error))?;
    let gone = |error| Failure::unavailable(format!("a spare machine did not answer: {error}"));
    guest::wake(&spare.link, &launch.spec.name, launch.renew).await.map_err(gone)?;
    let start = Start { how: How::Restored, trouble: None };
    Ok(Begun { machine: spare.machine, link: Some(spare.link), start })
}

async fn restored(
    launch: &Launch,
    place: &Place,
    wanted: &Wanted,
    backend: &dyn Backend,
    redactor: &Redactor,
) -> Result<(Arc<dyn Machine>, Link), Failure> {
    let asked = (place.clone(), wanted.clone());
    let given = tokio::task::spawn_blocking(move || template::ask(&asked.0, &asked.1)).await;
    let Given { saved, disk } = given.map_err(|error| Failure::internal(error.to_string()))??;
    if wanted.kind == Kind::Fresh {
        new_disk(disk, &launch.spec).await?;
    }
    let complain = |failure: &Failure| template::complain(place, wanted, &failure.message);
    let machine = backend.restore(&launch.spec, &saved, redactor).await.inspect_err(complain)?;
    let answered = answers(launch, machine).await;
    // A guest that gives up over its own disk says nothing against the template.
    if wanted.kind == Kind::Fresh { answered.inspect_err(complain) } else { answered }
}

/// Wakes a machine that goes on from where another was saved.
async fn answers(launch: &Launch, machine: Box<dyn Machine>) -> Result<(Arc<dyn Machine>, Link), Failure> {
    match guest::open(machine.as_ref(), &launch.spec.name, ANSWERS_WITHIN, launch.renew).await {
        Ok(link) => Ok((Arc::from(machine), link)),
        Err(error) => {
            machine.kill();
            let death = machine.ended().await;
            Err(Failure::unavailable(format!("a restored machine did not answer: {error} ({})", death.detail)))
        }
    }
}

/// Copies an image to where a machine's disk shall be. One may lie there that an earlier, killed start has left.
pub(super) async fn new_disk(image: File, spec: &VmSpec) -> Result<(), Failure> {
    let to = spec.disk();
    let copied = tokio::task::spawn_blocking(move || {
        match fs::remove_file(&to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        sparse::copy_of(&image, &to)
    });
    let copied = copied.await.map_err(io::Error::other).and_then(|copied| copied);
    copied.map_err(|error| Failure::io("make the machine's disk", &error))
}
