//! Tells how a workspace is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Workspace, WorkspaceRef},
};

/// Show a workspace: state, isolation, seed, running and last commands, why it ended.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
}

impl Tool for Input {
    const TITLE: &'static str = "Workspace status";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace"}"#;

    type Output = Workspace;

    async fn run(self, cx: Context) -> Result<Workspace, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().status(&id).await
    }
}
