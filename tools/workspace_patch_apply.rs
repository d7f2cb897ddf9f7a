//! Applies a patch to a workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::{Patched, WorkspaceRef},
};

/// Apply a git or unified diff to /workspace: all files or none.
///
/// Moved lines are found; where a hunk does not fit, the failure shows what is there.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// As from `git diff`; paths relative to /workspace.
    #[schemars(length(max = limits::PATCH_BYTES_MAX))]
    pub patch: String,
}

impl Tool for Input {
    const TITLE: &'static str = "Apply a patch";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Core;
    const NAMES: Names = Names { cli: None, sdk: Some("apply_workspace_patch") };
    const CLI: Cli = Cli { positionals: &["workspace_id"], from_file: &["patch"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$files", "patch": "--- a/notes.txt\n+++ b/notes.txt\n@@ -1 +1 @@\n-hello\n+hello, world\n"}"#;

    type Output = Patched;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Patched, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().patch(&id, &self.patch, cx.scope.progress.as_ref()).await
    }
}
