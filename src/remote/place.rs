//! Where a server is. Pure.

use http::{Uri, uri::Authority};

use crate::failure::Failure;

const HTTP_PORT: u16 = 80;
const EXAMPLE: &str = "name it as the server does, e.g. http://10.0.0.5:8931/mcp";

#[derive(Clone, Debug)]
pub(super) struct Place {
    url: String,
    authority: Authority,
    path: String,
}

impl Place {
    pub(super) fn at(url: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::invalid(format!("{url} {why}")).hint(EXAMPLE);
        let uri: Uri = url.parse().map_err(|_| wrong("is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(Failure::invalid(format!("{url} wants TLS, which this client does not speak")).hint(
                    "have a proxy on this host add it (stunnel, nginx, `ssh -L`) and name that over http://localhost",
                ));
            }
            _ => return Err(wrong("does not begin with http://")),
        }
        let authority = uri.authority().cloned().ok_or_else(|| wrong("names no host"))?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("has a user or a query in it"));
        }
        let path = match uri.path() {
            "/" => "/mcp",
            path => path,
        };
        Ok(Self { url: format!("http://{authority}{path}"), path: path.to_owned(), authority })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn authority(&self) -> &str {
        self.authority.as_str()
    }

    pub(super) fn host_and_port(&self) -> (&str, u16) {
        let host = self.authority.host().trim_start_matches('[').trim_end_matches(']');
        (host, self.authority.port_u16().unwrap_or(HTTP_PORT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn a_server_is_named_by_a_plain_url() {
        let place = Place::at("http://[::1]:8931").unwrap();
        assert_eq!((place.path(), place.host_and_port()), ("/mcp", ("::1", 8931)));
        let place = Place::at("http://pyro.lan/mcp/workspace-full").unwrap();
        assert_eq!((place.path(), place.host_and_port()), ("/mcp/workspace-full", ("pyro.lan", 80)));
        let refused = Place::at("https://pyro.example.com/mcp").unwrap_err();
        assert!(refused.message.contains("TLS") && refused.hint.unwrap().contains("proxy"));
        for wrong in ["", "localhost:8931", "ftp://x", "/mcp", "http://a:b@c/mcp", "http://c/mcp?token=x"] {
            assert_eq!(Place::at(wrong).unwrap_err().code, Code::Invalid, "{wrong}");
        }
    }
}
