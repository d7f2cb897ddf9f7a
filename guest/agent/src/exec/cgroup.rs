//! A cgroup for one command: whatever the command starts stays in it, daemons included.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::Arc,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, ResolveFlag},
    sys::{
        signal::{Signal, kill},
        stat::{Mode, mkdirat},
        statfs::{CGROUP2_SUPER_MAGIC, fstatfs},
        uio::pread,
    },
    unistd::{Pid, UnlinkatFlags, unlinkat},
};
use pyro_tree::beneath::open_within;
use tokio::io::Interest;

use crate::sys;

/// Where boot mounts the tree.
pub(super) const TREE: &str = "/sys/fs/cgroup";
/// In its root, above the commands' own.
const PARENT: &str = "pyro";
/// Before a command's number in the name of its own.
const CHILD: &str = "exec-";
/// Of the list of processes, bytes that are read: more than a machine of ours can run.
const LIST_BYTES: u64 = 1024 * 1024;
/// Of the file of events, which has two lines.
const EVENTS_BYTES: usize = 256;

/// Where the kernel does not tell: what it numbers processes up to by default.
const PROCESSES_MAX: u64 = 32_768;
/// What is shared out among cgroups where the kernel can: without it, one that forks for ever starves all others.
const CONTROLLERS: [&[u8]; 2] = [b"+cpu", b"+pids"];

/// Removed when dropped, unless somebody is still in it. A process with all rights can leave it on purpose, or make
/// cgroups below it: those are killed with it, but not asked before.
#[derive(Debug)]
pub(super) struct Cgroup {
    parent: OwnedFd,
    name: String,
    directory: OwnedFd,
}

impl Cgroup {
    /// Makes the cgroup of the command with that number.
    pub(super) fn make(tree: &Path, number: u64) -> io::Result<Self> {
        let tree = OwnedFd::from(File::open(tree)?);
        // In a tree without it, or with the old kind, directories would be made that contain nothing.
        if fstatfs(&tree)?.filesystem_type() != CGROUP2_SUPER_MAGIC {
            return Err(Errno::ENODEV.into());
        }
        match make_directory(&tree, PARENT) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let parent = open(&tree, PARENT, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        let name = format!("{CHILD}{number}");
        make_directory(&parent, &name)?;
        let directory = open(&parent, &name, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        for (above, controller) in [&tree, &parent].into_iter().flat_map(|above| CONTROLLERS.map(|one| (above, one))) {
            let _ = write(above, "cgroup.subtree_control", controller);
        }
        let _ = write(&directory, "pids.max", processes_max().to_string().as_bytes());
        Ok(Self { parent, name, directory })
    }

    /// The file that takes a process in when it writes "0".
    pub(super) fn entrance(&self) -> io::Result<OwnedFd> {
        open(&self.directory, "cgroup.procs", OFlag::O_WRONLY)
    }

    /// Signals every process in it, thawing them before, and the leader also where it has left.
    pub(super) fn signal(&self, leader: Pid, signal: Signal) {
        let _ = write(&self.directory, "cgroup.freeze", b"0");
        let mut processes = self.processes();
        if !processes.contains(&leader) {
            processes.push(leader);
        }
        for process in processes {
            let _ = kill(process, signal);
        }
    }

    /// Kills the same, and every process below it, those being born and those frozen included.
    pub(super) fn kill(&self, leader: Pid) {
        let _ = write(&self.directory, "cgroup.kill", b"1");
        self.signal(leader, Signal::SIGKILL);
    }

    /// How many processes are alive in it; at least one if there are any below it.
    pub(super) fn count(&self) -> usize {
        let populated = self.events().and_then(|events| populated(&events)).unwrap_or(false);
        self.processes().len().max(usize::from(populated))
    }

    /// Waits until no process is alive in it or below it.
    pub(super) async fn gone(&self) -> io::Result<()> {
        let events = sys::watch(Arc::new(self.events()?), Interest::PRIORITY)?;
        while populated(events.get_ref())? {
            events.ready(Interest::PRIORITY).await?.clear_ready();
        }
        Ok(())
    }

    fn processes(&self) -> Vec<Pid> {
        let mut list = String::new();
        let opened = open(&self.directory, "cgroup.procs", OFlag::O_RDONLY);
        let _ = opened.and_then(|file| File::from(file).take(LIST_BYTES).read_to_string(&mut list));
        // Zero stands for a process of another PID namespace, and would mean the agent's own group to `kill`.
        list.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 1).map(Pid::from_raw).collect()
    }

    fn events(&self) -> io::Result<OwnedFd> {
        open(&self.directory, "cgroup.events", OFlag::O_RDONLY)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = unlinkat(&self.parent, self.name.as_str(), UnlinkatFlags::RemoveDir);
    }
}

/// The number of the command in whose cgroup a process is, or below it, by its `/proc/PID/cgroup`.
pub(super) fn number(text: &str) -> Option<u64> {
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let child = path.strip_prefix(PARENT)?.strip_prefix('/')?.split('/').next()?;
    child.strip_prefix(CHILD)?.parse().ok()
}

fn populated(events: &OwnedFd) -> io::Result<bool> {
    let mut text = [0; EVENTS_BYTES];
    let read = pread(events, &mut text, 0)?;
    Ok(!text[..read].split(|byte| *byte == b'\n').any(|line| line == b"populated 0"))
}

fn write(directory: &OwnedFd, name: &str, bytes: &[u8]) -> io::Result<()> {
    File::from(open(directory, name, OFlag::O_WRONLY)?).write_all(bytes)
}

/// Threads that may live in one cgroup: half of those this machine can have, so that commands find room beside it.
fn processes_max() -> u64 {
    let limit = |name| fs::read_to_string(Path::new("/proc/sys/kernel").join(name)).ok()?.trim().parse::<u64>().ok();
    let all = ["threads-max", "pid_max"].into_iter().filter_map(limit).min();
    all.unwrap_or(PROCESSES_MAX) / 2
}

fn make_directory(parent: &OwnedFd, name: &str) -> Result<(), Errno> {
    mkdirat(parent, name, Mode::from_bits_truncate(0o755))
}

/// Never into something that a command has mounted there.
fn open(directory: &OwnedFd, name: &str, flags: OFlag) -> io::Result<OwnedFd> {
    open_within(
        directory.as_fd(),
        Path::new(name),
        flags,
        Mode::empty(),
        ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_XDEV,
    )
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::PathBuf,
        process::Command,
        sync::{Mutex, MutexGuard, PoisonError},
        time::Duration,
    };

    use nix::unistd::geteuid;
    use tokio::time::timeout;

    use super::*;
    use crate::children::{Child, Children};

    const DEADLINE: Duration = Duration::from_secs(20);

    /// One test at a time has the host's tree, and leaves nothing in it.
    struct Tree {
        path: PathBuf,
        _turn: MutexGuard<'static, ()>,
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir(self.path.join(PARENT));
        }
    }

    /// A tree where this test may make cgroups; in a guest there always is one.
    fn tree() -> Option<Tree> {
        static TURN: Mutex<()> = Mutex::new(());
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mut trees =
            mounts.lines().filter_map(|line| line.split(' ').nth(1).filter(|_| line.contains(" cgroup2 rw")));
        let found = trees.next().filter(|_| geteuid().is_root()).map(PathBuf::from);
        if found.is_none() {
            eprintln!(
                "SKIPPED: this host has no cgroup2 tree that this user may write to; the smoke packs try it in guests"
            );
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        found.map(|path| Tree { path, _turn: turn })
    }

    async fn started(cgroup: &Cgroup, children: &Children, script: &str) -> Child {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        sys::lead_session(&mut command, None, false, Some(cgroup.entrance().unwrap()));
        children.spawn(&mut command).unwrap()
    }

    #[tokio::test]
    async fn daemons_are_members_and_none_outlives_a_kill() {
        let Some(tree) = tree() else { return };
        let (cgroup, children) = (Cgroup::make(&tree.path, 1_000_001).unwrap(), Children::default());
        let place = tree.path.join(PARENT).join(&cgroup.name);
        // One sleeps in a session of its own, one in a cgroup of its own.
        let script = format!(
            "setsid sleep 60 & mkdir {0}/sub; (echo 0 >{0}/sub/cgroup.procs; exec sleep 60) &",
            place.display()
        );
        let child = started(&cgroup, &children, &script).await;
        child.exited().await;
        assert!(cgroup.count() >= 1);
        assert!(timeout(Duration::from_millis(50), cgroup.gone()).await.is_err());
        cgroup.kill(child.pid);
        timeout(DEADLINE, cgroup.gone()).await.unwrap().unwrap();
        assert_eq!(cgroup.count(), 0);
        child.reap().unwrap();
        fs::remove_dir(place.join("sub")).unwrap();
        drop(cgroup);
        assert!(!place.exists());
    }

    #[tokio::test]
    async fn frozen_ones_heed_term_and_a_leader_that_left_too() {
        let Some(tree) = tree() else { return };
        let (cgroup, children) = (Cgroup::make(&tree.path, 1_000_002).unwrap(), Children::default());
        let script = format!(
            "sleep 60 & echo 1 >{0}/pyro/exec-1000002/cgroup.freeze & echo $$ >{0}/cgroup.procs; exec sleep 60",
            tree.path.display()
        );
        let child = started(&cgroup, &children, &script).await;
        let frozen = async {
            while !fs::read_to_string(tree.path.join("pyro/exec-1000002/cgroup.events")).unwrap().contains("frozen 1") {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, frozen).await.unwrap();
        cgroup.signal(child.pid, Signal::SIGTERM);
        timeout(DEADLINE, cgroup.gone()).await.unwrap().unwrap();
        timeout(DEADLINE, child.exited()).await.unwrap();
        child.reap().unwrap();
    }

    #[test]
    fn one_may_have_half_of_all_processes_where_they_are_counted() {
        let most = processes_max();
        assert!((100..=u64::from(u32::MAX)).contains(&most), "{most}");
        let Some(tree) = tree() else { return };
        let cgroup = Cgroup::make(&tree.path, 1_000_003).unwrap();
        let counted = fs::read_to_string(tree.path.join(PARENT).join("cgroup.controllers")).unwrap().contains("pids");
        let told = fs::read_to_string(tree.path.join(PARENT).join(&cgroup.name).join("pids.max"));
        assert_eq!(told.ok(), counted.then(|| format!("{most}\n")));
    }

    #[test]
    fn a_process_tells_its_command() {
        assert_eq!(number("1:name=x:/pyro/exec-1\n0::/pyro/exec-20/sub\n"), Some(20));
        for other in ["", "0::/", "0::/pyro", "0::/pyro/exec-", "0::/pyros/exec-1", "0::/a/pyro/exec-1"] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn no_directory_is_made_where_it_would_contain_nothing() {
        let place = tempfile::tempdir().unwrap();
        assert!(Cgroup::make(place.path(), 1).is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
