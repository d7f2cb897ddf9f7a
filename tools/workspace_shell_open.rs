//! Opens a shell in a workspace.

use std::{collections::BTreeMap, time::Duration};

use pyro_protocol::exec::TerminalSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Names, Only, Profiles, Tool},
    workspace::{NewShell, Shell, WORKSPACE_PATH, WorkspaceRef},
};

fn workspace_path() -> String {
    WORKSPACE_PATH.to_owned()
}

/// Open an interactive bash on a terminal that stays open between calls.
///
/// For REPLs, editors, debuggers, prompts. Type with workspace_shell_write, then workspace_shell_read with plain.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Directory to begin in.
    #[serde(default = "workspace_path")]
    pub cwd: String,
    /// Columns (1-500).
    #[serde(default = "limits::cols_default")]
    #[schemars(range(min = 1, max = limits::TERMINAL_SIDE_MAX))]
    pub cols: u16,
    /// Rows (1-500).
    #[serde(default = "limits::rows_default")]
    #[schemars(range(min = 1, max = limits::TERMINAL_SIDE_MAX))]
    pub rows: u16,
    /// Secrets' names to variables.
    #[serde(default)]
    pub secret_env: BTreeMap<String, String>,
}

impl Tool for Input {
    const TITLE: &'static str = "Open a shell";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("open_shell") };
    const CLI: Cli = Cli {
        positionals: &["workspace_id"],
        short_pairs: &["secret_env"],
        only: Some(Only { flag: "id-only", field: "shell_id" }),
        ..Cli::PLAIN
    };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace"}"#;

    type Output = Shell;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Shell, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let size = TerminalSize { cols: self.cols, rows: self.rows };
        let new = NewShell { cwd: self.cwd, size, secret_env: self.secret_env };
        cx.workspaces().open_shell(&id, new, cx.scope.progress.as_ref()).await
    }
}
