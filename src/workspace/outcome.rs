//! The result of one command in a machine that is deleted afterwards, as callers see it.

use pyro_protocol::exec::{Condition, ExitReason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finished, Vm, exec, network::EgressDenied};
use crate::{ids::VmId, vm::ExecutionMode};

/// Result of one command in a machine of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OneShot {
    pub vm_id: VmId,
    pub environment: String,
    /// Digest of the image; absent for host-compat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_version: Option<String>,
    /// Cut at 1,000 characters.
    pub command: String,
    /// Beginning and end within the cap; UTF-8, without control sequences.
    pub stdout: String,
    pub stderr: String,
    /// The command's own; 128 + signal, 124 after a timeout, 125 when the machine died.
    pub exit_code: i32,
    pub exit_reason: Reason,
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
    /// Some output was left out.
    pub truncated: bool,
    /// Spawn to exit, in the guest.
    pub duration_ms: u64,
    pub execution_mode: ExecutionMode,
    pub cleanup: Cleanup,
}

/// What became of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cleanup {
    pub vm_id: VmId,
    pub deleted: bool,
    pub reason: String,
}

/// Why a command is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Exited,
    Signaled,
    TimedOut,
    OomKilled,
    Canceled,
    VmDied,
}

/// Circumstances that explain odd results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Noticed {
    DiskFull,
    MemoryLow,
    EgressDenied,
}

impl OneShot {
    pub fn new(vm: Vm, command: String, finished: Finished, cleanup: Cleanup) -> Self {
        let Finished { stdout, stderr, ended } = finished;
        Self {
            vm_id: vm.vm_id,
            environment: vm.environment,
            environment_version: vm.environment_version,
            command: exec::shown(&command),
            exit_code: ended.exit_code,
            exit_reason: ended.reason.into(),
            detail: ended.detail,
            conditions: ended.conditions.into_iter().map(Noticed::from).collect(),
            egress_denied: EgressDenied::all(ended.egress_denied),
            stdout_bytes: stdout.bytes,
            stderr_bytes: stderr.bytes,
            truncated: stdout.truncated || stderr.truncated,
            stdout: stdout.text,
            stderr: stderr.text,
            duration_ms: ended.duration_ms,
            // A machine that answered has run in some mode.
            execution_mode: vm.execution_mode.unwrap_or(ExecutionMode::HostCompat),
            cleanup,
        }
    }

    /// What a person should be told beside the output; nothing for a plain exit.
    pub fn remark(&self) -> Option<String> {
        remark(self.exit_reason, self.exit_code, self.detail.as_deref())
    }
}

/// How a command ended, in one line for a person; nothing for a plain exit.
pub(super) fn remark(reason: Reason, exit_code: i32, detail: Option<&str>) -> Option<String> {
    let what = match reason {
        Reason::Exited => return None,
        Reason::Signaled => format!("killed by signal {}", exit_code - 128),
        Reason::TimedOut => "timed out".into(),
        Reason::OomKilled => "killed for want of memory".into(),
        Reason::Canceled => "canceled".into(),
        Reason::VmDied => "ended with its machine".into(),
    };
    let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    Some(format!("pyro: command {what}{detail}\n"))
}

impl From<ExitReason> for Reason {
    fn from(reason: ExitReason) -> Self {
        match reason {
            ExitReason::Exited => Self::Exited,
            ExitReason::Signaled => Self::Signaled,
            ExitReason::TimedOut => Self::TimedOut,
            ExitReason::OomKilled => Self::OomKilled,
            ExitReason::Canceled => Self::Canceled,
            ExitReason::VmDied => Self::VmDied,
        }
    }
}

impl From<Condition> for Noticed {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::DiskFull => Self::DiskFull,
            Condition::MemoryLow => Self::MemoryLow,
            Condition::EgressDenied => Self::EgressDenied,
        }
    }
}
