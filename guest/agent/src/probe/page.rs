//! The request for a page.

use std::net::SocketAddr;

use http::{HeaderValue, Request, header::HOST};
use http_body_util::Empty;
use hyper::body::Bytes;
use pyro_protocol::probe;

/// Where a URL's page is, and the request for it.
pub(super) fn of(url: &str) -> Option<(Vec<SocketAddr>, Request<Empty<Bytes>>)> {
    let (sockets, uri) = probe::page(url)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header(HOST, HeaderValue::from_str(uri.authority()?.as_str()).ok()?);
    Some((sockets, request.body(Empty::new()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_where_it_is() {
        let asked = |url| {
            let (sockets, request) = of(url)?;
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
