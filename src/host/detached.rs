//! Processes of ours that outlive their starter.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    path::Path,
    process::{Command, Stdio},
};

use crate::sys;

/// `pyro` with these words, told and heard over pipes, its errors kept in `log`.
pub fn command(pyro: &Path, words: &[impl AsRef<OsStr>], log: &Path) -> io::Result<Command> {
    let mut command = Command::new(pyro);
    command.args(words).env_clear().envs(environment()).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(log)?);
    sys::detach(&mut command, vec![]);
    Ok(command)
}

/// Where things are, the host's proxy and its certificates. What else the environment holds, tokens for instance, is
/// nothing that outlives its owner.
fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_kept))
}

/// Tells what such a process gets of one environment from what it gets of another.
pub fn environment_digest() -> String {
    let mut all: Vec<_> = environment().collect();
    all.sort();
    let mut hasher = blake3::Hasher::new();
    for (name, value) in all {
        for part in [name, value] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_encoded_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn is_kept(name: &str) -> bool {
    const KEPT: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
    const OURS: [&str; 12] = [
        "PYRO_HOME",
        "PYRO_BIN",
        "PYRO_BACKEND",
        "PYRO_QEMU",
        "PYRO_MEMORY_MIB",
        "PYRO_KEEP_SECONDS",
        "PYRO_TEMPLATES",
        "PYRO_POOL",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
        "RUST_LOG",
        "RUST_BACKTRACE",
    ];
    const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
    KEPT.contains(&name) || OURS.contains(&name) || PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_kept_and_proxies_are() {
        assert!(is_kept("HTTPS_PROXY") && is_kept("no_proxy") && is_kept("PYRO_HOME"));
        assert!(!is_kept("AWS_SECRET_ACCESS_KEY") && !is_kept("GITHUB_TOKEN") && !is_kept("PYRO_TOKEN"));
    }
}
