//! What happens to a service, decided without doing it. Pure.
//!
//! ```text
//! starting --ready--> running --exit 0--> exited
//!    |                   \--any other exit--> exited, or with restart: restarting --wait over--> starting
//!    \--exit, or not ready in time--> failed, or restarting once it has been ready
//! stop, from any of them --> stopped        the machine's end --> stopped where it was orderly, else failed
//! ```

use std::time::Duration;

use pyro_protocol::{
    exec::{ExecEnded, ExitReason},
    probe::Probed,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    limits,
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

/// How a service is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How long it may take to be ready; absent where it is so at once.
    pub ready_within: Option<Duration>,
    pub restart: Restart,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The guest runs its command.
    Spawned {
        pid: u32,
    },
    /// The guest would not, this time.
    NotSpawned(String),
    Looked(Probed),
    /// It took too long to be ready.
    ReadyTimeout,
    /// Its command and all that it started are gone.
    Ended(ExecEnded),
    /// Nobody can tell any more what became of its command.
    Lost(String),
    /// Somebody wants it to end.
    Stop(By),
    /// The wait before the next start is over.
    WaitOver,
    /// The machine is on its way out.
    MachineEnding,
    MachineEnded(Death),
}

/// Who ends a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Caller,
    /// The caller of the start, by leaving.
    Leaving,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Spawn,
    /// Look whether it is ready, again and again, at most so long.
    LookFor(Duration),
    /// TERM to all of it, then KILL.
    End,
    /// Say when this is over.
    Wait(Duration),
}

/// The life so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    pub facts: Facts,
    plan: Plan,
    phase: Phase,
    /// It was ready once: what fails from here on may be started again.
    was_ready: bool,
    /// The next wait before a restart.
    backoff: Duration,
    /// What the last look saw.
    last_look: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The guest has been asked to run the command.
    Spawning,
    Looking,
    Running,
    /// It has been told to end.
    Ending(Why),
    Waiting,
    /// It ends with its machine.
    Leaving,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Stopped(By),
    NotReady,
}

impl Life {
    /// One that is being spawned.
    pub fn new(plan: Plan, now_ms: i64) -> Self {
        let facts = Facts {
            state: ServiceState::Starting,
            pid: None,
            started_at_ms: now_ms,
            ready_at_ms: None,
            ended_at_ms: None,
            exit_code: None,
            signal: None,
            stop_reason: None,
            detail: None,
            restart_count: 0,
        };
        let (phase, backoff) = (Phase::Spawning, limits::RESTART_BACKOFF_MIN);
        Self { facts, plan, phase, was_ready: false, backoff, last_look: String::new() }
    }

    /// It is not known yet whether it is ready.
    pub fn is_looking(&self) -> bool {
        self.phase == Phase::Looking
    }

    /// It has been told to end, and has not yet.
    pub fn is_ending(&self) -> bool {
        matches!(self.phase, Phase::Ending(_))
    }

    /// It ends with its machine, or has ended.
    pub fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving | Phase::Over)
    }

    /// Takes one event; answers what to do. `now_ms` is unix time.
    pub fn next(&mut self, event: Event, now_ms: i64) -> Vec<Effect> {
        match (self.phase, event) {
            (Phase::Over, _) => {}
            (_, Event::MachineEnded(death)) => {
                self.facts.end_with_machine(&death, Some(now_ms));
                self.phase = Phase::Over;
            }
            (Phase::Leaving, _) => {}
            (_, Event::MachineEnding) => self.phase = Phase::Leaving,
            (_, Event::Lost(detail)) => self.over(ServiceState::Failed, None, Some(bounded(&detail)), now_ms),

            (Phase::Spawning, Event::Spawned { pid }) => {
                self.facts.pid = Some(pid);
                if let Some(within) = self.plan.ready_within {
                    self.phase = Phase::Looking;
                    return vec![Effect::LookFor(within)];
                }
                self.ready(None);
            }
            (Phase::Spawning, Event::NotSpawned(why)) => {
                return self.failed(StopReason::ProcessExitedBeforeReady, bounded(&why), now_ms);
            }
            // Not before its command runs can it be told to end.
            (Phase::Spawning, Event::Stop(by)) => self.phase = Phase::Ending(Why::Stopped(by)),
            (Phase::Ending(_), Event::Spawned { pid }) => {
                self.facts.pid = Some(pid);
                return vec![Effect::End];
            }
            (Phase::Ending(_), Event::NotSpawned(_)) => self.stopped(StopReason::Sigterm, now_ms),

            (Phase::Looking, Event::Looked(probed)) if probed.ready => self.ready(Some(now_ms)),
            (Phase::Looking, Event::Looked(probed)) => self.last_look = bounded(&probed.detail),
            (Phase::Looking, Event::ReadyTimeout) => {
                self.phase = Phase::Ending(Why::NotReady);
                return vec![Effect::End];
            }
            (Phase::Looking | Phase::Running, Event::Stop(by)) => {
                self.phase = Phase::Ending(Why::Stopped(by));
                return vec![Effect::End];
            }
            (Phase::Ending(Why::NotReady), Event::Stop(by)) => self.phase = Phase::Ending(Why::Stopped(by)),
            (Phase::Waiting, Event::Stop(_)) => self.stopped(StopReason::Sigterm, now_ms),
            (Phase::Waiting, Event::WaitOver) => {
                self.phase = Phase::Spawning;
                self.facts = Facts {
                    detail: self.facts.detail.take(),
                    restart_count: self.facts.restart_count + 1,
                    ..Self::new(self.plan, now_ms).facts
                };
                return vec![Effect::Spawn];
            }

            (Phase::Spawning | Phase::Looking | Phase::Running | Phase::Ending(_), Event::Ended(ended)) => {
                return self.ended(&ended, now_ms);
            }
            _ => {}
        }
        vec![]
    }

    fn ready(&mut self, at_ms: Option<i64>) {
        self.phase = Phase::Running;
        self.was_ready = true;
        self.facts.state = ServiceState::Running;
        self.facts.ready_at_ms = at_ms;
    }

    fn ended(&mut self, ended: &ExecEnded, now_ms: i64) -> Vec<Effect> {
        self.facts.exit_code = Some(ended.exit_code);
        self.facts.signal = ended.signal;
        if Duration::from_millis(ended.duration_ms) >= limits::RESTART_STEADY {
            self.backoff = limits::RESTART_BACKOFF_MIN;
        }
        match self.phase {
            Phase::Ending(Why::Stopped(By::Caller)) => {
                self.stopped(if ended.forced { StopReason::Sigkill } else { StopReason::Sigterm }, now_ms);
            }
            Phase::Ending(Why::Stopped(By::Leaving)) => self.stopped(StopReason::Canceled, now_ms),
            Phase::Ending(Why::NotReady) => {
                let within = self.plan.ready_within.unwrap_or_default().as_secs();
                let seen = if self.last_look.is_empty() { "nothing" } else { &self.last_look };
                let why = format!("it was not ready within {within} s; the last look saw: {seen}");
                return self.failed(StopReason::ReadinessTimeout, why, now_ms);
            }
            // Nobody here asked for it: the guest is ending, and all its commands with it.
            _ if ended.reason == ExitReason::Canceled => {
                let why = Some("its machine was told to end".to_owned());
                self.over(ServiceState::Stopped, Some(StopReason::WorkspaceStopped), why, now_ms);
            }
            Phase::Running if ended.exit_code == 0 || self.plan.restart == Restart::Never => {
                self.over(ServiceState::Exited, None, cause_beyond_code(ended), now_ms);
            }
            Phase::Running => return self.again(cause(ended), now_ms),
            _ => return self.failed(StopReason::ProcessExitedBeforeReady, cause(ended), now_ms),
        }
        vec![]
    }

    /// It did not become ready: the end of it the first time, a reason to try again later.
    fn failed(&mut self, reason: StopReason, why: String, now_ms: i64) -> Vec<Effect> {
        if self.was_ready && self.plan.restart == Restart::OnFailure {
            return self.again(why, now_ms);
        }
        self.over(ServiceState::Failed, Some(reason), Some(why), now_ms);
        vec![]
    }

    fn again(&mut self, why: String, now_ms: i64) -> Vec<Effect> {
        self.phase = Phase::Waiting;
        self.facts.state = ServiceState::Restarting;
        self.facts.pid = None;
        self.facts.ended_at_ms = Some(now_ms);
        self.facts.detail = Some(why);
        let wait = self.backoff;
        self.backoff = (wait * 2).min(limits::RESTART_BACKOFF_MAX);
        vec![Effect::Wait(wait)]
    }

    fn stopped(&mut self, reason: StopReason, now_ms: i64) {
        self.over(ServiceState::Stopped, Some(reason), None, now_ms);
    }

    fn over(&mut self, state: ServiceState, reason: Option<StopReason>, detail: Option<String>, now_ms: i64) {
        self.phase = Phase::Over;
        self.facts.state = state;
        self.facts.pid = None;
        self.facts.ended_at_ms = Some(now_ms);
        self.facts.stop_reason = reason;
        self.facts.detail = detail;
    }
}

/// Why a command is over, in one sentence.
fn cause(ended: &ExecEnded) -> String {
    cause_beyond_code(ended).unwrap_or_else(|| format!("its command exited with code {}", ended.exit_code))
}

/// What an exit code does not say.
fn cause_beyond_code(ended: &ExecEnded) -> Option<String> {
    if ended.left_behind > 0 {
        return Some(format!(
            "its command ended while {} of its processes went on in the background; they were ended: run the program \
             in the foreground",
            ended.left_behind
        ));
    }
    ended.detail.as_deref().map(bounded)
}

/// What a guest says is data: of bounded length, and nothing that drives a terminal.
fn bounded(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(limits::DETAIL_CHARS_MAX).collect()
}
