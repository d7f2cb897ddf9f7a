//! Runs one command in a machine of its own.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::{Code, Failure},
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{Capture, NewVm, OneShot, shell},
};

/// Run one shell command in a fresh microVM, which is deleted afterwards.
///
/// Returns exit code and output. Nothing is kept: put all steps of a task into one command.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python).
    pub environment: String,
    /// Run by `sh -c` in /workspace as root.
    #[schemars(length(max = limits::COMMAND_BYTES_MAX))]
    pub command: String,
    /// Virtual CPUs (1-8).
    #[serde(default = "limits::vcpus_default")]
    #[schemars(range(min = 1, max = limits::VCPUS_MAX))]
    pub vcpu_count: u32,
    /// Memory, MiB (256-32768).
    #[serde(default = "limits::mem_mib_default")]
    #[schemars(range(min = limits::MEM_MIB_MIN, max = limits::MEM_MIB_MAX))]
    pub mem_mib: u32,
    /// The command is killed after this (1-86400).
    #[serde(default = "limits::timeout_seconds_default")]
    #[schemars(range(min = 1, max = limits::TIMEOUT_SECONDS_MAX))]
    pub timeout_seconds: u32,
    /// Idle time until the VM is deleted (60-604800).
    #[serde(default = "limits::ttl_seconds_default")]
    #[schemars(range(min = limits::TTL_SECONDS_MIN, max = limits::TTL_SECONDS_MAX))]
    pub ttl_seconds: u32,
    /// Reach the public internet, through a proxy.
    #[serde(default)]
    pub network: bool,
    /// Accept running unisolated on the host if no VM can be had.
    #[serde(default)]
    #[schemars(extend("x-on-host" = "leave it out: nothing of callers elsewhere ever runs unisolated"))]
    pub allow_host_compat: bool,
    /// Bytes kept of each output stream, head and tail (0-98304).
    #[serde(default = "limits::output_bytes_default")]
    #[schemars(range(max = limits::OUTPUT_BYTES_MAX))]
    pub output_bytes: u32,
}

impl Tool for Input {
    const TITLE: &'static str = "Run in a VM";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::VmRun;
    const NAMES: Names = Names { cli: Some("run"), sdk: Some("run_in_vm") };
    const CLI: Cli = Cli { positionals: &["environment", "command..."], passes_through: true, ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12", "command": "echo hello; exit 3"}"#;

    type Output = OneShot;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + Duration::from_secs(self.timeout_seconds.into())
    }

    async fn run(self, cx: Context) -> Result<OneShot, Failure> {
        let new = NewVm {
            environment: self.environment,
            vcpu_count: self.vcpu_count,
            mem_mib: self.mem_mib,
            ttl_seconds: self.ttl_seconds,
            allow_host_compat: self.allow_host_compat,
            network: self.network,
        };
        let request = shell(&self.command, self.timeout_seconds);
        let capture = Capture { cap_bytes: self.output_bytes as usize, ansi: false, sink: cx.scope.output.as_deref() };
        let run = cx.vms().run_once(new, &request, capture, cx.scope.progress.as_ref());
        let (vm, finished, cleanup) = tokio::select! {
            ran = run => ran?,
            // Dropping the run ends and deletes its machine.
            () = cx.canceled() => return Err(Failure::new(Code::Canceled, "the call was canceled, and the VM deleted")),
        };
        Ok(OneShot::new(vm, self.command, finished, cleanup))
    }

    fn human(output: &OneShot) -> Option<Human> {
        Some(Human { stdout: String::new(), stderr: output.remark().unwrap_or_default(), exit: output.exit_code as u8 })
    }
}
