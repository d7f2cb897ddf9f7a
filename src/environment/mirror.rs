//! Chooses mirrors, proxy and keyring: settings first, then what the host's own apt uses where it is a Debian. Pure.

/// Where Debian is when nobody says otherwise.
const MIRROR: &str = "http://deb.debian.org/debian";
const SECURITY: &str = "http://deb.debian.org/debian-security";
/// Releases by name; a host that follows another name (Ubuntu's, a vendor's) is no Debian mirror.
const SUITES: [&str; 10] =
    ["buster", "bullseye", "bookworm", "trixie", "forky", "sid", "stable", "oldstable", "oldoldstable", "testing"];

/// Where packages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mirrors {
    pub(super) main: String,
    pub(super) security: String,
    /// Whether a setting named them; a mirror found by ourselves may be given up for Debian's own.
    pub(super) set: bool,
}

impl Mirrors {
    pub(super) fn debian() -> Self {
        Self { main: MIRROR.to_owned(), security: SECURITY.to_owned(), set: false }
    }

    /// `uris` is the answer of `apt-get update --print-uris`.
    pub(super) fn choose(main: Option<String>, security: Option<String>, uris: &str) -> Self {
        let set = main.is_some() || security.is_some();
        let releases: Vec<_> =
            uris.lines().filter_map(release).filter(|(base, suite)| is_debian(base, suite)).collect();
        let with =
            |end: &str| releases.iter().find(|(_, suite)| suite.ends_with(end)).map(|(base, _)| (*base).to_owned());
        // Vendors name their suites after Debian's too; only Debian has `-updates`.
        let plain = || releases.iter().find(|(base, _)| base.matches('/').count() == 3 && base.ends_with("/debian"));
        let host_main = with("-updates").or_else(|| plain().map(|(base, _)| (*base).to_owned()));
        let host_security = with("-security");
        let trim = |url: String| url.trim_end_matches('/').to_owned();
        Self {
            main: main.map(trim).or(host_main).unwrap_or_else(|| MIRROR.to_owned()),
            security: security.map(trim).or(host_security).unwrap_or_else(|| SECURITY.to_owned()),
            set,
        }
    }

    /// The lines of a sources.list; `options` stands between `deb` and the address.
    pub(super) fn sources(&self, suite: &str, options: &str) -> Vec<String> {
        [
            (&self.main, suite.to_owned()),
            (&self.main, format!("{suite}-updates")),
            (&self.security, format!("{suite}-security")),
        ]
        .map(|(base, suite)| format!("deb {options}{base} {suite} main"))
        .to_vec()
    }

    /// What the environment itself uses from then on.
    pub(super) fn deb822(&self, suite: &str) -> String {
        let part = |base: &str, suites: &str| {
            let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
            format!("Types: deb\nURIs: {base}\nSuites: {suites}\nComponents: main\nSigned-By: {keys}\n")
        };
        let main = part(&self.main, &format!("{suite} {suite}-updates"));
        format!("{main}\n{}", part(&self.security, &format!("{suite}-security")))
    }
}

/// Base and suite of a line like `'http://host/debian/dists/bookworm/InRelease' name 0`.
fn release(line: &str) -> Option<(&str, &str)> {
    let url = line.strip_prefix('\'')?.split('\'').next()?;
    url.strip_suffix("/InRelease")?.rsplit_once("/dists/")
}

fn is_debian(base: &str, suite: &str) -> bool {
    let http = base.starts_with("http://") || base.starts_with("https://");
    let code = suite.split(['-', '/']).next().unwrap_or(suite);
    // A base with credentials would be written into the image.
    http && SUITES.contains(&code) && !base.contains("ubuntu") && !base.contains('@')
}

/// The proxy in the answer of `apt-config shell PROXY Acquire::http::Proxy`, e.g. `PROXY='http://cache:3142'`.
pub(super) fn proxy(answer: &str) -> Option<String> {
    let value = answer.lines().find_map(|line| line.strip_prefix("PROXY="))?.trim_matches('\'');
    (!value.is_empty() && value != "DIRECT" && value != "false").then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uris: &str) -> (String, String) {
        let mirrors = Mirrors::choose(None, None, uris);
        (mirrors.main, mirrors.security)
    }

    #[test]
    fn the_hosts_debian_mirrors_are_taken() {
        let uris = "'https://packages.cloud.google.com/apt/dists/cloud-sdk-bookworm/InRelease' x 0 \n\
            'https://download.docker.com/linux/debian/dists/bookworm/InRelease' x 0 \n\
            'http://ftp.example.org/debian/dists/trixie/InRelease' ftp.example.org_debian_dists_trixie_InRelease 0 \n\
            'http://ftp.example.org/debian/dists/trixie/main/binary-amd64/Packages.xz' x 0 \n\
            'http://sec.example.org/debian-security/dists/trixie-security/InRelease' x 0 \n";
        let expected =
            ("http://ftp.example.org/debian".to_owned(), "http://sec.example.org/debian-security".to_owned());
        assert_eq!(check(uris), expected);
    }

    #[test]
    fn others_are_left_for_debians_own() {
        let uris = "'http://archive.ubuntu.com/ubuntu/dists/noble/InRelease' x 0 \n\
            'file:/srv/debian/dists/bookworm/InRelease' x 0 \n\
            'https://user:word@host/debian/dists/bookworm/InRelease' x 0 \n\
            'https://apt.postgresql.org/pub/repos/apt/dists/bookworm-pgdg/InRelease' x 0 \n";
        assert_eq!(check(uris), (MIRROR.to_owned(), SECURITY.to_owned()));
    }

    #[test]
    fn settings_win() {
        let mirrors = Mirrors::choose(Some("http://a/debian/".to_owned()), None, "");
        assert_eq!(mirrors, Mirrors { main: "http://a/debian".to_owned(), security: SECURITY.to_owned(), set: true });
        assert_eq!(mirrors.sources("bookworm", "")[1], "deb http://a/debian bookworm-updates main");
    }

    #[test]
    fn a_proxy_is_read() {
        assert_eq!(proxy("PROXY='http://cache:3142'\n").as_deref(), Some("http://cache:3142"));
        assert_eq!(proxy(""), None);
        assert_eq!(proxy("PROXY='DIRECT'\n"), None);
    }
}
