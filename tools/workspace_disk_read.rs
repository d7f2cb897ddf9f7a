//! Reads a file of a disk at rest.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::SnapshotName,
    limits,
    registry::{Cli, Context, Effect, Human, Only, Profiles, Tool},
    workspace::{DiskPiece, WorkspaceRef},
};

fn piece() -> u32 {
    limits::FILE_READ_DEFAULT
}

/// Read a text file on a stopped workspace's disk or in a snapshot, without starting a VM.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Any file, e.g. /etc/hosts.
    pub path: String,
    /// A snapshot instead of the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub snapshot: Option<SnapshotName>,
    /// First byte; negative: from the end.
    #[serde(default)]
    pub offset: i64,
    /// At most (1-98304).
    #[serde(default = "piece")]
    #[schemars(range(min = 1, max = limits::FILE_READ_MAX))]
    pub max_bytes: u32,
}

impl Tool for Input {
    const TITLE: &'static str = "Read from a disk";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const CLI: Cli = Cli {
        positionals: &["workspace_id", "path"],
        only: Some(Only { flag: "content-only", field: "content" }),
        ..Cli::PLAIN
    };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$disk", "path": "notes.txt"}"#;

    type Output = DiskPiece;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<DiskPiece, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let progress = cx.scope.progress.as_ref();
        cx.workspaces().read_disk(&id, self.snapshot.as_ref(), &self.path, self.offset, self.max_bytes, progress).await
    }

    fn human(output: &DiskPiece) -> Option<Human> {
        let stderr = match output.next_offset {
            _ if output.binary => format!("pyro: {} is binary\n", output.path),
            Some(next) => {
                format!("pyro: {} of {} bytes; go on: --offset {next}\n", output.content.len(), output.size_bytes)
            }
            None => String::new(),
        };
        Some(Human { stdout: output.content.clone(), stderr, exit: u8::from(output.binary) })
    }
}
