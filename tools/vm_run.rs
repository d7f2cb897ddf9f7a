//! Runs one command in a machine of its own.

use std::time::Duration;

use pyro_protocol::exec::ExecRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{Capture, NewVm, OneShot, refuse_network},
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
    #[schemars(length(max = 100_000))]
    pub command: String,
    /// Virtual CPUs (1-8).
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 8))]
    pub vcpu_count: u32,
    /// Memory, MiB (256-32768).
    #[serde(default = "mem_mib")]
    #[schemars(range(min = 256, max = 32_768))]
    pub mem_mib: u32,
    /// The command is killed after this (1-86400).
    #[serde(default = "timeout_seconds")]
    #[schemars(range(min = 1, max = 86_400))]
    pub timeout_seconds: u32,
    /// Idle time until the VM is deleted (60-604800).
    #[serde(default = "ttl_seconds")]
    #[schemars(range(min = 60, max = 604_800))]
    pub ttl_seconds: u32,
    /// Not available yet: true is refused.
    #[serde(default)]
    pub network: bool,
    /// Accept running unisolated on the host if no VM can be had.
    #[serde(default)]
    pub allow_host_compat: bool,
    /// Bytes kept of each output stream, head and tail (0-98304).
    #[serde(default = "output_bytes")]
    #[schemars(range(max = 98_304))]
    pub output_bytes: u32,
}

const fn one() -> u32 {
    1
}

const fn mem_mib() -> u32 {
    1024
}

const fn timeout_seconds() -> u32 {
    30
}

const fn ttl_seconds() -> u32 {
    600
}

const fn output_bytes() -> u32 {
    limits::OUTPUT_BYTES_DEFAULT
}

impl Tool for Input {
    const TITLE: &'static str = "Run in a VM";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::VmRun;
    const NAMES: Names = Names { cli: Some("run"), sdk: Some("run_in_vm") };
    const CLI: Cli = Cli { positionals: &["environment", "command..."], passes_through: true };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12", "command": "echo hello; exit 3"}"#;

    type Output = OneShot;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + Duration::from_secs(self.timeout_seconds.into())
    }

    async fn run(self, cx: Context) -> Result<OneShot, Failure> {
        refuse_network(self.network)?;
        let new = NewVm {
            environment: self.environment,
            vcpu_count: self.vcpu_count,
            mem_mib: self.mem_mib,
            ttl_seconds: self.ttl_seconds,
            allow_host_compat: self.allow_host_compat,
        };
        let request = ExecRequest {
            command: self.command.clone(),
            cwd: None,
            env: Default::default(),
            stdin: Default::default(),
            timeout_ms: Some(u64::from(self.timeout_seconds) * 1000),
        };
        let capture = Capture { cap_bytes: self.output_bytes as usize, sink: cx.scope.output.as_deref() };
        let (vm, finished, cleanup) = cx.vms().run_once(new, &request, capture, cx.scope.progress.as_ref()).await?;
        Ok(OneShot::new(vm, self.command, finished, cleanup))
    }

    fn human(output: &OneShot) -> Option<Human> {
        Some(Human { stdout: String::new(), stderr: output.remark().unwrap_or_default(), exit: output.exit_code as u8 })
    }
}
