//! A machine saved while it runs: it stands still, is written down in its own directory, goes on, and is copied out.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::timeout};

use super::{api, config, place, vsock::Line};
use crate::{
    failure::Failure,
    host::sparse,
    vm::{Saved, Still, vmm::Owner},
};

/// A call that moves no memory is answered within milliseconds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// 32 GiB of memory on a disk that writes 100 MB/s.
const WRITES_WITHIN: Duration = Duration::from_secs(330);
/// The state of a machine of 32 CPUs takes some 100 KB. Firecracker writes the file, so it is not taken at its word.
const STATE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Whom it is about.
pub(super) struct Saving<'a> {
    pub(super) place: &'a Path,
    pub(super) owner: Option<Owner>,
    pub(super) mem_mib: u32,
    pub(super) line: &'a Arc<Line>,
}

/// Saves into `into`; answers how long the machine stood still.
pub(super) async fn save(saving: Saving<'_>, into: &Saved, still: Still<'_>) -> Result<Duration, Failure> {
    let copy = |error: io::Error| Failure::io("copy the saved machine", &error);
    let targets = [&into.memory, &into.state].map(File::try_clone);
    let written = Written::create(saving.place, saving.owner).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::conflict("the machine is being saved already"),
        _ => Failure::io("make room for a saved machine", &error),
    })?;
    let (is_still, stands) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    // A task of its own: the machine goes on whatever becomes of the caller.
    let standing = tokio::spawn(stand_still(written, saving.line.clone(), is_still, may_go_on));
    // Firecracker has handled all the guest had asked of its disk before it wrote down that it did; so after that, and not
    // before, the disk is what the saved guest takes it for. This blocks the thread: the copy borrows from its caller.
    let copied = if stands.await.is_ok() { still() } else { Ok(()) };
    drop(go_on);
    let stood = standing.await.map_err(|_| Failure::internal("saving the machine was broken off"))?;
    let (written, paused) = stood?;
    copied.map_err(|error| Failure::io("copy the machine's disk", &error))?;
    let [memory, state] = targets;
    let (memory, state) = (memory.map_err(copy)?, state.map_err(copy)?);
    let copying = move || written.copy(u64::from(saving.mem_mib) << 20, &memory, &state);
    let copied = tokio::task::spawn_blocking(copying).await;
    copied.map_err(|_| Failure::internal("copying the saved machine has failed"))?.map_err(copy)?;
    Ok(paused)
}

/// Stops the machine, has it written down, says so, and lets it go on once `may_go_on` is dropped, or at once where
/// anything failed.
async fn stand_still(
    written: Written,
    line: Arc<Line>,
    is_still: oneshot::Sender<()>,
    may_go_on: oneshot::Receiver<()>,
) -> Result<(Written, Duration), Failure> {
    let place = &written.place;
    let begun = Instant::now();
    let saved = match call(place, config::pause(), ANSWERS_WITHIN).await {
        Ok(()) => call(place, config::save(), WRITES_WITHIN).await,
        failed => failed,
    };
    if saved.is_ok() && is_still.send(()).is_ok() {
        let _ = may_go_on.await;
    }
    let resumed = call(place, config::resume(), ANSWERS_WITHIN).await;
    let paused = begun.elapsed();
    line.reset();
    saved.and(resumed).map(|()| (written, paused))
}

async fn call(place: &Path, call: config::Call, within: Duration) -> Result<(), Failure> {
    let path = call.path;
    timeout(within, api::make(place, vec![call])).await.unwrap_or_else(|_| {
        Err(Failure::unavailable(format!("Firecracker did not answer {path} within {} s", within.as_secs())))
    })
}

/// The two files that Firecracker writes, gone from its directory when dropped. They are made for it and read through
/// these descriptors, so that it cannot lead elsewhere.
struct Written {
    place: PathBuf,
    memory: File,
    state: File,
}

impl Written {
    fn create(place: &Path, owner: Option<Owner>) -> io::Result<Self> {
        let create = |name| File::options().read(true).write(true).create_new(true).open(place.join(name));
        // The first tells whether another one is at it, whose files they are then.
        let memory = create(config::SAVED_MEMORY)?;
        let state = create(config::SAVED_STATE).inspect_err(|_| remove(place))?;
        let written = Self { place: place.to_owned(), memory, state };
        place::give(&written.memory, owner)?;
        place::give(&written.state, owner)?;
        Ok(written)
    }

    /// `memory_bytes` are as many as the machine has.
    fn copy(&self, memory_bytes: u64, memory: &File, state: &File) -> io::Result<()> {
        let strange = |what: String| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        match (self.memory.metadata()?.len(), self.state.metadata()?.len()) {
            (bytes, _) if bytes != memory_bytes => strange(format!("{bytes} bytes of memory were saved")),
            (_, bytes) if bytes == 0 || bytes > STATE_BYTES_MAX => {
                strange(format!("{bytes} bytes of state were saved"))
            }
            _ => {
                sparse::copy_into(&self.memory, memory)?;
                sparse::copy_into(&self.state, state).map(drop)
            }
        }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        remove(&self.place);
    }
}

fn remove(place: &Path) {
    for name in [config::SAVED_MEMORY, config::SAVED_STATE] {
        // A machine that has ended took its directory along.
        let _ = fs::remove_file(place.join(name));
    }
}
