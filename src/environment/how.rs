//! How packages can be installed into a tree on this host, found by trying: as root, or in a user namespace.

use std::{ffi::OsString, process::Stdio};

use tokio::process::Command;

use crate::{failure::Failure, host};

/// Who plays root while a tree is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// We are root.
    Root,
    /// A user namespace of our own. Works below directories only we can read.
    Namespace,
    /// A user namespace made by mmdebstrap, which AppArmor lets through on Ubuntu. Its root is a stranger to our files.
    Helper,
}

const ROOT: &[&str] = &["unshare", "--mount", "--pid", "--fork", "--kill-child", "--"];
const NAMESPACE: &[&str] =
    &["unshare", "--user", "--map-auto", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--"];
const HELPER: &[&str] = &["mmdebstrap", "--unshare-helper"];
/// Program and the package it comes in.
const TOOLS: [(&str, &str); 6] = [
    ("mmdebstrap", "mmdebstrap"),
    ("mkfs.erofs", "erofs-utils"),
    ("mkfs.ext4", "e2fsprogs"),
    ("unshare", "util-linux"),
    ("apt-get", "apt"),
    ("dpkg-deb", "dpkg"),
];

impl How {
    /// Tries each on this host; the first that works is it.
    pub(super) async fn probe() -> Result<Self, Failure> {
        let root = nix::unistd::geteuid().is_root();
        check_tools(root)?;
        let order: &[Self] = if root { &[Self::Root, Self::Namespace] } else { &[Self::Namespace, Self::Helper] };
        for how in order {
            if how.works().await {
                return Ok(*how);
            }
        }
        Err(Failure::unavailable("environments cannot be built by this user: no namespace can be made").hint(
            "allow it: \
             `sudo apt-get install uidmap && sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`; \
             or run pyro as root",
        ))
    }

    /// What is put before a command that shall run as the tree's root.
    pub(super) fn prefix(self) -> Vec<OsString> {
        let words = match self {
            Self::Root => ROOT,
            Self::Namespace => NAMESPACE,
            Self::Helper => HELPER,
        };
        words.iter().map(OsString::from).collect()
    }

    /// What is put before mmdebstrap, and the mode it is told.
    pub(super) fn mmdebstrap(self) -> (Vec<OsString>, &'static str) {
        match self {
            Self::Root | Self::Namespace => (self.prefix(), "--mode=root"),
            Self::Helper => (Vec::new(), "--mode=unshare"),
        }
    }

    async fn works(self) -> bool {
        let words = self.prefix();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("true").current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        command.status().await.is_ok_and(|status| status.success())
    }
}

fn check_tools(root: bool) -> Result<(), Failure> {
    let uidmap = (!root).then_some(("newuidmap", "uidmap"));
    let absent: Vec<_> = TOOLS.into_iter().chain(uidmap).filter(|(name, _)| host::tool(name).is_none()).collect();
    match remedy(&absent, root) {
        None => Ok(()),
        Some(remedy) => {
            let names = absent.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            Err(Failure::unavailable(format!("building an environment needs what is not installed: {names}"))
                .hint(remedy))
        }
    }
}

/// The whole set, so that one command is enough wherever the first gap shows.
fn remedy(absent: &[(&str, &str)], root: bool) -> Option<String> {
    let first = absent.first()?;
    if matches!(first.1, "apt" | "dpkg") {
        return Some("use a Debian or Ubuntu host, or copy the cache of one here".to_owned());
    }
    let (sudo, more) = if root { ("", "") } else { ("sudo ", " uidmap") };
    Some(format!("{sudo}apt-get install mmdebstrap erofs-utils e2fsprogs{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_one_command() {
        assert_eq!(remedy(&[], true), None);
        let absent = [("mkfs.erofs", "erofs-utils")];
        assert_eq!(remedy(&absent, true).unwrap(), "apt-get install mmdebstrap erofs-utils e2fsprogs");
        assert_eq!(remedy(&absent, false).unwrap(), "sudo apt-get install mmdebstrap erofs-utils e2fsprogs uidmap");
        assert!(remedy(&[("apt-get", "apt")], true).unwrap().starts_with("use a Debian"));
    }
}
