//! Signals what runs in a shell.

use nix::sys::signal::Signal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::ShellId,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::{Signaled, WorkspaceRef},
};

/// Signal the program in a shell's foreground, e.g. interrupt it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// As workspace_shell_open answered it.
    pub shell_id: ShellId,
    /// HUP, INT, QUIT, TERM, KILL or TSTP.
    #[serde(default = "interrupt")]
    #[schemars(length(max = 16))]
    pub signal_name: String,
}

fn interrupt() -> String {
    "INT".to_owned()
}

const SIGNALS: [(&str, Signal); 6] = [
    ("HUP", Signal::SIGHUP),
    ("INT", Signal::SIGINT),
    ("QUIT", Signal::SIGQUIT),
    ("TERM", Signal::SIGTERM),
    ("KILL", Signal::SIGKILL),
    ("TSTP", Signal::SIGTSTP),
];

impl Input {
    /// In either case, with or without SIG.
    fn signal(&self) -> Result<(&'static str, i32), Failure> {
        let upper = self.signal_name.trim().to_ascii_uppercase();
        let wanted = upper.strip_prefix("SIG").unwrap_or(&upper);
        let found = SIGNALS.iter().find(|(name, _)| *name == wanted);
        let unknown = || {
            Failure::invalid(format!("signal_name {:?} is not known", self.signal_name))
                .hint("one of HUP, INT, QUIT, TERM, KILL, TSTP")
        };
        found.map(|(name, signal)| (*name, *signal as i32)).ok_or_else(unknown)
    }
}

impl Tool for Input {
    const TITLE: &'static str = "Signal a shell";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("signal_shell") };
    const CLI: Cli =
        Cli { positionals: &["workspace_id", "shell_id"], aliases: &[("signal_name", "signal")], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$shell", "shell_id": "$opened"}"#;

    type Output = Signaled;

    async fn run(self, cx: Context) -> Result<Signaled, Failure> {
        let signal = self.signal()?;
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().signal_shell(&id, &self.shell_id, signal).await
    }
}
