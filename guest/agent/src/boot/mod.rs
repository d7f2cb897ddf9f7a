//! From the kernel's hand-over to a served channel: the life of PID 1 in a microVM.
//!
//! 1. Mount `/proc`, `/sys` and `/dev`.
//! 2. Load the modules of `/modules`, in the order of their names.
//! 3. Read what to boot from the kernel's command line.
//! 4. Wait for the disks.
//! 5. Stack the disk's `root` over the base image and put the disk's `workspace` into it.
//! 6. Make that the root, and free the initramfs.
//! 7. Complete `/dev`, `/run`, `/tmp` and the cgroup tree.
//! 8. Raise limits, set kernel settings, bring the loopback interface up.
//! 9. Serve the port, or where there is none the vsock, until a shutdown is asked for.
//! 10. End all processes, leave the file systems clean, power off or, where `pyro.off=reset` says that the VMM knows no
//!     other end, reset.
//!
//! Steps 4 to 7 are left out with `pyro.root=none`: a probe only wants an answer. A failed step writes one line to the
//! console and powers off, for without a root or a channel nobody could ever reach this machine.

mod cmdline;
mod modules;
mod mounts;
mod power;
mod settings;
mod wait;

use std::{ffi::OsString, fs, io, io::Write, path::Path, sync::Arc, time::Duration};

use crate::{Agent, Login, Place, port, vsock};
use cmdline::Boot;
use wait::Channel;

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
    if let Boot::Disks { base, disk } = &boot {
        step("wait for disks", || wait::for_paths(&[base, disk]))?; // 4
        step("stack the root", || mounts::stack_root(base, disk))?; // 5
        step("switch to the root", mounts::switch_root)?; // 6
        step("complete the root", mounts::complete_root)?; // 7
    }
    step("apply settings", settings::apply)?; // 8
    step("serve", || serve(&boot)) // 9, and 10 is the caller's
}

fn step<T>(step: &'static str, work: impl FnOnce() -> io::Result<T>) -> Result<T, Failed> {
    work().map_err(|error| Failed { step, error })
}

fn serve(boot: &Boot) -> io::Result<Duration> {
    let channel = wait::for_channel()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (workspace, login) = match boot {
        Boot::Disks { .. } => ("/workspace", Login::captured(Vec::<(OsString, OsString)>::new())),
        Boot::NoRoot => ("/", Login::given(Default::default())),
    };
    let agent = Agent::new(Path::new("/"), workspace, Place::Guest, login)?;
    runtime.block_on(async {
        agent.clone().prepare();
        tokio::select! {
            served = serve_channel(channel, agent.clone()) => served.map(|()| Duration::ZERO),
            reaped = agent.children.reap_orphans() => reaped.map(|()| Duration::ZERO),
            grace = agent.stopped_when_asked() => Ok(grace),
        }
    })
}

async fn serve_channel(channel: Channel, agent: Arc<Agent>) -> io::Result<()> {
    match channel {
        Channel::Port(device) => port::serve(device, agent).await,
        Channel::Vsock => vsock::serve(agent).await,
    }
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
