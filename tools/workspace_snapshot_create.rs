//! Keeps what a workspace is now under a name.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::{SnapshotName, WorkspaceId},
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{Snapshot, WorkspaceRef},
};

/// Snapshot a workspace's whole disk, installed packages included, to reset to or diff with later.
///
/// Taken while it runs or is stopped. Processes are not kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// New name: letters, digits, ._-
    #[schemars(with = "String")]
    pub snapshot_name: SnapshotName,
}

/// The new snapshot.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub workspace_id: WorkspaceId,
    pub snapshot: Snapshot,
}

impl Tool for Input {
    const TITLE: &'static str = "Take a snapshot";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("create_snapshot") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "snapshot_name"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$files", "snapshot_name": "before"}"#;

    type Output = Output;

    fn deadline(&self) -> Duration {
        limits::TRANSFER_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let snapshot = cx.workspaces().create_snapshot(&id, &self.snapshot_name, cx.scope.progress.as_ref()).await?;
        Ok(Output { workspace_id: id, snapshot })
    }

    fn human(output: &Output) -> Option<Human> {
        Some(Human { stdout: format!("{}\n", output.snapshot), stderr: String::new(), exit: 0 })
    }
}
