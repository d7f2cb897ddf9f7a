//! Closes a shell.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::ShellId,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::{Closed, WorkspaceRef},
};

/// Close a shell: what runs in it is hung up, then killed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// As workspace_shell_open answered it.
    pub shell_id: ShellId,
}

impl Tool for Input {
    const TITLE: &'static str = "Close a shell";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("close_shell") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "shell_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$shell", "shell_id": "$opened"}"#;

    type Output = Closed;

    async fn run(self, cx: Context) -> Result<Closed, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().close_shell(&id, &self.shell_id).await
    }
}
