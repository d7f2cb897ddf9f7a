//! What of the network a workspace has: set when it is made, changed afterwards only by people.

use pyro_protocol::network::Denied;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{caller::Caller, machine::MachineDir, workspaces::Workspaces};
use crate::{
    egress::{Access, Entry, Policy},
    failure::{Code, Failure},
    host::clock::rfc3339,
    ids::WorkspaceId,
    limits,
};

/// A policy as a caller wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNetwork {
    pub access: Access,
    /// All that is public where absent.
    pub allow_hosts: Option<Vec<String>>,
    pub trust_host_ca: bool,
}

/// A workspace's network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Network {
    pub workspace_id: WorkspaceId,
    pub network_policy: Access,
    /// All that is public where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_hosts: Option<Vec<String>>,
    /// These win over what is allowed.
    pub deny_hosts: Vec<String>,
    /// The guest trusts the certificates that the host trusts.
    pub trust_host_ca: bool,
    /// The last connections that were refused, at most 100.
    pub egress_denied: Vec<EgressDenied>,
    /// What of it does not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_problem: Option<String>,
}

/// A connection to the world that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct EgressDenied {
    /// As the program named it.
    pub host: String,
    pub port: u16,
    /// Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    pub rule: String,
    /// The smallest entry of allow_hosts that would permit it; a person can add it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
    pub count: u32,
    /// The last time.
    pub at: String,
}

impl EgressDenied {
    pub(super) fn of(denied: Denied) -> Self {
        Self {
            host: denied.host,
            port: denied.port,
            rule: denied.rule.as_str().to_owned(),
            allow: denied.allow,
            count: denied.count,
            at: rfc3339(denied.at_ms / 1000),
        }
    }

    /// One line for a person, who can change the policy.
    fn line(&self, id: &str) -> String {
        let Self { host, port, rule, .. } = self;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let remedy =
            self.allow.as_ref().map(|entry| format!("; pyro workspace network allow {id} '{entry}' permits it"));
        format!("pyro: {host}:{port} was refused ({rule}){}\n", remedy.unwrap_or_default())
    }

    pub(super) fn lines(all: &[Self], id: &str) -> String {
        all.iter().map(|one| one.line(id)).collect()
    }

    pub(super) fn all(denied: Vec<Denied>) -> Vec<Self> {
        denied.into_iter().map(Self::of).collect()
    }
}

impl NewNetwork {
    /// As `caller` may have it.
    pub(super) fn policy(self, caller: &Caller) -> Result<Policy, Failure> {
        if self.access == Access::Off && (self.allow_hosts.is_some() || self.trust_host_ca) {
            return Err(Failure::invalid("allow_hosts and trust_host_ca say nothing where network_policy is off")
                .hint("ask for network_policy egress, or leave them out"));
        }
        let allow_hosts = self.allow_hosts.map(|texts| entries(&texts)).transpose()?;
        if caller.principal.is_some() && self.access == Access::EgressAndPublishedPorts {
            let failure = Failure::new(Code::Denied, "ports are published on the server's own host, where you are not");
            return Err(failure
                .hint("ask for network_policy egress; the server's owner publishes: pyro workspace network allow"));
        }
        if caller.principal.is_some()
            && let Some(closed) = allow_hosts.iter().flatten().find(|entry| !entry.is_public())
        {
            let message = format!(
                "{closed} is, or has in it, what is not public, and whoever calls from elsewhere cannot open that"
            );
            return Err(Failure::new(Code::Denied, message)
                .hint("name public hosts; the server's owner opens others: pyro workspace network allow ID HOST"));
        }
        Ok(Policy { access: self.access, allow_hosts, deny_hosts: vec![], trust_host_ca: self.trust_host_ca })
    }
}

fn entries(texts: &[String]) -> Result<Vec<Entry>, Failure> {
    let entry = |text: &String| {
        let shown: String = text.chars().take(limits::LISTED_CHARS).collect();
        text.parse::<Entry>().map_err(|why| {
            // The reason repeats what was said, however long it is.
            Failure::invalid(if shown == *text { why } else { format!("{shown:?}... names no hosts") })
        })
    };
    let entries = texts.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    not_too_many(&entries)?;
    Ok(entries)
}

fn not_too_many(entries: &[Entry]) -> Result<(), Failure> {
    if entries.len() <= limits::NETWORK_HOSTS_MAX {
        return Ok(());
    }
    let message = format!("{} entries are more than {}", entries.len(), limits::NETWORK_HOSTS_MAX);
    Err(Failure::new(Code::Limit, message).hint("*.example.com and 192.0.2.0/24 each stand for many"))
}

/// What a person changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    Deny,
}

impl Workspaces {
    /// The workspace's network as it is now.
    pub async fn network(&self, id: &WorkspaceId) -> Result<Network, Failure> {
        self.store.load(id)?;
        let dir = self.store.dir(id);
        let policy = Policy::load(dir.path())?;
        Ok(Network {
            workspace_id: id.clone(),
            network_policy: policy.access,
            allow_hosts: policy.allow_hosts.map(told),
            deny_hosts: told(policy.deny_hosts),
            trust_host_ca: policy.trust_host_ca,
            egress_denied: denied(&dir).await,
            network_problem: None,
        })
    }

    /// Changes what a workspace may reach; a running machine keeps to it at once.
    pub async fn change_network(
        &self,
        id: &WorkspaceId,
        verdict: Verdict,
        hosts: &[String],
        access: Option<Access>,
    ) -> Result<Network, Failure> {
        let entries = entries(hosts)?;
        if entries.is_empty() && access.is_none() {
            return Err(Failure::invalid("nothing to change: neither hosts nor network_policy is given"));
        }
        let dir = self.store.dir(id);
        let held = self.hold_record(id).await?;
        let record = self.store.load(id)?;
        let mut policy = match (Policy::load(dir.path()), access) {
            // What cannot be read any more is replaced where all that matters is said anew.
            (Err(_), Some(_)) => Policy { allow_hosts: Some(vec![]), ..Policy::default() },
            (policy, _) => policy?,
        };
        if self.machines.runs_on_the_host(&record) {
            return Err(unisolated("a network policy"));
        }
        let wanted = access.unwrap_or(match (policy.access, verdict) {
            (Access::Off, Verdict::Allow) => Access::Egress,
            (as_it_is, _) => as_it_is,
        });
        if policy.access == Access::Off && wanted != Access::Off {
            // What is switched on begins with nothing: everything is said by `*`.
            policy.allow_hosts = Some(vec![]);
        }
        policy.access = wanted;
        for entry in entries {
            match verdict {
                Verdict::Allow => policy.allow(entry),
                Verdict::Deny => policy.deny(entry),
            }
        }
        not_too_many(policy.allow_hosts.as_deref().unwrap_or_default())?;
        not_too_many(&policy.deny_hosts)?;
        policy.save(dir.path()).map_err(|error| Failure::io("write down the network policy", &error))?;
        drop(held);
        let told = match dir.client().await {
            Some(client) => client.network_changed().await,
            None => Ok(()),
        };
        let network_problem = match told {
            // It holds all the same.
            Err(failure) if failure.code == Code::Conflict => Some(failure.message),
            told => told.map(|()| None)?,
        };
        Ok(Network { network_problem, ..self.network(id).await? })
    }
}

/// The connections that were refused last, from the machine where it runs.
async fn denied(dir: &MachineDir) -> Vec<EgressDenied> {
    let told = match dir.client().await {
        Some(client) => client.status().await.ok().map(|status| status.egress_denied),
        None => None,
    };
    EgressDenied::all(told.unwrap_or_else(|| crate::supervisor::network::read_denied(dir.path())))
}

pub(super) fn told(entries: Vec<Entry>) -> Vec<String> {
    entries.iter().map(Entry::to_string).collect()
}

/// Why a machine that would run on the host itself cannot have something.
pub(super) fn unisolated(what: &str) -> Failure {
    Failure::unavailable(format!("{what} needs a VM: on the host itself (host-compat) nothing would hold it"))
        .hint("`pyro doctor` tells why no VM can be had; without it, call again without that")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(access: Access, hosts: Option<&[&str]>) -> Result<Policy, Failure> {
        let allow_hosts = hosts.map(|hosts| hosts.iter().map(|host| (*host).to_owned()).collect());
        NewNetwork { access, allow_hosts, trust_host_ca: false }.policy(&Caller::default())
    }

    #[test]
    fn a_policy_says_what_it_means_or_is_refused() {
        assert_eq!(new(Access::Off, None).unwrap(), Policy::default());
        assert_eq!(new(Access::Egress, None).unwrap(), Policy::egress());
        let some = new(Access::Egress, Some(&["Example.com", "10.0.0.0/8:5432"])).unwrap();
        assert_eq!(told(some.allow_hosts.unwrap()), ["example.com", "10.0.0.0/8:5432"]);
        assert_eq!(new(Access::Off, Some(&["example.com"])).unwrap_err().code, Code::Invalid);
        let odd = new(Access::Egress, Some(&["http://example.com"])).unwrap_err();
        assert!(odd.message.starts_with(r#""http://example.com" names no hosts: give a name"#), "{}", odd.message);
        let long = "x".repeat(100_000);
        assert!(new(Access::Egress, Some(&[&long])).unwrap_err().message.len() < 300);
        let stranger = Caller { principal: Some("ci".parse().unwrap()), ..Caller::default() };
        let asked = |host: &str| {
            let new =
                NewNetwork { access: Access::Egress, allow_hosts: Some(vec![host.to_owned()]), trust_host_ca: false };
            new.policy(&stranger).map(drop).map_err(|failure| failure.code)
        };
        let published = NewNetwork { access: Access::EgressAndPublishedPorts, allow_hosts: None, trust_host_ca: false };
        assert_eq!(published.clone().policy(&stranger).unwrap_err().code, Code::Denied);
        assert!(published.policy(&Caller::default()).is_ok());
        for public in ["example.com", "*", "*.example.com:443", "8.8.8.8", "[2606:4700::1111]:53"] {
            assert_eq!(asked(public), Ok(()), "{public}");
        }
        for closed in
            ["127.0.0.1", "10.0.0.7:22", "169.254.169.254", "8.0.0.0/5", "0.0.0.0/0", "::1", "::ffff:10.0.0.1"]
        {
            assert_eq!(asked(closed), Err(Code::Denied), "{closed}");
        }
        let many = vec!["a.example"; 257];
        assert_eq!(new(Access::Egress, Some(&many)).unwrap_err().code, Code::Limit);
    }
}
