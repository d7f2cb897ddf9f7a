//! What happens to a supervised machine, decided without doing it. Pure.
//!
//! ```text
//! Booting --agent up--> Running --stop--> Stopping --machine ended--> Ended
//!    |  \__ stop, boot failed: kill ______/  |                          ^
//!    \______________ machine ended __________\__________________________/
//! ```

use std::time::{Duration, Instant};

use super::wire::Phase;
use crate::vm::{Death, death::Cause};

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    AgentUp,
    /// The agent did not come up, or does not answer any more.
    AgentLost(String),
    /// Somebody wants it to end: a caller, the idle time, a signal, the tether.
    Stop {
        orderly: bool,
        why: &'static str,
    },
    /// The orderly stop took too long.
    GraceOver,
    MachineEnded(Death),
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    TellReady,
    /// Ask the guest to power off, and set the grace's timer.
    Shutdown,
    /// Set a short timer: a VMM that is ending by itself is about to tell why.
    Listen,
    Kill,
}

/// The life so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    pub phase: Phase,
    /// Why it ends, as far as we caused it.
    ending: Option<Death>,
    /// How it ended.
    pub death: Option<Death>,
    /// It was told to stop and switched itself off in time.
    pub orderly: bool,
    killed: bool,
}

impl Default for Life {
    fn default() -> Self {
        Self { phase: Phase::Booting, ending: None, death: None, orderly: false, killed: false }
    }
}

impl Life {
    /// Takes one event; answers what to do.
    pub fn next(&mut self, event: Event) -> Vec<Effect> {
        match (self.phase, event) {
            (Phase::Ended, _) => vec![],
            (phase, Event::MachineEnded(death)) => {
                self.orderly = phase == Phase::Stopping && !self.killed && death.cause == Cause::PoweredOff;
                self.phase = Phase::Ended;
                // A VMM that ended by itself is why the agent fell silent, and knows better.
                let ours = self.ending.take().filter(|ending| ending.cause != Cause::AgentLost || self.killed);
                self.death = Some(ours.unwrap_or(death));
                vec![]
            }
            (Phase::Booting, Event::AgentUp) => {
                self.phase = Phase::Running;
                vec![Effect::TellReady]
            }
            (Phase::Running, Event::Stop { orderly: true, why }) => {
                self.stop(Cause::Stopped, why);
                vec![Effect::Shutdown]
            }
            (Phase::Booting | Phase::Running, Event::Stop { why, .. }) => {
                self.stop(Cause::Stopped, why);
                self.kill()
            }
            (Phase::Booting | Phase::Running, Event::AgentLost(why)) => {
                self.stop(Cause::AgentLost, &why);
                vec![Effect::Listen]
            }
            (Phase::Stopping, Event::GraceOver) => {
                if let Some(ending) = self.ending.as_mut().filter(|ending| ending.cause == Cause::Stopped) {
                    ending.detail += " by force, for it did not end in time; its last writes may be missing";
                }
                self.kill()
            }
            (Phase::Stopping, Event::Stop { orderly: false, .. }) => self.kill(),
            // A guest that powers off closes its link first: the grace goes on.
            (Phase::Stopping, Event::AgentLost(_))
            | (Phase::Running | Phase::Stopping, Event::AgentUp)
            | (Phase::Stopping, Event::Stop { orderly: true, .. })
            | (Phase::Booting | Phase::Running, Event::GraceOver) => vec![],
        }
    }

    fn kill(&mut self) -> Vec<Effect> {
        self.killed = true;
        vec![Effect::Kill]
    }

    fn stop(&mut self, cause: Cause, why: &str) {
        self.phase = Phase::Stopping;
        self.ending = Some(Death::new(cause, why));
    }
}

/// Idle time: counts from the last call's end, and not at all while something runs.
#[derive(Clone, Debug)]
pub struct Idle {
    ttl: Duration,
    last: Instant,
    busy: u32,
}

impl Idle {
    pub fn new(ttl: Duration, now: Instant) -> Self {
        Self { ttl, last: now, busy: 0 }
    }

    pub fn begin(&mut self, now: Instant) {
        self.busy += 1;
        self.last = now;
    }

    pub fn end(&mut self, now: Instant) {
        self.busy = self.busy.saturating_sub(1);
        self.last = now;
    }

    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// When it will be over if nothing happens; while busy, a whole idle time from now.
    pub fn over_at(&self, now: Instant) -> Instant {
        if self.busy > 0 { now + self.ttl } else { self.last + self.ttl }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::AgentUp),
            Just(Event::AgentLost("silent".into())),
            any::<bool>().prop_map(|orderly| Event::Stop { orderly, why: "asked" }),
            Just(Event::GraceOver),
            Just(Event::MachineEnded(Death::new(Cause::PoweredOff, "off"))),
        ]
    }

    proptest! {
        #[test]
        fn a_life_ends_once_and_only_by_its_machine(events in proptest::collection::vec(event(), 0..20)) {
            let mut life = Life::default();
            let mut ended = false;
            let mut ready = 0;
            for event in events {
                let machine_ended = matches!(event, Event::MachineEnded(_));
                let before = life.phase;
                let effects = life.next(event);
                ready += effects.iter().filter(|effect| **effect == Effect::TellReady).count();
                prop_assert!(!ended || effects.is_empty(), "nothing happens after the end");
                ended |= machine_ended;
                prop_assert_eq!(life.phase == Phase::Ended, ended);
                prop_assert_eq!(life.death.is_some(), ended);
                prop_assert!(before != Phase::Stopping || life.phase != Phase::Running, "no way back");
            }
            prop_assert!(ready <= 1);
        }
    }

    #[test]
    fn our_own_reason_is_told_instead_of_the_vmms() {
        let mut life = Life::default();
        life.next(Event::AgentUp);
        assert_eq!(life.next(Event::Stop { orderly: true, why: "stopped by its caller" }), [Effect::Shutdown]);
        assert_eq!(life.next(Event::GraceOver), [Effect::Kill]);
        life.next(Event::MachineEnded(Death::new(Cause::VmmKilled, "SIGKILL")));
        let forced = "stopped by its caller by force, for it did not end in time; its last writes may be missing";
        assert_eq!(life.death, Some(Death::new(Cause::Stopped, forced)));
        assert!(!life.orderly);
    }

    #[test]
    fn a_vmm_that_failed_is_told_instead_of_the_silence_it_caused() {
        let silent = Death::new(Cause::AgentLost, "silent");
        for (killed, told) in [(Death::new(Cause::VmmKilled, "SIGKILL"), None), (silent.clone(), Some(silent))] {
            let mut life = Life::default();
            assert_eq!(life.next(Event::AgentLost("silent".into())), [Effect::Listen]);
            if told.is_some() {
                assert_eq!(life.next(Event::GraceOver), [Effect::Kill]);
            }
            life.next(Event::MachineEnded(Death::new(Cause::VmmKilled, "SIGKILL")));
            assert_eq!(life.death, Some(told.unwrap_or(killed)));
        }
    }

    #[test]
    fn idle_time_counts_from_the_last_calls_end() {
        let start = Instant::now();
        let seconds = Duration::from_secs;
        let mut idle = Idle::new(seconds(60), start);
        idle.begin(start + seconds(50));
        assert_eq!(idle.over_at(start + seconds(500)), start + seconds(560));
        idle.end(start + seconds(600));
        assert_eq!(idle.over_at(start + seconds(601)), start + seconds(660));
    }
}
