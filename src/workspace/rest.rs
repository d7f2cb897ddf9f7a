//! Stopping and starting a workspace: disk and history stay.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    life::{self, Step, Wanted},
    view::Workspace,
    workspaces::{Workspaces, activity},
};
use crate::{failure::Failure, host::lock::Lock, ids::WorkspaceId, progress::ProgressSink, supervisor::Client};

/// How a workspace was stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Stop {
    /// The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and
    /// its last writes may be missing.
    pub orderly: bool,
    pub duration_ms: u64,
}

/// A workspace as it is found when it changes no more by itself.
pub(super) enum Settled {
    Running(Client),
    /// Nobody starts it while this is held.
    AtRest(Lock),
}

impl Workspaces {
    /// Stops a workspace; one that does not run is left as it is.
    pub async fn stop(&self, id: &WorkspaceId) -> Result<Workspace, Failure> {
        let operation = self.store.operate(id).await?;
        let dir = self.store.dir(id);
        let begun = Instant::now();
        let (seen, _) = self.look_at(id).await?;
        let stop = match life::next(id.as_str(), seen, Wanted::Rest) {
            Step::Refuse(failure) => return Err(failure),
            Step::Go | Step::Start => None,
            Step::End => {
                let orderly = dir.end(id.as_str(), true).await?;
                Some(Stop { orderly, duration_ms: begun.elapsed().as_millis() as u64 })
            }
        };
        drop(operation);
        if stop.is_some() {
            activity::mark(&dir);
        }
        let mut workspace = self.status(id).await?;
        workspace.stop = stop;
        Ok(workspace)
    }

    /// Starts a workspace; one that runs is left as it is.
    pub async fn start(&self, id: &WorkspaceId, progress: Option<&ProgressSink>) -> Result<Workspace, Failure> {
        let inhabited = self.inhabit(id, progress).await?;
        if inhabited.resumed {
            activity::mark(&inhabited.dir);
        }
        let mut workspace = self.status(id).await?;
        workspace.resumed = inhabited.resumed;
        Ok(workspace)
    }

    /// Waits until a workspace either runs or is at rest, and keeps it at rest as long as the lock is held.
    pub(super) async fn settle(&self, id: &WorkspaceId) -> Result<Settled, Failure> {
        let operation = self.store.operate(id).await?;
        Ok(self.settled(id).await?.map_or(Settled::AtRest(operation), Settled::Running))
    }

    /// The machine of a workspace that runs, `None` of one at rest; one that is ending is waited for. For whoever holds
    /// the workspace's lock.
    pub(super) async fn settled(&self, id: &WorkspaceId) -> Result<Option<Client>, Failure> {
        loop {
            let (seen, client) = self.look_at(id).await?;
            match life::next(id.as_str(), seen, Wanted::Machine) {
                Step::Refuse(failure) => return Err(failure),
                Step::Go if client.is_some() => return Ok(client),
                Step::Start => return Ok(None),
                Step::Go | Step::End => drop(self.store.dir(id).end(id.as_str(), true).await?),
            }
        }
    }
}
