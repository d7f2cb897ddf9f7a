//! Ends a workspace's machine and keeps its disk.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Workspace, WorkspaceRef},
};

/// Stop a workspace's VM. Disk and history stay; the next call that needs a VM starts it.
///
/// What runs is told first; `stop.orderly` says whether the VM ended in time or was killed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
}

impl Tool for Input {
    const TITLE: &'static str = "Stop a workspace";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Workspace;

    fn deadline(&self) -> Duration {
        limits::CALL_DEADLINE + limits::STOP_GRACE
    }

    async fn run(self, cx: Context) -> Result<Workspace, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().stop(&id).await
    }
}
