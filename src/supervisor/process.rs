//! `pyro supervise ID`: the process itself. Told what to do by one line of JSON on standard input.

use std::{
    fs::File,
    io::{self, BufRead, Write},
    os::fd::AsFd,
    sync::Arc,
};

use tokio::{io::AsyncReadExt, net::unix::pipe};

use super::{
    drive::{self, Tethered},
    wire::{self, BackendSpec, Launch, Report},
};
use crate::{
    failure::Failure,
    host::{lock, socket},
    vm::{
        Backend,
        firecracker::Firecracker,
        host_compat::HostCompat,
        qemu::{Qemu, args::Accel},
    },
};

/// Supervises one machine until its end. Must be the process's main thread: the machine dies with the thread.
pub fn run(name: &str) -> Result<(), Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| Failure::io("read the launch order", &error))?;
    let launch: Launch = serde_json::from_str(&line)
        .map_err(|error| Failure::internal(format!("the launch order is wrong: {error}")))?;
    if launch.spec.name != name {
        return Err(Failure::internal("the launch order names another machine"));
    }
    let Some(lock) = lock::try_hold(&launch.spec.dir.join(wire::LOCK))
        .map_err(|error| Failure::io("lock the machine's directory", &error))?
    else {
        let failure = Failure::conflict(format!("{name} is already running"));
        tell(&Report::Failed(failure.clone()));
        return Err(failure);
    };
    let taken = lock.note(&std::process::id().to_string());
    // Whoever sees the lock held must find the socket: it is there before the lock is told.
    let listener = taken.and_then(|()| socket::bind(&launch.spec.dir, socket::SUPERVISOR)).map_err(|error| {
        let failure = Failure::io("listen on the supervisor's socket", &error);
        tell(&Report::Failed(failure.clone()));
        failure
    })?;
    tell(&Report::Locked);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the supervisor", &error))?;
    let backend = backend(&launch.backend)?;
    runtime.block_on(async {
        let tethered = launch.tethered;
        drive::drive(launch, listener, backend, tether(tethered), |report| tell(&report)).await;
    });
    // Blocking reads of dead pipes must not hold the process.
    runtime.shutdown_background();
    drop(lock);
    Ok(())
}

fn backend(spec: &BackendSpec) -> Result<Arc<dyn Backend>, Failure> {
    Ok(match spec.clone() {
        BackendSpec::Firecracker { binary, jailer } => Arc::new(Firecracker { binary, jailer }),
        BackendSpec::Qemu { binary, tsc_khz } => {
            Arc::new(Qemu { binary, accel: tsc_khz.map_or(Accel::Kvm, |tsc_khz| Accel::Tcg { tsc_khz }) })
        }
        BackendSpec::HostCompat { agent } => Arc::new(HostCompat { agent }),
        BackendSpec::Given => return Err(Failure::internal("the launch order names no back end")),
    })
}

/// The starter reads one line per report; if it has gone, nobody needs to know.
fn tell(report: &Report) {
    if let Ok(mut line) = serde_json::to_vec(report) {
        line.push(b'\n');
        let mut out = io::stdout().lock();
        let _ = out.write_all(&line).and_then(|()| out.flush());
    }
}

/// Resolves when standard input closes or says that it may; never for a machine that outlives its caller from the start.
async fn tether(tethered: bool) -> Tethered {
    let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let pipe = stdin.and_then(|stdin| {
        nix::fcntl::fcntl(&stdin, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))?;
        pipe::Receiver::from_file(stdin)
    });
    if let (true, Ok(mut pipe)) = (tethered, pipe) {
        let mut rest = [0; 64];
        while let Ok(count @ 1..) = pipe.read(&mut rest).await {
            if rest[..count].contains(&wire::KEEP) {
                return Tethered::Kept;
            }
        }
        Tethered::Gone
    } else {
        std::future::pending().await
    }
}
