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
/// Existing disks keep the image they were made over.
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
        let pulled = tokio::select! {
            pulled = cx.environments().pull(&self.environment, cx.scope.progress.as_ref()) => pulled?,
            () = cx.canceled() => return Err(Failure::new(Code::Canceled, "the build was called off; nothing of it is left")),
        };
        Ok(Output { changed: pulled.1, environment: cx.environments().inspect(&self.environment).await? })
    }
}
