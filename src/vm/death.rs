//! Why a machine ended, told from the exit of its VMM and the end of its console. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a machine is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Death {
    pub cause: Cause,
    /// One sentence with what is known: the signal, the panic's line, the VMM's last words.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The guest switched itself off.
    PoweredOff,
    /// The guest's kernel panicked.
    KernelPanic,
    /// pyro ended it: stop, delete, idle time over.
    Stopped,
    /// Somebody else killed the VMM.
    VmmKilled,
    /// The VMM gave up by itself.
    VmmFailed,
    /// The guest agent no longer answers.
    AgentLost,
    /// The supervisor ended without a word; its machine ended with it.
    SupervisorLost,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

impl Exit {
    pub fn of(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match status.signal() {
            Some(signal) => Self::Signal(signal),
            None => Self::Code(status.code().unwrap_or(-1)),
        }
    }
}

impl Death {
    pub fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }

    /// Judges the end of a VMM that pyro did not ask to end.
    pub fn judge(exit: Exit, console: &str, stderr: &str) -> Self {
        let panic = console.lines().rfind(|line| line.contains("Kernel panic - not syncing"));
        match (panic, exit) {
            (Some(line), _) => Self::new(Cause::KernelPanic, format!("the guest's kernel panicked: {}", tail_of(line))),
            (None, Exit::Signal(signal)) => {
                let name =
                    nix::sys::signal::Signal::try_from(signal).map_or("an unknown signal", |signal| signal.as_str());
                Self::new(Cause::VmmKilled, format!("the VMM was killed by {name} ({signal})"))
            }
            (None, Exit::Code(0)) if console.lines().rev().take(3).any(|line| line.contains("Resetting")) => {
                Self::new(Cause::PoweredOff, "the guest reset itself, which ends its machine")
            }
            (None, Exit::Code(0)) => Self::new(Cause::PoweredOff, last_words("the guest powered off", console)),
            (None, Exit::Code(code)) => {
                Self::new(Cause::VmmFailed, last_words(&format!("the VMM exited with status {code}"), stderr))
            }
        }
    }
}

fn last_words(what: &str, text: &str) -> String {
    match text.lines().rev().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("{what}; its last words: {}", tail_of(line)),
        None => what.to_owned(),
    }
}

/// Console lines come from the guest: bounded and without control characters.
fn tail_of(line: &str) -> String {
    line.chars().filter(|char| !char.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_reason() {
        let panic = "[    1.2] Kernel panic - not syncing: sysrq triggered crash\r\n[    1.3] Rebooting";
        let cases = [
            (Exit::Code(0), panic, "", Cause::KernelPanic, "sysrq triggered crash"),
            (Exit::Code(0), "", "", Cause::PoweredOff, "powered off"),
            (Exit::Code(0), "sysrq: Resetting\n", "", Cause::PoweredOff, "reset itself"),
            (Exit::Signal(9), "", "", Cause::VmmKilled, "SIGKILL (9)"),
            (Exit::Code(1), "", "qemu: no memory\n\n", Cause::VmmFailed, "status 1; its last words: qemu: no memory"),
            (Exit::Code(0), "pyro-guest: mount /dev/vda: EINVAL\n", "", Cause::PoweredOff, "mount /dev/vda: EINVAL"),
        ];
        for (exit, console, stderr, cause, words) in cases {
            let death = Death::judge(exit, console, stderr);
            assert_eq!(death.cause, cause);
            assert!(death.detail.contains(words), "{}", death.detail);
        }
    }
}
