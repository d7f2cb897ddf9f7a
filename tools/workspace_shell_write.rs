//! Types into a shell.

use pyro_protocol::exec::TerminalSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::ShellId,
    limits,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::{Typed, WorkspaceRef},
};

/// Type into a shell, as on a keyboard.
///
/// Control keys are characters: \u0003 is Ctrl-C, \u001b Escape.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// As workspace_shell_open answered it.
    pub shell_id: ShellId,
    /// What to type.
    #[schemars(length(max = limits::SHELL_INPUT_BYTES_MAX))]
    pub input: String,
    /// Press Enter after it.
    #[serde(default = "enter")]
    pub append_newline: bool,
    /// New size first, with rows (1-500).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::TERMINAL_SIDE_MAX))]
    pub cols: Option<u16>,
    /// With cols (1-500).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::TERMINAL_SIDE_MAX))]
    pub rows: Option<u16>,
}

fn enter() -> bool {
    true
}

impl Tool for Input {
    const TITLE: &'static str = "Type into a shell";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("write_shell") };
    const CLI: Cli = Cli {
        positionals: &["workspace_id", "shell_id"],
        from_file: &["input"],
        aliases: &[("append_newline", "no-newline")],
        ..Cli::PLAIN
    };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$shell", "shell_id": "$opened", "input": "echo hello"}"#;

    type Output = Typed;

    async fn run(self, cx: Context) -> Result<Typed, Failure> {
        let size = match (self.cols, self.rows) {
            (Some(cols), Some(rows)) => Some(TerminalSize { cols, rows }),
            (None, None) => None,
            _ => return Err(Failure::invalid("cols and rows go together").hint("give both or neither")),
        };
        let bytes = self.input.len();
        if bytes > limits::SHELL_INPUT_BYTES_MAX {
            let message = format!("input is {bytes} bytes of UTF-8, more than {}", limits::SHELL_INPUT_BYTES_MAX);
            return Err(Failure::invalid(message).hint("write larger texts with workspace_file_write"));
        }
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().write_shell(&id, &self.shell_id, &self.input, self.append_newline, size).await
    }
}
