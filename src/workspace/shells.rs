//! Shells of a workspace, as callers see them.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use pyro_protocol::exec::TerminalSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    exec::shown,
    network::EgressDenied,
    output::{char_end, json_bytes},
    workspaces::{Workspaces, activity},
};
use crate::{
    failure::{Code, Failure},
    host::clock::rfc3339,
    ids::{ShellId, WorkspaceId},
    limits,
    progress::ProgressSink,
    supervisor::{
        Client,
        shells::wire::{Content, OpenShell, ReadShell, ShellFacts, ShellPage, WriteShell},
    },
    terminal::Screen,
    vm::ExecutionMode,
};

/// Whether a shell still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShellState {
    Running,
    Stopped,
}

/// A shell of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Shell {
    pub workspace_id: WorkspaceId,
    pub shell_id: ShellId,
    pub state: ShellState,
    /// Where it began.
    pub cwd: String,
    /// Characters.
    pub cols: u16,
    pub rows: u16,
    pub started_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Its own, or 128 + signal; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// What is known of the cause where it did not just exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// What a shell wrote, from a place on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShellOutput {
    #[serde(flatten)]
    pub shell: Shell,
    /// Where this begins, in the bytes the shell wrote.
    pub cursor: u64,
    /// `cursor` of the next read.
    pub next_cursor: u64,
    /// Raw bytes as UTF-8, invalid ones replaced; plain: the lines that are new or changed.
    pub output: String,
    /// Exactly the bytes, where `output` cannot hold them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_base64: Option<String>,
    /// Plain, where a program uses the whole screen: all of it, as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<String>,
    /// Of the terminal's cursor on that screen, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen_row: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen_column: Option<u16>,
    /// There is more already: read on.
    pub truncated: bool,
    /// Output from the cursor on that is not kept any more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped_bytes: u64,
    pub plain: bool,
    /// Where a wait was asked for: output did pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<bool>,
    /// Connections that were refused to its programs since the cursor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<EgressDenied>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A shell as a caller wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShell {
    /// Absolute, or relative to /workspace.
    pub cwd: String,
    pub size: TerminalSize,
    /// Secrets' names to variables that hold them.
    pub secret_env: BTreeMap<String, String>,
}

/// How a shell is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub cursor: u64,
    pub max: usize,
    pub plain: bool,
    pub idle_ms: Option<u64>,
    pub wait_ms: u64,
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Typed {
    #[serde(flatten)]
    pub shell: Shell,
    /// Characters of `input`.
    pub input_length: u64,
    pub append_newline: bool,
    /// Bytes the terminal took. Fewer than typed: the program in front reads nothing.
    pub written_bytes: u64,
    /// Some of it was not taken.
    pub truncated: bool,
}

/// A signal that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signaled {
    #[serde(flatten)]
    pub shell: Shell,
    pub signal: String,
    /// The process group in the foreground, which got it.
    pub pgid: u32,
}

/// A shell that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Closed {
    #[serde(flatten)]
    pub shell: Shell,
    /// False where something in it does not end in time: close it again.
    pub closed: bool,
}

/// A shell in a workspace's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct OpenedShell {
    pub shell_id: ShellId,
    pub state: ShellState,
    pub cwd: String,
    pub started_at: String,
    /// Bytes it wrote: `cursor` of a read that shows only what comes.
    pub written_bytes: u64,
}

impl OpenedShell {
    pub(super) fn of(facts: ShellFacts) -> Self {
        Self {
            state: state(&facts),
            started_at: rfc3339(facts.started_at_ms / 1000),
            written_bytes: facts.written,
            shell_id: facts.shell_id,
            cwd: shown(&facts.cwd),
        }
    }
}

fn state(facts: &ShellFacts) -> ShellState {
    if facts.ended.is_none() { ShellState::Running } else { ShellState::Stopped }
}

impl Workspaces {
    /// Opens a shell that stays when its caller leaves.
    pub async fn open_shell(
        &self,
        id: &WorkspaceId,
        new: NewShell,
        progress: Option<&ProgressSink>,
    ) -> Result<Shell, Failure> {
        self.check_variables(id, &new.secret_env)?;
        let inhabited = self.inhabit(id, progress).await?;
        let open = OpenShell { cwd: Some(new.cwd), size: new.size, secret_env: new.secret_env };
        let facts = inhabited.client.open_shell(&open).await?;
        activity::mark(&inhabited.dir);
        Ok(Shell { resumed: inhabited.resumed, ..told(id, facts, inhabited.execution_mode()) })
    }

    /// What it wrote from a place on, once it pauses where that is asked for.
    pub async fn read_shell(
        &self,
        id: &WorkspaceId,
        shell: &ShellId,
        reading: Reading,
    ) -> Result<ShellOutput, Failure> {
        let (client, mode) = self.shells(id, shell).await?;
        let Reading { cursor, max, plain, idle_ms, wait_ms } = reading;
        let wanted = ReadShell { cursor, max, plain, idle_ms, wait_ms };
        let page = client.read_shell(shell, &wanted).await.map_err(|failure| gone(failure, shell))?;
        let idle = idle_ms.map(|_| page.idle);
        page_of(id, page, mode, idle)
    }

    /// Types into it, giving its terminal another size first where one is given.
    pub async fn write_shell(
        &self,
        id: &WorkspaceId,
        shell: &ShellId,
        input: &str,
        append_newline: bool,
        size: Option<TerminalSize>,
    ) -> Result<Typed, Failure> {
        let (client, mode) = self.shells(id, shell).await?;
        // As the key does: programs that read single keys tell it from a line feed.
        let typed = if append_newline { format!("{input}\r") } else { input.to_owned() };
        let wrote = client.write_shell(shell, &WriteShell { input: typed.clone(), size }).await;
        let wrote = wrote.map_err(|failure| gone(failure, shell))?;
        activity::mark(&self.store.dir(id));
        Ok(Typed {
            shell: told(id, wrote.shell, mode),
            input_length: input.chars().count() as u64,
            append_newline,
            written_bytes: wrote.bytes,
            truncated: wrote.bytes < typed.len() as u64,
        })
    }

    /// Signals what runs in its foreground.
    pub async fn signal_shell(
        &self,
        id: &WorkspaceId,
        shell: &ShellId,
        (name, number): (&str, i32),
    ) -> Result<Signaled, Failure> {
        let (client, mode) = self.shells(id, shell).await?;
        let reached = client.signal_shell(shell, number).await.map_err(|failure| gone(failure, shell))?;
        activity::mark(&self.store.dir(id));
        Ok(Signaled { shell: told(id, reached.shell, mode), signal: name.to_owned(), pgid: reached.pgid })
    }

    /// Hangs up and forgets it.
    pub async fn close_shell(&self, id: &WorkspaceId, shell: &ShellId) -> Result<Closed, Failure> {
        let (client, mode) = self.shells(id, shell).await?;
        let facts = client.close_shell(shell).await.map_err(|failure| gone(failure, shell))?;
        activity::mark(&self.store.dir(id));
        let shell = told(id, facts, mode);
        Ok(Closed { closed: shell.state == ShellState::Stopped, shell })
    }

    /// A connection for a person's terminal.
    pub async fn shell_client(&self, id: &WorkspaceId, shell: &ShellId) -> Result<Client, Failure> {
        let (client, _) = self.shells(id, shell).await?;
        let known = client.status().await?.shells.iter().any(|one| one.shell_id == *shell);
        if known { Ok(client) } else { Err(missing(shell, "it was closed, or its machine ended")) }
    }

    /// The machine that has the shells. One that is stopped has none, and is not started to say so.
    async fn shells(&self, id: &WorkspaceId, shell: &ShellId) -> Result<(Client, ExecutionMode), Failure> {
        self.store.load(id)?;
        let dir = self.store.dir(id);
        let client =
            dir.client().await.ok_or_else(|| missing(shell, "the workspace is stopped, which ends its shells"))?;
        let mode = dir.running().map_or(ExecutionMode::HostCompat, |running| running.execution_mode);
        Ok((client, mode))
    }
}

fn told(id: &WorkspaceId, facts: ShellFacts, execution_mode: ExecutionMode) -> Shell {
    Shell {
        workspace_id: id.clone(),
        state: state(&facts),
        cols: facts.size.cols,
        rows: facts.size.rows,
        started_at: rfc3339(facts.started_at_ms / 1000),
        ended_at: facts.ended.as_ref().map(|ended| rfc3339(ended.at_ms / 1000)),
        exit_code: facts.ended.as_ref().map(|ended| ended.exec.exit_code),
        detail: facts.ended.and_then(|ended| ended.exec.detail),
        shell_id: facts.shell_id,
        cwd: shown(&facts.cwd),
        execution_mode,
        resumed: false,
    }
}

fn gone(failure: Failure, shell: &ShellId) -> Failure {
    match failure.code {
        Code::Missing => missing(shell, "it was closed, or its machine ended"),
        Code::Conflict => failure.hint("workspace_shell_read shows what it wrote; workspace_shell_open opens another"),
        _ => failure,
    }
}

fn missing(shell: &ShellId, why: &str) -> Failure {
    Failure::missing(format!("there is no shell {shell}: {why}"))
        .hint("workspace_status lists the open ones; workspace_shell_open opens another")
}

/// A page as a result carries it: whole characters, within what JSON may cost.
fn page_of(id: &WorkspaceId, page: ShellPage, mode: ExecutionMode, idle: Option<bool>) -> Result<ShellOutput, Failure> {
    let mut output = ShellOutput {
        shell: told(id, page.shell, mode),
        cursor: page.cursor,
        next_cursor: page.next_cursor,
        output: String::new(),
        output_base64: None,
        screen: None,
        screen_row: None,
        screen_column: None,
        truncated: page.more,
        dropped_bytes: page.dropped_bytes,
        plain: matches!(page.content, Content::Plain { .. }),
        idle,
        egress_denied: EgressDenied::all(page.egress_denied),
    };
    match page.content {
        Content::Plain { text, screen } => {
            output.output = text;
            if let Some(Screen { text, cursor_row, cursor_column }) = screen {
                output.screen = Some(text);
                (output.screen_row, output.screen_column) = (Some(cursor_row), Some(cursor_column));
            }
        }
        Content::Raw(base64) => {
            let bytes =
                STANDARD.decode(base64).map_err(|_| Failure::internal("the supervisor's answer is no base64"))?;
            let kept = raw(&bytes);
            let left = bytes.len() - kept;
            output.next_cursor -= left as u64;
            // A character whose rest is still to come is nothing that could be read now.
            output.truncated |= left > 3;
            let bytes = &bytes[..kept];
            output.output = String::from_utf8_lossy(bytes).into_owned();
            output.output_base64 = std::str::from_utf8(bytes).is_err().then(|| STANDARD.encode(bytes));
        }
    }
    Ok(output)
}

/// How many bytes of a raw page a result carries: no character is cut that may still become whole.
fn raw(bytes: &[u8]) -> usize {
    let mut kept = match char_end(bytes) {
        0 => bytes.len(),
        end => end,
    };
    let cost = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        json_bytes(&text) + if matches!(text, std::borrow::Cow::Owned(_)) { bytes.len().div_ceil(3) * 4 } else { 0 }
    };
    while kept > 1 && cost(&bytes[..kept]) > limits::SHELL_JSON_BYTES_MAX {
        let half = kept / 2;
        kept = match char_end(&bytes[..half]) {
            0 => half,
            end => end,
        };
    }
    kept
}
