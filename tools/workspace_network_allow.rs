//! Widens what a workspace may reach; for people and their programs, not for models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    egress::Access,
    failure::Failure,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Network, Verdict, WorkspaceRef},
};

/// Permit a workspace to reach hosts.
///
/// Replaces a refusal said before. Where the workspace had no network, it has egress to these hosts alone from then on.
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
    const TITLE: &'static str = "Allow hosts";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::None;
    const CLI: Cli = Cli { positionals: &["workspace_id", "hosts"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace", "hosts": ["example.com"]}"#;
    const IDEMPOTENT: bool = true;

    type Output = Network;

    async fn run(self, cx: Context) -> Result<Network, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().change_network(&id, Verdict::Allow, &self.hosts, self.network_policy).await
    }
}
