//! Tells what a workspace may reach; for people and their programs, as workspace_status is for models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Network, WorkspaceRef},
};

/// Show what a workspace may reach, and what was refused to it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
}

impl Tool for Input {
    const TITLE: &'static str = "Workspace network";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::None;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Network;

    async fn run(self, cx: Context) -> Result<Network, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().network(&id).await
    }
}
