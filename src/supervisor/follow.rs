//! One command's events, whatever becomes of the link: taken up again where it breaks, ended where the machine dies. A
//! command is never started twice, and no secret is told: whatever a command says goes through here.

mod redacted;

use std::time::{Duration, Instant};

use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ExecEnded, ExecRequest, ExitReason},
    frame::{Event, Stream},
};
use tokio::{
    sync::watch,
    time::{sleep, sleep_until, timeout},
};

use super::guest::{self, Guest, bounded};
use crate::{
    link::{ExecStream, Link, LinkError},
    redact::Redactor,
    vm::Death,
};
use redacted::Redacted;

/// A guest that breaks its answers off, one after the other and nothing between, is not asked again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// A command of the guest, listened to.
pub(super) struct Followed {
    guest: watch::Receiver<Guest>,
    number: u32,
    link: Link,
    stream: ExecStream,
    /// No output came since the stream broke last.
    broke_off: bool,
    seen: Seen,
    redacted: Redacted,
}

pub(super) enum StartError {
    Dead(Death),
    Link(LinkError),
}

impl From<StartError> for GuestError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Dead(death) => {
                Self::new(GuestErrorCode::Internal, format!("the machine ended: {}", death.detail))
            }
            StartError::Link(error) => error.into(),
        }
    }
}

impl Followed {
    /// Starts a command; what the guest refuses is an error and no event.
    pub(super) async fn start(
        mut guest: watch::Receiver<Guest>,
        request: &ExecRequest,
        redactor: &Redactor,
    ) -> Result<Self, StartError> {
        let (number, link) = guest::link(&mut guest, 0).await.map_err(StartError::Dead)?;
        let stream = tokio::select! {
            stream = link.exec(request) => stream.map_err(StartError::Link)?,
            death = guest::death(&mut guest) => return Err(StartError::Dead(death)),
        };
        let redacted = Redacted::new(redactor);
        Ok(Self { guest, number, link, stream, broke_off: false, seen: Seen::new(), redacted })
    }

    /// Listens to a command that runs already, from as far back as the guest still knows.
    pub(super) async fn adopt(
        mut guest: watch::Receiver<Guest>,
        exec: u64,
        redactor: &Redactor,
    ) -> Result<Self, StartError> {
        let (number, link) = guest::link(&mut guest, 0).await.map_err(StartError::Dead)?;
        let stream = link.exec_resume(exec, 0, 0).await.map_err(StartError::Link)?;
        let (redacted, seen) = (Redacted::new(redactor), Seen { exec: Some(exec), ..Seen::new() });
        Ok(Self { guest, number, link, stream, broke_off: false, seen, redacted })
    }

    /// The next event; `Ended` is the last. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.redacted.next() {
                return event;
            }
            let release_at = self.redacted.release_at();
            tokio::select! {
                biased;
                event = self.hear() => {
                    self.seen.note(&event);
                    self.redacted.take(event);
                }
                () = sleep_until(release_at.unwrap_or_else(Instant::now).into()), if release_at.is_some() => {
                    self.redacted.release();
                }
            }
        }
    }

    /// The next event as the guest tells it.
    async fn hear(&mut self) -> Event {
        loop {
            if let Ok(Some(event)) = self.stream.next().await {
                self.broke_off &= !matches!(&event, Event::Output { bytes, .. } if !bytes.is_empty());
                return event;
            }
            if let Err(detail) = self.resume().await {
                return Event::Ended(self.seen.ended(ExitReason::VmDied, detail));
            }
        }
    }

    /// Takes the command up again: on the same link where only the stream broke, else on the next.
    async fn resume(&mut self) -> Result<(), String> {
        if std::mem::replace(&mut self.broke_off, true) {
            sleep(PAUSE).await;
        }
        loop {
            if self.link.is_closed() {
                // Where the machine ended, its death says more than its link.
                (self.number, self.link) =
                    guest::link(&mut self.guest, self.number).await.map_err(|death| death.detail)?;
            }
            let exec = self.seen.exec.ok_or("the link broke before the command was known to have started")?;
            match self.link.exec_resume(exec, self.seen.stdout, self.seen.stderr).await {
                Err(LinkError::Lost) => self.link.closed().await,
                Err(error) => return Err(format!("the command could not be found again: {error}")),
                Ok(again) => {
                    self.stream = again;
                    return Ok(());
                }
            }
        }
    }

    /// Ends its processes, over the next link where this one breaks. Its events go on until `Ended`.
    pub(super) async fn cancel(&mut self) {
        while let Some(exec) = self.seen.exec {
            match self.link.exec_cancel(exec).await {
                Err(LinkError::Lost) if self.resume().await.is_ok() => {}
                _ => return,
            }
        }
    }

    /// Ends a command and hears it out; false where its end does not come in time. Then the agent may forget it.
    pub(super) async fn end(&mut self, within: Duration, mut hear: impl FnMut(Event)) -> bool {
        let ended = async {
            self.cancel().await;
            loop {
                let event = self.next().await;
                let (started, ended) = (matches!(event, Event::Started(_)), matches!(event, Event::Ended(_)));
                hear(event);
                if started {
                    // It was just being started: only now it can be named.
                    self.cancel().await;
                }
                if ended {
                    return;
                }
            }
        };
        let heard = timeout(within, ended).await.is_ok();
        self.forget().await;
        heard
    }

    /// Its number at the agent, once it is known.
    pub(super) fn exec(&self) -> Option<u64> {
        self.seen.exec
    }

    /// The link it is heard over now.
    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// The last events where the end was not heard of.
    pub(super) fn unheard(&mut self, reason: ExitReason, detail: String) -> Vec<Event> {
        self.redacted.last(self.seen.ended(reason, detail))
    }

    /// Has the agent forget an ended command; that only frees the guest's memory early.
    pub(super) async fn forget(&self) {
        if let Some(exec) = self.seen.exec {
            let _ = self.link.exec_forget(exec).await;
        }
    }
}

/// The only event of a command whose machine was gone before it could start.
pub(super) fn died_before(death: Death) -> Event {
    Event::Ended(Seen::new().ended(ExitReason::VmDied, bounded(&death.detail)))
}

/// What has come so far, as the guest counts it.
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

#[cfg(test)]
mod tests;
