//! What the proxy answers where there is nothing to pass on, written for whoever reads a program's output.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use pyro_protocol::network::{Denied, Rule};

use super::decide::Refusal;
use crate::host::now_ms;

/// An answer's body.
pub(super) type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// Of what a program takes for a host, characters that are repeated: more than any name has.
const HOST_CHARS_MAX: usize = 260;
/// Carries the [`Rule`] of a refusal.
const RULE_HEADER: &str = "pyro-egress-denied";

/// Why a request is not passed on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    /// 403.
    Denied(Denied),
    /// 400: what should be done instead.
    Malformed(&'static str),
    /// 502: why.
    Unreachable(String),
    /// 504: what was not there in time.
    TimedOut(String),
}

impl Trouble {
    /// A refusal of what a program called `host`.
    pub(super) fn denied(host: &str, port: u16, refusal: Refusal) -> Self {
        let shown = |char: &char| !char.is_control();
        Self::Denied(Denied {
            at_ms: now_ms(),
            host: host.chars().filter(shown).take(HOST_CHARS_MAX).collect(),
            port,
            rule: refusal.rule,
            allow: refusal.allow.map(|entry| entry.to_string()),
            count: 1,
        })
    }

    /// As the program that asked is told it.
    pub(super) fn answer(&self) -> Response<Body> {
        let (status, text) = match self {
            Self::Denied(denied) => (StatusCode::FORBIDDEN, explanation(denied)),
            Self::Malformed(why) => (StatusCode::BAD_REQUEST, format!("pyro: {why}\n")),
            Self::Unreachable(why) => (StatusCode::BAD_GATEWAY, format!("pyro: {why}\n")),
            Self::TimedOut(why) => (StatusCode::GATEWAY_TIMEOUT, format!("pyro: {why}\n")),
        };
        let never = |never: Infallible| match never {};
        let mut answer = Response::new(Full::new(Bytes::from(text)).map_err(never).boxed_unsync());
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if let Self::Denied(Denied { rule, .. }) = self {
            headers.insert(RULE_HEADER, HeaderValue::from_static(rule.as_str()));
        }
        answer
    }
}

fn explanation(Denied { host, port, rule, allow, .. }: &Denied) -> String {
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
    let mut text = format!("pyro: {host}:{port} is denied: {}\n", words(*rule));
    if let Some(entry) = allow {
        text.push_str(&format!("a person can permit it: pyro workspace network allow WORKSPACE {entry}\n"));
    }
    text
}

const fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::NotAllowed => "it is not among the hosts that are allowed",
        Rule::DeniedHost => "it is among the hosts that a person denied",
        Rule::Loopback => "it is a loopback address",
        Rule::PrivateAddress => "it is in a private network",
        Rule::LinkLocal => "it is a link-local address",
        Rule::Metadata => "it is where clouds hand out credentials",
        Rule::HostAddress => "it is the host's own address",
        Rule::ReservedAddress => "it is not a public address",
        Rule::MalformedHost => "it is neither a name nor an address in its usual form",
        Rule::SniDiffers => "the TLS connection is meant for another host",
        Rule::SniMissing => "the TLS connection names no host, and only some are allowed",
        Rule::NotTls => "it is no TLS, and no entry of the hosts that are allowed names this port",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_as_they_are_stored() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
        }
    }

    #[tokio::test]
    async fn a_refusal_says_what_a_person_can_do() {
        let allow = Some("example.com:22".parse().unwrap());
        let trouble = Trouble::denied("example.com", 22, Refusal { rule: Rule::NotAllowed, allow });
        let answer = trouble.answer();
        assert_eq!(
            (answer.status(), &answer.headers()[RULE_HEADER]),
            (StatusCode::FORBIDDEN, &"not_allowed".parse().unwrap())
        );
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        let expected = "pyro: example.com:22 is denied: it is not among the hosts that are allowed\n\
                        a person can permit it: pyro workspace network allow WORKSPACE example.com:22\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_hosts_odd_name_is_told_in_bounds() {
        let odd = format!("a\u{1b}[2J\r\n{}", "x".repeat(70_000));
        let Trouble::Denied(denied) = Trouble::denied(&odd, 1, Refusal { rule: Rule::MalformedHost, allow: None })
        else {
            panic!("not denied");
        };
        assert_eq!(denied.host.chars().count(), HOST_CHARS_MAX);
        assert!(denied.host.starts_with("a[2Jxx") && explanation(&denied).lines().count() == 1);
    }
}
