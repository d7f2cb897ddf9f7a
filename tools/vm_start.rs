//! Boots a machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::VmId,
    limits,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::Vm,
};

/// Start a created or stopped VM and wait until it answers.
///
/// A missing environment is built first, which takes minutes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub vm_id: VmId,
}

impl Tool for Input {
    const TITLE: &'static str = "Start a VM";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["vm_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"vm_id": "$created"}"#;

    type Output = Vm;

    fn deadline(&self) -> std::time::Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Vm, Failure> {
        Ok(cx.vms().start(&self.vm_id, false, cx.scope.progress.as_ref()).await?.vm)
    }
}
