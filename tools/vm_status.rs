//! Tells how a machine is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::VmId,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::Vm,
};

/// Show a VM: state, resources, isolation, expiry, and why it ended.
///
/// Looking counts as use: the idle time starts anew.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub vm_id: VmId,
}

impl Tool for Input {
    const TITLE: &'static str = "VM status";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["vm_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"vm_id": "$created"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Vm;

    async fn run(self, cx: Context) -> Result<Vm, Failure> {
        cx.vms().status(&self.vm_id).await
    }
}
