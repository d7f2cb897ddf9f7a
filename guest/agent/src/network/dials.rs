//! Connections out of the guest: those that programs opened to the proxy's port, until the host takes them up.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use hyper::body::Frame;
use pyro_protocol::{
    GuestError, GuestErrorCode,
    network::{DIAL_BYTES, DIAL_PATIENCE_MS, DIALS_MAX},
};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};

use super::{Seat, join::join};
use crate::{
    Agent,
    http::Call,
    reply::{self, Reply},
};

const PATIENCE: Duration = Duration::from_millis(DIAL_PATIENCE_MS);

/// All dials that are not over.
#[derive(Debug)]
pub(crate) struct Dials {
    seats: Arc<Semaphore>,
    table: Mutex<Table>,
    /// A dial has come, or another listener.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    /// Who is told of dials; one that has another number is not any more.
    listener: u64,
    /// In the order in which their patience ends.
    waiting: BTreeMap<u64, Waiting>,
    ends: BTreeMap<u64, (Ends, Weak<OwnedSemaphorePermit>)>,
}

/// Not taken up yet.
#[derive(Debug)]
struct Waiting {
    socket: TcpStream,
    seat: Seat,
    until: Instant,
}

/// The two ends of a dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) program: SocketAddr,
    pub(super) proxy: SocketAddr,
}

impl Dials {
    pub(super) fn new() -> Self {
        Self { seats: Arc::new(Semaphore::new(DIALS_MAX)), table: Mutex::default(), changed: watch::Sender::new(()) }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there may be one dial more.
    pub(super) async fn seat(&self) -> io::Result<Seat> {
        self.seats.clone().acquire_owned().await.map(Arc::new).map_err(io::Error::other)
    }

    /// Has a dial wait for the host.
    pub(super) fn add(&self, socket: TcpStream, ends: Ends, seat: Seat) {
        let mut table = self.table();
        table.ends.retain(|_, (_, seat)| seat.strong_count() > 0);
        table.last += 1;
        let number = table.last;
        table.ends.insert(number, (ends, Arc::downgrade(&seat)));
        table.waiting.insert(number, Waiting { socket, seat, until: Instant::now() + PATIENCE });
        drop(table);
        self.changed.send_replace(());
    }

    /// Closes what has waited in vain; answers when there is more to close.
    pub(super) fn close_overdue(&self) -> Option<Instant> {
        let (mut table, now) = (self.table(), Instant::now());
        while let Some(oldest) = table.waiting.first_entry() {
            if oldest.get().until > now {
                return Some(oldest.get().until);
            }
            oldest.remove();
        }
        None
    }

    /// Closes all that nobody has taken up.
    pub(super) fn close_waiting(&self) {
        self.table().waiting.clear();
    }

    /// The ends of a dial, as long as it is not over.
    pub(super) fn ends(&self, number: u64) -> Result<Ends, GuestError> {
        let table = self.table();
        let found = table.ends.get(&number).filter(|(_, seat)| seat.strong_count() > 0);
        found.map(|(ends, _)| *ends).ok_or_else(|| gone(number))
    }

    fn take(&self, number: u64) -> Result<Waiting, GuestError> {
        self.table().waiting.remove(&number).ok_or_else(|| gone(number))
    }

    /// The numbers of those that wait and came after that one, as bytes; nothing for who has been replaced.
    fn numbers(&self, listener: u64, after: u64) -> Option<(Bytes, u64)> {
        let table = self.table();
        if table.listener != listener {
            return None;
        }
        let mut bytes = BytesMut::with_capacity(table.waiting.len() * DIAL_BYTES);
        let mut last = after;
        for number in table.waiting.range(after + 1..).map(|(number, _)| *number) {
            bytes.extend_from_slice(&number.to_be_bytes());
            last = number;
        }
        Some((bytes.freeze(), last))
    }
}

fn gone(number: u64) -> GuestError {
    let message = format!(
        "there is no dial {number}: it is over, taken up already, or was not taken up within {} s",
        PATIENCE.as_secs()
    );
    GuestError::new(GuestErrorCode::Missing, message)
}

/// Streams the numbers of dials that wait, those of before included, until somebody else asks for them.
pub(crate) async fn listen(call: Call) -> Reply {
    Ok(reply::stream(stream::unfold(Listener::attach(call.agent), Listener::frame)))
}

/// Takes a dial up, and joins it with the bodies.
pub(crate) async fn take_up(call: Call) -> Reply {
    let Waiting { socket, seat, .. } = call.agent.network.dials.take(call.number)?;
    Ok(join(socket, seat, call.body))
}

/// One answer's body.
struct Listener {
    agent: Arc<Agent>,
    number: u64,
    told: u64,
    changed: watch::Receiver<()>,
}

impl Listener {
    fn attach(agent: Arc<Agent>) -> Self {
        let dials = &agent.network.dials;
        let number = {
            let mut table = dials.table();
            table.listener += 1;
            table.listener
        };
        dials.changed.send_replace(());
        let changed = dials.changed.subscribe();
        Self { agent, number, told: 0, changed }
    }

    async fn frame(mut self) -> Option<(io::Result<Frame<Bytes>>, Self)> {
        loop {
            self.changed.mark_unchanged();
            let (numbers, told) = self.agent.network.dials.numbers(self.number, self.told)?;
            if !numbers.is_empty() {
                self.told = told;
                return Some((Ok(Frame::data(numbers)), self));
            }
            self.changed.changed().await.ok()?;
        }
    }
}
