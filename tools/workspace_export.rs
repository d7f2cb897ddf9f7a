//! Copies files of a workspace to the host.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Exported, WorkspaceRef},
};

/// Copy a file or directory out of a workspace, to a new path on the host or, from elsewhere, to a download URL.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// In /workspace.
    pub path: String,
    /// New path on the host, in an existing directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-required" = true, "x-on-host" = "leave it out: the result has a download URL"))]
    pub output_path: Option<String>,
}

impl Tool for Input {
    const TITLE: &'static str = "Export to host";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli =
        Cli { positionals: &["workspace_id", "path"], aliases: &[("output_path", "output")], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$files", "path": "notes.txt", "output_path": "$out"}"#;

    type Output = Exported;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + limits::TRANSFER_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Exported, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let progress = cx.scope.progress.as_ref();
        let exported = cx.workspaces().export(&id, &self.path, self.output_path.as_deref(), progress).await?;
        if let Some(download) = &exported.download {
            cx.attach(download.into());
        }
        Ok(exported)
    }
}
