//! Lists files of a disk at rest.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::SnapshotName,
    limits,
    registry::{Cli, Context, Effect, Human, Profiles, Tool},
    workspace::{DiskList, Listing, WORKSPACE_PATH, WorkspaceRef},
};

fn workspace() -> String {
    WORKSPACE_PATH.into()
}

fn page() -> u32 {
    limits::FILE_LIST_DEFAULT
}

/// List files on a stopped workspace's disk or in a snapshot, without starting a VM. Any path, not only /workspace.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Directory or file.
    #[serde(default = "workspace")]
    pub path: String,
    /// All levels below.
    #[serde(default)]
    pub recursive: bool,
    /// A snapshot instead of the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub snapshot: Option<SnapshotName>,
    /// Entries per page (1-1000).
    #[serde(default = "page")]
    #[schemars(range(min = 1, max = limits::FILE_LIST_MAX))]
    pub limit: u32,
    /// next_cursor of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Tool for Input {
    const TITLE: &'static str = "List a disk";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["workspace_id", "path"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$disk", "path": "/etc"}"#;

    type Output = DiskList;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<DiskList, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let listing = Listing {
            path: self.path,
            depth: (!self.recursive).then_some(1),
            glob: None,
            limit: self.limit as usize,
            cursor: self.cursor,
        };
        cx.workspaces().list_disk(&id, self.snapshot.as_ref(), listing, cx.scope.progress.as_ref()).await
    }

    fn human(output: &DiskList) -> Option<Human> {
        let mut stdout: String = output.entries.iter().map(|entry| format!("{entry}\n")).collect();
        if output.entries.is_empty() {
            stdout.push_str("No entries.\n");
        }
        let more = output.next_cursor.as_ref();
        let stderr = more.map(|cursor| format!("pyro: there are more: --cursor {cursor}\n")).unwrap_or_default();
        Some(Human { stdout, stderr, exit: 0 })
    }
}
