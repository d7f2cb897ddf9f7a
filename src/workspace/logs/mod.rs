//! The history of a workspace: which commands ran, how they ended, and all of their output that is kept.

pub(super) mod page;
mod search;
pub(super) mod tail;

use std::{path::PathBuf, time::Duration};

use pyro_protocol::{exec::ExitReason, frame::Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use page::{At, Page};
pub use search::{Match, pattern};

use super::{
    command::CommandState,
    exec,
    network::EgressDenied,
    outcome::{Noticed, Reason},
    workspaces::Workspaces,
};
use crate::{
    failure::Failure,
    host::clock::rfc3339,
    ids::WorkspaceId,
    supervisor::{
        Client,
        history::{self, CommandRecord, CommandStatus},
    },
};

/// Which of a command's outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    #[default]
    Stdout,
    Stderr,
}

impl From<Which> for Stream {
    fn from(which: Which) -> Self {
        if which == Which::Stdout { Self::Stdout } else { Self::Stderr }
    }
}

/// One command of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Entry {
    pub sequence: u64,
    pub state: CommandState,
    /// Cut at 1,000 characters.
    pub command: String,
    pub cwd: String,
    pub started_at: String,
    /// Absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Noticed>,
    /// Connections that were refused to it, where it alone was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<EgressDenied>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
    /// Output that is not kept any more, or never was.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost_bytes: u64,
    /// While it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pgid: Option<u32>,
    /// Beginning and end within the cap, where one command was asked for without a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// Some output was left out of `stdout` or `stderr`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How to look at one command.
#[derive(Clone, Debug)]
pub struct Look {
    pub sequence: u64,
    /// Waited for its end first.
    pub wait: Duration,
    /// A page, instead of both streams' beginning and end.
    pub page: Option<At>,
    pub max_bytes: usize,
    pub ansi: bool,
}

impl Workspaces {
    /// Up to `limit` commands, the newest first, only those before `before` where it is given; and how many there are.
    pub async fn history(
        &self,
        id: &WorkspaceId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<(u64, Vec<Entry>, Option<u64>), Failure> {
        self.store.load(id)?;
        let folder = self.folder(id);
        let sequences = history::sequences(&folder);
        let count = sequences.last().copied().unwrap_or(0);
        let mut wanted = sequences.into_iter().rev().filter(|sequence| before.is_none_or(|before| *sequence < before));
        let client = self.store.dir(id).client().await;
        let (mut entries, mut last) = (Vec::new(), None);
        for sequence in wanted.by_ref().take(limit) {
            // One that cannot be read must not hide the others.
            if let Ok(found) = self.command(id, sequence, client.as_ref(), Duration::ZERO).await {
                entries.push(Entry { egress_denied: vec![], ..found.entry() });
            }
            last = Some(sequence);
        }
        Ok((count, entries, wanted.next().and(last)))
    }

    /// One command, with its output as asked.
    pub async fn look(&self, id: &WorkspaceId, look: &Look) -> Result<(Entry, Option<Page>), Failure> {
        self.store.load(id)?;
        let client = self.store.dir(id).client().await;
        let found = self.command(id, look.sequence, client.as_ref(), look.wait).await?;
        let mut entry = found.entry();
        let Some(at) = &look.page else {
            let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| found.head_tail(stream, look));
            let (stdout, stderr) = (stdout?, stderr?);
            entry.truncated = stdout.truncated || stderr.truncated;
            (entry.stdout, entry.stderr) = (Some(stdout.text), Some(stderr.text));
            return Ok((entry, None));
        };
        let stored = history::stored(&found.folder, look.sequence, at.stream(), found.written(at.stream()));
        let page = page::read(&stored, at, look.max_bytes, look.ansi)?;
        Ok((entry, Some(page)))
    }

    fn folder(&self, id: &WorkspaceId) -> PathBuf {
        self.store.dir(id).path().join(history::FOLDER)
    }

    /// Finds a command and, where it runs, how far it is.
    async fn command(
        &self,
        id: &WorkspaceId,
        sequence: u64,
        client: Option<&Client>,
        wait: Duration,
    ) -> Result<Found, Failure> {
        let folder = self.folder(id);
        let record = || {
            let read = history::read(&folder, sequence).map_err(|error| {
                Failure::conflict(format!("the record of command {sequence} of {id} cannot be read: {error}"))
            })?;
            read.ok_or_else(|| {
                Failure::missing(format!("{id} has no command {sequence}"))
                    .hint("workspace_logs without sequence lists them")
            })
        };
        let mut found = record()?;
        let mut status = CommandStatus::default();
        if found.ended.is_none()
            && let Some(client) = client
        {
            // A supervisor that is just ending has written the end down by the time it is gone.
            status = client.wait(sequence, wait).await.unwrap_or_default();
            if !status.running {
                found = record()?;
            }
        }
        Ok(Found { folder, record: found, status })
    }
}

/// A command's record, and how far it is where it runs.
struct Found {
    folder: PathBuf,
    record: CommandRecord,
    status: CommandStatus,
}

impl Found {
    fn written(&self, stream: Stream) -> u64 {
        let of = |stdout, stderr| if stream == Stream::Stdout { stdout } else { stderr };
        match &self.record.ended {
            Some(ended) => of(ended.stdout_bytes, ended.stderr_bytes),
            None if self.status.running => of(self.status.stdout_bytes, self.status.stderr_bytes),
            // Nobody wrote down how much it was in the end: what lies there.
            None => {
                let path = history::stream_path(&self.folder, self.record.sequence, stream);
                std::fs::metadata(path).map_or(0, |meta| meta.len())
            }
        }
    }

    fn entry(&self) -> Entry {
        let record = &self.record;
        let running = record.ended.is_none() && self.status.running;
        let [stdout_bytes, stderr_bytes] = [Stream::Stdout, Stream::Stderr].map(|stream| self.written(stream));
        let gone = |stream, written| {
            let stored = history::stored(&self.folder, record.sequence, stream, written);
            let gap = stored.gap();
            gap.end - gap.start
        };
        let lost = gone(Stream::Stdout, stdout_bytes).saturating_add(gone(Stream::Stderr, stderr_bytes));
        let mut entry = Entry {
            sequence: record.sequence,
            state: if running { CommandState::Running } else { CommandState::Ended },
            command: exec::shown(&record.command),
            cwd: record.cwd.clone(),
            started_at: rfc3339(record.started_at_ms / 1000),
            exit_code: None,
            exit_reason: None,
            detail: None,
            conditions: vec![],
            egress_denied: vec![],
            duration_ms: None,
            stdout_bytes,
            stderr_bytes,
            lost_bytes: record.lost_bytes.saturating_add(lost),
            pgid: running.then_some(self.status.pgid),
            stdout: None,
            stderr: None,
            truncated: false,
        };
        let killed = || {
            let detail = "its supervisor was killed while it ran".to_owned();
            exec::vm_died(detail, stdout_bytes, stderr_bytes)
        };
        if !running {
            let ended = record.ended.clone().unwrap_or_else(killed);
            entry.exit_code = Some(ended.exit_code);
            entry.duration_ms =
                (ended.reason != ExitReason::VmDied || ended.duration_ms > 0).then_some(ended.duration_ms);
            entry.exit_reason = Some(ended.reason.into());
            entry.detail = ended.detail;
            entry.conditions = ended.conditions.into_iter().map(Noticed::from).collect();
            entry.egress_denied = EgressDenied::all(ended.egress_denied);
        } else if !self.status.egress_denied.is_empty() {
            entry.conditions = vec![Noticed::EgressDenied];
            entry.egress_denied = EgressDenied::all(self.status.egress_denied.clone());
        }
        entry
    }

    fn head_tail(&self, stream: Stream, look: &Look) -> Result<super::output::Captured, Failure> {
        let stored = history::stored(&self.folder, self.record.sequence, stream, self.written(stream));
        tail::head_tail(&stored, look.max_bytes, look.ansi)
    }
}
