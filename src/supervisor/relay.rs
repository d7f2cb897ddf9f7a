//! One command's events, from the guest to one client: resumed when the link breaks, canceled when the client goes,
//! ended truthfully when the machine dies. A command is never started twice.

use std::time::{Duration, Instant};

use bytes::Bytes;
use pyro_protocol::{
    exec::{ExecEnded, ExecRequest, ExitReason},
    frame::{self, Event, Stream},
};
use tokio::sync::{mpsc, watch};

use super::guest::{self, Guest};
use crate::{
    link::{ExecStream, Link, LinkError},
    vm::Death,
};

/// After a cancel, how long the guest may take to report the end.
const CANCELED_END: Duration = Duration::from_secs(2);

/// A command at its limit is the agent's to end. An agent that is silent for this long after it has lost its machine, to a
/// fork bomb for instance.
const OVERTIME: Duration = Duration::from_secs(10);

/// What has come so far.
struct Seen {
    exec: Option<u64>,
    stdout: u64,
    stderr: u64,
    started: Instant,
}

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
pub(super) fn died_before(death: Death) -> Bytes {
    let seen = Seen { exec: None, stdout: 0, stderr: 0, started: Instant::now() };
    frame::encode(&Event::Ended(seen.vm_died(death.detail)))
}

/// Relays until the command ends or the client goes. `overdue` is called once if it should have ended and has not.
pub(super) async fn relay(
    mut guest: watch::Receiver<Guest>,
    (mut number, mut link): (u32, Link),
    mut stream: ExecStream,
    client: mpsc::Sender<Bytes>,
    limit: Option<Duration>,
    overdue: impl FnOnce(),
) {
    let limit = limit.map(|limit| Instant::now() + limit);
    let mut overdue = Some(overdue);
    let mut seen = Seen { exec: None, stdout: 0, stderr: 0, started: Instant::now() };
    loop {
        let next = tokio::select! {
            next = stream.next() => next,
            () = client.closed() => return cancel(&link, &mut stream, seen.exec).await,
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
                let ended = matches!(event, Event::Ended(_));
                if client.send(frame::encode(&event)).await.is_err() && !ended {
                    return cancel(&link, &mut stream, seen.exec).await;
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
                    let _ = client.send(frame::encode(&Event::Ended(seen.vm_died(detail)))).await;
                    return;
                }
            },
        }
    }
}

/// Resolves when nothing has come for [`OVERTIME`], not counting the time until `limit`.
async fn silence(limit: Option<Instant>) {
    match limit {
        Some(limit) => tokio::time::sleep_until((limit.max(Instant::now()) + OVERTIME).into()).await,
        None => std::future::pending().await,
    }
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
async fn cancel(link: &Link, stream: &mut ExecStream, exec: Option<u64>) {
    let exec = match exec {
        Some(exec) => Some(exec),
        // It was just being started: its first frame names it.
        None => match tokio::time::timeout(CANCELED_END, stream.next()).await {
            Ok(Ok(Some(Event::Started(started)))) => Some(started.exec),
            _ => None,
        },
    };
    let Some(exec) = exec else { return };
    let _ = link.exec_cancel(exec).await;
    let _ = tokio::time::timeout(CANCELED_END, async {
        while let Ok(Some(event)) = stream.next().await {
            if matches!(event, Event::Ended(_)) {
                break;
            }
        }
    })
    .await;
    let _ = link.exec_forget(exec).await;
}

impl Seen {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.exec = Some(started.exec),
            Event::Output { stream: Stream::Stdout, offset, bytes } => self.stdout = offset + bytes.len() as u64,
            Event::Output { stream: Stream::Stderr, offset, bytes } => self.stderr = offset + bytes.len() as u64,
            Event::Ended(_) => {}
        }
    }

    fn vm_died(&self, detail: String) -> ExecEnded {
        ExecEnded {
            reason: ExitReason::VmDied,
            exit_code: 125,
            signal: None,
            duration_ms: self.started.elapsed().as_millis() as u64,
            stdout_bytes: self.stdout,
            stderr_bytes: self.stderr,
            conditions: vec![],
            detail: Some(detail),
        }
    }
}
