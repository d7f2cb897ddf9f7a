//! Pushes files of the host into a workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Pushed, WORKSPACE_PATH, WorkspaceRef},
};

fn workspace() -> String {
    WORKSPACE_PATH.into()
}

/// Copy a host directory's contents or an archive into a workspace: all or, on conflict, nothing.
///
/// Directories merge, files are replaced, nothing is deleted. Modes, times and links are kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Host directory or tar archive.
    pub source_path: String,
    /// Directory in the workspace.
    #[serde(default = "workspace")]
    pub dest: String,
}

impl Tool for Input {
    const TITLE: &'static str = "Push host files";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["workspace_id", "source_path"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace", "source_path": "$tree"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Pushed;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + limits::TRANSFER_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Pushed, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().push(&id, &self.source_path, &self.dest, cx.scope.progress.as_ref()).await
    }
}
