//! Where something is served over plain HTTP, and the way there.

use std::{fmt, time::Duration};

use http::{Uri, uri::Authority};
use tokio::{net::TcpStream, time::timeout};

use crate::sys;

const HTTP_PORT: u16 = 80;

/// Host, port and path of a URL.
#[derive(Clone, Debug)]
pub struct HttpPlace {
    authority: Authority,
    path: String,
}

/// Why a text names no such place; completes "NAME …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    NoUrl,
    Tls,
    OtherScheme,
    NoHost,
    /// Where it would end up in logs.
    HasSecret,
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoUrl => "is no URL",
            Self::Tls => "wants TLS, which this client does not speak",
            Self::OtherScheme => "does not begin with http://",
            Self::NoHost => "names no host",
            Self::HasSecret => "has a user or a query in it",
        })
    }
}

impl HttpPlace {
    pub fn at(url: &str) -> Result<Self, NoPlace> {
        let uri: Uri = url.parse().map_err(|_| NoPlace::NoUrl)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(NoPlace::Tls),
            _ => return Err(NoPlace::OtherScheme),
        }
        let authority = uri.authority().cloned().ok_or(NoPlace::NoHost)?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(NoPlace::HasSecret);
        }
        Ok(Self { authority, path: uri.path().to_owned() })
    }

    /// For the `Host` header.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reaches it, or tells why not.
    pub async fn connect(&self, deadline: Duration) -> Result<TcpStream, String> {
        sys::resolve_without_modules();
        let connected = timeout(deadline, TcpStream::connect(self.host_and_port())).await;
        let connected = connected.map_err(|_| format!("no connection within {} s", deadline.as_secs()))?;
        // Small requests are not to wait for company.
        connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)).map_err(|error| error.to_string())
    }

    fn host_and_port(&self) -> (&str, u16) {
        let host = self.authority.host().trim_start_matches('[').trim_end_matches(']');
        (host, self.authority.port_u16().unwrap_or(HTTP_PORT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_is_taken() {
        let place = HttpPlace::at("http://[::1]:8931/v1").unwrap();
        assert_eq!((place.path(), place.host_and_port(), place.authority()), ("/v1", ("::1", 8931), "[::1]:8931"));
        assert_eq!(HttpPlace::at("http://pyro.lan").unwrap().host_and_port(), ("pyro.lan", 80));
        for (wrong, why) in [
            ("", NoPlace::NoUrl),
            ("https://pyro.example.com", NoPlace::Tls),
            ("localhost:8931", NoPlace::OtherScheme),
            ("ftp://x", NoPlace::OtherScheme),
            ("/mcp", NoPlace::OtherScheme),
            ("http://a:b@c/mcp", NoPlace::HasSecret),
            ("http://c/mcp?token=x", NoPlace::HasSecret),
        ] {
            assert_eq!(HttpPlace::at(wrong).unwrap_err(), why, "{wrong}");
        }
    }
}
