//! Narrows what a workspace may reach; for people and their programs, not for models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    egress::Access,
    failure::Failure,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Network, Verdict, WorkspaceRef},
};

/// Refuse a workspace hosts that it could reach.
///
/// Takes the entry back where it was allowed, and wins over wider ones that are. Connections under way end.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// example.com, *.example.com, host:443, 192.0.2.0/24, or * for all that is public.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Change the policy itself as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_policy: Option<Access>,
}

impl Tool for Input {
    const TITLE: &'static str = "Deny hosts";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::None;
    const CLI: Cli = Cli { positionals: &["workspace_id", "hosts"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace", "hosts": ["example.com"]}"#;
    const IDEMPOTENT: bool = true;

    type Output = Network;

    async fn run(self, cx: Context) -> Result<Network, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().change_network(&id, Verdict::Deny, &self.hosts, self.network_policy).await
    }
}
