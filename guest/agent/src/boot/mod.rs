//! From the kernel's hand-over to a served channel: the life of PID 1 in a microVM.
//!
//! 1. Mount `/proc`, `/sys` and `/dev`.
//! 2. Load the modules of `/modules`, in the order of their names.
//! 3. Read what to boot from the kernel's command line.
//! 4. Raise limits, set kernel settings, bring the loopback interface up.
//! 5. Find the port, or where there is none the vsock, and the disks; mount the base image.
//! 6. With `pyro.waits`, go no further before the host speaks: the disk may be exchanged until then.
//! 7. Stack the disk's `root` over the base image and put the disk's `workspace` into it.
//! 8. Make that the root, and free the initramfs.
//! 9. Complete `/dev`, `/run`, `/tmp` and the cgroup tree.
//! 10. Serve the port or the vsock until a shutdown is asked for.
//! 11. End all processes, leave the file systems clean, power off or, where `pyro.off=reset` says that the VMM knows no
//!     other end, reset.
//!
//! Disks are left out with `pyro.root=none`: a probe only wants an answer. A failed step writes one line to the
//! console and powers off, for without a root or a channel nobody could ever reach this machine.

mod channel;
mod cmdline;
mod modules;
mod mounts;
mod power;
mod settings;
mod wait;

use std::{ffi::OsString, fs, io, io::Write, path::Path, sync::Arc, time::Duration};

use tokio::runtime::Runtime;

use crate::{Agent, Login, Place};
use channel::Channel;
use cmdline::Boot;

/// A step that failed; the machine cannot go on.
struct Failed {
    step: &'static str,
    error: io::Error,
}

/// Runs the machine. Returns only if even powering off fails.
pub fn run() -> io::Error {
    let grace = boot().unwrap_or_else(|failed| {
        complain(&format!("pyro-guest: {}: {}\n", failed.step, failed.error));
        Duration::ZERO
    });
    power::off(grace, cmdline::ends_by_reset())
}

fn boot() -> Result<Duration, Failed> {
    step("mount kernel file systems", mounts::kernel_file_systems)?; // 1
    step("load modules", || modules::load(Path::new("/modules")))?; // 2
    let boot = step("read the command line", cmdline::read)?; // 3
    step("apply settings", settings::apply)?; // 4
    let runtime = step("start", || tokio::runtime::Builder::new_current_thread().enable_all().build())?;
    let mut channel = step("find the channel", || runtime.block_on(async { wait::for_channel() }))?; // 5
    if let Boot::Disks { base, disk, waits } = &boot {
        step("wait for disks", || wait::for_paths(&[base, disk]))?;
        step("mount the base image", || mounts::mount_base(base))?;
        if *waits {
            step("wait for the host", || runtime.block_on(channel.wanted()))?; // 6
        }
        step("stack the root", || mounts::stack_root(disk))?; // 7
        step("switch to the root", mounts::switch_root)?; // 8
        step("complete the root", mounts::complete_root)?; // 9
    }
    step("serve", || serve(&runtime, channel, &boot)) // 10, and 11 is the caller's
}

fn step<T>(step: &'static str, work: impl FnOnce() -> io::Result<T>) -> Result<T, Failed> {
    work().map_err(|error| Failed { step, error })
}

fn serve(runtime: &Runtime, channel: Channel, boot: &Boot) -> io::Result<Duration> {
    let (workspace, login) = match boot {
        Boot::Disks { .. } => ("/workspace", Login::captured(Vec::<(OsString, OsString)>::new())),
        Boot::NoRoot => ("/", Login::given(Default::default())),
    };
    let agent = Agent::new(Path::new("/"), workspace, Place::Guest, login)?;
    runtime.block_on(async {
        agent.clone().prepare();
        tokio::select! {
            served = channel.serve(agent.clone()) => served.map(|()| Duration::ZERO),
            reaped = agent.children.reap_orphans() => reaped.map(|()| Duration::ZERO),
            grace = agent.stopped_when_asked() => Ok(grace),
        }
    })
}

impl Agent {
    /// Captures the login environment before the first command asks for it.
    pub(crate) fn prepare(self: Arc<Self>) {
        tokio::spawn(async move { self.login.environment(&self).await.len() });
    }
}

/// One line to whoever reads the console; with no console there is nobody to tell.
fn complain(line: &str) {
    if let Ok(mut console) = fs::OpenOptions::new().write(true).open("/dev/console") {
        let _ = console.write_all(line.as_bytes());
    }
}
