//! Removes a workspace for good.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::WorkspaceId,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::WorkspaceRef,
};

/// Delete a workspace for good, its files and history included.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
}

/// What is gone.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub workspace_id: WorkspaceId,
    pub deleted: bool,
}

impl Tool for Input {
    const TITLE: &'static str = "Delete a workspace";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace"}"#;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let workspace_id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().delete(&workspace_id).await?;
        Ok(Output { workspace_id, deleted: true })
    }
}
