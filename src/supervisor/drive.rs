//! The one loop that owns a machine: requests, the machine's end, the link, timers and signals come in as events,
//! `state.rs` decides, and this file does.

use std::{
    fs,
    future::Future,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use pyro_protocol::control::Shutdown;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    time::{sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    begin::{Begun, begin},
    clock,
    guest::{self, Guest},
    history::History,
    serve,
    services::Services,
    shells::Shells,
    spare::Spare,
    state::{Effect, Event, Idle, Life},
    surroundings::Surroundings,
    wire::{self, Ended, Launch, Origin, Phase, Report, Running, Status},
};
use crate::{
    failure::{Code, Failure},
    host::{clock::now_unix, socket, write},
    limits,
    link::Link,
    vm::{Backend, Machine},
};

/// A forked machine's services are taken up within this: an emulated guest takes seconds to answer for them.
const ADOPTED_WITHIN: Duration = Duration::from_secs(30);
/// After the machine's end, how long answers under way may take to reach their clients.
const FLUSH: Duration = Duration::from_secs(2);

/// Tries to remove a directory that somebody writes to; what is left then is swept by the next removal.
const REMOVALS: usize = 20;

/// A link breaks a moment before its VMM's end is seen.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What reaches the loop from the socket's handlers and from its own tasks.
pub(super) enum Message {
    Life(Event),
    /// A call begins or ends: idle time counts anew.
    Begin,
    End,
}

/// What became of a machine's tie to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tethered {
    /// The caller went away.
    Gone,
    /// The caller let go: the machine stands by itself.
    Kept,
}

/// What the socket's handlers share with the loop.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) inbox: mpsc::UnboundedSender<Message>,
    pub(super) guest: watch::Receiver<Guest>,
    pub(super) status: watch::Receiver<Status>,
    /// The machine is gone: answer what is asked already and no more.
    pub(super) closing: watch::Receiver<bool>,
    /// Where commands are written down, for machines that keep a history.
    pub(super) history: Option<Arc<History>>,
    /// Services, for the same machines.
    pub(super) services: Option<Arc<Services>>,
    pub(super) shells: Arc<Shells>,
    /// Commands, shells and services under way, listened to or not.
    pub(super) relays: TaskTracker,
    pub(super) surroundings: Arc<Surroundings>,
    pub(super) machine: Arc<dyn Machine>,
    /// See [`BackendSpec::reads_files`](crate::vm::BackendSpec::reads_files).
    pub(super) reads_files: bool,
    /// Its disk, on the host.
    pub(super) disk: PathBuf,
    /// Held while forks are being made.
    pub(super) forking: Arc<tokio::sync::Mutex<()>>,
}

/// Runs one machine from launch to end. `report` is told once whether it came up; `tether` resolves when its caller is
/// gone or has let go, and never for machines that outlive their caller from the start.
pub(super) async fn drive(
    launch: Launch,
    listener: UnixListener,
    backend: Arc<dyn Backend>,
    spare: Option<Spare>,
    tether: impl Future<Output = Tethered>,
    report: impl FnOnce(Report),
) {
    let dir = launch.spec.dir.clone();
    let failed = |doing: &str, error: &std::io::Error| Report::Failed(Failure::io(doing, error));
    // Reads what is known of the last machine's end.
    let services = launch.keeps_history.then(|| Services::open(&dir));
    let _ = fs::remove_file(dir.join(wire::ENDED));
    let history = match launch.keeps_history.then(|| History::open(&dir)).transpose() {
        Ok(history) => history,
        Err(error) => return report(failed("open the workspace's history", &error)),
    };
    let shells = Arc::<Shells>::default();
    let surroundings = match Surroundings::open(&dir, shells.clone()) {
        Ok(surroundings) => Arc::new(surroundings),
        Err(failure) => return report(Report::Failed(failure)),
    };
    let mut tether = std::pin::pin!(tether);
    let mut listening = true;
    let mut tethered = launch.tethered;
    let begun = {
        let mut begin = std::pin::pin!(begin(&launch, backend.as_ref(), spare, &surroundings.redactor));
        loop {
            tokio::select! {
                begun = &mut begin => break begun,
                told = &mut tether, if listening => {
                    listening = false;
                    if told == Tethered::Gone {
                        return remove(&dir);
                    }
                    tethered = false;
                }
            }
        }
    };
    let Begun { machine, link, start } = match begun {
        Ok(begun) => begun,
        Err(failure) => return report(Report::Failed(failure)),
    };
    let mode = backend.mode();
    let running = Running { execution_mode: mode, pid: std::process::id(), started_at: now_unix(), start: Some(start) };
    if let Err(error) = keep(&dir, wire::RUNNING, &running) {
        return report(failed("write down the machine", &error));
    }

    let (inbox, mut messages) = mpsc::unbounded_channel();
    let (guest_told, guest) = watch::channel(Guest::Away);
    let mut idle = Idle::new(Duration::from_secs(launch.ttl_seconds.into()), Instant::now());
    let (status_told, status) = watch::channel(status_of(&Life::default(), &idle, mode));
    let (closing_told, closing) = watch::channel(false);
    let relays = TaskTracker::new();
    let shared = Shared {
        inbox: inbox.clone(),
        guest,
        status,
        closing,
        history,
        services,
        shells,
        relays: relays.clone(),
        surroundings: surroundings.clone(),
        machine: machine.clone(),
        reads_files: launch.backend.reads_files(),
        disk: launch.spec.disk(),
        forking: Arc::default(),
    };
    let mut adopting = match (&launch.origin, &shared.services) {
        (Some(Origin::Fork { services: adopted, .. }), Some(services)) => Some(services.adopt(&shared, adopted)),
        _ => None,
    };
    tokio::spawn(surroundings.network.clone().run(guest_told.subscribe()));
    tokio::spawn(clock::follow(guest_told.subscribe(), launch.spec.name.clone()));
    let served = tokio::spawn(serve::serve(listener, shared));
    spawn_watchers(&launch, &machine, link, &surroundings, guest_told.clone(), &inbox);

    let mut life = Life::default();
    let mut report = Some(report);
    let mut delete = false;
    let mut grace: Option<tokio::time::Instant> = None;
    let mut terminated = signal(SignalKind::terminate()).ok();
    while life.phase != Phase::Ended {
        let idle_over = idle.over_at(Instant::now());
        let event = tokio::select! {
            message = messages.recv() => match message {
                Some(Message::Life(event)) => event,
                Some(Message::Begin) => {
                    touch(&dir); idle.begin(Instant::now()); status_told.send_replace(status_of(&life, &idle, mode)); continue }
                Some(Message::End) => {
                    touch(&dir); idle.end(Instant::now()); status_told.send_replace(status_of(&life, &idle, mode)); continue }
                None => Event::Stop { orderly: false, why: "its supervisor lost its senses" },
            },
            () = sleep_until(idle_over.into()), if idle.busy() == 0 && life.phase == Phase::Running => {
                delete |= launch.delete_when_idle;
                Event::Stop { orderly: true, why: "its idle time was over" }
            }
            () = async { sleep_until(grace.unwrap_or_else(tokio::time::Instant::now)).await }, if grace.is_some() => {
                grace = None;
                Event::GraceOver
            }
            told = &mut tether, if listening => {
                listening = false;
                if told == Tethered::Kept {
                    tethered = false;
                    continue;
                }
                Event::Stop { orderly: false, why: "its caller went away" }
            }
            () = received(&mut terminated) => Event::Stop { orderly: true, why: "its supervisor was told to end" },
        };
        for effect in life.next(event) {
            match effect {
                Effect::TellReady => {
                    if let Some(adopting) = adopting.take() {
                        // Whoever forked it is told of its services, not of what will be some.
                        let _ = timeout(ADOPTED_WITHIN, adopting).await;
                    }
                    if let Some(report) = report.take() {
                        report(Report::Ready);
                    }
                }
                Effect::Shutdown => {
                    grace = Some(tokio::time::Instant::now() + limits::STOP_GRACE);
                    power_off(&guest_told);
                }
                Effect::Listen => grace = Some(tokio::time::Instant::now() + LAST_WORDS),
                Effect::Kill => machine.kill(),
            }
        }
        status_told.send_replace(status_of(&life, &idle, mode));
    }
    if let Some(mut death) = life.death {
        death.detail = surroundings.redactor.text(&death.detail).into_owned();
        if let Some(report) = report.take() {
            let message = format!("the machine ended before its agent answered: {}", death.detail);
            report(Report::Failed(
                Failure::new(Code::VmDied, message).hint("call again; `pyro doctor` checks the host"),
            ));
        }
        // A directory about to vanish needs no record; a full disk only costs the reason.
        let _ = keep(&dir, wire::ENDED, &Ended { death: death.clone(), ended_at: now_unix(), orderly: life.orderly });
        guest::tell(&guest_told, Guest::Dead(death));
    }
    surroundings.network.denials.save();
    closing_told.send_replace(true);
    relays.close();
    let _ = timeout(FLUSH, async { tokio::join!(served, relays.wait()) }).await;
    let _ = fs::remove_file(dir.join(socket::SUPERVISOR));
    let _ = fs::remove_file(dir.join(socket::AGENT));
    let _ = fs::remove_dir_all(dir.join(socket::FIRECRACKER));
    // A tethered machine's caller may be gone by now without having been seen to go.
    if delete || tethered {
        remove(&dir);
    }
}

/// Out of sight at once, then from the disk: whoever is killed in between leaves something that is swept.
fn remove(dir: &Path) {
    if let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) {
        let aside = parent.join(format!("{}{}", wire::DELETING, name.to_string_lossy()));
        // Its owner may have removed it already.
        if fs::rename(dir, &aside).is_ok() {
            // A copy that nobody waits for any more may still be writing into it.
            let _ = (0..REMOVALS).map(|_| fs::remove_dir_all(&aside)).find(Result::is_ok);
        }
    }
}

/// Leaves a mark of the last use, for when the supervisor is killed and can tell nothing.
fn touch(dir: &Path) {
    let _ = fs::File::options()
        .append(true)
        .open(dir.join(wire::RUNNING))
        .and_then(|file| file.set_modified(SystemTime::now()));
}

/// The machine's end and the link's life, each by a task of its own that only sends events.
fn spawn_watchers(
    launch: &Launch,
    machine: &Arc<dyn Machine>,
    woken: Option<Link>,
    surroundings: &Arc<Surroundings>,
    guest_told: watch::Sender<Guest>,
    inbox: &mpsc::UnboundedSender<Message>,
) {
    tokio::spawn({
        let (machine, inbox) = (Arc::clone(machine), inbox.clone());
        async move {
            let death = machine.ended().await;
            let _ = inbox.send(Message::Life(Event::MachineEnded(death)));
        }
    });
    let (machine, inbox, name) = (Arc::clone(machine), inbox.clone(), launch.spec.name.clone());
    let renew = launch.renew;
    let surroundings = Arc::clone(surroundings);
    tokio::spawn(async move {
        let opened = async {
            let link = match woken {
                Some(link) => link,
                None => guest::open(machine.as_ref(), &name, limits::BOOT_DEADLINE, renew).await?,
            };
            surroundings.furnish(&link).await.map(|()| link)
        };
        let lost = match opened.await {
            Err(error) => format!("the guest agent did not come up: {error}"),
            Ok(link) => {
                // Calls may come as soon as readiness is told, so the link is there first.
                guest::tell(&guest_told, Guest::Here(1, link.clone()));
                let _ = inbox.send(Message::Life(Event::AgentUp));
                let error = guest::keep(machine, name, surroundings, guest_told, link).await;
                format!("the guest agent no longer answers: {error}")
            }
        };
        let _ = inbox.send(Message::Life(Event::AgentLost(lost)));
    });
}

/// Asks the guest to end itself; if it cannot be asked, the grace's end kills it.
fn power_off(guest: &watch::Sender<Guest>) {
    if let Guest::Here(_, link) = &*guest.borrow() {
        let link = link.clone();
        tokio::spawn(async move {
            let _ = link.shutdown(&Shutdown { grace_ms: limits::SERVICE_GRACE.as_millis() as u64 }).await;
        });
    }
}

async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

fn status_of(life: &Life, idle: &Idle, execution_mode: crate::vm::ExecutionMode) -> Status {
    Status {
        phase: life.phase,
        execution_mode,
        commands_running: idle.busy(),
        sequences: vec![],
        shells: vec![],
        egress_denied: vec![],
        network_problem: None,
    }
}

fn keep<T: serde::Serialize>(dir: &std::path::Path, name: &str, value: &T) -> std::io::Result<()> {
    write::atomically(&dir.join(name), &serde_json::to_vec_pretty(value)?)
}
