//! Connections that programs of the guest ask for: each is taken up where the agent tells of it, and led through the gate.

use std::{sync::Arc, time::Duration};

use pyro_protocol::network::Denied;
use tokio::{sync::watch, task::JoinSet};

use super::{Network, has_proxy};
use crate::{
    egress::Told,
    limits,
    link::{Link, LinkError},
    supervisor::guest::{self, Guest, bounded},
};

/// A guest that tells of no dials any more is asked again after this.
const AGAIN: Duration = Duration::from_secs(1);

impl Network {
    /// Serves the guest's dials, over one link after the other, until the machine is gone.
    pub(in crate::supervisor) async fn run(self: Arc<Self>, mut guest: watch::Receiver<Guest>) {
        let mut furnished = self.furnished.subscribe();
        let mut after = 0;
        loop {
            // Without a proxy there is nothing to listen to; the policy may still change.
            if furnished.wait_for(|furnished| furnished.as_ref().is_some_and(has_proxy)).await.is_err() {
                return;
            }
            let Ok((number, link)) = guest::link(&mut guest, after).await else { return };
            after = number;
            while !link.is_closed() {
                // Broken off while the link stands: it is asked again, but not at once.
                let _ = self.serve(&link).await;
                tokio::select! {
                    () = link.closed() => {}
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
        }
    }

    async fn serve(self: &Arc<Self>, link: &Link) -> Result<(), LinkError> {
        let mut dials = link.dials().await?;
        let mut connections = JoinSet::new();
        while let Some(dial) = dials.next().await? {
            // However many a guest tells of, no more are taken up at once.
            let Ok(permit) = self.dials.clone().acquire_owned().await else { break };
            let (network, link) = (Arc::clone(self), link.clone());
            connections.spawn(async move {
                network.connect(&link, dial).await;
                drop(permit);
            });
            while connections.try_join_next().is_some() {}
        }
        Ok(())
    }

    /// Leads one connection through the gate, to its end.
    async fn connect(self: &Arc<Self>, link: &Link, dial: u64) {
        let Ok(tunnel) = link.take_dial(dial).await else { return };
        let denied = |denied: Denied| {
            let (network, link) = (Arc::clone(self), link.clone());
            Box::pin(async move { network.denied(&link, dial, denied).await }) as Told
        };
        self.gate.serve(tunnel, denied).await;
    }

    /// A host's name as it may be told: it may be made of anything, a secret included.
    fn told(&self, host: &str) -> String {
        bounded(&self.redactor.text(host))
    }

    /// Notes a refusal, with the command that met it: while its program waits for the answer, the guest can tell.
    async fn denied(&self, link: &Link, dial: u64, mut denied: Denied) {
        let owner = tokio::time::timeout(limits::DIAL_OWNER_DEADLINE, link.dial_owner(dial)).await;
        let exec = owner.ok().and_then(Result::ok).and_then(|owner| owner.exec);
        denied.host = self.told(&denied.host);
        denied.allow = denied.allow.map(|entry| self.told(&entry));
        if let Some(exec) = exec {
            self.shells.denied(exec, &denied);
        }
        self.denials.note(exec, denied);
    }
}
