//! `pyro supervise ID`: the process itself. Told what to do by one line of JSON on standard input.

use std::{
    fs::File,
    io::{self, BufRead, Write},
    os::{fd::AsFd, unix::net::UnixListener},
};

use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::unix::pipe,
};

use super::{
    drive::{self, Tethered},
    spare::{self, Spare},
    wire::{self, Launch, Report},
};
use crate::{
    failure::Failure,
    host::{
        lock::{self, Lock},
        socket,
    },
    template,
};

/// Supervises one machine until its end. Must be the process's main thread: the machine dies with the thread.
pub fn run(name: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the supervisor", &error))?;
    let ran = if name == template::SPARE {
        runtime.block_on(spare::run(read_line()?))
    } else {
        let launch: Launch = read_line()?;
        if launch.spec.name != name {
            return Err(Failure::internal("the launch order names another machine"));
        }
        runtime
            .block_on(async { supervise(launch, None, stdin().ok(), |report| tell(&mut io::stdout(), report)).await })
    };
    // Blocking reads of dead pipes must not hold the process.
    runtime.shutdown_background();
    ran
}

/// Takes the machine's directory and drives it to its end; `tell` is told each report.
pub(super) async fn supervise(
    launch: Launch,
    spare: Option<Spare>,
    tether: Option<impl AsyncRead + Unpin>,
    mut tell: impl FnMut(&Report),
) -> Result<(), Failure> {
    let (lock, listener) = match taken(&launch) {
        Ok(taken) => taken,
        Err(failure) => {
            tell(&Report::Failed(failure.clone()));
            return Err(failure);
        }
    };
    tell(&Report::Locked);
    let backend = launch.backend.make()?;
    let tether = tethered(tether.filter(|_| launch.tethered));
    drive::drive(launch, listener, backend, spare, tether, |report| tell(&report)).await;
    drop(lock);
    Ok(())
}

/// The machine's lock and its supervisor's socket. Whoever sees the lock held must find the socket: it is there before the
/// lock is told.
fn taken(launch: &Launch) -> Result<(Lock, UnixListener), Failure> {
    let lock = lock::try_hold(&launch.spec.dir.join(wire::LOCK))
        .map_err(|error| Failure::io("lock the machine's directory", &error))?
        .ok_or_else(|| Failure::conflict(format!("{} is already running", launch.spec.name)))?;
    let taken = lock.note(&std::process::id().to_string());
    let listener = taken
        .and_then(|()| socket::bind(&launch.spec.dir, socket::SUPERVISOR))
        .map_err(|error| Failure::io("listen on the supervisor's socket", &error))?;
    Ok((lock, listener))
}

fn read_line<T: DeserializeOwned>() -> Result<T, Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| Failure::io("read the launch order", &error))?;
    serde_json::from_str(&line).map_err(|error| Failure::internal(format!("the launch order is wrong: {error}")))
}

/// The starter reads one line per report; if it has gone, nobody needs to know.
pub(super) fn tell(out: &mut impl Write, report: &Report) {
    if let Ok(mut line) = serde_json::to_vec(report) {
        line.push(b'\n');
        let _ = out.write_all(&line).and_then(|()| out.flush());
    }
}

/// That it is up, to whoever started it.
pub(super) fn tell_byte() {
    let mut out = io::stdout().lock();
    let _ = out.write_all(b".").and_then(|()| out.flush());
}

/// Standard input, to be heard beside other things.
pub(super) fn stdin() -> io::Result<pipe::Receiver> {
    let stdin = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    nix::fcntl::fcntl(&stdin, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))?;
    pipe::Receiver::from_file(stdin)
}

/// Resolves when the starter's end closes or says that it may; never for a machine that outlives it from the start.
async fn tethered(tether: Option<impl AsyncRead + Unpin>) -> Tethered {
    let Some(mut tether) = tether else { return std::future::pending().await };
    let mut rest = [0; 64];
    while let Ok(count @ 1..) = tether.read(&mut rest).await {
        if rest[..count].contains(&wire::KEEP) {
            return Tethered::Kept;
        }
    }
    Tethered::Gone
}
