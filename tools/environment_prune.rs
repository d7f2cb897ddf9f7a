//! Deletes what the cache of environments no longer needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    environment::Pruned,
    failure::Failure,
    registry::{Context, Effect, Human, Names, Profiles, Tool},
};

/// Delete superseded images, kernels and templates that no VM or workspace uses, and free templates from memory.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Also delete current environments that nothing uses, and all templates; their next use builds them again.
    #[serde(default)]
    pub all: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub count: u32,
    pub freed_bytes: u64,
    pub deleted: Vec<Pruned>,
    /// Processes ended that held a template in memory; the next machine starts one again.
    pub keepers_ended: u32,
}

impl Tool for Input {
    const TITLE: &'static str = "Prune environments";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::None;
    const NAMES: Names = Names { cli: Some("env prune"), sdk: Some("prune_environments") };
    const EXAMPLE: &'static str = "{}";
    const IDEMPOTENT: bool = true;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let in_use = cx.vms().images_in_use()?;
        let mut deleted = cx.environments().prune(&in_use, self.all).await?;
        // Last: which images are current is known by then.
        let templates = cx.templates().prune(cx.environments(), in_use, self.all).await?;
        deleted.extend(templates.deleted);
        let freed_bytes = deleted.iter().map(|pruned| pruned.freed_bytes).sum();
        Ok(Output { count: deleted.len() as u32, freed_bytes, deleted, keepers_ended: templates.keepers_ended })
    }

    fn human(output: &Output) -> Option<Human> {
        let plural = if output.count == 1 { "y" } else { "ies" };
        let freed_mib = output.freed_bytes >> 20;
        let mut stdout = format!("Deleted {} cached entr{plural}, {freed_mib} MiB.\n", output.count);
        output.deleted.iter().for_each(|pruned| stdout += &format!("- {} {}\n", pruned.kind, pruned.name));
        if output.keepers_ended > 0 {
            stdout += &format!("Templates freed from memory: {}.\n", output.keepers_ended);
        }
        Some(Human { stdout, ..Human::default() })
    }
}
