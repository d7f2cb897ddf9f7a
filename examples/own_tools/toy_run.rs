//! Runs a command on the host and passes its output through, as `vm_run` does from a machine.

use std::{os::unix::process::ExitStatusExt, process::Stdio, time::Duration};

use pyro_mcp::{
    Failure,
    registry::{Cli, Context, Effect, Human, Profiles, Tool},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Run a shell command here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// Where; anything.
    pub(crate) place: String,
    /// Shell command line.
    pub(crate) command: String,
    /// The longest it may take.
    #[serde(default = "long")]
    pub(crate) deadline_ms: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Output {
    pub(crate) command: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exit_code: i32,
}

impl Tool for Input {
    const TITLE: &'static str = "Run here";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::None;
    const CLI: Cli = Cli { positionals: &["place", "command..."], passes_through: true, ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"place": "here", "command": "echo a | cat"}"#;

    type Output = Output;

    fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms.into())
    }

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        cx.progress("starting", None);
        let failed = |error| Failure::io("run a shell", &error);
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", &self.command]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = shell.kill_on_drop(true).spawn().map_err(failed)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let pumped = async { tokio::join!(pump(stdout, true, &cx), pump(stderr, false, &cx), child.wait()) };
        let (stdout, stderr, status) = pumped.await;
        let status = status.map_err(failed)?;
        let exit_code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1);
        Ok(Output { command: self.command, stdout, stderr, exit_code })
    }

    fn human(output: &Output) -> Option<Human> {
        let exit = u8::try_from(output.exit_code).unwrap_or(1);
        // Its output went through as it came; there is nothing to add.
        Some(Human { exit, ..Human::default() })
    }
}

async fn pump(from: Option<impl AsyncRead + Unpin>, stdout: bool, cx: &Context) -> String {
    const KEPT_BYTES: usize = 1000;
    let (mut kept, mut chunk) = (Vec::new(), vec![0; 8192]);
    let Some(mut from) = from else { return String::new() };
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        let bytes = &chunk[..length];
        if let Some(output) = &cx.scope.output {
            output(stdout, bytes);
        }
        kept.extend(bytes.iter().take(KEPT_BYTES.saturating_sub(kept.len())));
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn long() -> u32 {
    60_000
}
