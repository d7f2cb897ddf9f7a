//! Finds workspaces again.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{Damaged, Filter, Listed, State, bytes_shown, page_default},
};

/// List workspaces, the last active first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Only this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Only with all of these.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Only in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Entries per page (1-200).
    #[serde(default = "page_default")]
    #[schemars(range(min = 1, max = limits::LIST_MAX))]
    pub limit: u32,
    /// next_cursor of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of workspaces.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// On this page.
    pub count: u64,
    pub workspaces: Vec<Listed>,
    /// For the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Those whose records cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<Damaged>,
}

impl Tool for Input {
    const TITLE: &'static str = "List workspaces";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Core;
    const NAMES: Names = Names { cli: None, sdk: Some("list_workspaces") };
    const CLI: Cli = Cli::PLAIN;
    const EXAMPLE: &'static str = r#"{"labels": {"repo": "app"}}"#;

    type Output = Output;

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let filter = Filter { name: self.name, labels: self.labels, state: self.state };
        let page = cx.workspaces().list(filter, self.cursor, self.limit as usize).await?;
        Ok(Output {
            count: page.workspaces.len() as u64,
            workspaces: page.workspaces,
            next_cursor: page.next_cursor,
            damaged: page.damaged,
        })
    }

    fn human(output: &Output) -> Option<Human> {
        let mut stdout = String::new();
        for one in &output.workspaces {
            let name = one.name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
            let labels: Vec<String> = one.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let labels = if labels.is_empty() { String::new() } else { format!(" [{}]", labels.join(", ")) };
            let state = match one.state {
                State::Created => "created",
                State::Started => "started",
                State::Stopped => "stopped",
            };
            let services = match one.service_count {
                0 => String::new(),
                count => format!(", {} of {count} services running", one.running_service_count),
            };
            let snapshots = match one.snapshot_count {
                0 => String::new(),
                count => format!(", snapshots: {count}"),
            };
            stdout.push_str(&format!(
                "{}{name} {state} {}{labels} last active {}, {} commands{services}, {} on disk{snapshots}\n",
                one.workspace_id,
                one.environment,
                one.last_activity_at,
                one.command_count,
                bytes_shown(one.used_bytes)
            ));
        }
        if output.workspaces.is_empty() {
            stdout.push_str("No workspaces.\n");
        }
        let mut stderr: String = output.damaged.iter().map(|one| format!("pyro: {}\n", one.problem)).collect();
        if let Some(cursor) = &output.next_cursor {
            stderr.push_str(&format!("pyro: there are more: --cursor {cursor}\n"));
        }
        Some(Human { stdout, stderr, exit: 0 })
    }
}
