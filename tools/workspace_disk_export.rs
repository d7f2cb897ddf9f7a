//! Copies a disk at rest to the host.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::SnapshotName,
    limits,
    registry::{Callers, Cli, Context, Effect, Profiles, Tool},
    workspace::{DiskExported, WorkspaceRef},
};

/// Copy a stopped workspace's or a snapshot's disk to the host as a sparse ext4 image.
///
/// It holds what differs from the environment: `root/` is the upper layer of an overlay, `workspace/` is /workspace.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// New file on the host, in an existing directory.
    pub output_path: String,
    /// A snapshot instead of the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub snapshot: Option<SnapshotName>,
}

impl Tool for Input {
    const TITLE: &'static str = "Export a disk";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const CALLERS: Callers = Callers::OnHost;
    const CLI: Cli = Cli { positionals: &["workspace_id"], aliases: &[("output_path", "output")], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$disk", "output_path": "$out"}"#;

    type Output = DiskExported;

    fn deadline(&self) -> Duration {
        limits::TRANSFER_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<DiskExported, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().export_disk(&id, self.snapshot.as_ref(), &self.output_path).await
    }
}
