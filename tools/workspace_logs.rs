//! Looks at a workspace's commands and all of their output that is kept.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::WorkspaceId,
    limits,
    registry::{Cli, Context, Effect, Human, Profiles, Tool},
    workspace::{At, LogEntry, LogPage, Look, Which, WorkspaceRef, page_default, pattern},
};

/// List a workspace's commands; with sequence, wait for one, page or search its output.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// One command; without it, all, newest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::SEQUENCE_MAX))]
    pub sequence: Option<u64>,
    /// Wait for its end first (0-3600).
    #[serde(default)]
    #[schemars(range(max = limits::WAIT_SECONDS_MAX))]
    pub wait_seconds: u32,
    /// For offset, line and grep.
    #[serde(default)]
    pub stream: Which,
    /// First byte; negative: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// First line, from 1; negative: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// Only lines matching this regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub grep: Option<String>,
    /// Commands (1-200) or lines (1-10000).
    #[serde(default = "page_default")]
    #[schemars(range(min = 1, max = 10_000))]
    pub limit: u32,
    /// next_before of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::SEQUENCE_MAX))]
    pub before: Option<u64>,
    /// Bytes per page or stream (0-98304).
    #[serde(default = "limits::output_bytes_default")]
    #[schemars(range(max = limits::OUTPUT_BYTES_MAX))]
    pub output_bytes: u32,
    /// Keep control sequences.
    #[serde(default)]
    pub ansi: bool,
}

/// Commands of a workspace.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub workspace_id: WorkspaceId,
    /// Commands ever started, listed or not.
    pub count: u64,
    pub entries: Vec<LogEntry>,
    /// `before` of the next page of commands; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<u64>,
    /// Where offset, line or grep was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<LogPage>,
}

impl Input {
    fn at(&self) -> Result<Option<At>, Failure> {
        let stream = self.stream.into();
        let lines = self.limit as usize;
        Ok(Some(match (&self.grep, self.offset, self.line) {
            (Some(_), _, Some(_)) | (None, Some(_), Some(_)) => {
                return Err(Failure::invalid("line excludes offset and grep").hint("give one of them"));
            }
            (Some(grep), offset, None) => {
                At::Grep { stream, offset: offset.unwrap_or(0), pattern: pattern(grep)?, max_lines: lines }
            }
            (None, Some(offset), None) => At::Offset { stream, offset, max_lines: None },
            (None, None, Some(line)) => At::Line { stream, line, max_lines: Some(lines) },
            (None, None, None) => return Ok(None),
        }))
    }
}

impl Tool for Input {
    const TITLE: &'static str = "Command history";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["workspace_id"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$ran", "sequence": 1}"#;

    type Output = Output;

    fn deadline(&self) -> Duration {
        limits::CALL_DEADLINE + Duration::from_secs(self.wait_seconds.into())
    }

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        let workspace_id = cx.workspaces().find(&self.workspace_id)?;
        let page = self.at()?;
        let Some(sequence) = self.sequence else {
            if page.is_some() || self.wait_seconds > 0 {
                return Err(Failure::invalid("sequence is missing: whose output?")
                    .hint("workspace_logs without arguments but workspace_id lists the sequences"));
            }
            let limit = self.limit.min(limits::LIST_MAX) as usize;
            let (count, entries, next_before) = cx.workspaces().history(&workspace_id, self.before, limit).await?;
            return Ok(Output { workspace_id, count, entries, next_before, page: None });
        };
        let wait = Duration::from_secs(self.wait_seconds.into());
        let wait = cx.scope.patience.map_or(wait, |patience| wait.min(patience));
        let look = Look { sequence, wait, page, max_bytes: self.output_bytes as usize, ansi: self.ansi };
        let (entry, page) = cx.workspaces().look(&workspace_id, &look).await?;
        Ok(Output { workspace_id, count: 1, entries: vec![entry], next_before: None, page })
    }

    fn human(output: &Output) -> Option<Human> {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        if let Some(page) = &output.page {
            stdout.push_str(&page.text);
            page.matches.iter().for_each(|one| stdout.push_str(&format!("{}:{}\n", one.offset, one.text)));
            if let Some(next) = page.next_offset {
                stderr.push_str(&format!("pyro: there is more: --offset {next}\n"));
            }
            return Some(Human { stdout, stderr, exit: 0 });
        }
        for entry in output.entries.iter().rev() {
            let ended = entry.exit_code.map_or("running".to_owned(), |code| format!("exit_code={code}"));
            let took = entry.duration_ms.map(|ms| format!(" duration_ms={ms}")).unwrap_or_default();
            stdout.push_str(&format!("#{} {ended}{took} cwd={}\n$ {}\n", entry.sequence, entry.cwd, entry.command));
            stdout.push_str(entry.stdout.as_deref().unwrap_or(""));
            stderr.push_str(entry.stderr.as_deref().unwrap_or(""));
        }
        if output.entries.is_empty() {
            stdout.push_str("No commands.\n");
        }
        Some(Human { stdout, stderr, exit: 0 })
    }
}
