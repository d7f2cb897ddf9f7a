//! One command's events, from the guest to one client and to the history: canceled when the client goes, handed back when
//! its patience is over.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::{
    GuestError,
    exec::{ExecRequest, ExitReason},
    frame::{self, Event},
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    follow::{self, Followed, StartError},
    guest::Guest,
    history::Recording,
    surroundings::Surroundings,
};
use crate::link::Link;

/// After a cancel, how long the guest may take to report the end.
const CANCELED_END: Duration = Duration::from_secs(2);

/// A command at its limit is the agent's to end. An agent that is silent for this long after it has lost its machine, to a
/// fork bomb for instance.
const OVERTIME: Duration = Duration::from_secs(10);

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
    pub(super) surroundings: Arc<Surroundings>,
}

/// Starts a command and relays until it ends or the client goes, which may be before it has started. `begun` is told
/// whether it did. `overdue` is called once if it should have ended and has not.
pub(super) async fn run(
    guest: watch::Receiver<Guest>,
    exec: &ExecRequest,
    mut wants: Wants,
    begun: oneshot::Sender<Result<(), GuestError>>,
    overdue: impl FnOnce(),
) {
    let command = match Followed::start(guest, exec, &wants.surroundings.redactor).await {
        Ok(command) => command,
        Err(StartError::Dead(death)) => {
            let _ = begun.send(Ok(()));
            wants.tell(&follow::died_before(death)).await;
            return;
        }
        Err(StartError::Link(error)) => {
            if let Some(recording) = wants.recording {
                recording.discard();
            }
            let _ = begun.send(Err(error.into()));
            return;
        }
    };
    // Who does not hear this has gone, and the command with them.
    let _ = begun.send(Ok(()));
    relay(command, wants, overdue).await;
}

async fn relay(mut command: Followed, mut wants: Wants, overdue: impl FnOnce()) {
    let limit = wants.limit.map(|limit| Instant::now() + limit);
    let patience = wants.patience.map(|patience| Instant::now() + patience);
    let mut overdue = Some(overdue);
    loop {
        let mut event = tokio::select! {
            biased;
            event = command.next() => event,
            () = left(&wants.client) => return cancel(&mut command, &mut wants).await,
            // Not before it is known how to end it from elsewhere.
            () = at(patience), if wants.client.is_some() && command.exec().is_some() => {
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
        if let Event::Started(started) = &event
            && let Some(bytes) = wants.stdin.take()
        {
            feed(command.link().clone(), started.exec, bytes);
        }
        wants.explain(command.exec(), &mut event);
        let delivered = wants.tell(&event).await;
        if matches!(event, Event::Ended(_)) {
            return command.forget().await;
        }
        if !delivered {
            return cancel(&mut command, &mut wants).await;
        }
    }
}

impl Wants {
    /// Puts what was refused to a command into its end.
    fn explain(&self, exec: Option<u64>, event: &mut Event) {
        if let (Event::Ended(ended), Some(exec)) = (event, exec) {
            self.surroundings.network.explain(exec, ended);
        }
    }

    /// Writes an event down and passes it on; false where the reader has gone.
    async fn tell(&mut self, event: &Event) -> bool {
        self.note(event);
        match &self.client {
            Some(client) => client.send(frame::encode(event)).await.is_ok(),
            None => true,
        }
    }

    fn note(&mut self, event: &Event) {
        if let Some(recording) = &mut self.recording {
            recording.note(event);
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

/// Ends the command's process group and waits, briefly, to hear that it is gone.
async fn cancel(command: &mut Followed, wants: &mut Wants) {
    wants.client = None;
    let mut exec = command.exec();
    let mut hear = |mut event: Event| {
        if let Event::Started(started) = &event {
            exec = Some(started.exec);
        }
        wants.explain(exec, &mut event);
        wants.note(&event);
    };
    if !command.end(CANCELED_END, &mut hear).await {
        let last = command.unheard(ExitReason::Canceled, "its caller left; its end was not seen".into());
        last.into_iter().for_each(hear);
    }
}
