//! Ends a service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::ServiceName,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::{Service, WorkspaceRef},
};

/// Stop a service and all it started: TERM, KILL after 5 s.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Its name.
    #[schemars(with = "String")]
    pub service_name: ServiceName,
}

impl Tool for Input {
    const TITLE: &'static str = "Stop a service";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("stop_service") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "service_name"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$service", "service_name": "web"}"#;
    const IDEMPOTENT: bool = true;

    type Output = Service;

    async fn run(self, cx: Context) -> Result<Service, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().stop_service(&id, &self.service_name).await
    }
}
