//! Writes a file of a workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::{WorkspaceRef, Writing, Written},
};

/// Write a whole text file; missing directories are made, an old file's mode is kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// File in /workspace.
    pub path: String,
    /// The whole content.
    #[schemars(length(max = limits::FILE_WRITE_BYTES_MAX))]
    pub text: String,
    /// Octal, e.g. 755.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Fail if it exists.
    #[serde(default)]
    pub create_only: bool,
    /// Fail unless its sha256 still is this, as read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_sha256: Option<String>,
}

impl Tool for Input {
    const TITLE: &'static str = "Write a file";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Core;
    const NAMES: Names = Names { cli: None, sdk: Some("write_workspace_file") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "path"], from_file: &["text"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace", "path": "notes.txt", "text": "hello\n"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Written;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Written, Failure> {
        let size = self.text.len();
        if size > limits::FILE_WRITE_BYTES_MAX {
            let message = format!("text is {size} bytes of UTF-8, more than {}", limits::FILE_WRITE_BYTES_MAX);
            return Err(Failure::invalid(message).hint("push larger files with workspace_sync_push"));
        }
        let id = cx.workspaces().find(&self.workspace_id)?;
        let writing = Writing {
            path: self.path,
            text: self.text,
            mode: self.mode,
            create_only: self.create_only,
            expected_sha256: self.expected_sha256,
        };
        cx.workspaces().write_file(&id, writing, cx.scope.progress.as_ref()).await
    }
}
