//! Tells how a service is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::ServiceName,
    registry::{Cli, Context, Effect, Names, Profiles, Tool},
    workspace::{Service, WorkspaceRef},
};

/// Show a service: state, exit code, why it ended.
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
    const TITLE: &'static str = "Service status";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("status_service") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "service_name"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$service", "service_name": "web"}"#;

    type Output = Service;

    async fn run(self, cx: Context) -> Result<Service, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().service(&id, &self.service_name).await
    }
}
