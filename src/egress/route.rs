//! Where a request goes, kept as long as its connection lives: a new policy judges it again.

use std::net::IpAddr;

use super::{
    Policy, address,
    decide::{self, Refusal},
    target::{Host, Target},
    trouble::Trouble,
};

/// Where a request goes, and by which addresses.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) target: Target,
    /// Empty where only the host's proxy knows them.
    pub(super) addresses: Vec<IpAddr>,
    /// The host's proxy chooses among them.
    pub(super) chosen_upstream: bool,
}

impl Route {
    /// The addresses that may be connected to.
    pub(super) fn open(&self, policy: &Policy) -> Result<Vec<IpAddr>, Trouble> {
        let own =
            address::own().map_err(|_| Trouble::Unreachable("the host does not know its own addresses".into()))?;
        let judge = |addresses: &[IpAddr]| {
            decide::decide(policy, &self.target, addresses, &own).map_err(|refusal| denied(&self.target, refusal))
        };
        if self.chosen_upstream {
            for address in &self.addresses {
                judge(&[*address])?;
            }
        }
        judge(&self.addresses)
    }
}

/// A refusal of a host in its usual form.
pub(super) fn denied(target: &Target, refusal: Refusal) -> Trouble {
    let host = match &target.host {
        Host::Name(name) => name.clone(),
        Host::Address(address) => address.to_string(),
    };
    Trouble::denied(&host, target.port, refusal)
}
