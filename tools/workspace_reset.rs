//! Takes a workspace back to how it began.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::SnapshotName,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Workspace, WorkspaceRef},
};

/// Reset a workspace to how it began, on a new VM and disk. Work since is lost; history, name and labels stay.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// A snapshot instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("x-profile" = "workspace-full"))]
    pub snapshot: Option<SnapshotName>,
}

impl Tool for Input {
    const TITLE: &'static str = "Reset a workspace";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Workspace;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + limits::TRANSFER_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Workspace, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().reset(&id, self.snapshot.as_ref(), cx.scope.progress.as_ref()).await
    }
}
