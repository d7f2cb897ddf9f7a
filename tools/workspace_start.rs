//! Starts a stopped workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Workspace, WorkspaceRef},
};

/// Start a stopped workspace. One that runs is left as it is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
}

impl Tool for Input {
    const TITLE: &'static str = "Start a workspace";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Workspace;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Workspace, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().start(&id, cx.scope.progress.as_ref()).await
    }
}
