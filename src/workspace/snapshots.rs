//! Named snapshots of a workspace: taken, listed, deleted. What they consist of is in `snapshot/`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    cost,
    snapshot::{Kept, Shelf, SnapshotRecord, capture, is_reserved},
    workspaces::{Workspaces, activity},
};
use crate::{
    failure::{Code, Failure},
    host::clock::{now_unix, rfc3339},
    ids::{SnapshotName, WorkspaceId},
    limits,
    progress::{Progress, ProgressSink},
};

/// A snapshot of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Snapshot {
    pub snapshot_name: SnapshotName,
    pub kind: SnapshotKind,
    pub created_at: String,
    /// Files, links and directories below /workspace.
    pub entry_count: u64,
    /// How long its disk says it is; most of that is nothing.
    pub apparent_bytes: u64,
    /// What it takes of the host's disk. Blocks that the host's file system shares count for each that has them.
    pub used_bytes: u64,
    pub deletable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SnapshotKind {
    /// Taken at creation.
    Baseline,
    Named,
}

/// A snapshot whose record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct DamagedSnapshot {
    pub snapshot_name: SnapshotName,
    pub problem: String,
}

impl Workspaces {
    /// Takes a snapshot of the whole disk: of a running workspace as of one at rest, which is not started for it.
    pub async fn create_snapshot(
        &self,
        id: &WorkspaceId,
        name: &SnapshotName,
        progress: Option<&ProgressSink>,
    ) -> Result<Snapshot, Failure> {
        if is_reserved(name) {
            return Err(Failure::invalid("baseline is the name of the snapshot taken at creation")
                .hint("choose another snapshot_name"));
        }
        // At rest, the lock keeps it so; running, it keeps others from ending it.
        let operation = self.store.operate(id).await?;
        self.finish_reset(id).await?;
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        let shelf = Shelf::new(&dir, &record);
        shelf.baseline()?;
        shelf.sweep();
        let names = shelf.names();
        if names.contains(name) {
            return Err(Failure::conflict(format!("{id} has a snapshot {name} already"))
                .hint("delete it with workspace_snapshot_delete, or choose another name"));
        }
        if names.len() >= limits::SNAPSHOTS_MAX {
            let message = format!("{id} has {} snapshots, the most there can be", names.len());
            return Err(Failure::new(Code::Limit, message).hint("delete one with workspace_snapshot_delete"));
        }
        if let Some(sink) = progress {
            sink(Progress { step: format!("taking snapshot {name}"), fraction: None });
        }
        let machine = self.settled(id).await?;
        let failed = |error| Failure::io("keep the snapshot", &error);
        let room = shelf.make_room().map_err(failed)?;
        let taken = capture(&dir, machine.as_ref(), room.path()).await?;
        let version = SnapshotRecord::VERSION;
        let made = SnapshotRecord { version, name: name.clone(), created_at: now_unix(), taken };
        shelf.place(room, &made).map_err(failed)?;
        activity::mark(&dir);
        drop(operation);
        shelf.find(name).map(Snapshot::of)
    }

    /// The baseline, then the named ones, the newest first; and those whose records cannot be read.
    pub fn snapshots(&self, id: &WorkspaceId) -> Result<(Vec<Snapshot>, Vec<DamagedSnapshot>), Failure> {
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        let shelf = Shelf::new(&dir, &record);
        let baseline = shelf.baseline()?;
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for name in shelf.names() {
            match shelf.find(&name) {
                Ok(one) => found.push(one),
                // Deleted a moment ago.
                Err(failure) if failure.code == Code::Missing => {}
                Err(failure) => damaged.push(DamagedSnapshot { snapshot_name: name, problem: failure.message }),
            }
        }
        found.sort_by(|one, other| (other.created_at, &one.name).cmp(&(one.created_at, &other.name)));
        Ok((std::iter::once(baseline).chain(found).map(Snapshot::of).collect(), damaged))
    }

    /// Removes a named snapshot, readable record or not.
    pub async fn delete_snapshot(&self, id: &WorkspaceId, name: &SnapshotName) -> Result<(), Failure> {
        if is_reserved(name) {
            return Err(Failure::conflict("the baseline is what diff and reset go back to; it cannot be deleted")
                .hint("workspace_delete removes the workspace with all its snapshots"));
        }
        let operation = self.store.operate(id).await?;
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        let shelf = Shelf::new(&dir, &record);
        shelf.sweep();
        shelf.remove(name)?;
        activity::mark(&dir);
        drop(operation);
        Ok(())
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { snapshot_name, created_at, entry_count, used_bytes, .. } = self;
        write!(f, "{snapshot_name} {created_at} {entry_count} entries, {}", cost::shown(*used_bytes))
    }
}

impl Snapshot {
    fn of(found: Kept) -> Self {
        let apparent = std::fs::metadata(found.disk()).map(|disk| disk.len());
        let used_bytes = cost::used_bytes(&found.folder);
        Self {
            kind: if found.is_baseline { SnapshotKind::Baseline } else { SnapshotKind::Named },
            created_at: rfc3339(found.created_at),
            entry_count: found.taken.entry_count,
            apparent_bytes: apparent.unwrap_or(used_bytes),
            used_bytes,
            deletable: !found.is_baseline,
            snapshot_name: found.name,
        }
    }
}
