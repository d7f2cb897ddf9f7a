//! A machine's network policy, as it is stored beside its record. Read by its supervisor, changed only by people.

use std::{fs, io, path::Path};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::{
    failure::{Code, Failure},
    host::write,
};

/// Below a machine's directory; a machine without it has no network.
pub const FILE: &str = "network.json";
const VERSION: u32 = 1;

/// What of the network a machine has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Access {
    #[default]
    #[serde(rename = "off")]
    Off,
    /// Its programs reach the world through the proxy.
    #[serde(rename = "egress")]
    Egress,
    /// Also, its services may publish ports on the host's loopback.
    #[serde(rename = "egress+published-ports")]
    EgressAndPublishedPorts,
}

/// What a machine's programs may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub access: Access,
    /// All that is public where absent; nothing where empty.
    pub allow_hosts: Option<Vec<Entry>>,
    /// Wins over what is allowed.
    pub deny_hosts: Vec<Entry>,
    /// The guest trusts the certificates that the host trusts.
    pub trust_host_ca: bool,
}

/// [`FILE`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    network_policy: Access,
    /// Must be said: a list that was lost must not read as "everything".
    #[serde(deserialize_with = "Option::deserialize")]
    allow_hosts: Option<Vec<Entry>>,
    deny_hosts: Vec<Entry>,
    trust_host_ca: bool,
}

impl Policy {
    /// Everything public.
    pub fn egress() -> Self {
        Self { access: Access::Egress, ..Self::default() }
    }

    /// Whether programs get a proxy.
    pub fn has_egress(&self) -> bool {
        self.access != Access::Off
    }

    pub fn publishes(&self) -> bool {
        self.access == Access::EgressAndPublishedPorts
    }

    /// Permits an entry besides what is permitted, and takes back that it was denied.
    pub fn allow(&mut self, entry: Entry) {
        self.deny_hosts.retain(|denied| *denied != entry);
        // Where all that is public is allowed, it stays so.
        let list = self.allow_hosts.get_or_insert_with(|| vec![Entry::any()]);
        if !list.contains(&entry) {
            list.push(entry);
        }
    }

    /// Takes an entry back, and denies it where others would still permit it.
    pub fn deny(&mut self, entry: Entry) {
        if let Some(list) = &mut self.allow_hosts {
            list.retain(|allowed| *allowed != entry);
        }
        if !self.deny_hosts.contains(&entry) {
            self.deny_hosts.push(entry);
        }
    }

    /// Reads the policy of the machine in `dir`; a file that cannot be understood is a reason not to start.
    pub fn load(dir: &Path) -> Result<Self, Failure> {
        let damaged = |why: &str| {
            Failure::new(Code::Denied, format!("the network policy ({FILE}) cannot be trusted: {why}"))
                .hint("`pyro workspace network allow` or `deny` with --network-policy writes a new one")
        };
        let bytes = match fs::read(dir.join(FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(damaged(&error.to_string())),
        };
        // The file's own words may say anything; only where they end to make sense is told.
        let stored: Stored = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(&format!("it makes no sense from line {} on", error.line())))?;
        if stored.version != VERSION {
            return Err(damaged(&format!("it is of version {}, and this is for {VERSION}", stored.version)));
        }
        let Stored { network_policy, allow_hosts, deny_hosts, trust_host_ca, .. } = stored;
        Ok(Self { access: network_policy, allow_hosts, deny_hosts, trust_host_ca })
    }

    /// Writes it down whole or not at all.
    pub fn save(&self, dir: &Path) -> io::Result<()> {
        let stored = Stored {
            version: VERSION,
            network_policy: self.access,
            allow_hosts: self.allow_hosts.clone(),
            deny_hosts: self.deny_hosts.clone(),
            trust_host_ca: self.trust_host_ca,
        };
        write::atomically(&dir.join(FILE), &serde_json::to_vec_pretty(&stored)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Policy::load(dir.path()).unwrap(), Policy::default());
        let policy = Policy {
            access: Access::EgressAndPublishedPorts,
            allow_hosts: Some(vec!["example.com:443".parse().unwrap()]),
            deny_hosts: vec!["10.0.0.0/8".parse().unwrap()],
            trust_host_ca: true,
        };
        for policy in [policy, Policy::egress()] {
            policy.save(dir.path()).unwrap();
            assert_eq!(Policy::load(dir.path()).unwrap(), policy);
        }
    }

    #[test]
    fn a_damaged_policy_permits_nothing_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        Policy::egress().save(dir.path()).unwrap();
        let whole = fs::read_to_string(dir.path().join(FILE)).unwrap();
        let without_list = whole.replace("  \"allow_hosts\": null,\n", "");
        assert_ne!(whole, without_list);
        let odd = whole.replace("null", "[\"a..b\"]");
        for text in ["", "{}", &whole[..whole.len() / 2], &whole.replace('1', "2"), &without_list, &odd] {
            fs::write(dir.path().join(FILE), text).unwrap();
            let failure = Policy::load(dir.path()).unwrap_err();
            assert_eq!(failure.code, Code::Denied, "{text}");
            assert!(failure.message.contains("cannot be trusted"), "{}", failure.message);
        }
    }

    #[test]
    fn what_was_said_last_holds() {
        let entry = |text: &str| text.parse::<Entry>().unwrap();
        let mut policy = Policy::egress();
        policy.deny(entry("example.com"));
        assert_eq!((&policy.allow_hosts, &policy.deny_hosts), (&None, &vec![entry("example.com")]));
        policy.allow(entry("10.0.0.5"));
        policy.allow(entry("example.com"));
        policy.allow(entry("example.com"));
        let all = [entry("*"), entry("10.0.0.5"), entry("example.com")];
        assert_eq!((policy.allow_hosts.as_deref(), policy.deny_hosts.len()), (Some(&all[..]), 0));
        policy.deny(entry("*"));
        assert_eq!(policy.deny_hosts, [entry("*")]);
    }
}
