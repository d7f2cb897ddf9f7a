//! Tells what network a machine has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::VmId,
    registry::{Cli, Context, Effect, Profiles, Tool},
    vm::ExecutionMode,
    workspace::{HOST_NETWORK, NO_NETWORK, PROXY, PROXY_NETWORK},
};

/// Show a VM's network.
///
/// VMs have no network card. With network they reach public hosts through a proxy; without isolation the host's own is there.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub vm_id: VmId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub vm_id: VmId,
    pub network_enabled: bool,
    pub outbound_connectivity_expected: bool,
    /// Where its programs ask for connections: their proxy variables name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Why there is one or none.
    pub reason: String,
}

impl Tool for Input {
    const TITLE: &'static str = "VM network";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: crate::registry::Names = crate::registry::Names { cli: None, sdk: Some("network_info_vm") };
    const CLI: Cli = Cli { positionals: &["vm_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"vm_id": "$created"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let vm = cx.vms().status(&self.vm_id).await?;
        let on_the_host = vm.execution_mode == Some(ExecutionMode::HostCompat);
        let reason = match vm.network_enabled {
            _ if on_the_host => HOST_NETWORK,
            true => PROXY_NETWORK,
            false => NO_NETWORK,
        };
        Ok(Output {
            vm_id: vm.vm_id,
            network_enabled: vm.network_enabled,
            outbound_connectivity_expected: vm.network_enabled,
            proxy: (vm.network_enabled && !on_the_host).then(|| PROXY.to_owned()),
            reason: reason.into(),
        })
    }
}
