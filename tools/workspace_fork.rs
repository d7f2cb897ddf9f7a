//! Makes copies of a workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Human, Profiles, Tool},
    workspace::{Forks, WorkspaceRef},
};

/// Copy a workspace: a running one with its memory and processes, a stopped one by its disk.
///
/// Labels, snapshots, secrets, network policy and services go along; history, shells and commands' results do not.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Copies to make.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = limits::FORKS_MAX))]
    pub count: u32,
    /// Their name; several are numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub name: Option<String>,
}

fn one() -> u32 {
    1
}

impl Tool for Input {
    const TITLE: &'static str = "Fork a workspace";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$disk"}"#;

    type Output = Forks;

    fn deadline(&self) -> Duration {
        limits::FORK_DEADLINE + limits::BUILD_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Forks, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        cx.workspaces().fork(&id, self.count, self.name.as_deref(), cx.scope.progress.as_ref()).await
    }

    fn human(output: &Forks) -> Option<Human> {
        let ids: String = output.workspaces.iter().map(|copy| format!("{}\n", copy.workspace_id)).collect();
        let paused = output.paused_ms.map_or(String::new(), |ms| format!(" (it stood still for {ms} ms)"));
        let stderr = format!("forked {}{paused}; kept: {}\n", output.source.workspace_id, output.kept.join(", "));
        Some(Human { stdout: ids, stderr, exit: 0 })
    }
}
