//! Ends a machine and keeps its disk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::VmId,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::Vm,
};

/// Stop a VM; its disk is kept until it expires.
///
/// A VM that does not run is left as it is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub vm_id: VmId,
}

impl Tool for Input {
    const TITLE: &'static str = "Stop a VM";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["vm_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"vm_id": "$started"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Vm;

    async fn run(self, cx: Context) -> Result<Vm, Failure> {
        cx.vms().stop(&self.vm_id).await
    }
}
