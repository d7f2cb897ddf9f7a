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

use super::facts::{Facts, Restart, ServiceState, StopReason};
use crate::{limits, supervisor::guest::bounded, vm::Death};

/// How a service is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// How long it may take to be ready; absent where it is so at once.
    pub(super) ready_within: Option<Duration>,
    pub(super) restart: Restart,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
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
pub(super) enum By {
    Caller,
    /// The caller of the start, by leaving.
    Leaving,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
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
pub(super) struct Life {
    pub(super) facts: Facts,
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
    pub(super) fn new(plan: Plan, now_ms: i64) -> Self {
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
    pub(super) fn is_looking(&self) -> bool {
        self.phase == Phase::Looking
    }

    /// It ends with its machine, or has ended.
    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving | Phase::Over)
    }

    /// Takes one event; answers what to do. `now_ms` is unix time.
    pub(super) fn next(&mut self, event: Event, now_ms: i64) -> Vec<Effect> {
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
    // One that crashed leaves its children behind in any case.
    if ended.left_behind > 0 && ended.exit_code == 0 {
        return Some(format!(
            "its command ended while {} of its processes went on in the background; they were ended: run the program \
             in the foreground",
            ended.left_behind
        ));
    }
    ended.detail.as_deref().map(bounded)
}
