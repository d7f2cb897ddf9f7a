//! Pushes files of the host into a workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::UploadId,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Pushed, SeedFrom, WORKSPACE_PATH, WorkspaceRef},
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-required" = true, "x-on-host" = "workspace_upload_open answers a URL to upload to; then give upload_id, or archive"))]
    pub source_path: Option<String>,
    /// What to push: an upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("x-remote" = true))]
    pub upload_id: Option<UploadId>,
    /// Or a small tar, .tar.gz or .tar.zst in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-remote" = true))]
    pub archive: Option<String>,
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
        let from = SeedFrom { path: self.source_path, upload_id: self.upload_id, archive: self.archive };
        cx.workspaces().push(&id, from, &self.dest, cx.scope.progress.as_ref()).await
    }
}
