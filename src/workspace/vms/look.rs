//! Looking at machines: their state from what is on disk and who holds the lock, and whose time is over.

use std::collections::BTreeSet;

use super::{Vm, VmRecord, Vms};
use crate::{
    egress::Policy,
    failure::{Code, Failure},
    host::clock::{now_unix, rfc3339},
    ids::VmId,
    vm::ExecutionMode,
    workspace::{
        homes,
        record::WorkspaceRecord,
        state::State,
        store::{Record, Store},
    },
};

impl Vms {
    /// The machine as it is now.
    pub async fn status(&self, id: &VmId) -> Result<Vm, Failure> {
        let record = self.load(id)?;
        self.refuse_expired(&record)?;
        let dir = self.store.dir(id);
        let (state, running) = (dir.state(), dir.running());
        let mut idle_since = self.idle_since(&record);
        if state == State::Started
            && let Some(client) = dir.client().await
            && client.status().await.is_ok()
        {
            // Asking was a use: the idle time starts anew.
            idle_since = now_unix();
        }
        let expires_at = idle_since + i64::from(record.ttl_seconds);
        let ended = (state == State::Stopped).then(|| dir.death());
        Ok(Vm {
            vm_id: record.vm_id,
            state,
            environment: record.environment,
            environment_version: record.environment_digest,
            vcpu_count: record.vcpu_count,
            mem_mib: record.mem_mib,
            ttl_seconds: record.ttl_seconds,
            created_at: rfc3339(record.created_at),
            expires_at: rfc3339(expires_at),
            // On the host a command has the host's network, whatever was asked for.
            network_enabled: Policy::load(dir.path()).is_ok_and(|policy| policy.has_egress())
                || running.as_ref().is_some_and(|running| running.execution_mode == ExecutionMode::HostCompat),
            allow_host_compat: record.allow_host_compat,
            execution_mode: running.as_ref().map(|running| running.execution_mode),
            start: running.and_then(|running| running.start),
            ended,
        })
    }

    /// Deletes every machine whose time is over and that no supervisor looks after; answers their ids.
    pub async fn reap_expired(&self) -> Result<Vec<VmId>, Failure> {
        let mut reaped = Vec::new();
        for id in self.store.ids() {
            let expired = self.store.load(&id).is_ok_and(|record| self.is_expired(&record));
            let own = self.load(&id).is_ok();
            if expired && self.remove_expired(&id)? && own {
                reaped.push(id);
            }
        }
        Ok(reaped)
    }

    /// Digests of images that some machine's disk belongs to, of every state directory that uses this cache; refused
    /// where one machine's record cannot tell.
    pub fn images_in_use(&self) -> Result<BTreeSet<String>, Failure> {
        let mut images = BTreeSet::new();
        let dirs = self.machines.dirs();
        for home in homes::using(&dirs.cache).into_iter().chain([dirs.home.clone()]) {
            images.extend(digests(&Store::<VmRecord>::new(&home), |record| record.environment_digest)?);
            images.extend(digests(&Store::<WorkspaceRecord>::new(&home), |record| record.environment_digest)?);
        }
        Ok(images)
    }

    /// Refuses a machine whose time is over, and deletes it.
    pub(super) fn refuse_expired(&self, record: &VmRecord) -> Result<(), Failure> {
        let id = &record.vm_id;
        if !self.is_expired(record) || !self.remove_expired(id)? {
            return Ok(());
        }
        Err(Failure::missing(format!("{id} expired after {} s without use and was deleted", record.ttl_seconds))
            .hint("create another with vm_create; ttl_seconds says how long it may idle"))
    }

    /// Deletes a machine whose time is over; not one that is just being started or deleted, which is a use of it.
    fn remove_expired(&self, id: &VmId) -> Result<bool, Failure> {
        let Some(_operation) = self.store.dir(id).try_operate() else { return Ok(false) };
        // It may have been used while the lock was somebody else's.
        if !self.store.load(id).is_ok_and(|record| self.is_expired(&record)) {
            return Ok(false);
        }
        self.store.remove(id)?;
        Ok(true)
    }

    /// A running machine's idle time is its supervisor's business.
    fn is_expired(&self, record: &VmRecord) -> bool {
        let over = self.idle_since(record) + i64::from(record.ttl_seconds);
        over <= now_unix() && !self.store.dir(&record.vm_id).lives()
    }

    /// Unix seconds of the last thing known to have happened to a machine that does not run.
    fn idle_since(&self, record: &VmRecord) -> i64 {
        let dir = self.store.dir(&record.vm_id);
        let used = dir.last_use();
        let ended = dir.ended().map_or(0, |ended| ended.ended_at);
        record.created_at.max(used).max(ended)
    }
}

/// What the records of one kind say of their images.
fn digests<R: Record>(store: &Store<R>, digest: impl Fn(R) -> Option<String>) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for id in store.ids() {
        match store.load(&id) {
            Ok(record) => found.extend(digest(record)),
            // Deleted a moment ago.
            Err(failure) if failure.code == Code::Missing => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}
