//! Runs one command in a fresh machine that is deleted afterwards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
};

/// Run one shell command in a fresh Linux virtual machine, which is deleted afterwards.
///
/// The command runs as root by `sh -c` in /workspace, which is empty. Nothing is kept between calls.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What to boot, e.g. `debian:12`.
    pub environment: String,
    /// Shell command line.
    pub command: String,
    /// Virtual CPUs, 1-8, default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 8))]
    pub vcpu_count: u32,
    /// Memory in MiB, 256-32768, default 1024.
    #[serde(default = "mem")]
    #[schemars(range(min = 256, max = 32768))]
    pub mem_mib: u32,
    /// Ends the command after this long, 1-86400, default 30.
    #[serde(default = "timeout")]
    #[schemars(range(min = 1, max = 86400))]
    pub timeout_seconds: u32,
    /// Ends the machine after this long idle, 60-604800, default 600.
    #[serde(default = "ttl")]
    #[schemars(range(min = 60, max = 604800))]
    pub ttl_seconds: u32,
    /// Allow outgoing connections.
    #[serde(default)]
    pub network: bool,
    /// Run on the host itself where no machine can be had.
    #[serde(default)]
    pub allow_host_compat: bool,
    /// Most bytes of each output stream, 0-98304, default 16384.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 98304))]
    pub output_bytes: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub vm_id: String,
    pub environment: String,
    pub command: String,
    pub stdout: String,
    pub stderr: String,
    pub exit_code: i32,
    pub duration_ms: u64,
}

impl Tool for Input {
    const TITLE: &'static str = "Run a command";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::VmRun;
    const NAMES: Names = Names { cli: Some("run"), sdk: Some("run_in_vm") };
    const CLI: Cli = Cli { positionals: &["environment", "command..."], passes_through: true };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12", "command": "uname -s"}"#;
    const OPEN_WORLD: bool = true;

    type Output = Output;

    async fn run(self, _cx: Context) -> Result<Output, Failure> {
        Err(Failure::unavailable("machines are not put together yet"))
    }

    fn human(output: &Output) -> Option<Human> {
        let exit = u8::try_from(output.exit_code & 0xff).unwrap_or(1);
        Some(Human { stdout: output.stdout.clone(), stderr: output.stderr.clone(), exit })
    }
}

fn one() -> u32 {
    1
}

fn mem() -> u32 {
    1024
}

fn timeout() -> u32 {
    30
}

fn ttl() -> u32 {
    600
}
