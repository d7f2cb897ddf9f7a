//! Deletes machines whose time is over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::VmId,
    registry::{Context, Effect, Names, Profiles, Tool},
};

/// Delete VMs whose idle time is over.
///
/// Running VMs end by themselves when they have been idle too long.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub count: u32,
    pub deleted_vm_ids: Vec<VmId>,
}

impl Tool for Input {
    const TITLE: &'static str = "Reap expired VMs";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("reap_expired") };
    const EXAMPLE: &'static str = "{}";
    const IDEMPOTENT: bool = true;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let deleted_vm_ids = cx.vms().reap_expired().await?;
        Ok(Output { count: deleted_vm_ids.len() as u32, deleted_vm_ids })
    }
}
