//! What crosses between a guest's loopback and its host, and what a machine is given besides its disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a machine is given. Nothing of it is written to its disk but the certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Furnishing {
    /// Names to values in base64, each a file of [`SECRETS_FOLDER`]; others that lie there are removed.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// Certificates that the guest shall trust besides its own, PEM, one after the other.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ca_certificates: String,
    /// Whether programs may ask for connections to the world: then something listens for them.
    #[serde(default)]
    pub proxy: bool,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Furnished {
    /// The port of the guest's loopback that takes proxy requests; absent without a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_port: Option<u16>,
    /// Whether there is a bundle of certificates at [`CA_BUNDLE`].
    #[serde(default)]
    pub ca_bundle: bool,
    /// Why certificates could not be added: what a workload did to its files must not keep it from starting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_problem: Option<String>,
}

/// Who opened a connection to the proxy's port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialOwner {
    /// Of the command that the process belongs to; absent where that cannot be told any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec: Option<u64>,
}

/// Whether something names a secret, or the variable of a command: a letter or `_`, then letters, digits and `_`, at most
/// [`SECRET_NAME_BYTES_MAX`].
pub fn is_secret_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.len() <= SECRET_NAME_BYTES_MAX
        && name.bytes().all(fits)
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// What a machine may be given at once, bytes of JSON: 64 secrets of 64 KiB in base64, and the certificates.
pub const FURNISHING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Where secrets lie in a guest, in memory, for root alone: the folder 0700, each file 0600.
pub const SECRETS_FOLDER: &str = "/run/pyro-secrets";
/// Where Debian's programs look for certificates.
pub const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// A secret's name, bytes.
pub const SECRET_NAME_BYTES_MAX: usize = 64;
/// Of certificates that a machine is given, bytes of PEM: five times what Debian trusts.
pub const CA_BYTES_MAX: usize = 1024 * 1024;
/// How many those may be.
pub const CA_COUNT_MAX: usize = 1000;
/// Query of [`crate::route::CONNECT`]: the port's number.
pub const PORT: &str = "port";
/// The proxy's port in a guest.
pub const PROXY_PORT: u16 = 3128;
/// A dial's number on the stream of [`crate::route::DIALS`], big endian.
pub const DIAL_BYTES: usize = 8;
/// Connections of a guest's programs to the proxy at once; the next wait in the guest.
pub const DIALS_MAX: usize = 48;
/// Connections through published ports at once; the next wait on the host.
pub const CONNECTIONS_MAX: usize = 48;
/// A connection that nobody takes up is closed after this.
pub const DIAL_PATIENCE_MS: u64 = 10_000;

/// A connection to the world that a policy refused; hosts note it, guests never tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// Unix milliseconds, of the last time.
    pub at_ms: i64,
    /// As the program named it: a name or an address.
    pub host: String,
    pub port: u16,
    pub rule: Rule,
    /// The smallest entry of `allow_hosts` that would have permitted it; absent where none would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
    /// How often.
    pub count: u32,
}

/// Why a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// No entry of `allow_hosts` names it.
    NotAllowed,
    /// An entry of the hosts that a person denied names it.
    DeniedHost,
    /// The guest's own or the host's loopback.
    Loopback,
    /// A private network.
    PrivateAddress,
    LinkLocal,
    /// Where clouds answer with credentials.
    Metadata,
    /// One of the host's own addresses.
    HostAddress,
    /// Any other address that is not public: reserved, multicast, for documentation.
    ReservedAddress,
    /// Neither a name nor an address in its usual form.
    MalformedHost,
    /// A TLS connection that names another host than the proxy was asked for.
    SniDiffers,
    /// A TLS connection that names no host, where only some are allowed.
    SniMissing,
    /// Something else than TLS, where only some hosts are allowed and no entry names this port.
    NotTls,
}

impl Rule {
    pub const ALL: [Self; 12] = [
        Self::NotAllowed,
        Self::DeniedHost,
        Self::Loopback,
        Self::PrivateAddress,
        Self::LinkLocal,
        Self::Metadata,
        Self::HostAddress,
        Self::ReservedAddress,
        Self::MalformedHost,
        Self::SniDiffers,
        Self::SniMissing,
        Self::NotTls,
    ];

    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::DeniedHost => "denied_host",
            Self::Loopback => "loopback",
            Self::PrivateAddress => "private_address",
            Self::LinkLocal => "link_local",
            Self::Metadata => "metadata",
            Self::HostAddress => "host_address",
            Self::ReservedAddress => "reserved_address",
            Self::MalformedHost => "malformed_host",
            Self::SniDiffers => "sni_differs",
            Self::SniMissing => "sni_missing",
            Self::NotTls => "not_tls",
        }
    }
}
