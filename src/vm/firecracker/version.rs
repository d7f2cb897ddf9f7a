//! Which Firecracker one is, and whether it is new enough.

use std::{fmt, path::Path, process::Stdio, time::Duration};

/// The oldest that is used: the one the back end is tested with. Of what is known to be wrong with it and later ones,
/// CVE-2026-5747 needs a transport that is never switched on, and CVE-2026-1386 a jail that others may write in.
pub const OLDEST: Version = Version([1, 12, 0]);
/// It answers in milliseconds, or it is something else.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// Asks the program at `binary`; where it is no Firecracker or too old, why it cannot be used.
pub async fn ask(binary: &Path) -> Result<Version, String> {
    match told(binary, "Firecracker").await {
        Ok(version) if version < OLDEST => {
            Err(format!("{} is version {version}, older than {OLDEST}", binary.display()))
        }
        told => told,
    }
}

/// The version of the program at `binary`, which calls itself `name`.
pub async fn told(binary: &Path, name: &str) -> Result<Version, String> {
    let shown = binary.display();
    let mut command = tokio::process::Command::new(binary);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).env_clear().kill_on_drop(true);
    let output = match tokio::time::timeout(ANSWERS_WITHIN, command.output()).await {
        Ok(output) => output.map_err(|error| format!("{shown} cannot be run: {error}"))?,
        Err(_) => return Err(format!("{shown} does not tell its version")),
    };
    parse(&String::from_utf8_lossy(&output.stdout), name).ok_or_else(|| format!("{shown} does not tell its version"))
}

/// From a text that begins with a line like `Firecracker v1.12.1`; what follows the three numbers is a build's own.
fn parse(text: &str, name: &str) -> Option<Version> {
    let rest = text.strip_prefix(name)?.strip_prefix(" v")?;
    let mut parts = rest.lines().next()?.split('.');
    let mut number = || {
        let part = parts.next()?;
        part[..part.find(|char: char| !char.is_ascii_digit()).unwrap_or(part.len())].parse().ok()
    };
    Some(Version([number()?, number()?, number()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_by_number() {
        assert_eq!(
            parse("Firecracker v1.12.1\n\nSupported snapshot data format versions: v6.0.0\n", "Firecracker"),
            Some(Version([1, 12, 1]))
        );
        assert_eq!(parse("Jailer v1.12.1\n", "Jailer"), Some(Version([1, 12, 1])));
        assert_eq!(parse("Firecracker v1.13.0-dev-3\n", "Firecracker"), Some(Version([1, 13, 0])));
        assert_eq!(parse("Firecracker v1.9.0\n", "Firecracker").map(|version| version < OLDEST), Some(true));
        assert_eq!(parse("Firecracker v2.0.0\n", "Firecracker").map(|version| version < OLDEST), Some(false));
        for other in ["", "Firecracker", "Firecracker v1.12", "Firecracker v1.x.0", "QEMU emulator version 7.2.22"] {
            assert_eq!(parse(other, "Firecracker"), None, "{other}");
        }
    }

    #[tokio::test]
    async fn what_is_no_firecracker_is_told() {
        assert!(ask(Path::new("/bin/true")).await.unwrap_err().contains("does not tell its version"));
        assert!(ask(Path::new("/nowhere/firecracker")).await.unwrap_err().contains("cannot be run"));
    }
}
