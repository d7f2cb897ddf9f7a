//! Whether a policy lets a program reach a host, and by which of its addresses. Pure.

use std::net::IpAddr;

use pyro_protocol::network::Rule;

use super::{
    Entry, Policy, address, entry,
    hello::Peek,
    target::{Host, Target},
};

/// Ports that need not be said when a person permits a host.
const USUAL_PORTS: [u16; 2] = [80, 443];

/// Why not, and the smallest entry that would have permitted it; absent where none would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) rule: Rule,
    pub(super) allow: Option<Entry>,
}

impl Refusal {
    fn because(rule: Rule) -> Self {
        Self { rule, allow: None }
    }
}

/// What can be told before a name is resolved: a name that is not allowed must not even be asked for, for the question
/// itself would leave the machine.
pub(super) fn by_name(policy: &Policy, target: &Target) -> Result<(), Refusal> {
    if !policy.has_egress() {
        return Err(Refusal::because(Rule::NotAllowed));
    }
    let Target { host: Host::Name(name), port } = target else { return Ok(()) };
    if policy.deny_hosts.iter().any(|entry| entry.has_name(name, *port)) {
        return Err(Refusal::because(Rule::DeniedHost));
    }
    if name == "localhost" || name.ends_with(".localhost") {
        return Err(Refusal::because(Rule::Loopback));
    }
    match &policy.allow_hosts {
        Some(list) if !list.iter().any(|entry| entry.has_name(name, *port)) => {
            Err(Refusal { rule: Rule::NotAllowed, allow: Some(Entry::name(name, unusual(*port))) })
        }
        _ => Ok(()),
    }
}

/// The addresses of `target` that are open; `addresses` are all it has, none where only its name is known. `own` are the
/// host's. Where none is open, the first one's refusal.
pub(super) fn decide(
    policy: &Policy,
    target: &Target,
    addresses: &[IpAddr],
    own: &[IpAddr],
) -> Result<Vec<IpAddr>, Refusal> {
    by_name(policy, target)?;
    let mut open = Vec::new();
    let mut first = None;
    for address in addresses.iter().map(IpAddr::to_canonical) {
        match by_address(policy, target, address, own) {
            Ok(()) => open.push(address),
            Err(refusal) => drop(first.get_or_insert(refusal)),
        }
    }
    match first {
        Some(refusal) if open.is_empty() => Err(refusal),
        _ => Ok(open),
    }
}

fn by_address(policy: &Policy, target: &Target, address: IpAddr, own: &[IpAddr]) -> Result<(), Refusal> {
    let port = target.port;
    let denies = |entry: &Entry| {
        let inner = address::embedded(address).map(IpAddr::V4);
        entry.has_all(port) || [Some(address), inner].into_iter().flatten().any(|one| entry.has_address(one, port))
    };
    if policy.deny_hosts.iter().any(denies) {
        return Err(Refusal::because(Rule::DeniedHost));
    }
    let list = policy.allow_hosts.as_deref();
    if list.unwrap_or_default().iter().any(|entry| entry.has_address(address, port)) {
        return Ok(());
    }
    match (address::closed(address, own), &target.host) {
        (Some(rule), _) => Err(Refusal { rule, allow: Some(Entry::address(address, Some(port))) }),
        (None, Host::Address(_)) if is_limited(policy, port) => {
            Err(Refusal { rule: Rule::NotAllowed, allow: Some(Entry::address(address, unusual(port))) })
        }
        (None, _) => Ok(()),
    }
}

/// What a connection's first bytes say against it. Those to addresses may say anything but the name of a denied host, for
/// else an address would be a way around its denial.
pub(super) fn by_hello(policy: &Policy, target: &Target, hello: &Peek) -> Result<(), Refusal> {
    let port = &target.port;
    let Host::Name(name) = &target.host else {
        let Peek::Tls { sni: Some(sni) } = hello else { return Ok(()) };
        let denied =
            entry::name(sni).is_some_and(|name| policy.deny_hosts.iter().any(|one| one.has_name(&name, *port)));
        return if denied { Err(Refusal::because(Rule::DeniedHost)) } else { Ok(()) };
    };
    let limited = is_limited(policy, *port);
    match hello {
        Peek::Tls { sni: Some(sni) } if entry::name(sni).as_ref() == Some(name) => Ok(()),
        Peek::Tls { sni: None } if limited => Err(Refusal::because(Rule::SniMissing)),
        Peek::Tls { sni: None } => Ok(()),
        // A server might read a name where we read none.
        Peek::Tls { sni: Some(_) } | Peek::Broken | Peek::NeedMore => Err(Refusal::because(Rule::SniDiffers)),
        Peek::NotTls if limited && !names_port(policy, name, *port) => {
            Err(Refusal { rule: Rule::NotTls, allow: Some(Entry::name(name, Some(*port))) })
        }
        Peek::NotTls => Ok(()),
    }
}

/// Whether only some hosts are allowed at this port.
fn is_limited(policy: &Policy, port: u16) -> bool {
    policy.allow_hosts.as_ref().is_some_and(|list| !list.iter().any(|entry| entry.has_all(port)))
}

/// Whether someone named this host with this port, and so knew what is spoken there.
fn names_port(policy: &Policy, name: &str, port: u16) -> bool {
    let list = policy.allow_hosts.as_deref().unwrap_or_default();
    list.iter().any(|entry| entry.port.is_some() && entry.has_name(name, port))
}

fn unusual(port: u16) -> Option<u16> {
    (!USUAL_PORTS.contains(&port)).then_some(port)
}
