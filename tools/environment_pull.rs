//! Installs an environment, or brings it up to date.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    environment::Inspected,
    failure::{Code, Failure},
    limits,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
};

/// Install an environment now, or bring it up to date with Debian's mirror.
///
/// Existing disks keep the image they were made over. The template that new machines go on from is made as well.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Name, as `pyro env list` shows it.
    pub environment: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Whether a new image was built.
    pub changed: bool,
    pub environment: Inspected,
    /// Whether there is a template for machines of the default size.
    pub template: bool,
    /// Why there is none although there should be; machines boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_trouble: Option<String>,
}

impl Tool for Input {
    const TITLE: &'static str = "Install environment";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::None;
    const NAMES: Names = Names { cli: Some("env pull"), sdk: Some("pull_environment") };
    const CLI: Cli = Cli { positionals: &["environment"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12"}"#;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = true;

    type Output = Output;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let progress = cx.scope.progress.as_ref();
        let canceled = |what: &str| Failure::new(Code::Canceled, what);
        let (_, changed) = tokio::select! {
            pulled = cx.environments().pull(&self.environment, progress) => pulled?,
            () = cx.canceled() => return Err(canceled("the build was called off; nothing of it is left")),
        };
        let made = tokio::select! {
            made = cx.templates().make(&self.environment, progress) => made,
            () = cx.canceled() => return Err(canceled("called off while the template was made; the environment is there")),
        };
        let (template, template_trouble) = match made {
            Ok(made) => (made, None),
            Err(failure) => (false, Some(failure.message)),
        };
        let environment = cx.environments().inspect(&self.environment).await?;
        Ok(Output { changed, environment, template, template_trouble })
    }
}
