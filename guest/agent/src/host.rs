//! The agent as an ordinary process of the host ("host-compat"): the host's own files, with the workspace at
//! `/workspace` in a mount namespace of its own. Nothing is created on the host's root.

use std::{
    fs, io,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::{fs::symlink, net::UnixStream},
    },
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::{Pid, getgid, getuid, pivot_root},
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{Agent, Login, Place, processes, session, sys};

/// Where the workspace is seen.
const WORKSPACE: &str = "/workspace";
/// Commands may take this long to heed TERM when the host side is gone.
const GRACE: Duration = Duration::from_secs(1);
/// Killed processes are gone within this, or the kernel holds them.
const KILLED: Duration = Duration::from_secs(2);

/// Serves sessions on the inherited socket until it ends or the parent dies, then ends every process it started.
/// Call from the only thread. The parent-death signal follows the thread that spawned this process.
pub fn run(socket: RawFd, workspace: &Path) -> io::Result<()> {
    let socket = UnixStream::from(sys::inherited(socket)?);
    prctl::set_pdeathsig(Signal::SIGTERM)?;
    // Whatever escapes its process group still comes back here when its parent dies.
    prctl::set_child_subreaper(true)?;
    enter(workspace).map_err(|error| io::Error::other(format!("mount namespace cannot be set up: {error}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let agent = Agent::new(Path::new("/"), WORKSPACE, Place::Host, Login::captured(std::env::vars_os()))?;
    let served = runtime.block_on(async {
        socket.set_nonblocking(true)?;
        let stream = tokio::net::UnixStream::from_std(socket)?;
        let mut term = signal(SignalKind::terminate())?;
        agent.clone().prepare();
        let served = tokio::select! {
            // However the host side leaves, orderly or by a reset: it is gone, and that is no error here.
            _ = session::serve_sessions(stream, agent.clone()) => Ok(()),
            reaped = agent.children.reap_orphans() => reaped,
            _ = term.recv() => Ok(()),
            _ = agent.stopped_when_asked() => Ok(()),
        };
        agent.stop(GRACE).await;
        served
    });
    drop(runtime);
    kill_descendants();
    served
}

/// Builds a root of the host's top-level entries plus the workspace, and moves there.
fn enter(workspace: &Path) -> io::Result<()> {
    let none = None::<&str>;
    let (uid, gid) = (getuid(), getgid());
    if uid.is_root() {
        unshare(CloneFlags::CLONE_NEWNS)?;
    } else {
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
        fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))?;
    }
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    let directory: OwnedFd = fs::File::open(workspace)?.into();
    // The one place known to exist and to be ours is the workspace itself, so the new root is mounted over it.
    // Unbindable, it is left out when the host's entries are bound into it.
    mount(Some("pyro"), workspace, Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV, Some("mode=0755"))?;
    mount(none, workspace, none, MsFlags::MS_UNBINDABLE, none)?;
    let bound = WORKSPACE.trim_start_matches('/');
    for entry in fs::read_dir("/")?.filter_map(Result::ok).filter(|entry| entry.file_name() != bound) {
        let target = workspace.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, &target)?;
            continue;
        }
        if kind.is_dir() {
            fs::create_dir(&target)?;
        } else {
            fs::File::create(&target)?;
        }
        // An entry that this user may not bind stays empty: better than no workspace at all.
        let _ = mount(Some(&entry.path()), &target, none, MsFlags::MS_BIND | MsFlags::MS_REC, none);
    }
    let target = workspace.join(bound);
    fs::create_dir(&target)?;
    let source = format!("/proc/self/fd/{}", directory.as_raw_fd());
    mount(Some(source.as_str()), &target, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
    let read_only =
        MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(none, workspace, none, read_only, none)?;
    std::env::set_current_dir(workspace)?;
    // Old and new root at one place: the old one lies on top and is taken away.
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    std::env::set_current_dir("/")
}

/// Kills children until none is left; the orphans of each become children in turn.
fn kill_descendants() {
    let begun = Instant::now();
    while begun.elapsed() < KILLED {
        let children: Vec<Pid> =
            processes::all().filter(|process| process.parent == Pid::this()).map(|process| process.pid).collect();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill(child, Signal::SIGKILL);
            let _ = nix::sys::wait::waitpid(child, None);
        }
    }
}
