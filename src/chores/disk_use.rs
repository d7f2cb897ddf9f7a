//! What pyro takes of the host's disk, for `pyro doctor`.

use std::{fmt::Write, path::Path};

use serde::Serialize;

use crate::{
    host::Dirs,
    ids::WorkspaceId,
    workspace::{Cost, bytes_shown, costs, used_bytes},
};

/// Below this, machines soon have nowhere to write to.
const FREE_BYTES_LOW: u64 = 2 * 1024 * 1024 * 1024;
/// Workspaces that a person is told of; the report in JSON has all.
const SHOWN: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct DiskUse {
    /// The most expensive first. None of them is ever removed but by `workspace_delete`.
    workspaces: Vec<WorkspaceUse>,
    /// Environments, shared by all workspaces.
    cache_bytes: u64,
    /// For pyro's state; absent where it cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct WorkspaceUse {
    workspace_id: WorkspaceId,
    #[serde(flatten)]
    cost: Cost,
}

impl DiskUse {
    pub(super) fn look(dirs: &Dirs) -> Self {
        let mut workspaces: Vec<WorkspaceUse> =
            costs(&dirs.home).into_iter().map(|(workspace_id, cost)| WorkspaceUse { workspace_id, cost }).collect();
        workspaces.sort_by_key(|one| std::cmp::Reverse(one.cost.used_bytes));
        Self { workspaces, cache_bytes: used_bytes(&dirs.cache), free_bytes: free(&dirs.home) }
    }

    pub(super) fn is_low(&self) -> bool {
        self.free_bytes.is_some_and(|free| free < FREE_BYTES_LOW)
    }

    /// One line; what to do about it is told where little is free.
    pub(super) fn found(&self) -> String {
        let total = self.workspaces.iter().map(|one| one.cost.used_bytes).sum();
        let mut line = format!(
            "{} free; environments {}, {} workspaces {}",
            self.free_bytes.map_or_else(|| "an unknown amount".into(), bytes_shown),
            bytes_shown(self.cache_bytes),
            self.workspaces.len(),
            bytes_shown(total)
        );
        for (place, one) in self.workspaces.iter().take(SHOWN).enumerate() {
            let lead = if place == 0 { ": " } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(line, "{lead}{} {}", one.workspace_id, bytes_shown(one.cost.used_bytes));
            if one.cost.snapshot_count > 0 {
                let _ = write!(line, " (snapshots: {})", one.cost.snapshot_count);
            }
        }
        if self.workspaces.len() > SHOWN {
            let _ = write!(line, ", {} more", self.workspaces.len() - SHOWN);
        }
        line
    }
}

fn free(home: &Path) -> Option<u64> {
    nix::sys::statvfs::statvfs(home).ok().map(|known| known.blocks_available() * known.fragment_size())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_most_expensive_and_counts_the_rest() {
        let one = |used_bytes: u64| WorkspaceUse {
            workspace_id: "ws-abcdefgh2345".parse().unwrap(),
            cost: Cost { used_bytes, snapshot_count: u64::from(used_bytes > 1000), ..Cost::default() },
        };
        let mut told = DiskUse { workspaces: vec![one(5000), one(3)], cache_bytes: 1 << 30, free_bytes: Some(1 << 40) };
        assert_eq!(
            told.found(),
            "1024 GiB free; environments 1024 MiB, 2 workspaces 4 KiB: ws-abcdefgh2345 4 KiB (snapshots: 1), \
             ws-abcdefgh2345 3 B"
        );
        assert!(!told.is_low());
        told.workspaces = vec![one(1); 7];
        assert!(told.found().ends_with("ws-abcdefgh2345 1 B, 2 more"));
    }
}
