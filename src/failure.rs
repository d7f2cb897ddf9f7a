//! The one failure a caller ever sees: a code to branch on, a sentence, and the next thing to do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits;

/// What kind of failure it is. Small on purpose: callers branch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// An argument is wrong.
    Invalid,
    /// The thing named does not exist.
    Missing,
    /// It exists, but not in a state that allows this.
    Conflict,
    /// Policy forbids it.
    Denied,
    /// A stated limit is reached.
    Limit,
    /// What is needed is not installed or does not answer; the hint says the remedy.
    Unavailable,
    /// The call's own deadline passed.
    TimedOut,
    /// The caller took the call back.
    Canceled,
    /// The virtual machine ended under the call.
    VmDied,
    /// pyro failed; worth a report.
    Internal,
}

/// A failure written for the one who must act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub code: Code,
    /// One sentence naming the thing.
    pub message: String,
    /// The next call or command to make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, no longer than a model should have to read, and with nothing that drives a terminal: guests have their
    /// say in it.
    pub fn bounded(mut self) -> Self {
        for text in [Some(&mut self.message), self.hint.as_mut()].into_iter().flatten() {
            text.retain(|char| !char.is_control() || matches!(char, '\n' | '\t'));
            if let Some((end, _)) = text.char_indices().nth(limits::FAILURE_CHARS_MAX) {
                text.truncate(end);
                text.push('…');
            }
        }
        self
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message)
    }

    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Code::Missing, message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// Wraps an I/O error of pyro's own files: `doing` completes "could not …". Paths stay out of the message.
    pub fn io(doing: &str, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::new(Code::Limit, format!("could not {doing}: no space left on the host's disk"))
                    .hint("free disk space, e.g. with `pyro env prune`, and call again")
            }
            _ => Self::internal(format!("could not {doing}: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failure_repeats_is_short_and_drives_no_terminal() {
        let said = "\u{1b}[2J\u{9b}1mgone\r\n\tline".to_owned();
        let told = Failure::invalid(said).hint("x".repeat(3000)).bounded();
        assert_eq!(told.message, "[2J1mgone\n\tline");
        assert_eq!(told.hint.unwrap().chars().count(), limits::FAILURE_CHARS_MAX + 1);
    }
}
