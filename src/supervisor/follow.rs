//! One command of the guest, followed to its end across broken links. It is never started twice.

use std::time::Instant;

use pyro_protocol::{
    exec::{ExecEnded, ExecRequest, ExitReason},
    frame::{Event, Stream},
};
use tokio::sync::watch;

use super::guest::{self, Guest};
use crate::{
    link::{ExecStream, Link, LinkError},
    vm::Death,
};

/// A command that was started, and all that is needed to find it again.
pub(super) struct Follower {
    guest: watch::Receiver<Guest>,
    /// Which in the row of links `link` is.
    number: u32,
    link: Link,
    stream: ExecStream,
    seen: Seen,
}

/// Why a command did not start.
pub(super) enum StartError {
    Dead(Death),
    Link(LinkError),
}

/// Why nothing more is heard of a command.
pub(super) enum Lost {
    Dead(Death),
    /// The machine lives, but does not know it.
    Unknown(String),
}

impl Lost {
    /// One sentence.
    pub(super) fn detail(self) -> String {
        match self {
            Self::Dead(death) => death.detail,
            Self::Unknown(detail) => detail,
        }
    }
}

impl Follower {
    /// Opens the command, so that refusals are answers and not streams.
    pub(super) async fn start(mut guest: watch::Receiver<Guest>, request: &ExecRequest) -> Result<Self, StartError> {
        let (number, link) = guest::link(&mut guest, 0).await.map_err(StartError::Dead)?;
        let stream = tokio::select! {
            stream = link.exec(request) => stream.map_err(StartError::Link)?,
            death = guest::death(&mut guest) => return Err(StartError::Dead(death)),
        };
        Ok(Self { guest, number, link, stream, seen: Seen::new() })
    }

    /// The next event; `None` where the stream broke before the end: it is to be resumed. Dropping the future loses
    /// nothing.
    pub(super) async fn next(&mut self) -> Option<Event> {
        let event = self.stream.next().await.ok().flatten()?;
        self.seen.note(&event);
        Some(event)
    }

    /// Takes the command up again: on the same link where only the stream broke, else on the next.
    pub(super) async fn resume(&mut self) -> Result<(), Lost> {
        let Some(exec) = self.seen.exec else {
            let unknown = "the link broke before the command was known to have started";
            // The machine's death says more than its broken link.
            return Err(self.linked().await.err().map_or(Lost::Unknown(unknown.into()), Lost::Dead));
        };
        loop {
            self.linked().await.map_err(Lost::Dead)?;
            match self.link.exec_resume(exec, self.seen.stdout, self.seen.stderr).await {
                Err(LinkError::Lost) => self.link.closed().await,
                Err(error) => return Err(Lost::Unknown(format!("the command could not be found again: {error}"))),
                Ok(stream) => {
                    self.stream = stream;
                    return Ok(());
                }
            }
        }
    }

    /// Waits for a link that is open.
    async fn linked(&mut self) -> Result<(), Death> {
        if self.link.is_closed() {
            (self.number, self.link) = guest::link(&mut self.guest, self.number).await?;
        }
        Ok(())
    }

    /// Its number in the guest, once it is known.
    pub(super) fn exec(&self) -> Option<u64> {
        self.seen.exec
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// Has it ended: TERM, then KILL. Its end is an event like all others.
    pub(super) async fn cancel(&self) {
        if let Some(exec) = self.seen.exec {
            let _ = self.link.exec_cancel(exec).await;
        }
    }

    /// Frees the guest's memory of an ended command early.
    pub(super) async fn forget(&self) {
        if let Some(exec) = self.seen.exec {
            let _ = self.link.exec_forget(exec).await;
        }
    }

    /// An end that the guest could not tell any more.
    pub(super) fn ended(&self, reason: ExitReason, detail: String) -> ExecEnded {
        self.seen.ended(reason, detail)
    }
}

/// The only event of a command whose machine was gone before it could start.
pub(super) fn died_before(death: Death) -> Event {
    Event::Ended(Seen::new().ended(ExitReason::VmDied, death.detail))
}

/// What has come so far.
struct Seen {
    exec: Option<u64>,
    stdout: u64,
    stderr: u64,
    started: Instant,
}

impl Seen {
    fn new() -> Self {
        Self { exec: None, stdout: 0, stderr: 0, started: Instant::now() }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.exec = Some(started.exec),
            Event::Output { stream: Stream::Stdout, offset, bytes } => self.stdout = offset + bytes.len() as u64,
            Event::Output { stream: Stream::Stderr, offset, bytes } => self.stderr = offset + bytes.len() as u64,
            Event::Ended(_) | Event::HandedBack => {}
        }
    }

    fn ended(&self, reason: ExitReason, detail: String) -> ExecEnded {
        ExecEnded {
            duration_ms: self.started.elapsed().as_millis() as u64,
            stdout_bytes: self.stdout,
            stderr_bytes: self.stderr,
            detail: Some(detail),
            ..ExecEnded::new(reason, 125)
        }
    }
}
