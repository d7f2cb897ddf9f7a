//! Removes a machine and its disk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::VmId,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::Cleanup,
};

/// Delete a VM and its disk, in any state.
///
/// What it held is gone for good.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub vm_id: VmId,
}

impl Tool for Input {
    const TITLE: &'static str = "Delete a VM";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["vm_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"vm_id": "$created"}"#;

    type Output = Cleanup;

    async fn run(self, cx: Context) -> Result<Cleanup, Failure> {
        cx.vms().delete(&self.vm_id).await?;
        Ok(Cleanup { vm_id: self.vm_id, deleted: true, reason: "explicit_delete".into() })
    }
}
