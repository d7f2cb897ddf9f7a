//! Writes a machine down.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{NewVm, Vm},
};

/// Create a VM for one command, without starting it.
///
/// Start it with vm_start. It lives independently of this server until vm_exec or vm_delete, or until it has been idle for ttl_seconds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python).
    pub environment: String,
    /// Virtual CPUs (1-8).
    #[serde(default = "limits::vcpus_default")]
    #[schemars(range(min = 1, max = limits::VCPUS_MAX))]
    pub vcpu_count: u32,
    /// Memory, MiB (256-32768).
    #[serde(default = "limits::mem_mib_default")]
    #[schemars(range(min = limits::MEM_MIB_MIN, max = limits::MEM_MIB_MAX))]
    pub mem_mib: u32,
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
}

impl Tool for Input {
    const TITLE: &'static str = "Create a VM";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["environment"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12", "mem_mib": 512}"#;

    type Output = Vm;

    async fn run(self, cx: Context) -> Result<Vm, Failure> {
        cx.vms()
            .create(NewVm {
                environment: self.environment,
                vcpu_count: self.vcpu_count,
                mem_mib: self.mem_mib,
                ttl_seconds: self.ttl_seconds,
                allow_host_compat: self.allow_host_compat,
                network: self.network,
            })
            .await
    }
}
