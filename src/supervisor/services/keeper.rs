//! Keeps one service: spawns, listens, looks, waits, as `state.rs` decides, and writes down every change before it tells.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ExecRequest, ExitReason},
    frame::Event as Said,
    network::Denied,
    probe::{Probe, Probed},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep_until,
};

use super::{
    Services, exec,
    output::Output,
    plan,
    record::{Published, ServiceRecord},
    state::{By, Effect, Event, Life},
};
use crate::{
    egress::Policy,
    host::now_ms,
    limits,
    link::LinkError,
    supervisor::{
        drive::{Message, Shared},
        follow::{Followed, StartError},
        guest::{self, Guest},
        network::{Publishing, denials},
        serve::Busy,
        surroundings::Surroundings,
        wire::{Phase, StartService, Status, WantedPort},
    },
};

/// Whether the first start was refused.
pub(super) type Begun = oneshot::Sender<Result<(), GuestError>>;

pub(super) struct Keeper {
    services: Arc<Services>,
    guest: watch::Receiver<Guest>,
    machine: watch::Receiver<Status>,
    surroundings: Arc<Surroundings>,
    inbox: mpsc::UnboundedSender<Message>,
    /// Told where something was refused to some program.
    refused: watch::Receiver<()>,
    policy: watch::Receiver<Policy>,
    /// What was refused to earlier starts.
    denied_before: Vec<Denied>,
    /// Ports wanted, and while it is not over, open.
    wanted_ports: Vec<WantedPort>,
    publishing: Option<Publishing>,
    exec: ExecRequest,
    probe: Option<Probe>,
    interval: Duration,
    life: Life,
    record: ServiceRecord,
    told: watch::Sender<ServiceRecord>,
    /// The command, while it runs.
    command: Option<Followed>,
    /// A look under way or about to begin, and when it does.
    look: Option<(Instant, Look)>,
    /// When its time to be ready is over.
    ready_by: Option<Instant>,
    /// When it is started again.
    again_at: Option<Instant>,
    /// Told the number of its command, while that runs.
    runs: watch::Sender<Option<u64>>,
}

/// A command that runs already.
#[derive(Clone, Copy)]
pub(super) struct GoesOn {
    /// Its number at the agent.
    pub(super) exec: u64,
    pub(super) pid: u32,
    /// It need not show again that it is ready.
    pub(super) ready: bool,
}

type Look = Pin<Box<dyn Future<Output = Probed> + Send>>;

impl Keeper {
    pub(super) fn new(
        services: Arc<Services>,
        shared: &Shared,
        start: StartService,
        told: watch::Sender<ServiceRecord>,
        runs: watch::Sender<Option<u64>>,
    ) -> Result<Self, GuestError> {
        let mut exec = exec(&start);
        shared.surroundings.dress(&mut exec, &start.secret_env)?;
        let record = told.borrow().clone();
        Ok(Self {
            services,
            guest: shared.guest.clone(),
            machine: shared.status.clone(),
            refused: shared.surroundings.network.denials.changes(),
            policy: shared.surroundings.network.policies(),
            surroundings: shared.surroundings.clone(),
            inbox: shared.inbox.clone(),
            denied_before: vec![],
            wanted_ports: start.published_ports.clone(),
            publishing: None,
            probe: start.readiness.as_ref().map(|readiness| readiness.probe(&exec)),
            exec,
            interval: Duration::from_millis(start.ready_interval_ms),
            life: Life::new(plan(&start), now_ms()),
            record,
            told,
            command: None,
            look: None,
            ready_by: None,
            again_at: None,
            runs,
        })
    }

    /// Runs the service to its end. `begun` is told first: where the guest refuses the command, or it cannot be written
    /// down, nothing was changed. One that `goes_on` runs already.
    pub(super) async fn keep(mut self, mut orders: mpsc::UnboundedReceiver<By>, begun: Begun, goes_on: Option<GoesOn>) {
        let (mut output, first) = match self.begin(goes_on).await {
            Ok(began) => began,
            Err(refusal) => {
                self.services.live().remove(&self.record.name);
                let _ = begun.send(Err(refusal));
                return;
            }
        };
        self.tell(&output);
        let mut event = first;
        if goes_on.is_some_and(|one| one.ready)
            && let Some(spawned) = event.take()
        {
            self.step(spawned, &output).await;
            if !self.record.facts.state.is_over() {
                self.step(Event::Looked(Probed { ready: true, detail: String::new() }), &output).await;
            }
        }
        let _ = begun.send(Ok(()));
        if self.record.facts.state.is_over() {
            return;
        }
        loop {
            if let Some(event) = event.take() {
                self.step(event, &output).await;
                if self.record.facts.state.is_over() {
                    return;
                }
            }
            event = self.next(&mut output, &mut orders).await;
        }
    }

    /// Spawns the command for the first time.
    async fn begin(&mut self, goes_on: Option<GoesOn>) -> Result<(Output, Option<Event>), GuestError> {
        let inbox = self.inbox.clone();
        let publishing =
            Publishing::open(&self.wanted_ports, &self.surroundings.network, &self.guest, move || Busy::on(&inbox))
                .await?;
        self.publishing = (!publishing.ports.is_empty()).then_some(publishing);
        let redactor = &self.surroundings.redactor;
        let started = match goes_on {
            Some(one) => Followed::adopt(self.guest.clone(), one.exec, redactor).await,
            None => Followed::start(self.guest.clone(), &self.exec, redactor).await,
        };
        let (command, first) = match started {
            Ok(command) => {
                self.runs.send_replace(command.exec());
                (Some(command), goes_on.map(|one| Event::Spawned { pid: one.pid }))
            }
            Err(StartError::Dead(death)) => (None, Some(Event::MachineEnded(death))),
            Err(StartError::Link(error)) => return Err(error.into()),
        };
        let folder = &self.services.folder;
        let created = crate::host::write::private_dir(folder)
            .and_then(|()| Output::create(folder, &self.record.name))
            .and_then(|output| self.record.save(folder).map(|()| output));
        match created {
            Ok(output) => {
                self.command = command;
                Ok((output, first))
            }
            Err(error) => {
                if let Some(mut command) = command {
                    command.end(limits::SERVICE_GRACE * 2, |_| {}).await;
                }
                Err(unwritten(&error))
            }
        }
    }

    /// Waits for the next thing that matters.
    async fn next(&mut self, output: &mut Output, orders: &mut mpsc::UnboundedReceiver<By>) -> Option<Event> {
        tokio::select! {
            // What a flood of output must not hold up comes first.
            biased;
            Some(by) = orders.recv() => Some(Event::Stop(by)),
            () = ending(&mut self.machine), if !self.life.is_leaving() => Some(Event::MachineEnding),
            mut probed = looked(&mut self.look) => {
                // The guest tells one line, cut.
                probed.detail = self.surroundings.redactor.cut(&probed.detail).into_owned();
                let began = self.look.take().map_or_else(Instant::now, |(began, _)| began);
                self.look = self.looking(began + self.interval);
                Some(Event::Looked(probed))
            }
            () = at(self.ready_by) => {
                self.ready_by = None;
                Some(Event::ReadyTimeout)
            }
            () = at(self.again_at) => {
                self.again_at = None;
                Some(Event::WaitOver)
            }
            () = withdrawn(&mut self.policy), if self.publishing.is_some() => {
                self.publishing = None;
                self.tell(output);
                None
            }
            Ok(()) = self.refused.changed() => {
                let denied = self.denied();
                self.told.send_if_modified(|record| {
                    let new = record.egress_denied != denied;
                    record.egress_denied = denied;
                    new
                });
                None
            }
            said = said(&mut self.command) => self.heard(said, output),
            death = guest::death(&mut self.guest), if self.command.is_none() => Some(Event::MachineEnded(death)),
        }
    }

    /// What the command said.
    fn heard(&mut self, said: Said, output: &mut Output) -> Option<Event> {
        match said {
            Said::Started(started) => {
                self.runs.send_replace(Some(started.exec));
                Some(Event::Spawned { pid: started.pid })
            }
            Said::Output { stream, offset, bytes } => {
                output.write(stream, offset, &bytes);
                self.told.send_modify(|record| output.count(record));
                None
            }
            Said::Ended(ended) => {
                output.ended(&ended);
                self.runs.send_replace(None);
                let command = self.command.take();
                if let Some(exec) = command.as_ref().and_then(Followed::exec) {
                    let denied = self.surroundings.network.denials.take(exec);
                    self.denied_before = denials::together(&self.denied_before, denied);
                }
                if ended.reason == ExitReason::VmDied {
                    return Some(match &*self.guest.borrow() {
                        Guest::Dead(death) => Event::MachineEnded(death.clone()),
                        Guest::Here(..) | Guest::Away => Event::Lost(ended.detail.unwrap_or_default()),
                    });
                }
                if let Some(command) = command {
                    // Nothing waits for the guest's memory to be freed.
                    tokio::spawn(async move { command.forget().await });
                }
                Some(Event::Ended(ended))
            }
            Said::HandedBack => None,
        }
    }

    /// Has an event decided, and does what comes of it.
    async fn step(&mut self, event: Event, output: &Output) {
        let mut event = Some(event);
        while let Some(now) = event.take() {
            for effect in self.life.next(now, now_ms()) {
                match effect {
                    Effect::Spawn => event = self.spawn().await,
                    Effect::LookFor(within) => {
                        self.ready_by = Some(Instant::now() + within);
                        self.look = self.looking(Instant::now());
                    }
                    Effect::End => self.end().await,
                    Effect::Wait(wait) => self.again_at = Some(Instant::now() + wait),
                }
            }
        }
        if !self.life.is_looking() {
            (self.look, self.ready_by) = (None, None);
        }
        self.tell(output);
    }

    /// Spawns the command again; its first frame says that it runs.
    async fn spawn(&mut self) -> Option<Event> {
        match Followed::start(self.guest.clone(), &self.exec, &self.surroundings.redactor).await {
            Ok(command) => {
                self.command = Some(command);
                None
            }
            Err(StartError::Dead(death)) => Some(Event::MachineEnded(death)),
            Err(StartError::Link(error)) => {
                Some(Event::NotSpawned(self.surroundings.redactor.text(&error.to_string()).into_owned()))
            }
        }
    }

    /// What was refused to all of its starts.
    fn denied(&self) -> Vec<Denied> {
        let now = self.command.as_ref().and_then(Followed::exec);
        let now = now.map(|exec| self.surroundings.network.denials.of(exec)).unwrap_or_default();
        denials::together(&self.denied_before, now)
    }

    /// Where it is reached now.
    fn published(&self) -> Vec<Published> {
        self.publishing.as_ref().map(|publishing| publishing.ports.clone()).unwrap_or_default()
    }

    async fn end(&mut self) {
        if let Some(command) = &mut self.command {
            command.cancel().await;
        }
    }

    /// The look that begins at that time, or now where that has passed.
    fn looking(&self, begin: Instant) -> Option<(Instant, Look)> {
        let begin = begin.max(Instant::now());
        Some((begin, Box::pin(look(begin, self.guest.clone(), self.probe.clone()?))))
    }

    /// Writes a change down, then tells it. One that is over can be started anew by whoever is told.
    fn tell(&mut self, output: &Output) {
        self.record.facts = self.life.facts.clone();
        output.count(&mut self.record);
        self.record.egress_denied = self.denied();
        if self.record.facts.state.is_over() {
            // Whoever is told that it is over finds its ports free.
            self.publishing = None;
        }
        self.record.published_ports = self.published();
        // A full disk costs the record its truth until the next change, not the service its life.
        let _ = self.record.save(&self.services.folder);
        if self.record.facts.state.is_over() {
            self.services.live().remove(&self.record.name);
        }
        self.told.send_replace(self.record.clone());
    }
}

async fn said(command: &mut Option<Followed>) -> Said {
    match command {
        Some(command) => command.next().await,
        None => std::future::pending().await,
    }
}

async fn looked(look: &mut Option<(Instant, Look)>) -> Probed {
    match look {
        Some((_, look)) => look.await,
        None => std::future::pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// Resolves when no ports may be published any more.
async fn withdrawn(policy: &mut watch::Receiver<Policy>) {
    if policy.wait_for(|policy| !policy.publishes()).await.is_err() {
        std::future::pending().await
    }
}

/// Resolves when the machine is on its way out.
async fn ending(machine: &mut watch::Receiver<Status>) {
    if machine.wait_for(|status| matches!(status.phase, Phase::Stopping | Phase::Ended)).await.is_err() {
        // Its loop is gone: the guest's death says the rest.
        std::future::pending().await
    }
}

/// One look.
async fn look(begin: Instant, mut guest: watch::Receiver<Guest>, probe: Probe) -> Probed {
    sleep_until(begin.into()).await;
    let unready = |detail: String| Probed { ready: false, detail };
    let link = match guest::link(&mut guest, 0).await {
        Ok((_, link)) => link,
        Err(death) => return unready(death.detail),
    };
    match link.probe(&probe).await {
        Ok(probed) => probed,
        Err(error) => {
            if error == LinkError::Lost {
                link.closed().await;
            }
            unready(error.to_string())
        }
    }
}

fn unwritten(error: &io::Error) -> GuestError {
    let code =
        if error.kind() == io::ErrorKind::StorageFull { GuestErrorCode::Limit } else { GuestErrorCode::Internal };
    GuestError::new(code, format!("the service cannot be written down on the host: {error}"))
}
