//! What a machine is given besides its disk, and what its commands find in their environment: secrets, the way to the
//! network, and the certificates of the host.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use pyro_protocol::{GuestError, GuestErrorCode, exec::ExecRequest, network::Furnishing};
use tokio::sync::watch;

use super::{
    guest::{Guest, bounded},
    network::Network,
    secrets::Secrets,
    shells::Shells,
};
use crate::{
    failure::Failure,
    host::certificates,
    limits,
    link::{Link, LinkError},
    redact::Redactor,
};

pub(super) struct Surroundings {
    secrets: Secrets,
    pub(super) redactor: Redactor,
    pub(super) network: Arc<Network>,
}

impl Surroundings {
    /// Of the machine in `dir`. What cannot be read is a reason not to start it.
    pub(super) fn open(dir: &Path, shells: Arc<Shells>) -> Result<Self, Failure> {
        let secrets = Secrets::load(dir).map_err(|error| Failure::io("read the workspace's secrets", &error))?;
        let redactor = Redactor::new(secrets.values());
        let network = Network::open(dir.to_owned(), shells, redactor.clone())?;
        Ok(Self { secrets, redactor, network })
    }

    /// Gives a guest what it needs and has not got yet in this boot.
    pub(super) async fn furnish(&self, link: &Link) -> Result<(), LinkError> {
        let policy = self.network.policy();
        let proxy = policy.has_egress();
        let needed = match self.network.has_proxy() {
            Some(has_proxy) => proxy != has_proxy,
            None => proxy || !self.secrets.is_empty(),
        };
        if !needed {
            return Ok(());
        }
        let ca_certificates = if policy.trust_host_ca { certificates::extra() } else { String::new() };
        let furnishing = Furnishing { secrets: self.secrets.encoded(), ca_certificates, proxy };
        let mut furnished = link.furnish(&furnishing).await?;
        furnished.ca_problem = furnished.ca_problem.map(|problem| bounded(&self.redactor.text(&problem)));
        self.network.furnished(furnished);
        Ok(())
    }

    /// Keeps to a policy that was changed, and gives a guest the proxy that it had no use for before, or takes it away.
    /// `Conflict`: the policy holds, but the guest did not do its part.
    pub(super) async fn reload(&self, guest: &watch::Receiver<Guest>) -> Result<(), GuestError> {
        let failed = |failure: Failure| GuestError::new(GuestErrorCode::Denied, failure.message);
        self.network.reload().map_err(failed)?;
        let now = guest.borrow().clone();
        let Guest::Here(_, link) = now else { return Ok(()) };
        let why = match tokio::time::timeout(limits::FURNISH_AGAIN_DEADLINE, self.furnish(&link)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        let message = format!("the policy holds, but the guest's proxy is not as it should be: {}", bounded(&why));
        Err(GuestError::new(GuestErrorCode::Conflict, message))
    }

    /// Completes a command's environment. What its caller says of a variable holds.
    pub(super) fn dress(
        &self,
        exec: &mut ExecRequest,
        secret_env: &BTreeMap<String, String>,
    ) -> Result<(), GuestError> {
        for (name, value) in self.secrets.variables(secret_env)? {
            if exec.env.insert(name.clone(), value).is_some() {
                let message = format!("{name} is named by env and by secret_env, or by two secrets");
                return Err(GuestError::new(GuestErrorCode::Invalid, message));
            }
        }
        for (name, value) in self.network.variables() {
            exec.env.entry(name).or_insert(value);
        }
        Ok(())
    }
}
