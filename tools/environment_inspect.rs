//! Tells everything about one environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    environment::Inspected,
    failure::Failure,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::Template,
};

/// Show one environment: versions, packages, size, whether its files are intact, and its templates.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Name, as `pyro env list` shows it.
    pub environment: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    #[serde(flatten)]
    pub environment: Inspected,
    /// Saved machines that others of this environment go on from; the first of a size makes its template.
    pub templates: Vec<Template>,
}

impl Tool for Input {
    const TITLE: &'static str = "Inspect environment";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::None;
    const NAMES: Names = Names { cli: Some("env inspect"), sdk: Some("inspect_environment") };
    const CLI: Cli = Cli { positionals: &["environment"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let environment = cx.environments().inspect(&self.environment).await?;
        let templates = match &environment.digest {
            Some(digest) => cx.templates().of(digest).await?,
            None => Vec::new(),
        };
        Ok(Output { environment, templates })
    }
}
