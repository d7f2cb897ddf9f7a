//! The variables by which programs find the proxy, and the certificates of the host. Pure.

use std::collections::BTreeMap;

use pyro_protocol::network::{CA_BUNDLE, Furnished};

use super::Network;

/// curl wants the first in lower case, others want them all in upper case.
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
const DIRECT: [&str; 2] = ["no_proxy", "NO_PROXY"];
/// What a guest reaches in itself.
const ITSELF: &str = "localhost,127.0.0.1,::1";
/// OpenSSL and what stands on it; then programs that bring certificates of their own.
const BUNDLES: [&str; 7] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
];

impl Network {
    /// Variables of every command, shell and service.
    pub(in crate::supervisor) fn variables(&self) -> BTreeMap<String, String> {
        let policy = self.policy();
        match &*self.furnished.borrow() {
            Some(furnished) if policy.has_egress() => variables(furnished, policy.trust_host_ca),
            _ => BTreeMap::new(),
        }
    }
}

fn variables(furnished: &Furnished, trust_host_ca: bool) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut set = |names: &[&str], value: &str| {
        variables.extend(names.iter().map(|name| ((*name).to_owned(), value.to_owned())));
    };
    if let Some(port) = furnished.proxy_port {
        set(&PROXIES, &format!("http://127.0.0.1:{port}"));
        set(&DIRECT, ITSELF);
        // Node's own fetch looks at the others only then.
        set(&["NODE_USE_ENV_PROXY"], "1");
    }
    if furnished.ca_bundle && trust_host_ca {
        set(&BUNDLES, CA_BUNDLE);
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_what_there_is() {
        let told =
            |proxy_port, ca_bundle, trust| variables(&Furnished { proxy_port, ca_bundle, ca_problem: None }, trust);
        assert_eq!(told(None, true, false), BTreeMap::new());
        let proxied = told(Some(3128), true, false);
        assert_eq!(proxied["https_proxy"], "http://127.0.0.1:3128");
        assert_eq!(proxied["NO_PROXY"], "localhost,127.0.0.1,::1");
        assert!(!proxied.contains_key("SSL_CERT_FILE"));
        assert_eq!(told(Some(3128), true, true)["SSL_CERT_FILE"], "/etc/ssl/certs/ca-certificates.crt");
        assert!(!told(Some(3128), false, true).contains_key("PIP_CERT"));
    }
}
