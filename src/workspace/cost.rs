//! What workspaces take of the host's disk.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{machine::MachineDir, record::WorkspaceRecord, store::Store};
use crate::ids::WorkspaceId;

/// The unit that file systems count blocks in, whatever their own.
const BLOCK_BYTES: u64 = 512;

/// What one workspace takes of the host's disk, bytes. Nothing of it goes by itself but the output of its oldest commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Cost {
    /// Everything together.
    pub used_bytes: u64,
    /// Its own disk.
    pub disk_bytes: u64,
    /// The baseline and all named snapshots.
    pub snapshots_bytes: u64,
    /// Named ones.
    pub snapshot_count: u64,
}

impl Cost {
    pub(super) fn of(dir: &MachineDir) -> Self {
        let named = dir.snapshots();
        let count = fs::read_dir(&named).into_iter().flatten().flatten();
        let count = count.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).count() as u64;
        Self {
            used_bytes: used_bytes(dir.path()),
            disk_bytes: used_bytes(&dir.disk()) + used_bytes(&dir.tree()),
            snapshots_bytes: used_bytes(&dir.baseline()) + used_bytes(&named),
            snapshot_count: count,
        }
    }
}

/// What each workspace below a state directory takes, readable record or not.
pub fn costs(home: &Path) -> Vec<(WorkspaceId, Cost)> {
    let store = Store::<WorkspaceRecord>::new(home);
    store.ids().into_iter().map(|id| (id.clone(), Cost::of(&store.dir(&id)))).collect()
}

/// Bytes for people.
pub fn shown(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        1_048_576..10_737_418_240 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

/// What a file, or a directory with all in it, takes of the disk. What vanishes meanwhile counts as nothing.
pub fn used_bytes(path: &Path) -> u64 {
    let mut bytes = 0;
    let mut waiting: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let Ok(known) = fs::symlink_metadata(&path) else { continue };
        bytes += known.blocks() * BLOCK_BYTES;
        if known.is_dir() {
            waiting.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_cost_nothing_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        fs::create_dir_all(home.join("snapshots/one")).unwrap();
        fs::create_dir_all(home.join("snapshots/.taking-x")).unwrap();
        fs::write(dir.path().join("outside"), vec![1; 1 << 20]).unwrap();
        std::os::unix::fs::symlink(dir.path().join("outside"), home.join("link")).unwrap();
        fs::File::create(home.join("disk.ext4")).unwrap().set_len(1 << 30).unwrap();
        fs::write(home.join("snapshots/one/disk.ext4"), vec![1; 300_000]).unwrap();
        let cost = Cost::of(&MachineDir::new(home.clone()));
        assert_eq!((cost.disk_bytes, cost.snapshot_count), (0, 1));
        assert!((300_000..400_000).contains(&cost.snapshots_bytes), "{cost:?}");
        assert!((300_000..500_000).contains(&cost.used_bytes), "{cost:?}");
        assert_eq!(used_bytes(&home.join("none")), 0);
    }
}
