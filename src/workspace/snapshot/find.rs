//! The snapshots of a workspace: `baseline/`, and one folder per name below `snapshots/`. What is there was finished; what
//! is being made or removed has a name that no snapshot can have.

use std::{
    fs,
    io::{self, ErrorKind},
    path::PathBuf,
};

use tempfile::TempDir;

use super::{SnapshotRecord, Taken};
use crate::{
    failure::{Code, Failure},
    host::write,
    ids::SnapshotName,
    workspace::{machine::MachineDir, record::WorkspaceRecord},
};

/// What the first snapshot is called.
const BASELINE: &str = "baseline";
const FOLDER: &str = "snapshots";
const TAKING: &str = ".taking-";
const DELETING: &str = ".deleting-";

/// A snapshot whose record is sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::workspace) struct Kept {
    pub(in crate::workspace) name: SnapshotName,
    pub(in crate::workspace) folder: PathBuf,
    pub(in crate::workspace) is_baseline: bool,
    /// Unix seconds.
    pub(in crate::workspace) created_at: i64,
    pub(in crate::workspace) taken: Taken,
}

/// Where one workspace's snapshots are.
pub(in crate::workspace) struct Shelf<'a> {
    dir: &'a MachineDir,
    record: &'a WorkspaceRecord,
}

impl Kept {
    pub(in crate::workspace) fn disk(&self) -> PathBuf {
        self.folder.join("disk.ext4")
    }

    /// What an unisolated workspace has instead of a disk.
    pub(in crate::workspace) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    pub(in crate::workspace) fn index(&self) -> PathBuf {
        self.folder.join("index")
    }
}

impl<'a> Shelf<'a> {
    pub(in crate::workspace) fn new(dir: &'a MachineDir, record: &'a WorkspaceRecord) -> Self {
        Self { dir, record }
    }

    /// The baseline; refused while the workspace is being made.
    pub(in crate::workspace) fn baseline(&self) -> Result<Kept, Failure> {
        let id = &self.record.workspace_id;
        let taken = self.record.baseline.clone().ok_or_else(|| {
            Failure::conflict(format!("{id} is still being created")).hint("wait for workspace_create to answer")
        })?;
        let (folder, created_at) = (self.dir.baseline(), self.record.created_at);
        Ok(Kept { name: BASELINE.parse()?, folder, is_baseline: true, created_at, taken })
    }

    /// The snapshot of this name.
    pub(in crate::workspace) fn find(&self, name: &SnapshotName) -> Result<Kept, Failure> {
        let baseline = self.baseline()?;
        if *name == baseline.name {
            return Ok(baseline);
        }
        let folder = self.dir.snapshots().join(name.as_str());
        let bytes = fs::read(folder.join(SnapshotRecord::FILE)).map_err(|error| match error.kind() {
            ErrorKind::NotFound if !folder.exists() => self.missing(name),
            _ => Failure::io(&format!("read the record of snapshot {name}"), &error),
        })?;
        let damaged = |why: &str| {
            Failure::conflict(format!("the record of snapshot {name} cannot be read: {why}"))
                .hint("remove it with workspace_snapshot_delete")
        };
        let record: SnapshotRecord = serde_json::from_slice(&bytes).map_err(|error| damaged(&error.to_string()))?;
        if record.version > SnapshotRecord::VERSION {
            let why = format!("it has version {}, this pyro knows {}", record.version, SnapshotRecord::VERSION);
            return Err(damaged(&why));
        }
        let SnapshotRecord { created_at, taken, .. } = record;
        Ok(Kept { name: name.clone(), folder, is_baseline: false, created_at, taken })
    }

    /// All named ones, sound or not, by name.
    pub(in crate::workspace) fn names(&self) -> Vec<SnapshotName> {
        let entries = fs::read_dir(self.dir.snapshots()).into_iter().flatten().flatten();
        let mut names: Vec<SnapshotName> =
            entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        names.sort();
        names
    }

    /// A folder for a snapshot in the making; gone again unless it is placed.
    pub(in crate::workspace) fn make_room(&self) -> io::Result<TempDir> {
        if !self.dir.snapshots().exists() {
            write::private_dir(&self.dir.snapshots())?;
            fs::File::open(self.dir.path())?.sync_all()?;
        }
        tempfile::Builder::new().prefix(TAKING).tempdir_in(self.dir.snapshots())
    }

    /// Writes the record and gives the snapshot its name: from here on it is there.
    pub(in crate::workspace) fn place(&self, room: TempDir, record: &SnapshotRecord) -> io::Result<()> {
        write::atomically(&room.path().join(SnapshotRecord::FILE), &serde_json::to_vec_pretty(record)?)?;
        fs::rename(room.path(), self.dir.snapshots().join(record.name.as_str()))?;
        let _gone = room.keep();
        fs::File::open(self.dir.snapshots())?.sync_all()
    }

    /// Takes a snapshot away: out of sight at once, then from the disk.
    pub(in crate::workspace) fn remove(&self, name: &SnapshotName) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::io(&format!("delete snapshot {name}"), &error);
        let aside = self.dir.snapshots().join(format!("{DELETING}{name}"));
        match fs::rename(self.dir.snapshots().join(name.as_str()), &aside) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(self.missing(name)),
            moved => moved.map_err(failed)?,
        }
        fs::File::open(self.dir.snapshots()).and_then(|folder| folder.sync_all()).map_err(failed)?;
        fs::remove_dir_all(&aside).map_err(failed)
    }

    /// Removes what killed processes left half-made or half-removed. For whoever holds the workspace's lock.
    pub(in crate::workspace) fn sweep(&self) {
        for entry in fs::read_dir(self.dir.snapshots()).into_iter().flatten().flatten() {
            if [TAKING, DELETING].iter().any(|prefix| entry.file_name().to_string_lossy().starts_with(prefix)) {
                // It is tried again next time.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn missing(&self, name: &SnapshotName) -> Failure {
        let message = format!("{} has no snapshot {name}", self.record.workspace_id);
        Failure::new(Code::Missing, message).hint("workspace_snapshot_list shows those there are")
    }
}

impl MachineDir {
    /// What the workspace began with.
    pub(in crate::workspace) fn baseline(&self) -> PathBuf {
        self.path().join(BASELINE)
    }

    /// What its named snapshots lie in.
    pub(in crate::workspace) fn snapshots(&self) -> PathBuf {
        self.path().join(FOLDER)
    }
}

/// Whether a name is the baseline's, which no other snapshot may have.
pub(in crate::workspace) fn is_reserved(name: &SnapshotName) -> bool {
    name.as_str() == BASELINE
}
