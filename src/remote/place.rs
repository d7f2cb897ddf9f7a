//! Where a server is, and what is said of a URL that names none. Pure.

use crate::{
    failure::Failure,
    host::{HttpPlace, NoPlace},
};

const EXAMPLE: &str = "name it as the server does, e.g. http://10.0.0.5:8931/mcp";
const ADD_TLS: &str = "have a proxy on this host add it (stunnel, nginx, `ssh -L`) and name that over http://localhost";

#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) http: HttpPlace,
}

impl Place {
    pub(super) fn at(url: &str) -> Result<Self, Failure> {
        let http = HttpPlace::at(url).map_err(|why| {
            let hint = if why == NoPlace::Tls { ADD_TLS } else { EXAMPLE };
            Failure::invalid(format!("{url} {why}")).hint(hint)
        })?;
        Ok(Self { http })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.http.authority(), self.path())
    }

    pub(super) fn path(&self) -> &str {
        match self.http.path() {
            "/" => "/mcp",
            path => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn a_server_is_named_by_a_plain_url() {
        let place = Place::at("http://[::1]:8931").unwrap();
        assert_eq!((place.path(), &*place.url()), ("/mcp", "http://[::1]:8931/mcp"));
        let place = Place::at("http://pyro.lan/mcp/workspace-full").unwrap();
        assert_eq!((place.path(), place.http.authority()), ("/mcp/workspace-full", "pyro.lan"));
        let refused = Place::at("https://pyro.example.com/mcp").unwrap_err();
        assert!(refused.message.contains("TLS") && refused.hint.unwrap().contains("proxy"));
        for wrong in ["", "localhost:8931", "ftp://x", "/mcp", "http://a:b@c/mcp", "http://c/mcp?token=x"] {
            assert_eq!(Place::at(wrong).unwrap_err().code, Code::Invalid, "{wrong}");
        }
    }
}
