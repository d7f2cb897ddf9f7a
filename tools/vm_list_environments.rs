//! Lists what a VM can boot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    environment::Listed,
    failure::Failure,
    registry::{Context, Effect, Human, Names, Profiles, Tool},
};

/// List the environments a VM can boot.
///
/// One that is not installed yet is built by its first use, in a minute or two.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub count: u32,
    pub environments: Vec<Listed>,
}

impl Tool for Input {
    const TITLE: &'static str = "List environments";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: Some("env list"), sdk: Some("list_environments") };
    const EXAMPLE: &'static str = "{}";
    const IDEMPOTENT: bool = true;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let environments = cx.environments().list()?;
        Ok(Output { count: environments.len() as u32, environments })
    }

    fn human(output: &Output) -> Option<Human> {
        let line = |listed: &Listed| {
            let state = if listed.installed { "installed" } else { "not installed" };
            format!("{:<16} {:<14} {}\n", listed.name, state, listed.description)
        };
        Some(Human { stdout: output.environments.iter().map(line).collect(), ..Human::default() })
    }
}
