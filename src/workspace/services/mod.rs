//! Services of a workspace: programs that run beside its commands, kept by its supervisor.

mod output;
mod ports;
mod readiness;
mod view;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use pyro_protocol::frame::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use output::{Part, ServiceOutput};
pub use readiness::ServiceLooks;
pub use view::{ListedService, PublishedPort, ReadyWhen, Service};

use super::{
    exec,
    logs::tail::tail,
    machine::MachineDir,
    state::State,
    workspaces::{Workspaces, activity},
};
use crate::{
    egress::Policy,
    failure::Failure,
    ids::{ServiceName, WorkspaceId},
    limits,
    progress::ProgressSink,
    supervisor::{
        Client,
        services::{Restart, ServiceRecord, record},
        wire::{self, StartService},
    },
};

/// A service as a caller wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewService {
    pub name: ServiceName,
    pub command: String,
    /// Absolute, or relative to /workspace.
    pub cwd: Option<String>,
    pub env: BTreeMap<String, String>,
    /// Secrets' names to variables that hold them.
    pub secret_env: BTreeMap<String, String>,
    /// `GUEST` or `HOST:GUEST`.
    pub published_ports: Vec<String>,
    pub looks: ServiceLooks,
    pub ready_timeout: Duration,
    pub ready_interval: Duration,
    pub restart: Restart,
    /// After this long the caller is answered, ready or not; never where absent.
    pub patience: Option<Duration>,
}

/// A service, and how its start went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StartedService {
    #[serde(flatten)]
    pub service: Service,
    /// The last lines of what it said, where it is over already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

impl Workspaces {
    /// Starts a service and waits until it is ready, over, or the caller's patience is. Dropping the future stops it.
    pub async fn start_service(
        &self,
        id: &WorkspaceId,
        new: NewService,
        progress: Option<&ProgressSink>,
    ) -> Result<StartedService, Failure> {
        exec::check_command(&new.command)?;
        self.check_variables(id, &new.secret_env)?;
        let published_ports = ports::wanted(&new.published_ports)?;
        if !published_ports.is_empty() {
            self.store.load(id)?;
            ports::admit(id, &Policy::load(self.store.dir(id).path())?)?;
        }
        let readiness = readiness::readiness(new.looks)?;
        let millis = |duration: Duration| duration.as_millis() as u64;
        let start = StartService {
            name: new.name,
            command: new.command,
            cwd: new.cwd,
            env: new.env,
            secret_env: new.secret_env,
            published_ports,
            readiness,
            ready_timeout_ms: millis(new.ready_timeout),
            ready_interval_ms: millis(new.ready_interval),
            restart: new.restart,
            patience_ms: new.patience.map(millis),
        };
        let inhabited = self.inhabit(id, progress).await?;
        let dir = &inhabited.dir;
        activity::mark(dir);
        let record = inhabited.client.start_service(&start, new.ready_timeout + limits::CALL_DEADLINE).await?;
        activity::mark(dir);
        let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| {
            // What cannot be read again is no reason to hide that it is over.
            let last = tail(&record.stored(&folder(dir), stream), limits::FAILED_LINES, limits::FAILED_BYTES);
            record.facts.state.is_over().then(|| last.map(|last| last.text).unwrap_or_default())
        });
        Ok(StartedService { service: Service::of(id, dir, record), stdout, stderr, resumed: inhabited.resumed })
    }

    /// All services, ended ones included, by name.
    pub async fn services(&self, id: &WorkspaceId) -> Result<Vec<Service>, Failure> {
        self.store.load(id)?;
        let dir = self.store.dir(id);
        let client = dir.client().await;
        let mut services = Vec::new();
        for name in record::names(&folder(&dir)) {
            // One that cannot be read must not hide the others.
            if let Ok(record) = find(&dir, id, &name, client.as_ref()).await {
                services.push(Service::of(id, &dir, record).in_a_list());
            }
        }
        Ok(services)
    }

    /// One service as it is now.
    pub async fn service(&self, id: &WorkspaceId, name: &ServiceName) -> Result<Service, Failure> {
        let (dir, record) = self.service_record(id, name).await?;
        Ok(Service::of(id, &dir, record))
    }

    /// Ends a service and answers when all of it is gone; one that is over stays as it is. Starts no workspace.
    pub async fn stop_service(&self, id: &WorkspaceId, name: &ServiceName) -> Result<Service, Failure> {
        let (dir, found) = self.service_record(id, name).await?;
        if found.facts.state.is_over() {
            return Ok(Service::of(id, &dir, found));
        }
        let stopped = match dir.client().await {
            Some(client) => client.stop_service(name).await?,
            None => None,
        };
        activity::mark(&dir);
        match stopped {
            Some(record) => Ok(Service::of(id, &dir, record)),
            // It was over before it could be told.
            None => self.service(id, name).await,
        }
    }

    async fn service_record(
        &self,
        id: &WorkspaceId,
        name: &ServiceName,
    ) -> Result<(MachineDir, ServiceRecord), Failure> {
        self.store.load(id)?;
        let dir = self.store.dir(id);
        let client = dir.client().await;
        let record = find(&dir, id, name, client.as_ref()).await?;
        Ok((dir, record))
    }
}

/// A service's record, as true as it can be told now.
async fn find(
    dir: &MachineDir,
    id: &WorkspaceId,
    name: &ServiceName,
    client: Option<&Client>,
) -> Result<ServiceRecord, Failure> {
    let read = || {
        let read = record::read(&folder(dir), name).map_err(|error| {
            Failure::conflict(format!("the record of service {name} of {id} cannot be read: {error}"))
                .hint("workspace_service_start under this name replaces it")
        })?;
        read.ok_or_else(|| {
            Failure::missing(format!("{id} has no service {:?}", name.as_str()))
                .hint("workspace_service_list shows what there is; workspace_service_start makes one")
        })
    };
    let found = read();
    if found.as_ref().is_ok_and(|record| record.facts.state.is_over()) {
        return found;
    }
    // One that runs is known whatever became of its record.
    if let Some(client) = client
        && let Ok(Some(record)) = client.service(name).await
    {
        return Ok(record);
    }
    // It ended a moment ago, or with its machine.
    Ok(settled(dir, read()?))
}

/// A record that nobody keeps any more says how the machine ended.
fn settled(dir: &MachineDir, mut record: ServiceRecord) -> ServiceRecord {
    if !record.facts.state.is_over() {
        let (death, ended_at_ms) = wire::last_end(dir.path());
        record.end_with_machine(&folder(dir), &death, ended_at_ms);
    }
    record
}

/// The services of a workspace in this state, from disk alone.
pub(super) fn listed(dir: &MachineDir, state: State) -> Vec<ListedService> {
    let folder = folder(dir);
    let records = record::names(&folder).into_iter().filter_map(|name| record::read(&folder, &name).ok().flatten());
    let told = records.map(|record| if state == State::Started { record } else { settled(dir, record) });
    told.map(ListedService::of).collect()
}

/// How many there are, those included whose records cannot be read.
pub(super) fn count(dir: &MachineDir) -> u64 {
    record::names(&folder(dir)).len() as u64
}

pub(super) fn running(services: &[ListedService]) -> u64 {
    services.iter().filter(|service| !service.state.is_over()).count() as u64
}

fn folder(dir: &MachineDir) -> PathBuf {
    dir.path().join(record::FOLDER)
}
