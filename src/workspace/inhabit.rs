//! Reaching the machine of a workspace, starting it where it is stopped.

use pyro_protocol::tree::{Entry, Kind};
use pyro_tree::WalkOptions;

use super::{
    life::{self, Seen, Step, Wanted},
    machine::MachineDir,
    workspaces::Workspaces,
};
use crate::{
    failure::{Code, Failure},
    host::lock::Lock,
    ids::WorkspaceId,
    link::Link,
    progress::ProgressSink,
    supervisor::{Client, client},
    vm::ExecutionMode,
};

/// Rounds of finding a machine ending under one's hands.
const ROUNDS: usize = 3;

/// A workspace whose machine answers.
pub(super) struct Inhabited {
    pub(super) dir: MachineDir,
    pub(super) client: Client,
    /// It was stopped, and this call started it.
    pub(super) resumed: bool,
}

impl Inhabited {
    /// The guest, for files and trees.
    pub(super) fn guest(&self) -> &Link {
        self.client.guest()
    }

    /// What is at a path: only what is no directory is there at depth 0.
    pub(super) async fn kind_of(&self, path: &str) -> Result<Kind, Failure> {
        Ok(self.itself(path).await?.map_or(Kind::Directory, |entry| entry.kind))
    }

    /// What is at a path, where it is no directory.
    pub(super) async fn itself(&self, path: &str) -> Result<Option<Entry>, Failure> {
        let options = WalkOptions { depth: Some(0), ..WalkOptions::default() };
        let mut walk = self.guest().walk(path, &options).await.map_err(client::failure)?;
        walk.next().await.map_err(client::failure)
    }

    pub(super) fn execution_mode(&self) -> ExecutionMode {
        // A machine that answers has written down what it runs as.
        self.dir.running().map_or(ExecutionMode::HostCompat, |running| running.execution_mode)
    }
}

impl Workspaces {
    /// The workspace's machine, started if need be.
    pub(super) async fn inhabit(
        &self,
        id: &WorkspaceId,
        progress: Option<&ProgressSink>,
    ) -> Result<Inhabited, Failure> {
        let dir = self.store.dir(id);
        let mut resumed = false;
        for _ in 0..ROUNDS {
            let (seen, client) = self.look_at(id).await?;
            match (life::next(id.as_str(), seen, Wanted::Machine), client) {
                (Step::Go, Some(client)) => return Ok(Inhabited { dir, client, resumed }),
                (Step::Refuse(failure), _) => return Err(failure),
                // It is stopped, or ending: whoever holds its lock is waited for.
                _ => resumed |= self.resume(id, progress).await?,
            }
        }
        Err(Failure::unavailable(format!("{id} ends as soon as it is started"))
            .hint("workspace_status tells why it ended"))
    }

    /// Starts a stopped workspace; one that runs by now is left as it is. Answers whether it was started.
    async fn resume(&self, id: &WorkspaceId, progress: Option<&ProgressSink>) -> Result<bool, Failure> {
        let operation = self.store.operate(id).await?;
        let dir = self.store.dir(id);
        for _ in 0..ROUNDS {
            let (seen, _) = self.look_at(id).await?;
            match life::next(id.as_str(), seen, Wanted::Machine) {
                Step::Go => return Ok(false),
                Step::Refuse(failure) => return Err(failure),
                Step::End => drop(dir.end(id.as_str(), true).await?),
                Step::Start => {
                    self.boot(id, operation, progress).await?;
                    return Ok(true);
                }
            }
        }
        Err(Failure::unavailable(format!("{id} does not come to rest")).hint("call again"))
    }

    /// Starts a workspace at rest; what a killed reset left of its disk is put right first.
    async fn boot(&self, id: &WorkspaceId, operation: Lock, progress: Option<&ProgressSink>) -> Result<(), Failure> {
        self.finish_reset(id).await?;
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        let order = record.order(false);
        let prepared = self.machines.prepare(&dir, &order, progress).await?;
        let started = self.machines.start(&dir, &order, prepared, Some(operation), progress).await;
        if started.is_ok() && record.renew {
            self.change(id, |record| {
                record.renew = false;
                Ok(())
            })
            .await?;
        }
        started.map(drop).map_err(|failure| match failure.code {
            // What runs as root in a guest can break what its next boot needs.
            Code::VmDied => {
                failure.hint("call again; where that does not help, workspace_reset puts a disk in place that did")
            }
            _ => failure,
        })
    }

    /// Ends what runs, for a reset or a deletion; whoever calls holds the workspace's lock.
    pub(super) async fn bring_to_rest(&self, id: &WorkspaceId, wanted: Wanted) -> Result<(), Failure> {
        let dir = self.store.dir(id);
        // A record that cannot be read must not keep its workspace from being deleted.
        let finished = self.store.load(id).is_ok_and(|record| record.baseline.is_some());
        match life::next(id.as_str(), life::seen(finished, dir.lives(), None), wanted) {
            Step::Refuse(failure) => Err(failure),
            Step::Go | Step::Start => Ok(()),
            Step::End => dir.end(id.as_str(), false).await.map(drop),
        }
    }

    pub(super) async fn look_at(&self, id: &WorkspaceId) -> Result<(Seen, Option<Client>), Failure> {
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        let client = dir.client().await;
        let phase = match &client {
            Some(client) => client.status().await.ok().map(|status| status.phase),
            None => None,
        };
        Ok((life::seen(record.baseline.is_some(), dir.lives(), phase), client))
    }
}
