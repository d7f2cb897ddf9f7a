//! What a probe may connect to.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use http::{HeaderValue, Request, Uri, header::HOST};
use http_body_util::Empty;
use hyper::body::Bytes;

/// Where HTTP is served when a URL does not say.
const HTTP_PORT: u16 = 80;

/// What `HOST:PORT` stands for; there is nobody in the guest to ask for names.
pub(super) fn sockets(address: &str) -> Option<Vec<SocketAddr>> {
    let sockets = match address.strip_prefix("localhost:") {
        Some(port) => {
            let port = port.parse().ok()?;
            vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
        }
        None => vec![address.parse::<SocketAddr>().ok()?],
    };
    sockets.iter().all(|socket| socket.port() > 0).then_some(sockets)
}

/// Where a URL's page is, and the request for it.
pub(super) fn page(url: &str) -> Option<(Vec<SocketAddr>, Request<Empty<Bytes>>)> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"))?.as_str();
    let sockets = match authority.ends_with(uri.host()?) {
        true => sockets(&format!("{authority}:{HTTP_PORT}"))?,
        false => sockets(authority)?,
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header(HOST, HeaderValue::from_str(authority).ok()?);
    Some((sockets, request.body(Empty::new()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_literals_or_localhost_with_a_port() {
        let shown = |address| {
            let sockets = sockets(address)?;
            Some(sockets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(shown("127.0.0.1:80").as_deref(), Some("127.0.0.1:80"));
        assert_eq!(shown("[::1]:65535").as_deref(), Some("[::1]:65535"));
        assert_eq!(shown("localhost:8080").as_deref(), Some("127.0.0.1:8080 [::1]:8080"));
        let wrong =
            ["", "80", "localhost", "localhost:", "localhost:0", "127.0.0.1:65536", "::1:80", "db:5432", "1.2.3:4"];
        assert_eq!(wrong.map(shown), [const { None }; 9]);
    }

    #[test]
    fn a_page_is_asked_for_where_it_is() {
        let asked = |url| {
            let (sockets, request) = page(url)?;
            Some(format!("{} {} {}", sockets[0], request.uri(), request.headers()[HOST].to_str().unwrap()))
        };
        assert_eq!(asked("http://localhost").as_deref(), Some("127.0.0.1:80 / localhost"));
        assert_eq!(asked("http://[::1]:81/a?b=c#d").as_deref(), Some("[::1]:81 /a?b=c [::1]:81"));
        assert_eq!(asked("http://127.0.0.1:8080/").as_deref(), Some("127.0.0.1:8080 / 127.0.0.1:8080"));
        let wrong = [
            "localhost:80",
            "/health",
            "https://localhost",
            "http://",
            "http://example.org/",
            "http://a@localhost/",
            "http://localhost:70000/",
            "http://localhost:/",
            "http://localhost/a b",
        ];
        assert_eq!(wrong.map(asked), [const { None }; 9]);
    }
}
