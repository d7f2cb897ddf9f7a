//! Changes what a workspace is called.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    registry::{Cli, Context, Effect, Profiles, Tool},
    workspace::{Renaming, Workspace, WorkspaceRef},
};

/// Change a workspace's name or labels.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Take the name away.
    #[serde(default)]
    pub clear_name: bool,
    /// Set these; others stay.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remove these keys.
    #[serde(default)]
    pub clear_labels: Vec<String>,
}

impl Tool for Input {
    const TITLE: &'static str = "Rename a workspace";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace", "labels": {"owner": "alice"}}"#;
    const IDEMPOTENT: bool = true;

    type Output = Workspace;

    async fn run(self, cx: Context) -> Result<Workspace, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let renaming = Renaming {
            name: self.name,
            clear_name: self.clear_name,
            labels: self.labels,
            clear_labels: self.clear_labels,
        };
        if renaming == Renaming::default() {
            return Err(
                Failure::invalid("nothing to change was given").hint("give name, clear_name, labels or clear_labels")
            );
        }
        cx.workspaces().update(&id, renaming).await
    }
}
