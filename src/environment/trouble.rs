//! Turns what a build's programs said when they failed into a failure with a remedy. Pure.

use std::{collections::VecDeque, path::Path};

use crate::failure::{Code, Failure};

const KEPT_LINES: usize = 6;

/// What is kept of a program's messages: the last lines, and the first that explains itself.
#[derive(Debug, Default)]
pub(super) struct Log {
    last: VecDeque<String>,
    cause: Option<Cause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    DiskFull,
    Unsigned,
    Expired,
    Unreachable,
    NoNamespace,
}

const SIGNS: [(&str, Cause); 17] = [
    ("No space left on device", Cause::DiskFull),
    ("not enough free space", Cause::DiskFull),
    ("have enough free space", Cause::DiskFull),
    ("Disk quota exceeded", Cause::DiskFull),
    ("NO_PUBKEY", Cause::Unsigned),
    ("is not signed", Cause::Unsigned),
    ("BADSIG", Cause::Unsigned),
    ("is not valid yet", Cause::Expired),
    ("Release file is expired", Cause::Expired),
    ("Could not resolve", Cause::Unreachable),
    ("Temporary failure resolving", Cause::Unreachable),
    ("Unable to connect to", Cause::Unreachable),
    ("Could not connect to", Cause::Unreachable),
    ("Connection failed", Cause::Unreachable),
    ("Failed to fetch", Cause::Unreachable),
    ("newuidmap", Cause::NoNamespace),
    ("unshare failed", Cause::NoNamespace),
];

impl Log {
    pub(super) fn add(&mut self, line: &str) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        if self.cause.is_none() {
            self.cause = SIGNS.iter().find(|(sign, _)| line.contains(sign)).map(|(_, cause)| *cause);
        }
        if self.last.len() == KEPT_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
    }
}

/// The failure of "could not `what`"; our own `directory` stays out of it.
pub(super) fn explain(what: &str, status: Option<i32>, log: &Log, directory: &Path) -> Failure {
    let failed = |why: &str| format!("could not {what}: {why}");
    match log.cause {
        Some(Cause::DiskFull) => Failure::new(Code::Limit, failed("no space left on the host's disk"))
            .hint("free about 2 GiB where the cache lies, or set XDG_CACHE_HOME to a larger disk, and call again"),
        Some(Cause::Unsigned) => Failure::unavailable(failed("the mirror's release is not signed by a known key"))
            .hint("set PYRO_KEYRING to a file with the keys of this mirror, or PYRO_MIRROR to another mirror"),
        Some(Cause::Expired) => Failure::unavailable(failed("the mirror's release is out of date or not valid yet"))
            .hint("check this machine's clock, or set PYRO_MIRROR and PYRO_SECURITY_MIRROR to a current mirror"),
        Some(Cause::Unreachable) => Failure::unavailable(failed("Debian's mirror does not answer"))
            .hint("check the network, or set PYRO_MIRROR, PYRO_SECURITY_MIRROR or PYRO_PROXY, and call again"),
        Some(Cause::NoNamespace) => Failure::unavailable(failed("this user may not make user namespaces"))
            .hint("install it once as root: `sudo apt-get install uidmap`, and give the user a range in /etc/subuid and /etc/subgid"),
        None => {
            let directory = directory.display().to_string();
            let lines: Vec<_> = log.last.iter().map(|line| line.replace(&directory, "…")).collect();
            let ended = status.map_or_else(|| "it was killed".to_owned(), |code| format!("exit status {code}"));
            Failure::internal(failed(&format!("{ended}; its last words: {}", lines.join(" | "))))
                .hint("call again; `pyro doctor` checks what building needs")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str]) -> Failure {
        let mut log = Log::default();
        lines.iter().for_each(|line| log.add(line));
        explain("build it", Some(100), &log, Path::new("/home/ada/.cache/pyro/building/x"))
    }

    #[test]
    fn known_causes_have_a_remedy() {
        let failure = check(&["dpkg: error: failed to write: No space left on device", "E: mmdebstrap failed to run"]);
        assert_eq!((failure.code, failure.hint.is_some()), (Code::Limit, true));
        let failure =
            check(&["W: GPG error: http://x bookworm InRelease: NO_PUBKEY 0E98", "E: Failed to fetch http://x"]);
        assert!(failure.hint.unwrap().contains("PYRO_KEYRING"));
        let failure = check(&["Err:1 http://x InRelease", "  Could not resolve 'x'"]);
        assert!(failure.hint.unwrap().contains("PYRO_PROXY"));
    }

    #[test]
    fn other_causes_show_the_last_lines_without_our_paths() {
        let failure = check(&["1", "2", "3", "4", "5", "6", "7 in /home/ada/.cache/pyro/building/x/tree", ""]);
        assert_eq!(
            failure.message,
            "could not build it: exit status 100; its last words: 2 | 3 | 4 | 5 | 6 | 7 in …/tree"
        );
    }
}
