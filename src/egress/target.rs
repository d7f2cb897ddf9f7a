//! Where a program wants to go: a host in its usual form and a port. Pure.

use std::{fmt, net::IpAddr};

use super::entry;

/// A name in lower case without a dot at its end, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// Reads a name, an IPv4 address of four decimal numbers, or an IPv6 address in brackets. Nothing else is taken for a
    /// host, for resolvers disagree about what else may mean an address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address = match bracketed {
            Some(inner) => Some(IpAddr::V6(inner.parse().ok()?)),
            None => text.parse().ok().map(IpAddr::V4),
        };
        match address {
            Some(address) => Some(Self::Address(address.to_canonical())),
            None => entry::name(text).map(Self::Name),
        }
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
}

impl Target {
    /// As the `Host` header has it: without the port where it is the scheme's own.
    pub(super) fn authority(&self, usual: u16) -> String {
        let whole = self.to_string();
        match whole.rsplit_once(':') {
            Some((host, _)) if self.port == usual => host.to_owned(),
            _ => whole,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => write!(f, "{name}:{}", self.port),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            Host::Address(address) => write!(f, "{address}:{}", self.port),
        }
    }
}

/// Splits `host:port`; the host may be anything. `None` where there is no port to go to.
pub(super) fn split(authority: &str, usual: Option<u16>) -> Option<(&str, u16)> {
    match authority.rsplit_once(':') {
        // Colons within brackets are the address's own.
        Some((host, port)) if !port.ends_with(']') => Some((host, entry::port_of(port)?)),
        _ => usual.map(|port| (authority, port)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_are_read_in_their_usual_forms_alone() {
        let name = |text: &str| Some(Host::Name(text.to_owned()));
        let address = |text: &str| Some(Host::Address(text.parse().unwrap()));
        for (text, host) in [
            ("Example.COM.", name("example.com")),
            ("xn--bcher-kva.example", name("xn--bcher-kva.example")),
            ("192.0.2.7", address("192.0.2.7")),
            ("[2001:db8::1]", address("2001:db8::1")),
            ("[::ffff:10.0.0.1]", address("10.0.0.1")),
        ] {
            assert_eq!(Host::parse(text), host, "{text}");
        }
        let odd = [
            "",
            ".",
            "a..b",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "017700000001",
            "127.1",
            "127.0.0.01",
            "1.2.3.4.",
            "exa\0mple.com",
            "exa mple.com",
            "me@example.com",
            "a%2eb.com",
            "::1",
            "[::1",
            "[127.0.0.1]",
            "[fe80::1%eth0]",
            "[fe80::1%25eth0]",
            "bücher.example",
            "example.com:80",
            "*.example.com",
            "１２７.0.0.1",
        ];
        for text in odd {
            assert_eq!(Host::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_port_is_what_follows_the_last_colon() {
        assert_eq!(split("example.com:443", None), Some(("example.com", 443)));
        assert_eq!(split("example.com", Some(80)), Some(("example.com", 80)));
        assert_eq!(split("[::1]", Some(80)), Some(("[::1]", 80)));
        assert_eq!(split("[::1]:8080", Some(80)), Some(("[::1]", 8080)));
        // The host is judged by itself, and is none.
        assert_eq!(split("example.com:443@evil:1", None), Some(("example.com:443@evil", 1)));
        for wrong in ["example.com", "example.com:", "example.com:0", "example.com:+80", "example.com:65536", "[::1]"] {
            assert_eq!(split(wrong, None), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_read_again(text in "\\PC{0,40}") {
            if let Some((host, port)) = split(&text, Some(80)) && let Some(host) = Host::parse(host) {
                let target = Target { host, port };
                let told = target.to_string();
                let (host, port) = split(&told, None).unwrap();
                prop_assert_eq!(Host::parse(host).map(|host| Target { host, port }), Some(target));
            }
        }
    }
}
