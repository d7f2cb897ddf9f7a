//! Lists files of a workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{FileList, Listing, WORKSPACE_PATH, WorkspaceRef},
};

fn workspace() -> String {
    WORKSPACE_PATH.into()
}

fn one() -> u32 {
    1
}

fn page() -> u32 {
    limits::FILE_LIST_DEFAULT
}

/// List files of a workspace with type, size, mode and link target.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Directory or file.
    #[serde(default = "workspace")]
    pub path: String,
    /// All levels below.
    #[serde(default)]
    pub recursive: bool,
    /// Levels if not recursive (1-100).
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub depth: u32,
    /// E.g. *.py or src/**/test_*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glob: Option<String>,
    /// Entries per page (1-1000).
    #[serde(default = "page")]
    #[schemars(range(min = 1, max = limits::FILE_LIST_MAX))]
    pub limit: u32,
    /// next_cursor of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Tool for Input {
    const TITLE: &'static str = "List files";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Core;
    const NAMES: Names = Names { cli: None, sdk: Some("list_workspace_files") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "path"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$files", "recursive": true}"#;

    type Output = FileList;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<FileList, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let listing = Listing {
            path: self.path,
            depth: (!self.recursive).then_some(self.depth),
            glob: self.glob,
            limit: self.limit as usize,
            cursor: self.cursor,
        };
        cx.workspaces().list_files(&id, &listing, cx.scope.progress.as_ref()).await
    }

    fn human(output: &FileList) -> Option<Human> {
        let mut stdout: String = output.entries.iter().map(|entry| format!("{entry}\n")).collect();
        if output.entries.is_empty() {
            stdout.push_str("No entries.\n");
        }
        let more = output.next_cursor.as_ref();
        let stderr = more.map(|cursor| format!("pyro: there are more: --cursor {cursor}\n")).unwrap_or_default();
        Some(Human { stdout, stderr, exit: 0 })
    }
}
