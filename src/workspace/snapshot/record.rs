//! The stored form of a snapshot.

use serde::{Deserialize, Serialize};

use crate::ids::SnapshotName;

/// `snapshot.json`, beside the files of a named snapshot. The baseline's stands in the workspace's own record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workspace) struct SnapshotRecord {
    pub(in crate::workspace) version: u32,
    pub(in crate::workspace) name: SnapshotName,
    /// Unix seconds.
    pub(in crate::workspace) created_at: i64,
    pub(in crate::workspace) taken: Taken,
}

/// What is known of a snapshot besides its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workspace) struct Taken {
    /// Of the disk's copy, as `host::sparse` counts it; absent for a copied tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::workspace) disk_digest: Option<String>,
    /// Entries below /workspace.
    pub(in crate::workspace) entry_count: u64,
}

impl SnapshotRecord {
    /// In the snapshot's folder.
    pub(in crate::workspace) const FILE: &'static str = "snapshot.json";
    pub(in crate::workspace) const VERSION: u32 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_this_version_keeps_loading() {
        let kept = r#"{"version":1,"name":"before","created_at":1795252500,"taken":{"entry_count":7}}"#;
        let record: SnapshotRecord = serde_json::from_str(kept).unwrap();
        assert_eq!((record.version, record.taken.entry_count), (SnapshotRecord::VERSION, 7));
        assert_eq!((record.name.as_str(), record.taken.disk_digest), ("before", None));
    }
}
