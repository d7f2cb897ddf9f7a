//! What crosses between a machine and the network, held to its policy: connections of its programs to the world
//! (`dials.rs`), and of the host to its services (`published.rs`).

pub(super) mod denials;
mod dials;
mod published;
mod variables;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use pyro_protocol::{
    exec::{Condition, ExecEnded},
    network::{CONNECTIONS_MAX, DIALS_MAX, Furnished},
};
use tokio::sync::{Semaphore, watch};

pub(super) use denials::Denials;
pub use denials::read as read_denied;
pub(super) use published::Publishing;

use super::shells::Shells;
use crate::{
    egress::{Gate, Policy, Upstream, system_resolver},
    failure::Failure,
    redact::Redactor,
};

/// The network of one machine.
pub(super) struct Network {
    dir: PathBuf,
    gate: Gate,
    /// What the guest of this boot was furnished with last.
    furnished: watch::Sender<Option<Furnished>>,
    pub(super) denials: Denials,
    shells: Arc<Shells>,
    redactor: Redactor,
    /// Held while the policy is read and put in place: what was said last must not be overtaken.
    reloading: Mutex<()>,
    dials: Arc<Semaphore>,
    connections: Arc<Semaphore>,
}

impl Network {
    /// Of the machine in `dir`; a policy that cannot be read is a reason not to start it.
    pub(super) fn open(dir: PathBuf, shells: Arc<Shells>, redactor: Redactor) -> Result<Arc<Self>, Failure> {
        let policy = Policy::load(&dir)?;
        let upstream = match Upstream::from_env() {
            Err(failure) if policy.has_egress() => return Err(failure),
            // A machine without network does not care what the host's environment says of proxies.
            upstream => upstream.unwrap_or_default(),
        };
        Ok(Arc::new(Self {
            gate: Gate::new(policy, upstream, system_resolver()),
            furnished: watch::Sender::default(),
            denials: Denials::open(&dir),
            shells,
            redactor,
            reloading: Mutex::default(),
            dials: Arc::new(Semaphore::new(DIALS_MAX)),
            connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            dir,
        }))
    }

    /// The policy as it is now.
    pub(super) fn policy(&self) -> Policy {
        self.gate.policies().borrow().clone()
    }

    /// The policy and its changes.
    pub(super) fn policies(&self) -> watch::Receiver<Policy> {
        self.gate.policies()
    }

    /// Reads the policy anew; what runs is held to it from then on.
    pub(super) fn reload(&self) -> Result<(), Failure> {
        let _turn = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let policy = Policy::load(&self.dir)?;
        if policy.has_egress() {
            // What was overlooked without one is not now.
            Upstream::from_env()?;
        }
        self.gate.set(policy);
        Ok(())
    }

    /// Puts what was refused to a command into its end.
    pub(super) fn explain(&self, exec: u64, ended: &mut ExecEnded) {
        ended.egress_denied = self.denials.take(exec);
        if !ended.egress_denied.is_empty() {
            ended.conditions.push(Condition::EgressDenied);
        }
    }

    /// Whether the guest has a proxy; `None` where it was furnished with nothing in this boot.
    pub(super) fn has_proxy(&self) -> Option<bool> {
        self.furnished.borrow().as_ref().map(has_proxy)
    }

    /// What of the furnishing did not work.
    pub(super) fn problem(&self) -> Option<String> {
        self.furnished.borrow().as_ref()?.ca_problem.clone()
    }

    /// Notes what the guest has got.
    pub(super) fn furnished(&self, furnished: Furnished) {
        self.furnished.send_replace(Some(furnished));
    }
}

fn has_proxy(furnished: &Furnished) -> bool {
    furnished.proxy_port.is_some()
}
