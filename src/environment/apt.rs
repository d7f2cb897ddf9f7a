//! An apt of our own: nothing of the host's apt is read but its mirror and proxy, nothing of it is written, no root.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use time::{PrimitiveDateTime, macros::format_description};

use super::{command::Step, manifest::Source, mirror, mirror::Mirrors};
use crate::failure::Failure;

/// The keys that sign bookworm: a host's own keyring may be too old to know them.
const KEYRING: &[u8] = include_bytes!("../../guest/environments/bookworm.gpg");
const SUBDIRECTORIES: [&str; 7] = [
    "etc/trusted.gpg.d",
    "etc/preferences.d",
    "etc/sources.list.d",
    "etc/apt.conf.d",
    "lists/partial",
    "cache/archives/partial",
    "state",
];

/// Where packages come from, and the private apt that knows them.
#[derive(Debug)]
pub(super) struct Apt {
    directory: PathBuf,
    pub(super) mirrors: Mirrors,
    pub(super) keyring: PathBuf,
    proxy: Option<String>,
    pub(super) suite: String,
}

impl Apt {
    /// Prepares it below `bench` and fetches what the mirrors have.
    pub(super) async fn open(bench: &Path, suite: &str) -> Result<Self, Failure> {
        let directory = bench.join("apt");
        let fail = |error: io::Error| Failure::io("prepare apt", &error);
        for below in SUBDIRECTORIES {
            fs::create_dir_all(directory.join(below)).map_err(fail)?;
        }
        fs::write(directory.join("state/status"), b"").map_err(fail)?;
        fs::write(directory.join("apt.conf"), configuration(&directory)).map_err(fail)?;
        let keyring = directory.join("keyring.gpg");
        fs::write(&keyring, keys()?).map_err(fail)?;

        let mut apt = Self { directory, mirrors: Mirrors::debian(), keyring, proxy: None, suite: suite.to_owned() };
        let uris = apt.ask_host(&["apt-get", "update", "--print-uris"]).await;
        apt.mirrors = Mirrors::choose(setting("PYRO_MIRROR"), setting("PYRO_SECURITY_MIRROR"), &uris);
        apt.proxy = match setting("PYRO_PROXY") {
            Some(proxy) => Some(proxy),
            None => mirror::proxy(&apt.ask_host(&["apt-config", "shell", "PROXY", "Acquire::http::Proxy"]).await),
        };
        match apt.update().await {
            Err(_) if !apt.mirrors.set && apt.mirrors != Mirrors::debian() => {
                apt.mirrors = Mirrors::debian();
                apt.update().await?;
            }
            other => other?,
        }
        Ok(apt)
    }

    /// Variables for whatever fetches packages.
    pub(super) fn proxy_variables(&self) -> Vec<(String, OsString)> {
        let names = self.proxy.iter().flat_map(|proxy| ["http_proxy", "https_proxy"].map(|name| (name, proxy)));
        names.map(|(name, proxy)| (name.to_owned(), proxy.into())).collect()
    }

    /// The value of a field of the newest version of `package`.
    pub(super) async fn field(&self, package: &str, field: &str) -> Result<String, Failure> {
        let text = self.run("look up a package", &["apt-cache", "show", "--no-all-versions", package]).await?;
        let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
        value.map(str::to_owned).ok_or_else(|| {
            Failure::unavailable(format!("the mirror's package `{package}` has no {field}"))
                .hint("set PYRO_MIRROR to a complete mirror")
        })
    }

    /// Downloads `package` into `directory`, its digest checked against the signed index.
    pub(super) async fn download(&self, package: &str, directory: &Path) -> Result<PathBuf, Failure> {
        let mut step = self.step("download the kernel", &["apt-get", "download", package]);
        step.directory = directory.to_owned();
        step.run(None, &mut |_| {}).await?;
        let found = fs::read_dir(directory).map_err(|error| Failure::io("find the downloaded package", &error))?;
        let mut files = found.flatten().map(|entry| entry.path());
        files
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .ok_or_else(|| Failure::internal(format!("apt downloaded no file for {package}")))
    }

    /// The signed releases everything comes from.
    pub(super) fn sources(&self) -> Result<Vec<Source>, Failure> {
        let fail = |error: io::Error| Failure::io("read the mirror's releases", &error);
        let mut sources = Vec::new();
        for entry in fs::read_dir(self.directory.join("lists")).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix("_InRelease")) else {
                continue;
            };
            let bytes = fs::read(&path).map_err(fail)?;
            let text = String::from_utf8_lossy(&bytes);
            let date = text.lines().find_map(|line| line.strip_prefix("Date: ")).and_then(unix_time);
            let date = date.ok_or_else(|| Failure::unavailable(format!("the release of {name} has no date")))?;
            let suite = name.rsplit('_').next().unwrap_or(name).to_owned();
            sources.push(Source { suite, date, blake3: blake3::hash(&bytes).to_hex().to_string() });
        }
        sources.sort_by(|a, b| a.suite.cmp(&b.suite));
        match sources.is_empty() {
            true => {
                Err(Failure::unavailable("the mirror has no signed release").hint("set PYRO_MIRROR to a Debian mirror"))
            }
            false => Ok(sources),
        }
    }

    async fn update(&self) -> Result<(), Failure> {
        let options = format!("[signed-by={}] ", self.keyring.display());
        let list = self.mirrors.sources(&self.suite, &options).join("\n") + "\n";
        let written = fs::write(self.directory.join("etc/sources.list"), list);
        written.map_err(|error| Failure::io("prepare apt", &error))?;
        let options = ["apt-get", "-o", "APT::Update::Error-Mode=any", "update"];
        self.run("fetch the package lists", &options).await.map(drop)
    }

    async fn run(&self, what: &'static str, line: &[&str]) -> Result<String, Failure> {
        self.step(what, line).run(None, &mut |_| {}).await
    }

    fn step(&self, what: &'static str, line: &[&str]) -> Step {
        let mut variables = self.proxy_variables();
        variables.push(("APT_CONFIG".to_owned(), self.directory.join("apt.conf").into()));
        let line = line.iter().map(OsString::from).collect();
        Step { what, prefix: Vec::new(), line, variables, directory: self.directory.clone() }
    }

    /// The host's own apt, which may be broken or absent: then it says nothing.
    async fn ask_host(&self, line: &[&str]) -> String {
        let line = line.iter().map(OsString::from).collect();
        let step = Step {
            what: "ask apt",
            prefix: Vec::new(),
            line,
            variables: Vec::new(),
            directory: self.directory.clone(),
        };
        step.run(None, &mut |_| {}).await.unwrap_or_default()
    }
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn keys() -> Result<Vec<u8>, Failure> {
    match setting("PYRO_KEYRING") {
        Some(path) => fs::read(&path).map_err(|error| {
            Failure::unavailable(format!("the keyring `{path}` cannot be read: {error}"))
                .hint("set PYRO_KEYRING to a readable file of OpenPGP keys")
        }),
        None => Ok(KEYRING.to_vec()),
    }
}

fn configuration(directory: &Path) -> String {
    let dir = directory.display();
    format!(
        "Dir \"{dir}\";\nDir::Etc \"{dir}/etc\";\nDir::State \"{dir}/state\";\nDir::State::lists \"{dir}/lists\";\n\
         Dir::State::status \"{dir}/state/status\";\nDir::Cache \"{dir}/cache\";\n\
         Dir::Etc::trusted \"{dir}/etc/trusted.gpg\";\nDir::Etc::trustedparts \"{dir}/etc/trusted.gpg.d\";\n\
         APT::Architecture \"amd64\";\nAPT::Architectures {{ \"amd64\"; }};\nAPT::Sandbox::User \"\";\n\
         Acquire::Languages \"none\";\n"
    )
}

/// A date like `Sat, 11 Jul 2026 10:16:37 UTC`, in seconds since 1970.
fn unix_time(text: &str) -> Option<i64> {
    let form = format_description!(
        "[weekday repr:short], [day padding:none] [month repr:short] [year] [hour]:[minute]:[second] UTC"
    );
    let padded = text.trim();
    PrimitiveDateTime::parse(padded, form).ok().map(|date| date.assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_releases_are_read() {
        assert_eq!(unix_time("Sat, 11 Jul 2026 10:16:37 UTC"), Some(1_783_764_997));
        assert_eq!(unix_time("Thu, 01 Jan 1970 00:00:09 UTC"), Some(9));
        assert_eq!(unix_time("tomorrow"), None);
    }
}
