//! What crosses between the guest's loopback and the host: connections in (published ports), connections out (dials to
//! the proxy's port), and what the machine is given for them.

mod certificates;
mod connect;
mod dials;
mod furnish;
mod join;
mod owner;
mod pem;
mod proxy;
mod secrets;
mod sockets;

use std::sync::Arc;

use pyro_protocol::network::CONNECTIONS_MAX;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use dials::Dials;
use proxy::Proxy;

pub(crate) use {
    connect::connect,
    dials::{listen, take_up},
    furnish::furnish,
    owner::owner,
};

/// Says that a connection is not over: there may be so many at once.
type Seat = Arc<OwnedSemaphorePermit>;

/// Connections of this boot that the agent has part in.
#[derive(Debug)]
pub(crate) struct Network {
    /// Of connections into the guest.
    seats: Arc<Semaphore>,
    dials: Arc<Dials>,
    /// Held while the machine is furnished: one after the other.
    proxy: Mutex<Option<Proxy>>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            seats: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            dials: Arc::new(Dials::new()),
            proxy: Mutex::default(),
        }
    }
}
