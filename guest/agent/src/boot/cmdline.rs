//! What the kernel's command line says about the root and the machine's end.

use std::{fs, io, path::PathBuf};

/// What to boot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Boot {
    /// A base image with a writable disk over it.
    Disks {
        base: PathBuf,
        disk: PathBuf,
        /// The disk is touched only once the host speaks: until then this machine is a template of others, each of
        /// which will find another disk there.
        waits: bool,
    },
    /// Only serve, from the initramfs.
    NoRoot,
}

pub(super) fn read() -> io::Result<Boot> {
    parse(&fs::read_to_string("/proc/cmdline")?)
}

/// Whether switching off would only halt the machine, so that a reset must end it.
pub(super) fn ends_by_reset() -> bool {
    // If it cannot be read, the boot has failed before; switching off ends most machines.
    fs::read_to_string("/proc/cmdline").is_ok_and(|cmdline| says_reset(&cmdline))
}

fn says_reset(cmdline: &str) -> bool {
    cmdline.split_whitespace().any(|word| word == "pyro.off=reset")
}

fn parse(cmdline: &str) -> io::Result<Boot> {
    let value = |name: &str| cmdline.split_whitespace().filter_map(|word| word.strip_prefix(name)).next_back();
    match (value("pyro.root="), value("pyro.base="), value("pyro.disk=")) {
        (Some("none"), _, _) => Ok(Boot::NoRoot),
        (None, Some(base), Some(disk)) => {
            let waits = cmdline.split_whitespace().any(|word| word == "pyro.waits");
            Ok(Boot::Disks { base: base.into(), disk: disk.into(), waits })
        }
        _ => Err(io::Error::other("neither pyro.root=none nor both pyro.base= and pyro.disk= are given")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_or_none() {
        let disks = |waits| Boot::Disks { base: "/dev/vda".into(), disk: "/dev/vdb".into(), waits };
        assert_eq!(parse("quiet pyro.base=/dev/vda pyro.disk=/dev/vdb\n").unwrap(), disks(false));
        assert_eq!(parse("pyro.waits pyro.base=/dev/vda pyro.disk=/dev/vdb").unwrap(), disks(true));
        assert_eq!(parse("pyro.root=none").unwrap(), Boot::NoRoot);
        assert!(parse("pyro.base=/dev/vda").is_err());
    }

    #[test]
    fn a_reset_is_only_used_where_it_is_asked_for() {
        assert!(says_reset("quiet pyro.off=reset pyro.root=none\n"));
        assert!(!says_reset("quiet reboot=t pyro.root=none\n"));
    }
}
