//! The gate between one machine and the world: its policy, and the proxy that keeps to it.

use pyro_protocol::network::Denied;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{
    Policy,
    resolve::Resolver,
    upstream::Upstream,
    visit::{Told, Visit},
};

/// What takes the programs of one machine to the world.
pub struct Gate {
    policy: watch::Sender<Policy>,
    pub(super) upstream: Upstream,
    pub(super) resolver: Resolver,
}

impl Gate {
    pub fn new(policy: Policy, upstream: Upstream, resolver: Resolver) -> Self {
        Self { policy: watch::Sender::new(policy), upstream, resolver }
    }

    /// Puts another policy in place: what it would not have permitted is cut off at once.
    pub fn set(&self, policy: Policy) {
        self.policy.send_replace(policy);
    }

    /// Speaks HTTP proxy on one connection that a program of the machine opened, to its end. Everything that comes over
    /// it is taken for hostile. `denied` is awaited before a refusal is answered. Dropping the future ends everything
    /// under way on it.
    pub async fn serve<S, F>(&self, stream: S, denied: F)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        F: Fn(Denied) -> Told + Send + Sync,
    {
        Visit::new(self, denied).serve(stream).await;
    }

    /// The policy and its changes.
    pub fn policies(&self) -> watch::Receiver<Policy> {
        self.policy.subscribe()
    }
}
