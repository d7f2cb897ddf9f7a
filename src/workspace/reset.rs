//! Back to a snapshot, on a new machine and disk. The new disk is made and verified before anything is given up; one
//! exchange decides between old and new; the old one goes when the new one runs, and comes back when it does not.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{
    life::Wanted,
    machine::MachineDir,
    record::WorkspaceRecord,
    snapshot::{Kept, Shelf, copy_tree},
    state::State,
    transfer::blocking,
    view::Workspace,
    workspaces::{Workspaces, activity},
};
use crate::{
    failure::{Code, Failure},
    host::{clock::now_unix, sparse, write},
    ids::{SnapshotName, WorkspaceId},
    progress::{Progress, ProgressSink},
};

/// [`Reset`], from before the exchange until the old disk or tree is gone.
const NOTE: &str = "reset.json";
/// What the guest may take to write out what it has in memory, should its disk have to come back.
const WRITTEN_OUT: Duration = Duration::from_secs(2);

/// What a workspace was reset to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ResetTo {
    pub snapshot_name: SnapshotName,
    /// Below /workspace.
    pub entry_count: u64,
}

/// A reset that may be half done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reset {
    /// Inode of what shall be in place: tells whether the exchange took place.
    inode: u64,
    /// The workspace's, once it is done.
    reset_count: u32,
    /// Unix seconds.
    at: i64,
}

/// What a reset replaces, and what it puts there.
#[derive(Clone, Debug)]
struct Places {
    current: PathBuf,
    /// The new one before the exchange, the old one after.
    aside: PathBuf,
    /// [`Reset`].
    note: PathBuf,
}

impl Places {
    /// Of a workspace with a disk, or of an unisolated one's tree.
    fn of(dir: &MachineDir, record: &WorkspaceRecord) -> Self {
        let unisolated = record.baseline.as_ref().is_some_and(|baseline| baseline.disk_digest.is_none());
        let current = if unisolated { dir.tree() } else { dir.disk() };
        Self { aside: current.with_added_extension("new"), note: dir.path().join(NOTE), current }
    }

    fn note(&self) -> Option<Reset> {
        serde_json::from_slice(&fs::read(&self.note).ok()?).ok()
    }

    /// Puts each in the other's place, in one step.
    fn exchange(&self) -> io::Result<()> {
        renameat2(AT_FDCWD, &self.aside, AT_FDCWD, &self.current, RenameFlags::RENAME_EXCHANGE)?;
        self.current.parent().map_or(Ok(()), |home| fs::File::open(home)?.sync_all())
    }

    fn clear(&self) -> io::Result<()> {
        let cleared = match fs::symlink_metadata(&self.aside) {
            Ok(aside) if aside.is_dir() => fs::remove_dir_all(&self.aside),
            Ok(_) => fs::remove_file(&self.aside),
            Err(error) => Err(error),
        };
        cleared.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
    }
}

impl Workspaces {
    /// Resets to a snapshot, the baseline where none is named, and starts the workspace. Where anything fails, the new
    /// machine's start included, it is as it was before, but stopped if its machine had ended by then.
    pub async fn reset(
        &self,
        id: &WorkspaceId,
        to: Option<&SnapshotName>,
        progress: Option<&ProgressSink>,
    ) -> Result<Workspace, Failure> {
        // Kept until the new machine has answered: nobody else may take the old disk for done with before.
        let operation = self.store.operate(id).await?;
        self.finish_reset(id).await?;
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        let shelf = Shelf::new(&dir, &record);
        let snapshot = to.map_or_else(|| shelf.baseline(), |name| shelf.find(name))?;
        if let Some(sink) = progress {
            sink(Progress { step: format!("copying snapshot {}", snapshot.name), fraction: None });
        }
        let places = Places::of(&dir, &record);
        let copied = blocking({
            let (snapshot, places) = (snapshot.clone(), places.clone());
            // The thread has the lock as well: it works on where its caller is gone.
            move || copy(&snapshot, &places).map(|()| operation)
        });
        let operation = copied.await?;
        match self.replace(id, &record, &places, progress).await {
            Ok(()) => self.finish_reset(id).await?,
            Err(failure) => {
                undo(&places).map_err(|error| Failure::io("put the old disk back", &error))?;
                let message = format!("{id} was not reset to snapshot {}: {}", snapshot.name, failure.message);
                let state =
                    if dir.told_state() == State::Started { "as it was" } else { "as it was before, but stopped" };
                let hint = failure.hint.map_or_else(String::new, |hint| format!("; {hint}"));
                return Err(Failure::new(failure.code, message).hint(format!("the workspace is {state}{hint}")));
            }
        }
        drop(operation);
        activity::mark(&dir);
        let mut workspace = self.status(id).await?;
        let (snapshot_name, entry_count) = (snapshot.name, snapshot.taken.entry_count);
        workspace.workspace_reset = Some(ResetTo { snapshot_name, entry_count });
        Ok(workspace)
    }

    /// Ends the old machine, exchanges, and starts the new one.
    async fn replace(
        &self,
        id: &WorkspaceId,
        record: &WorkspaceRecord,
        places: &Places,
        progress: Option<&ProgressSink>,
    ) -> Result<(), Failure> {
        let (dir, order) = (self.store.dir(id), record.order(false));
        // What a start needs is seen to while the old machine still runs.
        let prepared = self.machines.prepare(&dir, &order, progress).await?;
        self.write_out(&dir).await;
        self.bring_to_rest(id, Wanted::Rest).await?;
        exchange(places, record.reset_count + 1).map_err(|error| Failure::io("put the snapshot in place", &error))?;
        self.machines.start(&dir, &order, prepared, None, progress).await.map(drop)
    }

    /// Completes what a reset, perhaps a killed one, left: counted if new is in place, and what is aside removed. For
    /// whoever holds the workspace's lock.
    pub(super) async fn finish_reset(&self, id: &WorkspaceId) -> Result<(), Failure> {
        let places = Places::of(&self.store.dir(id), &self.store.load(id)?);
        let note = places.note();
        if let Some(note) = note.filter(|note| inode(&places.current) == Some(note.inode)) {
            self.change(id, |record| {
                (record.reset_count, record.last_reset_at) = (note.reset_count, Some(note.at));
                Ok(())
            })
            .await?;
        }
        let failed = |error| Failure::io("remove what a reset has replaced", &error);
        blocking(move || {
            places.clear().map_err(failed)?;
            let _ = fs::remove_file(places.note);
            Ok(())
        })
        .await
    }

    /// Completes a reset whose caller was killed. While one is under way nothing is done.
    pub(super) async fn finish_orphaned_reset(&self, id: &WorkspaceId) -> Result<(), Failure> {
        let dir = self.store.dir(id);
        let places = Places::of(&dir, &self.store.load(id)?);
        if fs::symlink_metadata(&places.aside).is_err() && places.note().is_none() {
            return Ok(());
        }
        match dir.try_operate() {
            Some(_operation) => self.finish_reset(id).await,
            None => Ok(()),
        }
    }

    /// Has a running guest write its file systems out, as far as it does so in time.
    async fn write_out(&self, dir: &MachineDir) {
        if let Some(client) = dir.client().await {
            let _ = timeout(WRITTEN_OUT, client.guest().sync()).await;
        }
    }
}

fn copy(snapshot: &Kept, places: &Places) -> Result<(), Failure> {
    let Some(digest) = &snapshot.taken.disk_digest else {
        return copy_tree(&snapshot.tree(), &places.aside).inspect_err(|_| drop(places.clear()));
    };
    let copied = sparse::copy_synced(&snapshot.disk(), &places.aside);
    let copied = copied.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => damaged(&snapshot.name, "it is missing"),
        _ => Failure::io("copy the snapshot's disk", &error),
    })?;
    if copied == *digest {
        return Ok(());
    }
    // It could not be trusted anyway.
    let _ = places.clear();
    Err(damaged(&snapshot.name, "it is not what was copied when it was taken"))
}

fn damaged(name: &SnapshotName, why: &str) -> Failure {
    Failure::new(Code::Conflict, format!("the disk of snapshot {name} is damaged: {why}"))
        .hint("nothing was changed; reset to another snapshot, or export what you need and create the workspace anew")
}

/// Writes down what is about to happen, and does it.
fn exchange(places: &Places, reset_count: u32) -> io::Result<()> {
    let inode = inode(&places.aside).ok_or(io::ErrorKind::NotFound)?;
    let note = serde_json::to_vec(&Reset { inode, reset_count, at: now_unix() })?;
    write::atomically(&places.note, &note)?;
    places.exchange()
}

/// Takes back what a reset has done so far.
fn undo(places: &Places) -> io::Result<()> {
    if places.note().is_some_and(|note| inode(&places.current) == Some(note.inode)) {
        places.exchange()?;
    }
    let _ = fs::remove_file(&places.note);
    places.clear()
}

fn inode(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|known| known.ino())
}
