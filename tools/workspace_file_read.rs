//! Reads a file of a workspace, whole or in pieces.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    limits,
    registry::{Attachment, Cli, Context, Effect, Human, Names, Only, Profiles, Tool},
    workspace::{FilePiece, From, WorkspaceRef},
};

fn piece() -> u32 {
    limits::FILE_READ_DEFAULT
}

/// Read a file of a workspace: text whole or by bytes or lines, PNG and JPEG as images.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// File in /workspace.
    pub path: String,
    /// First byte; negative: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// First line, from 1; negative: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// How many, with line (1-1000000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub lines: Option<u32>,
    /// At most (1-98304).
    #[serde(default = "piece")]
    #[schemars(range(min = 1, max = limits::FILE_READ_MAX))]
    pub max_bytes: u32,
}

impl Tool for Input {
    const TITLE: &'static str = "Read a file";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Core;
    const NAMES: Names = Names { cli: None, sdk: Some("read_workspace_file") };
    const CLI: Cli = Cli {
        positionals: &["workspace_id", "path"],
        only: Some(Only { flag: "content-only", field: "content" }),
        ..Cli::PLAIN
    };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$files", "path": "notes.txt"}"#;

    type Output = FilePiece;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<FilePiece, Failure> {
        let from = match (self.offset, self.line) {
            (Some(_), Some(_)) => {
                return Err(Failure::invalid("offset and line exclude each other").hint("give one of them"));
            }
            (offset, None) if self.lines.is_none() => From::Offset(offset.unwrap_or(0)),
            (Some(_), None) => return Err(Failure::invalid("lines goes with line, not with offset")),
            (None, line) => From::Line(line.unwrap_or(1), self.lines.map(u64::from)),
        };
        let id = cx.workspaces().find(&self.workspace_id)?;
        let progress = cx.scope.progress.as_ref();
        let piece = cx.workspaces().read_file(&id, &self.path, from, self.max_bytes, progress).await?;
        if piece.media_type.is_some()
            && cx.shows_attachments()
            && let Some((media_type, bytes)) = cx.workspaces().read_image(&id, &self.path).await?
        {
            cx.attach(Attachment::Image { media_type, bytes });
        }
        Ok(piece)
    }

    fn human(output: &FilePiece) -> Option<Human> {
        let stderr = match output.next_offset {
            _ if output.binary => format!("pyro: {} is binary; export it\n", output.path),
            Some(next) => {
                format!("pyro: {} of {} bytes; go on: --offset {next}\n", output.content.len(), output.size_bytes)
            }
            None => String::new(),
        };
        Some(Human { stdout: output.content.clone(), stderr, exit: u8::from(output.binary) })
    }
}
