//! Gives a snapshot up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::{SnapshotName, WorkspaceId},
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::WorkspaceRef,
};

/// Delete a snapshot. The workspace itself stays as it is; the baseline cannot be deleted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Its name.
    #[schemars(with = "String")]
    pub snapshot_name: SnapshotName,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub workspace_id: WorkspaceId,
    pub snapshot_name: SnapshotName,
    pub deleted: bool,
}

impl Tool for Input {
    const TITLE: &'static str = "Delete a snapshot";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("delete_snapshot") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "snapshot_name"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$snapshot", "snapshot_name": "before"}"#;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().delete_snapshot(&id, &self.snapshot_name).await?;
        Ok(Output { workspace_id: id, snapshot_name: self.snapshot_name, deleted: true })
    }

    fn human(output: &Output) -> Option<Human> {
        Some(Human { stdout: format!("Deleted {}\n", output.snapshot_name), stderr: String::new(), exit: 0 })
    }
}
