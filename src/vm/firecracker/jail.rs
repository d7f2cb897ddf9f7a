//! Firecracker's own jailer, where pyro is root: what it is told, and what it cannot do for itself.
//!
//! The jailer takes no descriptors, and its change of user drops the parent-death signal. So the files are mounted into the
//! jail, in a mount namespace that only the jailed process ever has: whatever dies, nothing is left mounted. And a copy of
//! this process, the first in a process namespace, keeps it: where its supervisor dies, so does all of the namespace.

use std::{
    ffi::{CStr, CString},
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, setns, unshare},
};
use rustix::{
    fs::CWD,
    mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree},
};
use tokio::process::Child;

use super::{config, place::Part};
use crate::{
    sys,
    vm::{VmSpec, death::Exit},
};

/// What programs called `firecracker` are jailed by, from the release they are from.
pub const JAILER: &str = "jailer";
/// Where all cgroups are one tree, jailed machines go into this cgroup of it, if there is one: an operator's to make.
const CGROUP: &str = "pyro";
/// What the jailer and the mounts need: to give files away, to get past the modes of directories, to change users and the
/// root, to mount, and to make devices.
const CAPABILITIES: [(u32, &str); 7] = [
    (0, "CAP_CHOWN"),
    (1, "CAP_DAC_OVERRIDE"),
    (6, "CAP_SETGID"),
    (7, "CAP_SETUID"),
    (18, "CAP_SYS_CHROOT"),
    (21, "CAP_SYS_ADMIN"),
    (27, "CAP_MKNOD"),
];

/// Whether this process may jail; otherwise why not.
pub fn is_possible() -> Result<(), String> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    match hindrance(&read("/proc/self/status"), &read("/proc/self/uid_map")) {
        Some(why) => Err(why),
        None => Ok(()),
    }
}

/// Whether Firecracker can be jailed from the file at `binary`, which may be a link.
pub fn takes(binary: &Path) -> Result<(), String> {
    let real = fs::canonicalize(binary).map_err(|error| format!("{} cannot be found: {error}", binary.display()))?;
    match real.file_name() {
        Some(name) if name.to_string_lossy().contains("firecracker") => Ok(()),
        _ => Err(format!("the jailer refuses programs whose names lack `firecracker`, as {} does", real.display())),
    }
}

fn hindrance(status: &str, uid_map: &str) -> Option<String> {
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    // Real, effective, saved and of the file system.
    if line("Uid:").split_whitespace().nth(1) != Some("0") {
        return Some("pyro does not run as root".into());
    }
    if uid_map.split_whitespace().ne(["0", "0", "4294967295"]) {
        return Some("pyro is root of a user namespace only, where no devices can be made".into());
    }
    let effective = u64::from_str_radix(line("CapEff:").trim(), 16).unwrap_or_default();
    let (_, lacking) = CAPABILITIES.into_iter().find(|(bit, _)| effective & 1 << bit == 0)?;
    Some(format!("pyro lacks {lacking}"))
}

/// The jailer's command line after the program's name: `room` is a directory of the machine, `ids` are its user and group.
pub fn args(
    spec: &VmSpec,
    binary: &Path,
    room: &Path,
    (user, group): (u32, u32),
    one_cgroup_tree: bool,
) -> Vec<String> {
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let mut args =
        ["--id", &spec.name, "--uid", &user.to_string(), "--gid", &group.to_string()].map(str::to_owned).to_vec();
    args.extend(["--exec-file".into(), shown(binary), "--chroot-base-dir".into(), shown(room)]);
    if one_cgroup_tree {
        args.extend(["--cgroup-version", "2", "--parent-cgroup", CGROUP].map(str::to_owned));
    }
    args.push("--".into());
    args.extend(config::options());
    args
}

pub(super) fn is_one_cgroup_tree() -> bool {
    Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
}

/// The jail's root beneath `room`, where the jailer will have it.
pub(super) fn root(room: &Path, binary: &Path, spec: &VmSpec) -> io::Result<PathBuf> {
    let real = fs::canonicalize(binary)?;
    Ok(room.join(real.file_name().ok_or(io::ErrorKind::InvalidInput)?).join(&spec.name).join("root"))
}

/// What is mounted before the jailer starts.
pub(super) struct Jail {
    root: CString,
    mounts: Vec<Mounted>,
}

/// A file, as a mount that is nowhere yet.
struct Mounted {
    tree: OwnedFd,
    target: CString,
    flags: MsFlags,
}

impl Jail {
    /// A jail in `root`, where a file of each part's name awaits it.
    pub(super) fn new(root: &Path, parts: &[Part]) -> io::Result<Self> {
        let path = |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from);
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        let mounts = parts.iter().map(|part| {
            let cloned =
                OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
            Ok(Mounted {
                tree: open_tree(part.file.as_fd(), c"", cloned)?,
                target: path(&root.join(part.name))?,
                flags: if part.own { flags } else { flags | MsFlags::MS_RDONLY },
            })
        });
        Ok(Self { root: path(root)?, mounts: mounts.collect::<io::Result<_>>()? })
    }

    /// Runs the jailer, which `command` is.
    pub(super) fn spawn(self, mut command: Command) -> io::Result<Child> {
        sys::confine_kept(&mut command, move || self.enter());
        let mut command = tokio::process::Command::from(command);
        in_process_namespace(|| command.kill_on_drop(true).spawn())
    }

    /// In the jailer's process, before it is one: only system calls.
    fn enter(&self) -> io::Result<()> {
        let none = None::<&CStr>;
        let root = self.root.as_c_str();
        unshare(CloneFlags::CLONE_NEWNS)?;
        mount(none, c"/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none)?;
        // The state directory's file system may forbid devices and programs; this one mount of it does not.
        mount(Some(root), root, none, MsFlags::MS_BIND, none)?;
        mount(none, root, none, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_NOSUID, none)?;
        for Mounted { tree, target, flags } in &self.mounts {
            move_mount(tree, c"", CWD, target.as_c_str(), MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
            mount(none, target.as_c_str(), none, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | *flags, none)?;
        }
        Ok(())
    }
}

/// What `spawn` starts is the first process of a namespace. Without waiting in between: until this is over, the thread can
/// start no other thread.
fn in_process_namespace<T>(spawn: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let ours = File::open("/proc/thread-self/ns/pid")?;
    unshare(CloneFlags::CLONE_NEWPID)?;
    let spawned = spawn();
    setns(&ours, CloneFlags::CLONE_NEWPID)?;
    spawned
}

/// How the jailed process ended, told from the end of the one that kept it.
pub(super) fn exit(status: ExitStatus) -> Exit {
    /// Firecracker's own codes for signals it caught begin at 148.
    const SIGNALS: std::ops::Range<i32> = 1..20;
    let signal = status.code().map(|code| code - sys::SIGNALED).filter(|signal| SIGNALS.contains(signal));
    signal.map_or_else(|| Exit::of(status), Exit::Signal)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn what_stands_in_a_jails_way_is_told() {
        let status =
            |uid: &str, caps: &str| format!("Name:\tpyro\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapEff:\t{caps}\n");
        let whole = "         0          0 4294967295\n";
        let told = |uid, caps, map| hindrance(&status(uid, caps), map).unwrap_or_default();
        assert_eq!(told("0", "000001ffffffffff", whole), "");
        assert_eq!(told("1000", "000001ffffffffff", whole), "pyro does not run as root");
        // What Docker leaves a container.
        assert_eq!(told("0", "00000000a80425fb", whole), "pyro lacks CAP_SYS_ADMIN");
        assert!(told("0", "000001ffffffffff", "0 100000 65536\n").contains("user namespace"));
        assert_eq!(hindrance("", ""), Some("pyro does not run as root".into()));
    }

    #[test]
    fn only_what_is_called_firecracker_is_jailed() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("firecracker-v1.12.1");
        fs::write(&real, "").unwrap();
        let link = dir.path().join("fc");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(takes(&link), Ok(()));
        fs::rename(&real, dir.path().join("vmm")).unwrap();
        assert!(takes(&dir.path().join("vmm")).unwrap_err().contains("refuses"));
        assert!(takes(&link).unwrap_err().contains("cannot be found"));
    }

    #[test]
    fn a_signal_is_told_through_its_keeper() {
        let code = |code: i32| exit(ExitStatus::from_raw(code << 8));
        assert_eq!([0, 1, 137, 148].map(code), [Exit::Code(0), Exit::Code(1), Exit::Signal(9), Exit::Code(148)]);
        assert_eq!(exit(ExitStatus::from_raw(9)), Exit::Signal(9), "the keeper itself");
    }
}
