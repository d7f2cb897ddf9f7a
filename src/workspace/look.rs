//! Looking at machines: their state from what is on disk and who holds the lock, and whose time is over.

use std::{collections::BTreeSet, path::PathBuf};

use super::{
    Vm, Vms, homes,
    record::{self, VmRecord},
    state::{self, State},
    store::Store,
};
use crate::{
    failure::{Code, Failure},
    ids::VmId,
    supervisor::{
        Client,
        wire::{self, Ended, Running},
    },
    vm::{Death, ExecutionMode, death::Cause},
};

impl Vms {
    /// The machine as it is now.
    pub async fn status(&self, id: &VmId) -> Result<Vm, Failure> {
        let record = self.inner.store.load(id)?;
        self.refuse_expired(&record)?;
        let state = self.state(id);
        let (running, ended) = (self.running(id), self.ended(id));
        let mut idle_since = self.idle_since(&record);
        if state == State::Started
            && let Some(client) = Client::connect(&self.inner.store.dir(id)).await
            && client.status().await.is_ok()
        {
            // Asking was a use: the idle time starts anew.
            idle_since = record::now_unix();
        }
        let expires_at = idle_since + i64::from(record.ttl_seconds);
        let lost = || Death::new(Cause::SupervisorLost, "its supervisor was killed");
        let ended = (state == State::Stopped).then(|| ended.map_or_else(lost, |ended| ended.death));
        Ok(Vm {
            vm_id: record.vm_id,
            state,
            environment: record.environment,
            environment_version: record.environment_digest,
            vcpu_count: record.vcpu_count,
            mem_mib: record.mem_mib,
            ttl_seconds: record.ttl_seconds,
            created_at: record::rfc3339(record.created_at),
            expires_at: record::rfc3339(expires_at),
            // On the host a command has the host's network, whatever was asked for.
            network_enabled: running
                .as_ref()
                .is_some_and(|running| running.execution_mode == ExecutionMode::HostCompat),
            allow_host_compat: record.allow_host_compat,
            execution_mode: running.map(|running| running.execution_mode),
            ended,
        })
    }

    /// Deletes every machine whose time is over and that no supervisor looks after; answers their ids.
    pub async fn reap_expired(&self) -> Result<Vec<VmId>, Failure> {
        let mut reaped = Vec::new();
        for id in self.inner.store.ids() {
            let expired = self.inner.store.load(&id).is_ok_and(|record| self.is_expired(&record));
            if expired && self.remove_expired(&id)? {
                reaped.push(id);
            }
        }
        Ok(reaped)
    }

    /// Digests of images that some machine's disk belongs to, of every state directory that uses this cache; refused
    /// where one machine's record cannot tell.
    pub fn images_in_use(&self) -> Result<BTreeSet<String>, Failure> {
        let mut images = BTreeSet::new();
        for home in homes::using(&self.inner.dirs.cache).into_iter().chain([self.inner.dirs.home.clone()]) {
            let store = Store::new(&home);
            for id in store.ids() {
                match store.load(&id) {
                    Ok(record) => images.extend(record.environment_digest),
                    // Deleted a moment ago.
                    Err(failure) if failure.code == Code::Missing => {}
                    Err(failure) => return Err(failure),
                }
            }
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
        let Some(_operation) = self.inner.store.try_operate(id) else { return Ok(false) };
        // It may have been used while the lock was somebody else's.
        if !self.inner.store.load(id).is_ok_and(|record| self.is_expired(&record)) {
            return Ok(false);
        }
        self.inner.store.remove(id)?;
        Ok(true)
    }

    /// A running machine's idle time is its supervisor's business.
    fn is_expired(&self, record: &VmRecord) -> bool {
        let over = self.idle_since(record) + i64::from(record.ttl_seconds);
        over <= record::now_unix() && !self.inner.store.supervisor_lives(&record.vm_id)
    }

    /// Unix seconds of the last thing known to have happened to a machine that does not run.
    fn idle_since(&self, record: &VmRecord) -> i64 {
        let used = self.inner.store.last_use(&record.vm_id);
        let ended = self.ended(&record.vm_id).map_or(0, |ended| ended.ended_at);
        record.created_at.max(used).max(ended)
    }

    pub(super) fn state(&self, id: &VmId) -> State {
        state::state(self.inner.store.supervisor_lives(id), self.running(id).is_some())
    }

    fn running(&self, id: &VmId) -> Option<Running> {
        self.read(id, wire::RUNNING)
    }

    fn ended(&self, id: &VmId) -> Option<Ended> {
        self.read(id, wire::ENDED)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, id: &VmId, name: &str) -> Option<T> {
        let path: PathBuf = self.inner.store.dir(id).join(name);
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}
