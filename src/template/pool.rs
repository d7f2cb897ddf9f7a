//! Spares: machines that have gone on from the template before anybody wanted them. Each is a supervisor without a name,
//! which whoever takes it gives one; it ends with its keeper until then.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};

use tokio::{io::AsyncReadExt, net::unix::pipe, time::sleep_until};

use super::{
    Kind,
    ask::keeper_dir,
    wire::{Order, SpareOrder},
};
use crate::host::{self, detached, lock, memory};

/// Held by a spare for as long as it lives, taken or not.
pub const SPARE_LOCK: &str = "spare.lock";
/// Instead of a machine's id, on a supervisor's command line.
pub const SPARE: &str = "spare";
/// Prefix of a spare's directory.
const PREFIX: &str = "spare-";
/// Whoever was just given something needs the host's processors more.
const QUIET: Duration = Duration::from_millis(300);
/// One that does not come up is not tried again at once.
const PAUSE: Duration = Duration::from_secs(30);
/// What must be left of the host's memory besides twice a spare's own, MiB: those who want machines come first.
const HEADROOM_MIB: u64 = 1024;
/// Whoever was given a spare goes to it at once.
const CLAIMED_WITHIN: Duration = Duration::from_secs(30);
/// Spares of one template.
const SIZE: usize = 1;

/// The spares of one keeper.
pub(super) struct Pool {
    order: Order,
    environment: String,
    size: usize,
    ready: Vec<Spare>,
    coming: Option<(Spare, pipe::Receiver)>,
    /// Those that others took, and when. They no longer mind how their input fares, and are reaped.
    taken: Vec<(Instant, Child)>,
    /// When the next may be begun.
    next_at: Option<Instant>,
}

struct Spare {
    dir: PathBuf,
    /// Its standard input ties it to us.
    child: Child,
}

impl Pool {
    pub(super) fn open(order: &Order) -> Self {
        let size = std::env::var("PYRO_POOL").ok().and_then(|text| text.parse().ok()).unwrap_or(SIZE);
        // A disk that exists must be in place before its machine goes on: only new ones can be had beforehand.
        let size = if order.wanted.kind == Kind::Fresh { size } else { 0 };
        sweep(&keeper_dir(&order.place, &order.wanted.key()));
        Self {
            order: order.clone(),
            environment: detached::environment_digest(),
            size,
            ready: vec![],
            coming: None,
            taken: vec![],
            next_at: None,
        }
    }

    /// Somebody wanted a machine: there may be another soon who does.
    pub(super) fn wanted(&mut self) {
        if self.ready.len() < self.size && self.coming.is_none() {
            self.next_at = Some(Instant::now() + QUIET);
        }
    }

    /// A spare that is ready, which is the taker's from now on.
    pub(super) fn take(&mut self, environment: &str) -> Option<PathBuf> {
        self.taken.retain_mut(|(at, child)| {
            if at.elapsed() > CLAIMED_WITHIN {
                // One that nobody came for ends by that.
                drop(child.stdin.take());
            }
            matches!(child.try_wait(), Ok(None))
        });
        self.ready.retain_mut(|spare| matches!(spare.child.try_wait(), Ok(None)));
        let spare = if environment == self.environment { self.ready.pop() } else { None };
        self.wanted();
        let Spare { dir, child } = spare?;
        self.taken.push((Instant::now(), child));
        Some(dir)
    }

    /// Does what is next for the pool; pends where there is nothing. Dropping the future loses nothing.
    pub(super) async fn tend(&mut self) {
        if let Some((_, up)) = &mut self.coming {
            // One byte, or its end.
            let is_up = up.read(&mut [0]).await.is_ok_and(|read| read == 1);
            let spare = self.coming.take().map(|(spare, _)| spare);
            match spare.filter(|_| is_up) {
                Some(spare) => self.ready.push(spare),
                None => self.next_at = Some(Instant::now() + PAUSE),
            }
            return;
        }
        match self.next_at {
            None => std::future::pending().await,
            Some(at) => sleep_until(at.into()).await,
        }
        self.next_at = None;
        let enough = memory::available_mib() >= 2 * u64::from(self.order.wanted.mem_mib) + HEADROOM_MIB;
        if enough && self.ready.len() < self.size {
            match begin(&self.order) {
                Ok(coming) => self.coming = Some(coming),
                Err(_) => self.next_at = Some(Instant::now() + PAUSE),
            }
        }
    }
}

/// Starts one and tells it what to do.
fn begin(order: &Order) -> io::Result<(Spare, pipe::Receiver)> {
    let keeper = keeper_dir(&order.place, &order.wanted.key());
    let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(keeper)?.keep();
    let pyro = host::binary("pyro").map_err(io::Error::other)?;
    let mut child = detached::command(&pyro, &["supervise", SPARE], &dir.join("supervisor.log"))?.spawn()?;
    let told = SpareOrder { place: order.place.clone(), wanted: order.wanted.clone(), dir: dir.clone() };
    let mut line = serde_json::to_vec(&told)?;
    line.push(b'\n');
    if let Some(stdin) = &mut child.stdin {
        stdin.write_all(&line)?;
    }
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok((Spare { dir, child }, pipe::Receiver::from_owned_fd(stdout.into())?))
}

/// Removes what is left of spares that are no more.
fn sweep(keeper: &Path) {
    for entry in fs::read_dir(keeper).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_spare = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_spare && !lock::is_held(&path.join(SPARE_LOCK)) {
            let _ = fs::remove_dir_all(path);
        }
    }
}
