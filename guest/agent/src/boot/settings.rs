//! Limits and kernel settings that development tools expect.

use std::{fs, io};

use nix::{
    errno::Errno,
    sys::resource::{Resource, setrlimit},
};

use crate::sys;

/// Open files: the usual soft limit, and a hard one that databases and watchers can raise it to.
const FILES_SOFT: u64 = 1024;
const FILES_HARD: u64 = 1_048_576;

/// Values written below `/proc/sys`.
const SYSCTLS: [(&str, &str); 5] = [
    // File watchers of JavaScript toolchains want more than the 8192 a small machine gets.
    ("fs/inotify/max_user_watches", "524288"),
    // `ping` without privileges.
    ("net/ipv4/ping_group_range", "0 2147483647"),
    // Written data leaves memory within 0.6 s; the file system's own commit follows within two: its timer is rounded up.
    ("vm/dirty_writeback_centisecs", "30"),
    ("vm/dirty_expire_centisecs", "30"),
    // A panic must end the machine, not freeze it.
    ("kernel/panic", "-1"),
];

pub(super) fn apply() -> io::Result<()> {
    setrlimit(Resource::RLIMIT_NOFILE, FILES_SOFT, FILES_HARD)?;
    // When memory runs out, commands go, not the agent: its death is the machine's.
    fs::write("/proc/self/oom_score_adj", "-1000")?;
    // A fork bomb must not keep the agent from ending it.
    sys::before_all_others()?;
    for (name, value) in SYSCTLS {
        match fs::write(format!("/proc/sys/{name}"), value) {
            // A kernel without the feature has no setting for it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            written => written?,
        }
    }
    match sys::loopback_up() {
        Err(error) if error.raw_os_error() == Some(Errno::EAFNOSUPPORT as i32) => Ok(()),
        up => up,
    }
}
