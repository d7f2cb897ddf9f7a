//! One entry of a list of hosts. Pure.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::address;

/// What a list of hosts may say, in these forms: `*`, `example.com`, `*.example.com`, `192.0.2.7`, `192.0.2.0/24`,
/// `2001:db8::/32`, each also with a port: `example.com:443`, `[2001:db8::1]:443`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    pub(super) hosts: Hosts,
    /// All ports where absent.
    pub(super) port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Hosts {
    /// All names, and all public addresses.
    Any,
    /// One name, in lower case, without a dot at its end.
    Name(String),
    /// All names below this one, without itself.
    Below(String),
    /// Addresses; those of names count only where the name is allowed by an entry of its own.
    Net(IpNet),
}

const FORMS: &str = "give a name (example.com), all below one (*.example.com), an address or a range (192.0.2.0/24), \
                     each with or without a port (example.com:443), or * for all that is public";
/// As DNS has it.
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;
/// Bits of an IPv6 address before the IPv4 address that it stands for.
const MAPPED_PREFIX: u8 = 96;

impl Entry {
    /// All that is public.
    pub fn any() -> Self {
        Self { hosts: Hosts::Any, port: None }
    }

    /// One name, with or without a port.
    pub fn name(name: &str, port: Option<u16>) -> Self {
        Self { hosts: Hosts::Name(name.to_owned()), port }
    }

    /// One address, with or without a port.
    pub fn address(address: IpAddr, port: Option<u16>) -> Self {
        Self { hosts: Hosts::Net(address.into()), port }
    }

    /// Whether it opens nothing but the public internet: names, and single addresses that are public.
    pub fn is_public(&self) -> bool {
        let Hosts::Net(net) = &self.hosts else { return true };
        let own = address::own().unwrap_or_default();
        net.prefix_len() == net.max_prefix_len() && address::closed(net.addr(), &own).is_none()
    }

    /// Whether it is for all hosts at this port.
    pub(super) fn has_all(&self, port: u16) -> bool {
        self.hosts == Hosts::Any && self.has_port(port)
    }

    /// Whether it names this name, which is in its usual form. Addresses never do.
    pub(super) fn has_name(&self, name: &str, port: u16) -> bool {
        let named = match &self.hosts {
            Hosts::Any => true,
            Hosts::Name(own) => own == name,
            Hosts::Below(parent) => name.strip_suffix(parent.as_str()).is_some_and(|below| below.ends_with('.')),
            Hosts::Net(_) => false,
        };
        named && self.has_port(port)
    }

    /// Whether it names this address; `*` does not.
    pub(super) fn has_address(&self, address: IpAddr, port: u16) -> bool {
        matches!(&self.hosts, Hosts::Net(net) if net.contains(&address)) && self.has_port(port)
    }

    fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} names no hosts: {FORMS}");
        let (host, port) = split(text.trim()).ok_or_else(wrong)?;
        let hosts = match host {
            "*" => Hosts::Any,
            _ => match (net(host), host.strip_prefix("*.")) {
                (Some(net), _) => Hosts::Net(net),
                (None, Some(parent)) => Hosts::Below(name(parent).ok_or_else(wrong)?),
                (None, None) => Hosts::Name(name(host).ok_or_else(wrong)?),
            },
        };
        Ok(Self { hosts, port })
    }
}

/// Host and port; an IPv6 address with a port stands in brackets.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port_of(port)?),
            None if after.is_empty() => None,
            None => return None,
        };
        return net(host).map(|_| (host, port));
    }
    match text.rsplit_once(':') {
        Some(_) if net(text).is_some() => Some((text, None)),
        Some((host, port)) => Some((host, Some(port_of(port)?))),
        None => Some((text, None)),
    }
}

/// A port in digits alone: `parse` would take a sign.
pub(super) fn port_of(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// An address or a range, IPv4 addresses within IPv6 ones as what they are. A range is told by its first address.
fn net(text: &str) -> Option<IpNet> {
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?.trunc();
    let IpNet::V6(wide) = net else { return Some(net) };
    match (wide.addr().to_ipv4_mapped(), wide.prefix_len().checked_sub(MAPPED_PREFIX)) {
        (Some(address), Some(prefix)) => Ipv4Net::new(address, prefix).ok().map(IpNet::V4),
        _ => Some(net),
    }
}

/// A host's name in its usual form; `None` where it has none. What ends in a number is an address in an odd form.
pub(super) fn name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.len() <= LABEL_BYTES_MAX && label.bytes().all(plain)
    };
    let last = text.rsplit('.').next()?;
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    (text.len() <= NAME_BYTES_MAX && text.split('.').all(label) && !number).then_some(text)
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match &self.hosts {
            Hosts::Any => "*".to_owned(),
            Hosts::Name(name) => name.clone(),
            Hosts::Below(parent) => format!("*.{parent}"),
            Hosts::Net(net) if net.prefix_len() == net.max_prefix_len() => net.addr().to_string(),
            Hosts::Net(net) => net.to_string(),
        };
        match self.port {
            Some(port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Some(port) => write!(f, "{host}:{port}"),
            None => f.write_str(&host),
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_as_they_are_read() {
        let forms = [
            ("*", "*"),
            ("Example.COM.", "example.com"),
            ("*.example.com:443", "*.example.com:443"),
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("10.0.0.0/8:5432", "10.0.0.0/8:5432"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:443", "[2001:db8::1]:443"),
            ("[2001:db8::]", "2001:db8::"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("[2001:db8::/32]:80", "[2001:db8::/32]:80"),
            ("_dmarc.example.com", "_dmarc.example.com"),
            ("::ffff:10.0.0.5", "10.0.0.5"),
            ("[::ffff:10.0.0.0/104]:22", "10.0.0.0/8:22"),
            ("::/0", "::/0"),
        ];
        for (text, told) in forms {
            let entry: Entry = text.parse().unwrap();
            assert_eq!(entry.to_string(), told, "{text}");
            assert_eq!(told.parse::<Entry>().unwrap(), entry, "{text}");
        }
    }

    #[test]
    fn an_entry_names_what_it_says_and_no_more() {
        let entry = |text: &str| text.parse::<Entry>().unwrap();
        let below = entry("*.example.com:443");
        assert!(below.has_name("a.example.com", 443) && below.has_name("a.b.example.com", 443));
        for (name, port) in [("example.com", 443), ("badexample.com", 443), ("a.example.com", 80), (".example", 443)] {
            assert!(!below.has_name(name, port), "{name}:{port}");
        }
        let net = entry("10.0.0.0/8");
        assert!(net.has_address([10, 9, 9, 9].into(), 1) && !net.has_address([11, 0, 0, 1].into(), 1));
        assert!(!net.has_name("10.0.0.1", 1) && !net.has_all(1));
        assert!(
            entry("*").has_name("x", 1) && entry("*").has_all(1) && !entry("*").has_address([1, 1, 1, 1].into(), 1)
        );
        assert!(entry("*:22").has_all(22) && !entry("*:22").has_all(23));
    }

    #[test]
    fn what_names_no_hosts_is_refused() {
        let long = "a".repeat(64);
        let wrong = [
            "",
            " ",
            "*.",
            "*example.com",
            "a.*.com",
            "http://example.com",
            "example.com/x",
            "example.com:0",
            "example.com:99999",
            "example.com:",
            "example.com:+80",
            "2130706433",
            "0x7f.1",
            "017700000001",
            "1.2.3",
            "1.2.3.4.5",
            "a..b",
            "[example.com]:80",
            "[::1",
            "::1:99999:x",
            "user@example.com",
            "exa mple.com",
            "10.0.0.0/33",
            &long,
            "ex\0.com",
        ];
        for text in wrong {
            let said = text.parse::<Entry>().unwrap_err();
            assert!(said.contains("names no hosts"), "{text}: {said}");
        }
    }
}
