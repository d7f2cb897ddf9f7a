//! Looking whether something in the guest is ready.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use http::Uri;
use serde::{Deserialize, Serialize};

/// One look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Probe {
    /// The file exists, whatever it is. Relative paths begin at `/workspace`.
    File { path: String },
    /// Somebody accepts a TCP connection at `HOST:PORT` within [`TCP_DEADLINE_MS`].
    Tcp { address: String },
    /// A GET of an `http://` URL is answered with status 200 to 399 within [`HTTP_DEADLINE_MS`]; redirects are not followed.
    Http { url: String },
    /// `sh -c` exits with 0 within [`COMMAND_DEADLINE_MS`]; then its process group is ended.
    Command {
        command: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cwd: Option<String>,
        #[serde(default)]
        env: BTreeMap<String, String>,
    },
}

/// What one look saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    pub ready: bool,
    /// Why not, in a few words for people: "connection refused", "status 503", "exit code 1: last line of its output".
    #[serde(default)]
    pub detail: String,
}

pub const TCP_DEADLINE_MS: u64 = 1_000;
pub const HTTP_DEADLINE_MS: u64 = 2_000;
pub const COMMAND_DEADLINE_MS: u64 = 10_000;

/// Where HTTP is served when a URL does not say.
const HTTP_PORT: u16 = 80;

/// What `HOST:PORT` stands for; there is nobody in the guest to ask for names.
pub fn sockets(address: &str) -> Option<Vec<SocketAddr>> {
    let sockets = match address.strip_prefix("localhost:") {
        Some(port) => {
            let port = port.parse().ok()?;
            vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
        }
        None => vec![address.parse::<SocketAddr>().ok()?],
    };
    sockets.iter().all(|socket| socket.port() > 0).then_some(sockets)
}

/// Where the page of an `http://` URL is.
pub fn page(url: &str) -> Option<(Vec<SocketAddr>, Uri)> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"))?.as_str();
    let sockets = match authority.ends_with(uri.host()?) {
        true => sockets(&format!("{authority}:{HTTP_PORT}"))?,
        false => sockets(authority)?,
    };
    Some((sockets, uri))
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
}
