//! The states of a service: each way through them by example, and what always holds for any.

use std::time::Duration;

use proptest::prelude::*;
use pyro_protocol::{
    exec::{ExecEnded, ExitReason},
    probe::Probed,
};

use crate::{
    limits,
    supervisor::services::{
        Restart, ServiceState, StopReason,
        state::{By, Effect, Event, Life, Plan},
    },
    vm::{Death, death::Cause},
};

const SOON: Duration = Duration::from_secs(30);

fn life(ready_within: Option<Duration>, restart: Restart) -> Life {
    Life::new(Plan { ready_within, restart }, 1)
}

/// One that was told these events.
fn told(mut life: Life, events: impl IntoIterator<Item = Event>) -> (Life, Vec<Effect>) {
    let mut effects = Vec::new();
    for (index, event) in events.into_iter().enumerate() {
        effects.extend(life.next(event, 2 + index as i64));
    }
    (life, effects)
}

fn spawned() -> Event {
    Event::Spawned { pid: 7 }
}

fn exit(code: i32) -> Event {
    Event::Ended(ExecEnded::new(ExitReason::Exited, code))
}

fn canceled(forced: bool) -> Event {
    Event::Ended(ExecEnded { forced, signal: Some(15), ..ExecEnded::new(ExitReason::Canceled, 143) })
}

fn looked(ready: bool) -> Event {
    Event::Looked(Probed { ready, detail: "connection refused".into() })
}

fn stopped() -> Event {
    Event::MachineEnded(Death::new(Cause::Stopped, "its idle time was over"))
}

fn reason(life: &Life) -> (ServiceState, Option<StopReason>) {
    (life.facts.state, life.facts.stop_reason)
}

#[test]
fn without_readiness_it_runs_at_once_and_exits() {
    let (running, effects) = told(life(None, Restart::Never), [spawned()]);
    assert_eq!((running.facts.state, running.facts.pid, effects), (ServiceState::Running, Some(7), vec![]));
    for code in [0, 3] {
        let (exited, effects) = told(running.clone(), [exit(code)]);
        assert_eq!((reason(&exited), effects), ((ServiceState::Exited, None), vec![]));
        assert_eq!((exited.facts.exit_code, exited.facts.pid, exited.facts.ended_at_ms), (Some(code), None, Some(2)));
    }
}

#[test]
fn it_is_looked_at_until_it_is_ready() {
    let (looking, effects) = told(life(Some(SOON), Restart::Never), [spawned(), looked(false)]);
    assert_eq!((looking.facts.state, effects), (ServiceState::Starting, vec![Effect::LookFor(SOON)]));
    let (ready, _) = told(looking, [looked(true)]);
    assert_eq!((ready.facts.state, ready.facts.ready_at_ms), (ServiceState::Running, Some(2)));
    assert!(!ready.is_looking());
}

#[test]
fn one_that_never_gets_ready_is_ended_and_tells_the_last_look() {
    let begun = [spawned(), looked(false), Event::ReadyTimeout];
    let (ending, effects) = told(life(Some(SOON), Restart::OnFailure), begun);
    assert_eq!((ending.facts.state, effects.last()), (ServiceState::Starting, Some(&Effect::End)));
    let (failed, effects) = told(ending, [canceled(false)]);
    assert_eq!((reason(&failed), effects), ((ServiceState::Failed, Some(StopReason::ReadinessTimeout)), vec![]));
    assert_eq!(
        failed.facts.detail.as_deref(),
        Some("it was not ready within 30 s; the last look saw: connection refused")
    );
}

#[test]
fn an_exit_before_it_is_ready_is_told_at_once_whatever_the_policy() {
    for code in [0, 1] {
        let (failed, effects) = told(life(Some(SOON), Restart::OnFailure), [spawned(), exit(code)]);
        assert_eq!(reason(&failed), (ServiceState::Failed, Some(StopReason::ProcessExitedBeforeReady)));
        assert_eq!(effects, [Effect::LookFor(SOON)], "and it is not started again");
        assert_eq!(failed.facts.detail, Some(format!("its command exited with code {code}")));
    }
}

#[test]
fn what_was_left_in_the_background_is_told() {
    let daemon = Event::Ended(ExecEnded { left_behind: 2, ..ExecEnded::new(ExitReason::Exited, 0) });
    for ready_within in [None, Some(SOON)] {
        let (over, _) = told(life(ready_within, Restart::OnFailure), [spawned(), daemon.clone()]);
        let detail = over.facts.detail.unwrap();
        assert!(detail.contains("2 of its processes") && detail.contains("foreground"), "{detail}");
    }
    let crash = Event::Ended(ExecEnded { left_behind: 2, ..ExecEnded::new(ExitReason::Exited, 1) });
    let (over, _) = told(life(None, Restart::Never), [spawned(), crash]);
    assert_eq!(over.facts.detail, None, "a crash is its own reason");
}

#[test]
fn a_failure_is_started_again_after_longer_and_longer_waits() {
    let (mut one, _) = told(life(None, Restart::OnFailure), [spawned()]);
    let mut waits = Vec::new();
    for count in 1..=8 {
        let effects = one.next(exit(1), 9);
        let [Effect::Wait(wait)] = effects[..] else { panic!("{effects:?}") };
        waits.push(wait.as_secs());
        assert_eq!((one.facts.state, one.facts.exit_code), (ServiceState::Restarting, Some(1)));
        assert_eq!(one.next(Event::WaitOver, 10), [Effect::Spawn]);
        assert_eq!((one.facts.restart_count, one.facts.exit_code, one.facts.started_at_ms), (count, None, 10));
        assert_eq!(one.next(spawned(), 11), []);
        assert_eq!(one.facts.detail.as_deref(), Some("its command exited with code 1"), "why it was started again");
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    let steady = limits::RESTART_STEADY.as_millis() as u64;
    let long = Event::Ended(ExecEnded { duration_ms: steady, ..ExecEnded::new(ExitReason::Signaled, 137) });
    assert_eq!(one.next(long, 12), [Effect::Wait(limits::RESTART_BACKOFF_MIN)], "it had run steadily");
    one.next(Event::WaitOver, 13);
    one.next(spawned(), 14);
    one.next(exit(0), 15);
    assert_eq!(one.facts.state, ServiceState::Exited, "success is no failure");
}

#[test]
fn once_it_was_ready_a_failing_restart_is_tried_again() {
    let ready = [spawned(), looked(true), exit(1), Event::WaitOver];
    for fails in [
        vec![spawned(), exit(0)],
        vec![spawned(), Event::ReadyTimeout, canceled(true)],
        vec![Event::NotSpawned("no such directory".into())],
    ] {
        let (again, _) = told(life(Some(SOON), Restart::OnFailure), ready.iter().cloned().chain(fails));
        assert_eq!((again.facts.state, again.facts.restart_count), (ServiceState::Restarting, 1));
    }
}

#[test]
fn a_stop_ends_it_wherever_it_is() {
    for (before, forced, expected) in [
        (vec![spawned()], false, StopReason::Sigterm),
        (vec![spawned()], true, StopReason::Sigkill),
        (vec![spawned(), looked(true)], true, StopReason::Sigkill),
        (vec![spawned(), Event::ReadyTimeout], false, StopReason::Sigterm),
    ] {
        let (asked, effects) = told(life(Some(SOON), Restart::OnFailure), before);
        let (ending, more) = told(asked, [Event::Stop(By::Caller)]);
        assert_eq!(effects.iter().chain(&more).filter(|effect| **effect == Effect::End).count(), 1);
        assert!(!ending.facts.state.is_over(), "not before it is gone");
        assert_eq!(reason(&told(ending, [canceled(forced)]).0), (ServiceState::Stopped, Some(expected)));
    }
    let waiting = [spawned(), exit(1), Event::Stop(By::Caller)];
    let (stopped, _) = told(life(None, Restart::OnFailure), waiting);
    assert_eq!(reason(&stopped), (ServiceState::Stopped, Some(StopReason::Sigterm)));
    let (early, effects) = told(life(None, Restart::Never), [Event::Stop(By::Leaving), spawned()]);
    assert_eq!(effects, [Effect::End], "as soon as it is known how");
    assert_eq!(reason(&told(early, [canceled(false)]).0), (ServiceState::Stopped, Some(StopReason::Canceled)));
}

#[test]
fn the_machines_end_is_its_end() {
    for (cause, expected) in [
        (Cause::Stopped, (ServiceState::Stopped, Some(StopReason::WorkspaceStopped))),
        (Cause::VmmKilled, (ServiceState::Failed, Some(StopReason::VmDied))),
    ] {
        let death = Event::MachineEnded(Death::new(cause, "why\u{1b}[31m"));
        for before in [vec![], vec![spawned()], vec![spawned(), exit(1)], vec![spawned(), Event::Stop(By::Caller)]] {
            let (over, _) = told(life(None, Restart::OnFailure), before.into_iter().chain([death.clone()]));
            assert_eq!((reason(&over), over.facts.detail.as_deref()), (expected, Some("why[31m")));
        }
    }
    // Its processes end first: that is no reason to start it again.
    let leaving = [spawned(), Event::MachineEnding, exit(1), Event::Stop(By::Caller), stopped()];
    let (over, effects) = told(life(None, Restart::OnFailure), leaving);
    assert_eq!((reason(&over), effects), ((ServiceState::Stopped, Some(StopReason::WorkspaceStopped)), vec![]));
    let (over, effects) = told(life(None, Restart::OnFailure), [spawned(), canceled(false)]);
    assert_eq!((reason(&over), effects), ((ServiceState::Stopped, Some(StopReason::WorkspaceStopped)), vec![]));
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let ended = (0..3i32, any::<bool>(), 0..120_000u64).prop_map(|(code, forced, duration_ms)| {
        let reason = if code == 2 { ExitReason::Canceled } else { ExitReason::Exited };
        Event::Ended(ExecEnded { forced, duration_ms, ..ExecEnded::new(reason, code) })
    });
    let one = prop_oneof![
        4 => Just(spawned()),
        1 => Just(Event::NotSpawned("no".into())),
        2 => any::<bool>().prop_map(looked),
        1 => Just(Event::ReadyTimeout),
        4 => ended,
        1 => Just(Event::Lost("gone".into())),
        1 => Just(Event::Stop(By::Caller)),
        1 => Just(Event::Stop(By::Leaving)),
        3 => Just(Event::WaitOver),
        1 => Just(Event::MachineEnding),
        1 => Just(stopped()),
    ];
    proptest::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn whatever_happens_it_holds(
        events in events(), looks in any::<bool>(), restarts in any::<bool>(),
    ) {
        let restart = if restarts { Restart::OnFailure } else { Restart::Never };
        let mut life = life(looks.then_some(SOON), restart);
        let (mut was_over, mut to_end, mut spawns, mut was_ready) = (None, false, 0, false);
        for (index, event) in events.into_iter().enumerate() {
            to_end |= matches!(event, Event::Stop(_) | Event::MachineEnding);
            let effects = life.next(event, index as i64);
            was_ready |= life.facts.state == ServiceState::Running;
            if let Some(before) = &was_over {
                prop_assert_eq!(before, &life.facts, "what is over stays as it is");
                prop_assert_eq!(&effects, &vec![]);
            }
            for effect in &effects {
                match effect {
                    Effect::Spawn => spawns += 1,
                    Effect::Wait(wait) => prop_assert!(
                        (limits::RESTART_BACKOFF_MIN..=limits::RESTART_BACKOFF_MAX).contains(wait)
                    ),
                    Effect::End | Effect::LookFor(_) => {}
                }
            }
            if to_end {
                prop_assert!(!effects.contains(&Effect::Spawn), "nothing starts what was told to end");
            }
            prop_assert!(spawns == 0 || (restarts && was_ready));
            prop_assert_eq!(life.facts.restart_count, spawns);
            let state = life.facts.state;
            prop_assert_eq!(life.facts.ended_at_ms.is_some(), state.is_over() || state == ServiceState::Restarting);
            prop_assert!(life.facts.pid.is_none() || !state.is_over());
            prop_assert!(life.facts.ready_at_ms.is_none() || looks);
            if state.is_over() {
                was_over.get_or_insert_with(|| life.facts.clone());
            }
        }
        prop_assert_eq!(life.next(stopped(), 99), vec![]);
        prop_assert!(life.facts.state.is_over(), "and the machine's end is always the last");
    }
}
