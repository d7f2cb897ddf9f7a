//! The services of a workspace: contained commands that outlive their callers, watched until they are ready, started
//! again where they fail, written down as they go. They are no use of the machine: an idle one ends with them.

mod facts;
mod keeper;
mod output;
pub mod record;
pub(super) mod routes;
mod state;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ExecRequest, Stdin},
};
use tokio::sync::{mpsc, oneshot, watch};

pub use facts::{Facts, Restart, ServiceState, StopReason};
pub use record::{Published, Readiness, ServiceRecord};

use super::{
    drive::Shared,
    serve,
    wire::{self, Adopted, StartService},
};
use crate::{host::now_ms, ids::ServiceName, limits, redact::Redactor};
use keeper::{GoesOn, Keeper};
use state::{By, Life, Plan};

/// The services of one machine. Shared by the handlers of calls and by those that keep a service each; the loop knows
/// nothing of them.
pub(super) struct Services {
    folder: PathBuf,
    live: Mutex<BTreeMap<ServiceName, Live>>,
}

/// A service that is not over.
#[derive(Clone)]
struct Live {
    orders: mpsc::UnboundedSender<By>,
    told: watch::Receiver<ServiceRecord>,
    start: StartService,
    /// Its command's number at the agent, while it runs.
    exec: watch::Receiver<Option<u64>>,
}

impl Services {
    /// Takes over a workspace's services: none of an earlier machine runs any more. To be called while what is known of
    /// that machine's end still lies there.
    pub(super) fn open(dir: &Path) -> Arc<Self> {
        let folder = dir.join(record::FOLDER);
        for name in record::names(&folder) {
            if let Ok(Some(mut record)) = record::read(&folder, &name)
                && !record.facts.state.is_over()
            {
                let (death, ended_at_ms) = wire::last_end(dir);
                record.end_with_machine(&folder, &death, ended_at_ms);
                // Where this fails readers find that nobody keeps it.
                let _ = record.save(&folder);
            }
        }
        Arc::new(Self { folder, live: Mutex::default() })
    }

    /// Starts a service and waits until it is ready, over, or the caller's patience is. Dropping the future stops it.
    pub(super) async fn start(
        self: &Arc<Self>,
        shared: &Shared,
        start: StartService,
    ) -> Result<ServiceRecord, GuestError> {
        let patience = start.patience_ms.map(Duration::from_millis);
        let (told, mut record) = watch::channel(first_record(&start, &shared.surroundings.redactor));
        let (orders, received) = mpsc::unbounded_channel();
        let (name, wanted) = (start.name.clone(), start.clone());
        let (runs, exec) = watch::channel(None);
        let keeper = Keeper::new(Arc::clone(self), shared, start, told, runs)?;
        self.admit(&name, Live { orders: orders.clone(), told: record.clone(), start: wanted, exec })?;
        let (begun, begins) = oneshot::channel();
        shared.relays.spawn(keeper.keep(received, begun, None));
        let leaving = Leaving(Some(orders));
        begins.await.unwrap_or_else(|_| Err(serve::ending()))?;
        let settled = record.wait_for(|record| record.facts.state != ServiceState::Starting);
        match patience {
            Some(patience) => drop(tokio::time::timeout(patience, settled).await),
            None => drop(settled.await),
        }
        leaving.stays();
        let now = record.borrow().clone();
        Ok(now)
    }

    /// Those whose commands run, for a fork of the machine to take up. A port of the host is one workspace's: there
    /// each gets another.
    pub(super) fn going(&self) -> Vec<Adopted> {
        let live = self.live();
        let going = live.values().filter_map(|live| {
            let (exec, record, mut start) = ((*live.exec.borrow())?, live.told.borrow().clone(), live.start.clone());
            start.published_ports.iter_mut().for_each(|port| port.host_port = None);
            Some(Adopted { start, exec, record })
        });
        going.collect()
    }

    /// Takes up services that run already in a machine that was forked. One whose secret or port cannot be had goes on
    /// unkept. What is answered resolves when all of that is decided, and needs the guest for it.
    pub(super) fn adopt(
        self: &Arc<Self>,
        shared: &Shared,
        adopted: &[Adopted],
    ) -> impl Future<Output = ()> + Send + use<> {
        let mut decided = Vec::new();
        for Adopted { start, exec, record } in adopted {
            let goes_on = GoesOn {
                exec: *exec,
                pid: record.facts.pid.unwrap_or_default(),
                ready: record.facts.state == ServiceState::Running,
            };
            let mut first = ServiceRecord { facts: Life::new(plan(start), now_ms()).facts, ..record.clone() };
            (first.published_ports, first.egress_denied) = (vec![], vec![]);
            let (told, record) = watch::channel(first);
            let (orders, received) = mpsc::unbounded_channel();
            let (runs, runs_exec) = watch::channel(None);
            let Ok(keeper) = Keeper::new(Arc::clone(self), shared, start.clone(), told, runs) else { continue };
            let live = Live { orders, told: record.clone(), start: start.clone(), exec: runs_exec };
            if self.admit(&start.name, live).is_ok() {
                let (begun, done) = oneshot::channel();
                decided.push(done);
                shared.relays.spawn(keeper.keep(received, begun, Some(goes_on)));
            }
        }
        async move {
            for done in decided {
                // One that could not be had is told by its absence.
                let _ = done.await;
            }
        }
    }

    /// Ends a service and answers when all of it is gone; `None` where no such service runs.
    pub(super) async fn stop(&self, name: &ServiceName) -> Option<ServiceRecord> {
        let mut live = self.live().get(name).cloned()?;
        // One that is ending already needs no order.
        let _ = live.orders.send(By::Caller);
        let over = live.told.wait_for(|record| record.facts.state.is_over()).await;
        over.ok().map(|record| record.clone())
    }

    /// A service that is not over, as it is now.
    pub(super) fn status(&self, name: &ServiceName) -> Option<ServiceRecord> {
        self.live().get(name).map(|live| live.told.borrow().clone())
    }

    /// Takes a name for a service that is about to start.
    fn admit(&self, name: &ServiceName, service: Live) -> Result<(), GuestError> {
        let mut live = self.live();
        if live.contains_key(name) {
            let message = format!("service {name} is running already; stop it first with workspace_service_stop");
            return Err(GuestError::new(GuestErrorCode::Conflict, message));
        }
        let mut names = record::names(&self.folder);
        names.extend(live.keys().cloned());
        names.sort();
        names.dedup();
        if names.len() >= limits::SERVICES_MAX && names.binary_search(name).is_err() {
            let message = format!(
                "this workspace has {} services, the most there can be; start one under the name of one that is over",
                names.len()
            );
            return Err(GuestError::new(GuestErrorCode::Limit, message));
        }
        live.insert(name.clone(), service);
        Ok(())
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<ServiceName, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The caller of a start, who takes the service along when leaving before the answer.
struct Leaving(Option<mpsc::UnboundedSender<By>>);

impl Leaving {
    fn stays(mut self) {
        self.0 = None;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(orders) = &self.0 {
            let _ = orders.send(By::Leaving);
        }
    }
}

/// A service's command as the guest is asked for it.
fn exec(start: &StartService) -> ExecRequest {
    ExecRequest {
        command: start.command.clone(),
        cwd: start.cwd.clone(),
        env: start.env.clone(),
        stdin: Stdin::Null,
        contained: true,
        grace_ms: Some(limits::SERVICE_GRACE.as_millis() as u64),
        ..ExecRequest::default()
    }
}

fn plan(start: &StartService) -> Plan {
    let ready_within = start.readiness.is_some().then(|| Duration::from_millis(start.ready_timeout_ms));
    Plan { ready_within, restart: start.restart }
}

fn first_record(start: &StartService, redactor: &Redactor) -> ServiceRecord {
    ServiceRecord {
        version: record::VERSION,
        name: start.name.clone(),
        command: redactor.text(&start.command).into_owned(),
        cwd: redactor.text(start.cwd.as_deref().unwrap_or("/workspace")).into_owned(),
        readiness: start.readiness.as_ref().map(|readiness| readiness.redacted(redactor)),
        restart: start.restart,
        facts: Life::new(plan(start), now_ms()).facts,
        published_ports: vec![],
        egress_denied: vec![],
        stdout_bytes: 0,
        stderr_bytes: 0,
        lost_bytes: 0,
    }
}

#[cfg(test)]
mod tests;
