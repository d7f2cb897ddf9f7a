//! Tells everything about one environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    environment::Inspected,
    failure::Failure,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
};

/// Show one environment: versions, packages, size, and whether its files are intact.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Name, as `pyro env list` shows it.
    pub environment: String,
}

impl Tool for Input {
    const TITLE: &'static str = "Inspect environment";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::None;
    const NAMES: Names = Names { cli: Some("env inspect"), sdk: Some("inspect_environment") };
    const CLI: Cli = Cli { positionals: &["environment"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Inspected;

    async fn run(self, cx: Context) -> Result<Inspected, Failure> {
        cx.environments().inspect(&self.environment).await
    }
}
