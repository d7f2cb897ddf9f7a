//! By which names the HTTP door may be asked. Pure.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode, Uri,
    header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN, WWW_AUTHENTICATE},
    request::Parts,
    uri::Authority,
};
use http_body_util::Full;

use crate::failure::{Code, Failure};

/// An answer that is none, as an HTTP status and a failure in JSON.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) failure: Failure,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, failure: Failure) -> Self {
        Self { status, failure }
    }

    pub(super) fn response(self) -> Response<Full<Bytes>> {
        let body = serde_json::to_vec(&self.failure.bounded()).unwrap_or_default();
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Names that this server answers to besides loopback's.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Where the public reaches it, by way of a proxy.
    pub(super) public: Option<Public>,
    /// The address that this connection came to, where it is none of loopback's.
    pub(super) reached: Option<IpAddr>,
}

/// `https://pyro.example.com`: scheme and authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Public {
    scheme: String,
    authority: Authority,
}

impl FromStr for Public {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a URL without a path is wanted, e.g. https://pyro.example.com";
        let uri = Uri::try_from(text).map_err(|_| wrong)?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or(wrong)?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(wrong)?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        bare.then(|| Self { scheme: scheme.to_owned(), authority: authority.clone() }).ok_or(wrong)
    }
}

impl Names {
    fn has(&self, authority: &Authority) -> bool {
        let public = self
            .public
            .as_ref()
            .is_some_and(|public| is_bare(authority) && authority.host().eq_ignore_ascii_case(public.authority.host()));
        public || is_local(authority) || self.reached.is_some_and(|own| address(authority) == Some(own))
    }

    /// How the sender of this request reaches us again.
    pub(super) fn base_url(&self, head: &Parts) -> String {
        match &self.public {
            Some(Public { scheme, authority }) => format!("{scheme}://{authority}"),
            None => format!("http://{}", only(&head.headers, HOST).unwrap_or("localhost")),
        }
    }
}

/// Refuses what a web page could send by way of a browser: names rebound to us, foreign origins.
pub(super) fn named(head: &Parts, names: &Names) -> Result<(), Refusal> {
    let forbidden = |message: &str| {
        let hint = "use the address it was told, or have the server started with --public-url";
        Refusal::new(StatusCode::FORBIDDEN, Failure::new(Code::Denied, message).hint(hint))
    };
    let host = only(&head.headers, HOST).and_then(|host| Authority::try_from(host).ok());
    let has = |authority: &Authority| names.has(authority);
    if !host.is_some_and(|host| has(&host)) || !head.uri.authority().is_none_or(has) {
        return Err(forbidden("the Host header must name this server, once"));
    }
    let is_ours = |origin: &str| {
        let Ok(uri) = Uri::try_from(origin) else { return false };
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some_and(has)
    };
    if !head.headers.contains_key(ORIGIN) || only(&head.headers, ORIGIN).is_some_and(is_ours) {
        return Ok(());
    }
    Err(forbidden("the Origin header must name this server, once, or be left out"))
}

/// A header's value if it is there exactly once and is text.
pub(super) fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// A host and perhaps a port, and nothing else.
fn is_bare(authority: &Authority) -> bool {
    let rest = authority.as_str().strip_prefix(authority.host());
    rest == Some("") || rest.is_some_and(|rest| rest.starts_with(':')) && authority.port_u16().is_some()
}

fn address(authority: &Authority) -> Option<IpAddr> {
    let host = authority.host();
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let address =
        host.parse::<Ipv4Addr>().map(IpAddr::V4).ok().or_else(|| v6?.parse::<Ipv6Addr>().map(IpAddr::V6).ok());
    address.filter(|_| is_bare(authority))
}

/// `localhost` or a loopback address, with any port: callers may come through a forwarded one.
fn is_local(authority: &Authority) -> bool {
    let named = is_bare(authority) && authority.host().eq_ignore_ascii_case("localhost");
    named || address(authority).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let request = headers.iter().fold(http::Request::builder().uri(uri), |request, (name, value)| {
            request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        request.body(()).unwrap().into_parts().0
    }

    fn status(checked: Result<(), Refusal>) -> u16 {
        checked.err().map_or(200, |refusal| refusal.status.as_u16())
    }

    fn local(head: &Parts) -> Result<(), Refusal> {
        named(head, &Names::default())
    }

    #[test]
    fn a_server_beyond_loopback_has_its_address_and_its_public_name() {
        let public = "https://pyro.example.com".parse().unwrap();
        let names = Names { public: Some(public), reached: Some("192.0.2.7".parse().unwrap()) };
        let asked = |headers: &[(&str, &str)]| status(named(&head("/mcp", headers), &names));
        for host in ["pyro.example.com", "PYRO.example.com:443", "192.0.2.7:8931", "localhost"] {
            assert_eq!(asked(&[("host", host)]), 200, "{host}");
        }
        for host in
            ["example.com", "x.pyro.example.com", "evil@pyro.example.com", "192.0.2.8", "pyro.example.com.evil.com"]
        {
            assert_eq!(asked(&[("host", host)]), 403, "{host}");
        }
        assert_eq!(asked(&[("host", "192.0.2.7"), ("origin", "https://pyro.example.com")]), 200);
        assert_eq!(asked(&[("host", "192.0.2.7"), ("origin", "https://evil.com")]), 403);
        assert_eq!(names.base_url(&head("/mcp", &[("host", "192.0.2.7")])), "https://pyro.example.com");
        let unnamed = Names { public: None, ..names };
        assert_eq!(unnamed.base_url(&head("/mcp", &[("host", "192.0.2.7:1")])), "http://192.0.2.7:1");
        for wrong in ["", "pyro.example.com", "ftp://x", "https://x/path", "https://user@x", "https://x?y"] {
            assert!(wrong.parse::<Public>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_loopback_names_are_hosts() {
        for host in ["localhost", "LocalHost:1", "127.0.0.1", "127.9.9.9:8931", "[::1]", "[::1]:65535"] {
            assert_eq!(status(local(&head("/mcp", &[("host", host)]))), 200, "{host}");
        }
        for host in [
            "",
            "evil.com",
            "localhost.evil.com",
            "evil@localhost",
            "evil@localhost:80",
            "localhost:",
            "localhost:x",
            "localhost:99999",
            "localhost/evil",
            "127.0.0.1.evil.com",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "::1",
            "[::ffff:10.0.0.1]",
            "2130706433",
            "0x7f.0.0.1",
            "localhost evil.com",
            "lоcalhost",
        ] {
            assert_eq!(status(local(&head("/mcp", &[("host", host)]))), 403, "{host}");
        }
        assert_eq!(status(local(&head("/mcp", &[]))), 403);
        assert_eq!(status(local(&head("/mcp", &[("host", "localhost"), ("host", "localhost")]))), 403);
        assert_eq!(status(local(&head("http://evil.com/mcp", &[("host", "localhost")]))), 403);
        assert_eq!(status(local(&head("http://localhost/mcp", &[("host", "localhost")]))), 200);
    }

    #[test]
    fn only_loopback_origins_may_ask() {
        let asked = |origin: &str| status(local(&head("/mcp", &[("host", "localhost"), ("origin", origin)])));
        for origin in ["http://localhost", "http://localhost:3000", "https://127.0.0.1:1", "http://[::1]:1"] {
            assert_eq!(asked(origin), 200, "{origin}");
        }
        for origin in ["", "null", "http://evil.com", "file://localhost", "localhost", "http://localhost.evil.com"] {
            assert_eq!(asked(origin), 403, "{origin}");
        }
    }

    proptest! {
        #[test]
        fn no_host_of_any_shape_is_taken_for_local(host in "[ -~]{0,40}") {
            let names_us = host.to_ascii_lowercase().starts_with("localhost") || host.starts_with("127.") || host.starts_with("[");
            prop_assert!(names_us || local(&head("/mcp", &[("host", &host)])).is_err());
        }
    }
}
