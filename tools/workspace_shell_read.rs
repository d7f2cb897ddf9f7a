//! Reads what a shell wrote.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::ShellId,
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{Reading, ShellOutput, WorkspaceRef},
};

/// Read a shell's output from a cursor on.
///
/// Plain gives the lines new since the cursor as a person sees them, and the screen of full-screen programs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// As workspace_shell_open answered it.
    pub shell_id: ShellId,
    /// next_cursor of the last read.
    #[serde(default)]
    #[schemars(range(max = limits::CURSOR_MAX))]
    pub cursor: u64,
    /// At most (1-98304).
    #[serde(default = "limits::shell_read_default")]
    #[schemars(range(min = 1, max = limits::SHELL_READ_MAX))]
    pub max_chars: u32,
    /// As shown on a terminal, without control sequences.
    #[serde(default)]
    pub plain: bool,
    /// Wait until output pauses this long (1-10000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::IDLE_MS_MAX))]
    pub wait_for_idle_ms: Option<u32>,
    /// Limit of that wait (1-3600).
    #[serde(default = "limits::shell_wait_default")]
    #[schemars(range(min = 1, max = limits::WAIT_SECONDS_MAX))]
    pub wait_seconds: u32,
}

impl Tool for Input {
    const TITLE: &'static str = "Read a shell";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("read_shell") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "shell_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str =
        r#"{"workspace_id": "$shell", "shell_id": "$opened", "plain": true, "wait_for_idle_ms": 200}"#;

    type Output = ShellOutput;

    fn deadline(&self) -> Duration {
        limits::CALL_DEADLINE + Duration::from_secs(self.wait_seconds.into())
    }

    async fn run(self, cx: Context) -> Result<ShellOutput, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let wait = Duration::from_secs(self.wait_seconds.into());
        let wait = cx.scope.patience.map_or(wait, |patience| wait.min(patience));
        let reading = Reading {
            cursor: self.cursor,
            max: self.max_chars as usize,
            plain: self.plain,
            idle_ms: self.wait_for_idle_ms.map(u64::from),
            wait_ms: wait.as_millis() as u64,
        };
        cx.workspaces().read_shell(&id, &self.shell_id, reading).await
    }

    fn human(output: &ShellOutput) -> Option<Human> {
        let mut stdout = output.output.clone();
        if let Some(screen) = &output.screen {
            stdout.push_str(screen);
        }
        if output.plain && !stdout.is_empty() && !stdout.ends_with('\n') {
            stdout.push('\n');
        }
        let dropped = match output.dropped_bytes {
            0 => String::new(),
            bytes => format!("pyro: {bytes} bytes before that are not kept any more\n"),
        };
        let ended = output.shell.exit_code.map(|code| format!("pyro: the shell has ended with exit code {code}\n"));
        let stderr =
            format!("{dropped}{}pyro: read on with: --cursor {}\n", ended.unwrap_or_default(), output.next_cursor);
        Some(Human { stdout, stderr, exit: 0 })
    }
}
