//! How a server of MCP ends: the signals that ask for it, and how long its calls get.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// Answers under way may still come within this.
pub(super) const ANSWER_GRACE: Duration = Duration::from_secs(1);
/// Calls taken back clean up within a second; a little more, and the process ends whatever they do.
pub(super) const CLEANUP_GRACE: Duration = Duration::from_millis(1300);

/// SIGTERM and SIGINT, caught from the moment it is made.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn caught() -> Result<Self, Failure> {
        let caught = |kind| signal(kind).map_err(|error| Failure::io("listen for signals", &error));
        Ok(Self { terminate: caught(SignalKind::terminate())?, interrupt: caught(SignalKind::interrupt())? })
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
