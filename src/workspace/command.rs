//! Running a command in a workspace: written down, answered as head and tail, handed back when it takes too long.

use std::{collections::BTreeMap, time::Duration};

use pyro_protocol::exec::{ExecRequest, Stdin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    exec::{self, Capture, Heard},
    network::EgressDenied,
    outcome::{self, Noticed, Reason},
    workspaces::{Workspaces, activity},
};
use crate::{failure::Failure, ids::WorkspaceId, progress::ProgressSink, supervisor::wire::Command, vm::ExecutionMode};

/// A command as a caller wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub command: String,
    /// Absolute, or relative to /workspace.
    pub cwd: Option<String>,
    pub env: BTreeMap<String, String>,
    /// Secrets' names to variables that hold them.
    pub secret_env: BTreeMap<String, String>,
    pub stdin: Option<String>,
    pub timeout: Duration,
    /// After this long it is handed back, still running; never where absent.
    pub patience: Option<Duration>,
}

/// Whether a command is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    Running,
    Ended,
}

/// One command of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ran {
    pub workspace_id: WorkspaceId,
    /// Its number in the workspace's history.
    pub sequence: u64,
    /// `running`: it was handed back; workspace_logs waits for it and pages its output.
    pub state: CommandState,
    /// Cut at 1,000 characters.
    pub command: String,
    pub cwd: String,
    /// Beginning and end within the cap; UTF-8.
    pub stdout: String,
    pub stderr: String,
    /// The command's own; 128 + signal, 124 after a timeout, 125 when the machine died; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_reason: Option<Reason>,
    /// What is known of the cause where the command did not just exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Noticed meanwhile.
    pub conditions: Vec<Noticed>,
    /// Connections that were refused to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<EgressDenied>,
    /// Bytes written, kept or not.
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
    /// Some output was left out; workspace_logs has it.
    pub truncated: bool,
    /// Spawn to exit in the guest; until now while it runs.
    pub duration_ms: u64,
    /// While it runs: end it with `kill -- -PGID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pgid: Option<u32>,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

impl Workspaces {
    /// Runs one command and waits for its end or the caller's patience's. Dropping the future cancels it.
    pub async fn exec(
        &self,
        id: &WorkspaceId,
        wanted: Wanted,
        capture: Capture<'_>,
        progress: Option<&ProgressSink>,
    ) -> Result<Ran, Failure> {
        exec::check_command(&wanted.command)?;
        self.check_variables(id, &wanted.secret_env)?;
        let inhabited = self.inhabit(id, progress).await?;
        let begun = std::time::Instant::now();
        let cwd = wanted.cwd.clone().unwrap_or_else(|| super::view::WORKSPACE_PATH.to_owned());
        let request = ExecRequest {
            command: wanted.command.clone(),
            cwd: wanted.cwd,
            env: wanted.env,
            stdin: if wanted.stdin.is_some() { Stdin::Stream } else { Stdin::Null },
            timeout_ms: Some(wanted.timeout.as_millis() as u64),
            ..ExecRequest::default()
        };
        let patience_ms = wanted.patience.map(|patience| patience.as_millis() as u64);
        let command = Command { exec: request, secret_env: wanted.secret_env, stdin: wanted.stdin, patience_ms };
        activity::mark(&inhabited.dir);
        let (sequence, events) = inhabited.client.command(&command).await?;
        let heard = exec::listen(events, capture).await;
        activity::mark(&inhabited.dir);
        let mut ran = Ran {
            workspace_id: id.clone(),
            sequence,
            state: CommandState::Ended,
            command: exec::shown(&wanted.command),
            cwd,
            stdout: String::new(),
            stderr: String::new(),
            exit_code: None,
            exit_reason: None,
            detail: None,
            conditions: vec![],
            egress_denied: vec![],
            stdout_bytes: 0,
            stderr_bytes: 0,
            truncated: false,
            duration_ms: begun.elapsed().as_millis() as u64,
            pgid: None,
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        };
        let (stdout, stderr) = match heard {
            Heard::Ended(exec::Finished { stdout, stderr, ended }) => {
                ran.exit_code = Some(ended.exit_code);
                ran.exit_reason = Some(ended.reason.into());
                ran.detail = ended.detail;
                ran.conditions = ended.conditions.into_iter().map(Noticed::from).collect();
                ran.egress_denied = EgressDenied::all(ended.egress_denied);
                ran.duration_ms = ended.duration_ms;
                (stdout, stderr)
            }
            Heard::HandedBack { stdout, stderr, pgid } => {
                ran.state = CommandState::Running;
                ran.pgid = Some(pgid);
                // What was refused to it so far explains why it hangs, perhaps.
                if let Ok(status) = inhabited.client.wait(sequence, Duration::ZERO).await
                    && !status.egress_denied.is_empty()
                {
                    ran.conditions = vec![Noticed::EgressDenied];
                    ran.egress_denied = EgressDenied::all(status.egress_denied);
                }
                (stdout, stderr)
            }
        };
        ran.truncated = stdout.truncated || stderr.truncated;
        (ran.stdout_bytes, ran.stderr_bytes) = (stdout.bytes, stderr.bytes);
        (ran.stdout, ran.stderr) = (stdout.text, stderr.text);
        Ok(ran)
    }
}

impl Ran {
    /// What a person should be told beside the output; nothing for a plain exit.
    pub fn remark(&self) -> Option<String> {
        match (self.exit_reason, self.exit_code) {
            (Some(reason), Some(code)) => {
                let how = outcome::remark(reason, code, self.detail.as_deref()).unwrap_or_default();
                let all = EgressDenied::lines(&self.egress_denied, self.workspace_id.as_str()) + &how;
                (!all.is_empty()).then_some(all)
            }
            _ => {
                let (id, sequence) = (&self.workspace_id, self.sequence);
                Some(format!(
                    "pyro: still running; wait with: pyro workspace logs {id} --sequence {sequence} --wait-seconds 600\n"
                ))
            }
        }
    }
}
