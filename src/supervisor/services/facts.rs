//! What is known of a service, as callers are told and records keep it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    supervisor::guest::bounded,
    vm::{Death, death::Cause},
};

/// How a service fares, as callers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// Its command runs and is not ready yet.
    Starting,
    /// It runs, and is ready where readiness was asked for.
    Running,
    /// It failed and waits to be started again.
    Restarting,
    /// Its command ended by itself.
    Exited,
    /// It was stopped, or its workspace was.
    Stopped,
    /// It did not become ready, or lost its machine.
    Failed,
}

impl ServiceState {
    /// As results say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    pub fn is_over(self) -> bool {
        matches!(self, Self::Exited | Self::Stopped | Self::Failed)
    }
}

/// Why a service is over, where its command did not just exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    ProcessExitedBeforeReady,
    ReadinessTimeout,
    /// It was stopped, and heeded TERM.
    Sigterm,
    /// It was stopped, and had to be killed.
    Sigkill,
    WorkspaceStopped,
    VmDied,
    /// Whoever started it left before it was ready.
    Canceled,
}

/// When a service that was ready once is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    #[default]
    Never,
    OnFailure,
}

/// What is known of a service as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub state: ServiceState,
    /// While its command runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Unix milliseconds, of the latest start.
    pub started_at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// The cause of its end, or of its last restart, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(default)]
    pub restart_count: u32,
}

impl Facts {
    /// Ends with its machine, in whichever state it was; when, where it is known.
    pub fn end_with_machine(&mut self, death: &Death, ended_at_ms: Option<i64>) {
        let (state, reason) = match death.cause {
            Cause::Stopped => (ServiceState::Stopped, StopReason::WorkspaceStopped),
            _ => (ServiceState::Failed, StopReason::VmDied),
        };
        self.state = state;
        self.pid = None;
        self.ended_at_ms = ended_at_ms;
        self.stop_reason = Some(reason);
        self.detail = Some(bounded(&death.detail));
    }
}
