//! The life of a machine as its caller sees it, and what each state allows. Pure.
//!
//! The state is never stored: it follows from what is on disk and who holds the lock, so it cannot be stale.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Where a machine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Never started.
    Created,
    /// Running.
    Started,
    /// Ran and runs no more; its disk is kept.
    Stopped,
}

/// What a caller may want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Start,
    Exec,
    Stop,
    Delete,
}

/// Reads the state off the facts.
pub(super) fn state(supervisor_lives: bool, has_run: bool) -> State {
    match (supervisor_lives, has_run) {
        (true, _) => State::Started,
        (false, true) => State::Stopped,
        (false, false) => State::Created,
    }
}

/// Whether `wanted` makes sense now; the refusal names the next call.
pub(super) fn admit(id: &str, state: State, wanted: Wanted) -> Result<(), Failure> {
    match (wanted, state) {
        (Wanted::Start, State::Started) => {
            Err(Failure::conflict(format!("{id} is already started")).hint("run a command in it with vm_exec"))
        }
        (Wanted::Exec, State::Created | State::Stopped) => {
            Err(Failure::conflict(format!("{id} is not started")).hint("start it first with vm_start"))
        }
        (Wanted::Start, State::Created | State::Stopped)
        | (Wanted::Exec, State::Started)
        | (Wanted::Stop | Wanted::Delete, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn each_state_allows_what_it_should() {
        let allowed = |state| {
            [Wanted::Start, Wanted::Exec, Wanted::Stop, Wanted::Delete]
                .map(|wanted| admit("vm-x", state, wanted).is_ok())
        };
        assert_eq!(allowed(State::Created), [true, false, true, true]);
        assert_eq!(allowed(State::Started), [false, true, true, true]);
        assert_eq!(allowed(State::Stopped), [true, false, true, true]);
        assert_eq!(admit("vm-x", State::Started, Wanted::Start).unwrap_err().code, Code::Conflict);
    }

    #[test]
    fn the_lock_outweighs_every_file() {
        assert_eq!(state(true, false), State::Started);
        assert_eq!(state(true, true), State::Started);
        assert_eq!(state(false, true), State::Stopped);
        assert_eq!(state(false, false), State::Created);
    }
}
