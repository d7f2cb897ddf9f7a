//! What a caller may name as the sign that a service is ready. Pure.

use pyro_protocol::probe;

use crate::{failure::Failure, limits, supervisor::services::Readiness};

/// What a caller says of readiness; at most one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceLooks {
    pub file: Option<String>,
    pub tcp: Option<String>,
    pub http: Option<String>,
    pub command: Option<String>,
}

/// The one that is given, or none.
pub(super) fn readiness(looks: ServiceLooks) -> Result<Option<Readiness>, Failure> {
    let ServiceLooks { file, tcp, http, command } = looks;
    let mut given = [
        ("ready_file", file.map(|path| Readiness::File { path })),
        ("ready_tcp", tcp.map(|address| Readiness::Tcp { address })),
        ("ready_http", http.map(|url| Readiness::Http { url })),
        ("ready_command", command.map(|command| Readiness::Command { command })),
    ]
    .into_iter()
    .filter_map(|(name, readiness)| Some((name, readiness?)));
    let Some((name, readiness)) = given.next() else { return Ok(None) };
    if let Some((other, _)) = given.next() {
        let message = format!("{name} and {other} exclude each other");
        return Err(Failure::invalid(message).hint("give one of them; ready_command can look for several things"));
    }
    checked(name, readiness).map(Some)
}

fn checked(name: &str, readiness: Readiness) -> Result<Readiness, Failure> {
    let text = match &readiness {
        Readiness::File { path } => path,
        Readiness::Tcp { address } => address,
        Readiness::Http { url } => url,
        Readiness::Command { command } => command,
    };
    if text.trim().is_empty() || text.contains('\0') {
        return Err(Failure::invalid(format!("{name} is empty or has a NUL character")));
    }
    if text.len() > limits::READY_BYTES_MAX {
        let message = format!("{name} is {} bytes long, more than {}", text.len(), limits::READY_BYTES_MAX);
        return Err(Failure::invalid(message).hint("put a long command into a file"));
    }
    match readiness {
        Readiness::Tcp { address } => {
            // A port alone is one of the machine itself.
            let address = if address.contains(':') { address } else { format!("127.0.0.1:{address}") };
            if probe::sockets(&address).is_some() {
                return Ok(Readiness::Tcp { address });
            }
            Err(Failure::invalid(format!("{name} is not HOST:PORT with localhost or an address as host"))
                .hint("for instance 127.0.0.1:8000"))
        }
        Readiness::Http { url } if probe::page(&url).is_none() => {
            Err(Failure::invalid(format!("{name} is no http:// URL with localhost or an address as host"))
                .hint("for instance http://127.0.0.1:8000/health; ready_command with curl can do more"))
        }
        readiness => Ok(readiness),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn at_most_one_is_given() {
        assert_eq!(readiness(ServiceLooks::default()).unwrap(), None);
        let both = ServiceLooks { file: Some("a".into()), http: Some("http://x/".into()), ..ServiceLooks::default() };
        let refused = readiness(both).unwrap_err();
        assert_eq!(refused.code, Code::Invalid);
        assert!(refused.message.contains("ready_file and ready_http"), "{refused}");
    }

    #[test]
    fn addresses_and_urls_are_looked_at_before_anything_starts() {
        let tcp = |address: &str| readiness(ServiceLooks { tcp: Some(address.into()), ..ServiceLooks::default() });
        for (given, meant) in
            [("localhost:80", "localhost:80"), ("8000", "127.0.0.1:8000"), ("[::1]:65535", "[::1]:65535")]
        {
            assert_eq!(tcp(given).unwrap(), Some(Readiness::Tcp { address: meant.into() }));
        }
        for wrong in ["", "x", ":80", "1.2.3.4:0", "localhost:65536", "db:80", "a b:80", "1.2.3.4:80\n", "1.2.3.4:80\0"]
        {
            assert_eq!(tcp(wrong).unwrap_err().code, Code::Invalid, "{wrong:?}");
        }
        let http = |url: &str| readiness(ServiceLooks { http: Some(url.into()), ..ServiceLooks::default() });
        for right in ["http://127.0.0.1:8000/health?a=b", "http://localhost", "http://[::1]:81/"] {
            assert!(http(right).is_ok(), "{right}");
        }
        let wrong = ["", "https://localhost/", "127.0.0.1", "http://", "http://example.org/", "http://a@localhost/"];
        for wrong in wrong.into_iter().chain(["http://localhost/a b", "http://localhost\r\nX: y", "http://[::1/"]) {
            assert_eq!(http(wrong).unwrap_err().code, Code::Invalid, "{wrong:?}");
        }
        let file = |path: &str| readiness(ServiceLooks { file: Some(path.into()), ..ServiceLooks::default() });
        assert!(file("/run/app.sock").is_ok() && file(" ").is_err() && file("a\0").is_err());
        assert!(file(&"x".repeat(limits::READY_BYTES_MAX + 1)).is_err());
    }
}
