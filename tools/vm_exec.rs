//! Runs one command in a started machine, which is deleted afterwards.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::VmId,
    limits,
    registry::{Cli, Context, Effect, Human, Profiles, Tool},
    workspace::{Capture, OneShot, shell},
};

/// Run one shell command in a started VM, then delete the VM.
///
/// The VM is deleted whatever the command's exit code; it stays only where the command could not be started.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub vm_id: VmId,
    /// Run by `sh -c` in /workspace as root.
    #[schemars(length(max = limits::COMMAND_BYTES_MAX))]
    pub command: String,
    /// The command is killed after this (1-86400).
    #[serde(default = "limits::timeout_seconds_default")]
    #[schemars(range(min = 1, max = limits::TIMEOUT_SECONDS_MAX))]
    pub timeout_seconds: u32,
    /// Bytes kept of each output stream, head and tail (0-98304).
    #[serde(default = "limits::output_bytes_default")]
    #[schemars(range(max = limits::OUTPUT_BYTES_MAX))]
    pub output_bytes: u32,
}

impl Tool for Input {
    const TITLE: &'static str = "Run in this VM";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["vm_id", "command..."], passes_through: true, ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"vm_id": "$started", "command": "echo hello; exit 3"}"#;

    type Output = OneShot;

    fn deadline(&self) -> Duration {
        limits::CALL_DEADLINE + Duration::from_secs(self.timeout_seconds.into())
    }

    async fn run(self, cx: Context) -> Result<OneShot, Failure> {
        let vm = cx.vms().status(&self.vm_id).await?;
        let _claimed = cx.vms().claim_last_command(&self.vm_id)?;
        let request = shell(&self.command, self.timeout_seconds);
        let capture = Capture { cap_bytes: self.output_bytes as usize, ansi: false, sink: cx.scope.output.as_deref() };
        let finished = tokio::select! {
            finished = cx.vms().exec(&self.vm_id, &request, capture) => finished?,
            () = cx.canceled() => {
                cx.vms().delete(&self.vm_id).await?;
                return Err(Failure::new(crate::Code::Canceled, "the call was canceled, and the VM deleted"));
            }
        };
        let cleanup = cx.vms().clean_up(&self.vm_id).await;
        Ok(OneShot::new(vm, self.command, finished, cleanup))
    }

    fn human(output: &OneShot) -> Option<Human> {
        Some(Human { stdout: String::new(), stderr: output.remark().unwrap_or_default(), exit: output.exit_code as u8 })
    }
}
