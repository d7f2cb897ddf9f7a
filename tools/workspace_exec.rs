//! Runs one command in a workspace.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::{Code, Failure},
    limits,
    registry::{Cli, Context, Effect, Human, Profiles, Tool},
    workspace::{Capture, Ran, Wanted, WorkspaceRef},
};

/// Run a shell command in a workspace, whose files and machine stay.
///
/// Returns exit code and output, or state running after yield_seconds: then wait with workspace_logs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Run by `sh -c` as root.
    #[schemars(length(max = limits::COMMAND_BYTES_MAX))]
    pub command: String,
    /// Directory; default /workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Secrets' names to variables.
    #[serde(default)]
    #[schemars(extend("x-profile" = "workspace-full"))]
    pub secret_env: BTreeMap<String, String>,
    /// Standard input; empty by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::STDIN_BYTES_MAX))]
    pub stdin: Option<String>,
    /// It is killed after this (1-86400).
    #[serde(default = "limits::timeout_seconds_default")]
    #[schemars(range(min = 1, max = limits::TIMEOUT_SECONDS_MAX))]
    pub timeout_seconds: u32,
    /// Hand back after this (0-86400); default: 45 over MCP, else never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = limits::TIMEOUT_SECONDS_MAX))]
    pub yield_seconds: Option<u32>,
    /// Bytes kept per stream, head and tail (0-98304).
    #[serde(default = "limits::output_bytes_default")]
    #[schemars(range(max = limits::OUTPUT_BYTES_MAX))]
    pub output_bytes: u32,
    /// Keep control sequences.
    #[serde(default)]
    pub ansi: bool,
}

impl Tool for Input {
    const TITLE: &'static str = "Run a command";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli {
        positionals: &["workspace_id", "command..."],
        passes_through: true,
        from_file: &["stdin"],
        short_pairs: &["secret_env"],
        ..Cli::PLAIN
    };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace", "command": "echo hello; exit 3"}"#;

    type Output = Ran;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + Duration::from_secs(self.timeout_seconds.into())
    }

    async fn run(self, cx: Context) -> Result<Ran, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let asked = self.yield_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let wanted = Wanted {
            command: self.command,
            cwd: self.cwd,
            env: self.env,
            secret_env: self.secret_env,
            stdin: self.stdin,
            timeout: Duration::from_secs(self.timeout_seconds.into()),
            patience: asked.or(cx.scope.patience),
        };
        let capture =
            Capture { cap_bytes: self.output_bytes as usize, ansi: self.ansi, sink: cx.scope.output.as_deref() };
        tokio::select! {
            ran = cx.workspaces().exec(&id, wanted, capture, cx.scope.progress.as_ref()) => ran,
            // Dropping the call ends the command's process group.
            () = cx.canceled() => Err(Failure::new(Code::Canceled, "the call was canceled, and its command ended")),
        }
    }

    fn human(output: &Ran) -> Option<Human> {
        let exit = output.exit_code.unwrap_or(0) as u8;
        Some(Human { stdout: String::new(), stderr: output.remark().unwrap_or_default(), exit })
    }
}
