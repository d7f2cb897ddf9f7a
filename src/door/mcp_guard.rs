//! Who may ask the HTTP door: local names only, and the token where there is one. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, ORIGIN, WWW_AUTHENTICATE},
    request::Parts,
    uri::Authority,
};
use http_body_util::Full;

use super::mcp_token::Token;
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

/// Refuses what a web page could send by way of a browser on this machine: names rebound to us, foreign origins.
pub(super) fn local(head: &Parts) -> Result<(), Refusal> {
    let forbidden = |message: &str| {
        let failure = Failure::new(Code::Denied, message).hint("use http://127.0.0.1:PORT or http://localhost:PORT");
        Refusal::new(StatusCode::FORBIDDEN, failure)
    };
    let host = only(&head.headers, HOST).and_then(|host| Authority::try_from(host).ok());
    if !host.is_some_and(|host| is_local(&host)) || !head.uri.authority().is_none_or(is_local) {
        return Err(forbidden("the Host header must name this machine by a loopback name, once"));
    }
    if !head.headers.contains_key(ORIGIN) || only(&head.headers, ORIGIN).is_some_and(is_local_origin) {
        return Ok(());
    }
    Err(forbidden("the Origin header must name a loopback origin, once, or be left out"))
}

/// Refuses who does not show the token, or shows it where it ends up in logs.
pub(super) fn known(head: &Parts, token: Option<&Token>) -> Result<(), Refusal> {
    let Some(token) = token else { return Ok(()) };
    let unauthorized = |message: &str| {
        let failure = Failure::new(Code::Denied, message).hint("send the header `Authorization: Bearer TOKEN`");
        Refusal::new(StatusCode::UNAUTHORIZED, failure)
    };
    if head.uri.query().is_some_and(|query| query.contains("token")) {
        return Err(unauthorized("a token in the address is refused, even the right one: addresses end up in logs"));
    }
    let shown = only(&head.headers, AUTHORIZATION).and_then(|value| value.split_once(' '));
    match shown {
        Some((scheme, shown)) if scheme.eq_ignore_ascii_case("bearer") && token.is(shown.trim().as_bytes()) => Ok(()),
        Some(_) => Err(unauthorized("this is not the server's token")),
        None => Err(unauthorized("this server wants its token, once")),
    }
}

/// A header's value if it is there exactly once and is text.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

fn is_local_origin(origin: &str) -> bool {
    let Ok(uri) = Uri::try_from(origin) else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some_and(is_local)
}

/// `localhost` or a loopback address, with any port: callers may come through a forwarded one.
fn is_local(authority: &Authority) -> bool {
    let host = authority.host();
    let rest = authority.as_str().strip_prefix(host);
    let bare = rest == Some("") || rest.is_some_and(|rest| rest.starts_with(':')) && authority.port_u16().is_some();
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    bare && (host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        || v6.is_some_and(|host| host.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback())))
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

    fn token() -> Token {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        let mut options = std::fs::OpenOptions::new();
        let options = std::os::unix::fs::OpenOptionsExt::mode(options.create(true).write(true), 0o600);
        std::io::Write::write_all(&mut options.open(&path).unwrap(), b"s3cret").unwrap();
        Token::given(Some(&path)).unwrap().unwrap()
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

    #[test]
    fn the_token_is_wanted_in_its_header_once() {
        let token = token();
        let asked = |uri: &str, headers: &[(&str, &str)]| status(known(&head(uri, headers), Some(&token)));
        for good in ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret"] {
            assert_eq!(asked("/mcp", &[("authorization", good)]), 200, "{good}");
        }
        for bad in ["", "Bearer", "Bearer ", "s3cret", "Basic s3cret", "Bearer s3cre", "Bearer s3cret x"] {
            assert_eq!(asked("/mcp", &[("authorization", bad)]), 401, "{bad}");
        }
        let twice = ("authorization", "Bearer s3cret");
        assert_eq!(asked("/mcp", &[twice, twice]), 401);
        assert_eq!(asked("/mcp?access_token=s3cret", &[]), 401);
        assert_eq!(asked("/mcp?token=s3cret", &[twice]), 401);
        assert_eq!(status(known(&head("/mcp", &[]), None)), 200);
        let refusal = known(&head("/mcp", &[]), Some(&token)).unwrap_err().response();
        assert_eq!(refusal.headers()[WWW_AUTHENTICATE], "Bearer");
    }

    proptest! {
        #[test]
        fn no_host_of_any_shape_is_taken_for_local(host in "[ -~]{0,40}") {
            let names_us = host.to_ascii_lowercase().starts_with("localhost") || host.starts_with("127.") || host.starts_with("[");
            prop_assert!(names_us || local(&head("/mcp", &[("host", &host)])).is_err());
        }
    }
}
