//! Calls about the guest as a whole.

use http::Method;
use pyro_protocol::{
    control::{Health, Shutdown, Wake},
    probe::{Probe, Probed},
    route,
};
use serde::Deserialize;

use super::{Link, LinkError};

/// `{}`, and whatever a newer agent may add to it.
#[derive(Deserialize)]
pub(super) struct Done {}

impl Link {
    /// Asks how the guest fares.
    pub async fn health(&self) -> Result<Health, LinkError> {
        self.ask(Method::GET, route::HEALTH).await
    }

    /// Tells the guest clock, name and entropy.
    pub async fn wake(&self, wake: &Wake) -> Result<Health, LinkError> {
        self.call(Method::POST, route::WAKE, wake).await
    }

    /// Has the guest write its file systems to disk.
    pub async fn sync(&self) -> Result<(), LinkError> {
        self.ask::<Done>(Method::POST, route::SYNC).await.map(|_| ())
    }

    /// Looks whether something is ready.
    pub async fn probe(&self, probe: &Probe) -> Result<Probed, LinkError> {
        self.call(Method::POST, route::PROBE, probe).await
    }

    /// Has the guest end itself; the link closes soon after.
    pub async fn shutdown(&self, shutdown: &Shutdown) -> Result<(), LinkError> {
        self.call::<_, Done>(Method::POST, route::SHUTDOWN, shutdown).await.map(|_| ())
    }
}
