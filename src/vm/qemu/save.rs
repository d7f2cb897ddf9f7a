//! Saving a machine that runs, in two steps. First it streams its memory and state: under KVM while it goes on, so that it
//! stands still for the last of it only; emulated it stands still from the beginning, for QEMU's emulator can miss what a
//! guest writes meanwhile (forks of one panicked, 1 of 7). Then a second process, which never runs, reads that stream into a file of memory, and tells the state
//! without the memory: many machines can map that file at once, which a stream does not allow.

use std::{
    fs::File,
    io,
    os::fd::RawFd,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::time::timeout;

use super::{
    args::Accel,
    machine::{QemuMachine, ended},
    process::{self, Source},
    qmp::{Event, Events, Qmp},
};
use crate::{
    failure::Failure,
    vm::{Saved, Still, saved},
};

/// For that long the guest may go on while it is saved; one that writes faster than it is saved then has to stand still.
const LIVE: Duration = Duration::from_secs(3);
/// What is written to memory takes less by far.
const DONE_WITHIN: Duration = Duration::from_secs(120);
/// Bytes per second, higher than any memory's: nothing is held back.
const UNLIMITED: u64 = 100_000_000_000;
/// The last of it may keep the guest standing this long, milliseconds.
const LAST_MS: u64 = 50;
/// What QEMU calls the descriptor it writes to.
const TARGET: &str = "saved";

/// See [`Machine::save`](crate::vm::Machine::save).
pub(super) async fn save(machine: &QemuMachine, into: &Saved, still: Still) -> Result<Duration, Failure> {
    let failed = |error: io::Error| Failure::io("prepare to save the machine", &error);
    let stream = saved::in_memory().map_err(failed)?;
    into.memory.set_len(u64::from(machine.spec.mem_mib) << 20).map_err(failed)?;
    let (qmp, live) = (machine.monitor().await?, machine.qemu.accel == Accel::Kvm);
    let to = stream.try_clone().map_err(failed)?;
    // By itself: should nobody wait for it any more, the guest must go on all the same.
    let standing = tokio::spawn(async move { stand(&qmp, &to, live, still).await });
    let pause = standing.await.map_err(|error| Failure::internal(error.to_string()))??;
    split(machine, &stream, into).await?;
    Ok(pause)
}

/// Streams all of it; answers how long the guest stood still.
async fn stand(qmp: &Qmp, stream: &File, live: bool, still: Still) -> Result<Duration, Failure> {
    let mut stops = qmp.events();
    let stood = async {
        if !live {
            qmp.execute("stop", json!({})).await?;
        }
        write(qmp, stream, false).await?;
        tokio::task::spawn_blocking(still)
            .await
            .map_err(|error| Failure::internal(error.to_string()))?
            .map_err(|error| Failure::io("copy the machine's disk", &error))
    };
    // When it began to stand still is told by an event, and only once there is something to be told.
    let (stood, stopped) = {
        let stop = async {
            let stopped = stops.find(|event| (event.name == "STOP").then(Instant::now)).await;
            match stopped {
                Some(stopped) => stopped,
                None => std::future::pending().await,
            }
        };
        let mut stood = std::pin::pin!(stood);
        tokio::select! {
            stopped = stop => (stood.await, stopped),
            early = &mut stood => (early, Instant::now()),
        }
    };
    if stood.is_err() {
        // Nothing to cancel is no matter; the guest must go on.
        let _ = qmp.execute("migrate_cancel", json!({})).await;
    }
    let gone_on = qmp.execute("cont", json!({})).await;
    let pause = stopped.elapsed();
    stood?;
    gone_on?;
    Ok(pause)
}

/// Has a second process turn the stream into a file of memory and a small state.
async fn split(machine: &QemuMachine, stream: &File, into: &Saved) -> Result<(), Failure> {
    let source = Source::Load { stream, memory: &into.memory };
    let started = process::start(&machine.qemu, &machine.spec, source, &machine.redactor)?;
    let (monitor, state) = (started.monitor, started.state);
    let work = async {
        let qmp = Qmp::open(monitor).await?;
        load(&qmp, state, false).await?;
        write(&qmp, &into.state, true).await
    };
    match work.await {
        Ok(()) => {
            started.vmm.kill();
            started.vmm.ended().await;
            Ok(())
        }
        Err(failure) => Err(ended(&started.vmm, failure).await),
    }
}

/// Writes a machine's state to a file, and unless `without_memory` its memory too. It stands still afterwards.
async fn write(qmp: &Qmp, to: &File, without_memory: bool) -> Result<(), Failure> {
    let mut events = qmp.events();
    capable(qmp, without_memory).await?;
    let parameters = json!({ "max-bandwidth": UNLIMITED, "downtime-limit": LAST_MS });
    qmp.execute("migrate-set-parameters", parameters).await?;
    qmp.pass(TARGET, to).await?;
    qmp.execute("migrate", json!({ "uri": format!("fd:{TARGET}") })).await?;
    match timeout(LIVE, done(&mut events)).await {
        Ok(done) => done,
        Err(_) => {
            qmp.execute("stop", json!({})).await?;
            in_time(&mut events).await
        }
    }
}

/// Has a process that waits for it read a state from its descriptor `from`.
pub(super) async fn load(qmp: &Qmp, from: Option<RawFd>, without_memory: bool) -> Result<(), Failure> {
    let from = from.ok_or_else(|| Failure::internal("no state to go on from"))?;
    let mut events = qmp.events();
    capable(qmp, without_memory).await?;
    qmp.execute("migrate-incoming", json!({ "uri": format!("fd:{from}") })).await?;
    in_time(&mut events).await
}

async fn capable(qmp: &Qmp, without_memory: bool) -> Result<(), Failure> {
    let capability = |name: &str, state: bool| json!({ "capability": name, "state": state });
    let capabilities = [capability("events", true), capability("x-ignore-shared", without_memory)];
    qmp.execute("migrate-set-capabilities", json!({ "capabilities": capabilities })).await.map(drop)
}

async fn in_time(events: &mut Events) -> Result<(), Failure> {
    let late = |_| Failure::unavailable(format!("QEMU was not done within {} s", DONE_WITHIN.as_secs()));
    timeout(DONE_WITHIN, done(events)).await.map_err(late)?
}

async fn done(events: &mut Events) -> Result<(), Failure> {
    let status = |event: &Event| {
        let status = event.data["status"].as_str().filter(|_| event.name == "MIGRATION")?;
        match status {
            "completed" => Some(Ok(())),
            "failed" | "cancelled" => Some(Err(Failure::unavailable(format!("QEMU says that it {status}")))),
            _ => None,
        }
    };
    let gone = || Err(Failure::unavailable("QEMU ended meanwhile"));
    events.find(status).await.unwrap_or_else(gone)
}
