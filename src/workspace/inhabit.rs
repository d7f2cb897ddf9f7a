//! Reaching the machine of a workspace, starting it where it is stopped.

use pyro_protocol::tree::{Entry, Kind};
use pyro_tree::WalkOptions;

use super::{machine::MachineDir, workspaces::Workspaces};
use crate::{
    failure::Failure,
    ids::WorkspaceId,
    link::Link,
    progress::ProgressSink,
    supervisor::{Client, client, wire::Phase},
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
        for _ in 0..ROUNDS {
            let record = self.store.load(id)?;
            if record.baseline.is_none() {
                return Err(Failure::conflict(format!("{id} is still being created")).hint("call again in a moment"));
            }
            if let Some(client) = dir.client().await
                && client.status().await.is_ok_and(|status| matches!(status.phase, Phase::Booting | Phase::Running))
            {
                return Ok(Inhabited { dir, client, resumed: false });
            }
            // It is stopped, or stopping: whoever holds its lock is waited for.
            self.resume(id, progress).await?;
            if let Some(client) = dir.client().await {
                return Ok(Inhabited { dir, client, resumed: true });
            }
        }
        Err(Failure::unavailable(format!("{id} ends as soon as it is started"))
            .hint("workspace_status tells why it ended"))
    }

    /// Starts a stopped workspace; one that runs by now is left as it is.
    pub(super) async fn resume(&self, id: &WorkspaceId, progress: Option<&ProgressSink>) -> Result<(), Failure> {
        let dir = self.store.dir(id);
        let operation = self.store.operate(id).await?;
        if dir.lives() {
            let stopping = match dir.client().await {
                Some(client) => client.status().await.is_ok_and(|status| status.phase == Phase::Stopping),
                None => true,
            };
            if !stopping {
                return Ok(());
            }
            dir.end(id.as_str(), true).await?;
        }
        let record = self.store.load(id)?;
        super::reset::mend(dir.path(), &record);
        let order = record.order(false);
        let prepared = self.machines.prepare(&dir, &order, progress).await?;
        self.machines.start(&dir, &order, prepared, operation, progress).await?;
        Ok(())
    }
}
