//! The proxy that the host itself must use, as its environment says it. Pure, but for reading that.

use std::{env, net::IpAddr};

use base64::Engine;

use super::{
    Entry,
    entry::Hosts,
    target::{Host, Target, split},
};
use crate::failure::Failure;

/// Where a proxy's address names no port.
const USUAL_PORT: u16 = 80;

/// The proxies between this host and the world; by default none.
#[derive(Clone, Debug, Default)]
pub struct Upstream {
    tunnels: Option<Proxy>,
    plain: Option<Proxy>,
    /// Hosts that are reached without it.
    direct: Vec<Entry>,
}

/// A proxy that is spoken to in HTTP.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) target: Target,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<String>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without its password.
        write!(f, "Proxy({})", self.target)
    }
}

impl Upstream {
    /// Reads the variables that curl reads: `https_proxy`, `http_proxy` (in lower case alone: where programs serve CGI, a
    /// client's `Proxy` header becomes `HTTP_PROXY`), `all_proxy` and `no_proxy`. The first that is set counts; an empty
    /// one stands for none.
    ///
    /// # Errors
    /// A proxy that is no `http://` one, named by its variable.
    pub fn from_env() -> Result<Self, Failure> {
        Self::from_variables(|name| env::var(name).ok())
    }

    pub(super) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, variable(name)?)));
        let proxy = |names: &[&'static str]| match first(names) {
            Some((name, value)) if !value.trim().is_empty() => Proxy::parse(name, value.trim()).map(Some),
            _ => Ok(None),
        };
        let skip = first(&["no_proxy", "NO_PROXY"]).map(|(_, value)| value).unwrap_or_default();
        Ok(Self {
            tunnels: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            plain: proxy(&["http_proxy", "all_proxy", "ALL_PROXY"])?,
            // What names no hosts skips nothing.
            direct: skip.split([',', ' ']).filter_map(|host| host.trim_start_matches('.').parse().ok()).collect(),
        })
    }

    /// What a tunnel to `target` goes through.
    pub(super) fn for_tunnel(&self, target: &Target) -> Option<&Proxy> {
        self.tunnels.as_ref().filter(|_| !self.is_direct(target))
    }

    /// What a plain request to `target` goes through.
    pub(super) fn for_plain(&self, target: &Target) -> Option<&Proxy> {
        self.plain.as_ref().filter(|_| !self.is_direct(target))
    }

    fn is_direct(&self, Target { host, port }: &Target) -> bool {
        self.direct.iter().any(|entry| match (host, &entry.hosts) {
            (Host::Address(address), _) => entry.has_all(*port) || entry.has_address(*address, *port),
            // Here a name stands for all below it, too.
            (Host::Name(name), Hosts::Name(parent)) => {
                let below = Entry { hosts: Hosts::Below(parent.clone()), port: entry.port };
                entry.has_name(name, *port) || below.has_name(name, *port)
            }
            (Host::Name(name), _) => entry.has_name(name, *port),
        })
    }
}

impl Proxy {
    /// Reads `[http://][USER[:PASSWORD]@]HOST[:PORT][/]`; `variable` is told where it is something else, its value never.
    fn parse(variable: &str, text: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::invalid(format!("the host's proxy in {variable} {why}"))
                .hint(format!("set {variable} to http://HOST:PORT, or unset it"))
        };
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(wrong("is not reached by http://, the only way there is"));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, authority) = rest.rsplit_once('@').map_or((None, rest), |(user, host)| (Some(user), host));
        let target =
            split(authority, Some(USUAL_PORT)).and_then(|(host, port)| Some(Target { host: host_of(host)?, port }));
        let authorization = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            let plain = [&decoded(name)[..], b":", &decoded(password)].concat();
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(plain))
        });
        let target = target.ok_or_else(|| wrong("names no host and port"))?;
        Ok(Self { target, authorization })
    }
}

fn host_of(text: &str) -> Option<Host> {
    Host::parse(text).or_else(|| text.parse::<IpAddr>().ok().map(Host::Address))
}

/// What a percent-encoded text stands for; a sign that begins no pair of digits stands for itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    while let [first, rest @ ..] = bytes {
        let digit = |place: usize| rest.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        let pair = digit(0).zip(digit(1)).filter(|_| *first == b'%');
        plain.push(pair.map_or(*first, |(high, low)| (high << 4 | low) as u8));
        bytes = if pair.is_some() { &rest[2..] } else { rest };
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn upstream(variables: &[(&str, &str)]) -> Result<Upstream, Failure> {
        let of = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        Upstream::from_variables(of)
    }

    fn target(text: &str) -> Target {
        let (host, port) = split(text, None).unwrap();
        Target { host: Host::parse(host).unwrap(), port }
    }

    fn ways(variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let (upstream, to) = (upstream(variables).unwrap(), target("example.com:443"));
        [upstream.for_tunnel(&to), upstream.for_plain(&to)].map(|proxy| Some(proxy?.target.to_string()))
    }

    #[test]
    fn variables_are_read_as_curl_reads_them() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(ways(&[]), [None, None]);
        assert_eq!(ways(&[("HTTPS_PROXY", "http://a:1")]), [some("a:1"), None]);
        assert_eq!(ways(&[("https_proxy", "b:2"), ("HTTPS_PROXY", "http://a:1")]), [some("b:2"), None]);
        assert_eq!(ways(&[("HTTP_PROXY", "http://a:1")]), [None, None]);
        assert_eq!(ways(&[("http_proxy", "HTTP://A/")]), [None, some("a:80")]);
        assert_eq!(ways(&[("ALL_PROXY", "10.0.0.1:3128")]), [some("10.0.0.1:3128"), some("10.0.0.1:3128")]);
        assert_eq!(ways(&[("ALL_PROXY", "http://[::1]:3"), ("https_proxy", "")]), [None, some("[::1]:3")]);
        assert_eq!(ways(&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "*")]), [None, None]);
    }

    #[test]
    fn hosts_that_need_no_proxy_are_reached_directly() {
        let list = "example.com,.internal.test, 10.0.0.0/8  *.cdn.test:8080,192.0.2.1:80,,nonsense:x,[::1]";
        let upstream = upstream(&[("ALL_PROXY", "http://proxy:1"), ("NO_PROXY", list)]).unwrap();
        for (text, direct) in [
            ("example.com:443", true),
            ("a.example.com:1", true),
            ("badexample.com:443", false),
            ("internal.test:1", true),
            ("x.internal.test:1", true),
            ("10.1.2.3:1", true),
            ("11.1.2.3:1", false),
            ("a.cdn.test:8080", true),
            ("a.cdn.test:80", false),
            ("192.0.2.1:80", true),
            ("192.0.2.1:81", false),
            ("[::1]:5", true),
            ("nonsense:1", false),
        ] {
            assert_eq!(upstream.for_tunnel(&target(text)).is_none(), direct, "{text}");
            assert_eq!(upstream.for_plain(&target(text)).is_none(), direct, "{text}");
        }
    }

    #[test]
    fn a_users_name_and_password_become_an_authorization_and_are_never_told() {
        for (text, plain) in [("u:p@h:1", "u:p"), ("u%40x:p%3A%@h:1", "u@x:p:%"), ("u@h:1", "u:"), ("a@b:c@h", "a@b:c")]
        {
            let proxy = Proxy::parse("HTTPS_PROXY", &format!("http://{text}")).unwrap();
            let expected = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(plain));
            assert_eq!(proxy.authorization, Some(expected), "{text}");
        }
        let upstream = upstream(&[("HTTPS_PROXY", "http://me:hunter2@h:1")]).unwrap();
        assert!(!format!("{upstream:?}").contains("hunter2"));
    }

    #[test]
    fn other_proxies_are_refused_by_their_variables_name() {
        for text in ["socks5://h:1", "https://me:hunter2@h:1", "http://", "http://h:0", "http://h:1/path", "http://a b"]
        {
            for name in ["HTTPS_PROXY", "all_proxy"] {
                let failure = upstream(&[(name, text)]).unwrap_err();
                let told = format!("{} {}", failure.message, failure.hint.unwrap());
                assert!(told.contains(name) && !told.contains("hunter2"), "{told}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(proxy in "\\PC{0,30}", skip in "\\PC{0,30}") {
            if let Err(failure) = upstream(&[("ALL_PROXY", &proxy), ("NO_PROXY", &skip)]) {
                prop_assert!(failure.message.contains("ALL_PROXY"));
            }
        }
    }
}
