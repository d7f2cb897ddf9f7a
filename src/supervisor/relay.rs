//! One command's events, from the guest to one client and to the history: resumed when the link breaks, canceled when the
//! client goes, handed back when its patience is over, ended truthfully when the machine dies. A command is never started
//! twice.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::{
    exec::{ExecEnded, ExecRequest, ExitReason},
    frame::{self, Event, Stream},
};
use tokio::sync::{mpsc, watch};

use super::{
    guest::{self, Guest},
    history::Recording,
};
use crate::{
    link::{ExecStream, Link, LinkError},
    vm::Death,
};

/// After a cancel, how long the guest may take to report the end.
const CANCELED_END: Duration = Duration::from_secs(2);

/// A command at its limit is the agent's to end. An agent that is silent for this long after it has lost its machine, to a
/// fork bomb for instance.
const OVERTIME: Duration = Duration::from_secs(10);

/// Opens the command, so that refusals are answers and not streams.
pub(super) async fn start(
    guest: &mut watch::Receiver<Guest>,
    request: &ExecRequest,
) -> Result<(u32, Link, ExecStream), StartError> {
    let (number, link) = guest::link(guest, 0).await.map_err(StartError::Dead)?;
    let stream = tokio::select! {
        stream = link.exec(request) => stream.map_err(StartError::Link)?,
        death = guest::death(guest) => return Err(StartError::Dead(death)),
    };
    Ok((number, link, stream))
}

pub(super) enum StartError {
    Dead(Death),
    Link(LinkError),
}

/// The only event of a command whose machine was gone before it could start.
pub(super) fn died_before(death: Death) -> Event {
    Event::Ended(Seen::new().vm_died(death.detail))
}

/// What one command needs besides its stream.
pub(super) struct Wants {
    /// The reader; `None` once it was handed back.
    pub(super) client: Option<mpsc::Sender<Bytes>>,
    /// How long the reader waits before the command is handed back to it; for ever where absent.
    pub(super) patience: Option<Duration>,
    pub(super) stdin: Option<Bytes>,
    pub(super) recording: Option<Recording>,
    /// The command's own limit.
    pub(super) limit: Option<Duration>,
}

/// Relays until the command ends or the client goes. `overdue` is called once if it should have ended and has not.
pub(super) async fn relay(
    mut guest: watch::Receiver<Guest>,
    (mut number, mut link): (u32, Link),
    mut stream: ExecStream,
    mut wants: Wants,
    overdue: impl FnOnce(),
) {
    let limit = wants.limit.map(|limit| Instant::now() + limit);
    let patience = wants.patience.map(|patience| Instant::now() + patience);
    let mut overdue = Some(overdue);
    let mut seen = Seen::new();
    loop {
        let next = tokio::select! {
            biased;
            next = stream.next() => next,
            () = left(&wants.client) => return cancel(&link, &mut stream, &seen, &mut wants).await,
            // Not before it is known how to end it from elsewhere.
            () = at(patience), if wants.client.is_some() && seen.exec.is_some() => {
                wants.hand_back().await;
                continue;
            }
            () = silence(limit), if overdue.is_some() => {
                if let Some(overdue) = overdue.take() {
                    overdue();
                }
                continue;
            }
        };
        match next {
            Ok(Some(event)) => {
                seen.note(&event);
                if let Event::Started(started) = &event
                    && let Some(bytes) = wants.stdin.take()
                {
                    feed(link.clone(), started.exec, bytes);
                }
                let ended = matches!(event, Event::Ended(_));
                let delivered = wants.tell(&event).await;
                if !delivered && !ended {
                    return cancel(&link, &mut stream, &seen, &mut wants).await;
                }
                if ended {
                    if let Some(exec) = seen.exec {
                        // Forgetting only frees the guest's memory early.
                        let _ = link.exec_forget(exec).await;
                    }
                    return;
                }
            }
            Ok(None) | Err(_) => match resume(&mut guest, &seen, &mut number, &mut link).await {
                Ok(again) => stream = again,
                Err(detail) => {
                    wants.tell(&Event::Ended(seen.vm_died(detail))).await;
                    return;
                }
            },
        }
    }
}

impl Wants {
    /// Writes an event down and passes it on; false where the reader has gone.
    async fn tell(&mut self, event: &Event) -> bool {
        if let Some(recording) = &mut self.recording {
            recording.note(event);
        }
        match &self.client {
            Some(client) => client.send(frame::encode(event)).await.is_ok(),
            None => true,
        }
    }

    /// From here on nobody's leaving ends the command.
    async fn hand_back(&mut self) {
        if let Some(client) = self.client.take() {
            let _ = client.send(frame::encode(&Event::HandedBack)).await;
        }
    }
}

/// Feeds a command's standard input beside its output: it may want to be read first.
fn feed(link: Link, exec: u64, bytes: Bytes) {
    tokio::spawn(async move {
        // A command that reads no more, or has ended, is no error.
        let _ = link.exec_stdin(exec, stream::iter([Ok(bytes)])).await;
    });
}

/// Resolves when the reader has gone.
async fn left(client: &Option<mpsc::Sender<Bytes>>) {
    match client {
        Some(client) => client.closed().await,
        None => std::future::pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// Resolves when nothing has come for [`OVERTIME`], not counting the time until `limit`.
async fn silence(limit: Option<Instant>) {
    at(limit.map(|limit| limit.max(Instant::now()) + OVERTIME)).await;
}

/// Takes the command up again: on the same link where only the stream broke, else on the next.
async fn resume(
    guest: &mut watch::Receiver<Guest>,
    seen: &Seen,
    number: &mut u32,
    link: &mut Link,
) -> Result<ExecStream, String> {
    let exec = seen.exec.ok_or("the link broke before the command was known to have started")?;
    loop {
        if link.is_closed() {
            (*number, *link) = guest::link(guest, *number).await.map_err(|death| death.detail)?;
        }
        match link.exec_resume(exec, seen.stdout, seen.stderr).await {
            Err(LinkError::Lost) => link.closed().await,
            resumed => return resumed.map_err(|error| format!("the command could not be found again: {error}")),
        }
    }
}

/// Ends the command's process group and waits, briefly, to hear that it is gone.
async fn cancel(link: &Link, stream: &mut ExecStream, seen: &Seen, wants: &mut Wants) {
    wants.client = None;
    let mut seen = seen.clone();
    if seen.exec.is_none() {
        // It was just being started: its first frame names it.
        if let Ok(Ok(Some(event))) = tokio::time::timeout(CANCELED_END, stream.next()).await {
            seen.note(&event);
            wants.tell(&event).await;
        }
    }
    let Some(exec) = seen.exec else { return };
    let _ = link.exec_cancel(exec).await;
    let told = tokio::time::timeout(CANCELED_END, async {
        while let Ok(Some(event)) = stream.next().await {
            seen.note(&event);
            wants.tell(&event).await;
            if matches!(event, Event::Ended(_)) {
                return true;
            }
        }
        false
    });
    if !told.await.unwrap_or(false) {
        wants
            .tell(&Event::Ended(seen.ended(ExitReason::Canceled, "its caller left; its end was not seen".into())))
            .await;
    }
    let _ = link.exec_forget(exec).await;
}

/// What has come so far.
#[derive(Clone)]
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

    fn vm_died(&self, detail: String) -> ExecEnded {
        self.ended(ExitReason::VmDied, detail)
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
