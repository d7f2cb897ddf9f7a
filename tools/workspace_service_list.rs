//! Lists a workspace's services.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::WorkspaceId,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{Service, WorkspaceRef},
};

/// List a workspace's services, ended ones included.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
}

/// The services of a workspace.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub workspace_id: WorkspaceId,
    pub count: u64,
    /// Those that are not over.
    pub running_count: u64,
    /// By name.
    pub services: Vec<Service>,
}

impl Tool for Input {
    const TITLE: &'static str = "List services";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("list_services") };
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$service"}"#;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let workspace_id = cx.workspaces().find(&self.workspace_id)?;
        let services = cx.workspaces().services(&workspace_id).await?;
        let running_count = services.iter().filter(|service| !service.state.is_over()).count() as u64;
        Ok(Output { workspace_id, count: services.len() as u64, running_count, services })
    }

    fn human(output: &Output) -> Option<Human> {
        let lines: String = output.services.iter().map(Service::line).collect();
        let stdout = if lines.is_empty() { "No services.\n".to_owned() } else { lines };
        Some(Human { stdout, ..Human::default() })
    }
}
