//! What a workspace's state allows, and the next step towards what a caller wants. Pure.
//!
//! ```text
//! Unfinished --seeded, baseline taken--> Running --idle, stopped, crashed--> Stopping, Silent --> Stopped
//!     |                                     ^                                                        |
//!     +--its maker dies: gone               +------------------- any tool that needs it -------------+
//! ```
//!
//! Nothing but a deletion makes a finished workspace go.

use crate::{failure::Failure, supervisor::wire::Phase};

/// A workspace as it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has no baseline yet: somebody is making it.
    Unfinished,
    /// Nobody runs it.
    Stopped,
    /// Its supervisor answers, and the machine boots or runs.
    Running,
    /// Its supervisor answers, and the machine is on its way out.
    Stopping,
    /// Its supervisor lives but does not answer: it has just begun, or is about to end.
    Silent,
}

/// What a caller wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Its machine, to work in.
    Machine,
    /// A stopped machine, to change its disk.
    Rest,
    /// Its end.
    Deletion,
}

/// What to do next; then look again.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// It is as wanted.
    Go,
    Start,
    /// The supervisor is told to end, and waited for.
    End,
    Refuse(Failure),
}

/// Reads off what was found; `phase` is what the supervisor says, where it answers.
pub(super) fn seen(finished: bool, lives: bool, phase: Option<Phase>) -> Seen {
    match (finished, lives, phase) {
        (false, ..) => Seen::Unfinished,
        (true, _, Some(Phase::Booting | Phase::Running)) => Seen::Running,
        (true, true, Some(Phase::Stopping | Phase::Ended)) => Seen::Stopping,
        (true, true, None) => Seen::Silent,
        (true, false, _) => Seen::Stopped,
    }
}

/// The next step towards what is wanted.
pub(super) fn next(id: &str, seen: Seen, wanted: Wanted) -> Step {
    match (wanted, seen) {
        (Wanted::Deletion, Seen::Stopped) | (Wanted::Rest, Seen::Stopped) | (Wanted::Machine, Seen::Running) => {
            Step::Go
        }
        (Wanted::Machine, Seen::Stopped) => Step::Start,
        // Whether it runs cannot be seen while it is being made; ending what does not run does nothing.
        (Wanted::Deletion, _) | (Wanted::Rest, Seen::Running | Seen::Stopping | Seen::Silent) => Step::End,
        (Wanted::Machine, Seen::Stopping | Seen::Silent) => Step::End,
        (Wanted::Machine | Wanted::Rest, Seen::Unfinished) => Step::Refuse(
            Failure::conflict(format!("{id} is still being created")).hint("wait for workspace_create to answer"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A machine as its supervisor and its host may leave it.
    #[derive(Clone, Copy, Debug)]
    struct World {
        finished: bool,
        lives: bool,
        phase: Option<Phase>,
    }

    impl World {
        fn seen(self) -> Seen {
            seen(self.finished, self.lives, self.phase)
        }

        fn take(&mut self, step: &Step) {
            match step {
                Step::Start => (self.lives, self.phase) = (true, Some(Phase::Running)),
                Step::End => (self.lives, self.phase) = (false, None),
                Step::Go | Step::Refuse(_) => {}
            }
        }
    }

    fn world() -> impl Strategy<Value = World> {
        let phase = prop_oneof![
            Just(None),
            Just(Some(Phase::Booting)),
            Just(Some(Phase::Running)),
            Just(Some(Phase::Stopping)),
            Just(Some(Phase::Ended)),
        ];
        // Who does not live does not answer.
        (any::<bool>(), any::<bool>(), phase).prop_map(|(finished, lives, phase)| World {
            finished,
            lives,
            phase: phase.filter(|_| lives),
        })
    }

    fn wanted() -> impl Strategy<Value = Wanted> {
        prop_oneof![Just(Wanted::Machine), Just(Wanted::Rest), Just(Wanted::Deletion)]
    }

    proptest! {
        #[test]
        fn what_is_wanted_comes_true_or_is_refused_within_three_steps(mut world in world(), wanted in wanted()) {
            let mut steps = Vec::new();
            while steps.len() < 3 {
                let step = next("ws-x", world.seen(), wanted);
                world.take(&step);
                let over = matches!(step, Step::Go | Step::Refuse(_));
                // A deletion removes what its end has left.
                let ended = wanted == Wanted::Deletion && step == Step::End;
                steps.push(step);
                if over || ended {
                    break;
                }
            }
            match steps.last() {
                Some(Step::Go) => prop_assert_eq!(world.seen() == Seen::Running, wanted == Wanted::Machine),
                Some(Step::End) => prop_assert!(wanted == Wanted::Deletion && !world.lives),
                Some(Step::Refuse(_)) => prop_assert!(!world.finished && wanted != Wanted::Deletion),
                other => prop_assert!(false, "{other:?}"),
            }
        }

        #[test]
        fn a_running_machine_is_ended_only_for_rest_or_deletion(wanted in wanted()) {
            let world = World { finished: true, lives: true, phase: Some(Phase::Running) };
            let step = next("ws-x", world.seen(), wanted);
            prop_assert_eq!(step == Step::End, wanted != Wanted::Machine);
        }
    }

    #[test]
    fn the_lock_outweighs_what_was_said_a_moment_ago() {
        assert_eq!(seen(true, false, None), Seen::Stopped);
        assert_eq!(seen(true, false, Some(Phase::Stopping)), Seen::Stopped);
        assert_eq!(seen(true, true, None), Seen::Silent);
        assert_eq!(seen(false, true, Some(Phase::Running)), Seen::Unfinished);
    }
}
