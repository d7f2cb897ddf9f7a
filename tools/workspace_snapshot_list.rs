//! Tells which snapshots a workspace has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::WorkspaceId,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{DamagedSnapshot, Snapshot, WorkspaceRef},
};

/// List a workspace's snapshots with what they cost.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
}

/// The baseline, then the others, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub workspace_id: WorkspaceId,
    pub count: u64,
    pub snapshots: Vec<Snapshot>,
    /// Those whose records cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<DamagedSnapshot>,
}

impl Tool for Input {
    const TITLE: &'static str = "List snapshots";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("list_snapshots") };
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$files"}"#;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let (snapshots, damaged) = cx.workspaces().snapshots(&id)?;
        Ok(Output { workspace_id: id, count: snapshots.len() as u64, snapshots, damaged })
    }

    fn human(output: &Output) -> Option<Human> {
        let stdout = output.snapshots.iter().map(|snapshot| format!("{snapshot}\n")).collect();
        let stderr = output.damaged.iter().map(|one| format!("pyro: {}\n", one.problem)).collect();
        Some(Human { stdout, stderr, exit: 0 })
    }
}
