//! Create, run in, stop and delete machines: `state.rs` says what may happen, the store keeps it, supervisors do it.

use std::sync::Arc;

use pyro_protocol::exec::ExecRequest;

use super::record::{NewVm, Vm, VmRecord};
use crate::{
    egress::Policy,
    failure::{Code, Failure},
    host::{clock::now_unix, lock::Lock},
    ids::VmId,
    progress::ProgressSink,
    supervisor::{Client, Tether},
    workspace::{
        caller::Caller,
        exec::{self, Capture, Finished, check_command},
        machine,
        machines::{Machines, Order},
        outcome::Cleanup,
        state::{self, Wanted},
        store::{self, Record, Store},
    },
};

/// The machines of this host. Cheap to clone.
#[derive(Clone)]
pub struct Vms {
    pub(super) machines: Machines,
    pub(super) store: Store<VmRecord>,
}

/// A machine whose agent answers.
pub struct Ready {
    pub vm: Vm,
    /// Dropping it ends and deletes the machine; `None` for machines that outlive their caller.
    pub tether: Option<Tether>,
}

impl Vms {
    pub fn new(machines: Machines) -> Self {
        let store = Store::new(&machines.dirs().home);
        Self { machines, store }
    }

    /// The same as one caller sees them: what is another's does not exist.
    pub fn of(&self, caller: &Arc<Caller>) -> Self {
        Self { machines: self.machines.of(caller), store: self.store.clone() }
    }

    /// The record, if it is for the caller to see.
    pub(super) fn load(&self, id: &VmId) -> Result<VmRecord, Failure> {
        let record = self.store.load(id)?;
        if self.machines.caller().sees(record.principal.as_ref()) {
            return Ok(record);
        }
        Err(store::missing::<VmRecord>(id))
    }

    /// Writes a machine down; nothing runs yet.
    pub async fn create(&self, new: NewVm) -> Result<Vm, Failure> {
        self.machines.environments().check(&new.environment)?;
        self.reap_expired().await?;
        let claim = self.machines.claim_count(1).await?;
        let record = VmRecord {
            version: VmRecord::VERSION,
            vm_id: VmId::random()?,
            environment: new.environment,
            environment_digest: None,
            vcpu_count: new.vcpu_count,
            mem_mib: new.mem_mib,
            ttl_seconds: new.ttl_seconds,
            allow_host_compat: new.allow_host_compat,
            principal: self.machines.caller().principal.clone(),
            created_at: now_unix(),
        };
        let network = new.network;
        self.store.create(&record, |dir| if network { Policy::egress().save(dir) } else { Ok(()) })?;
        drop(claim);
        self.status(&record.vm_id).await
    }

    /// Runs one command and waits for its end. Dropping the future cancels it.
    pub async fn exec(&self, id: &VmId, request: &ExecRequest, capture: Capture<'_>) -> Result<Finished, Failure> {
        check_command(&request.command)?;
        let record = self.load(id)?;
        self.refuse_expired(&record)?;
        state::admit(id.as_str(), self.store.dir(id).state(), Wanted::Exec)?;
        let client = self.client(id).await?;
        exec::run(&client, request, capture).await
    }

    /// Claims a machine for the command after which it is deleted: two of those would end each other.
    pub fn claim_last_command(&self, id: &VmId) -> Result<Lock, Failure> {
        self.load(id)?;
        self.store.dir(id).try_last_command().ok_or_else(|| {
            Failure::conflict(format!("another vm_exec is running in {id}, which is deleted after it"))
                .hint("create a VM of its own for each command, or use vm_run")
        })
    }

    /// Creates, starts, runs one command and deletes. Dropping the future ends and deletes the machine.
    pub async fn run_once(
        &self,
        new: NewVm,
        request: &ExecRequest,
        capture: Capture<'_>,
        progress: Option<&ProgressSink>,
    ) -> Result<(Vm, Finished, Cleanup), Failure> {
        check_command(&request.command)?;
        let vm = self.create(new).await?;
        let half_made = self.store.half_made(&vm.vm_id);
        let ready = self.start(&vm.vm_id, true, progress).await?;
        half_made.keep();
        // From here on the tether deletes it, whatever happens to us.
        let finished = self.exec(&vm.vm_id, request, capture).await;
        let cleanup = self.clean_up(&vm.vm_id).await;
        drop(ready.tether);
        Ok((ready.vm, finished?, cleanup))
    }

    /// Ends the machine, keeping its disk; a machine that does not run is left as it is.
    pub async fn stop(&self, id: &VmId) -> Result<Vm, Failure> {
        let _operation = self.store.operate(id).await?;
        self.load(id)?;
        state::admit(id.as_str(), self.store.dir(id).state(), Wanted::Stop)?;
        self.store.dir(id).end(id.as_str(), true).await?;
        self.status(id).await
    }

    /// Ends and removes the machine, whatever its state, readable record or not.
    pub async fn delete(&self, id: &VmId) -> Result<(), Failure> {
        if self.machines.caller().principal.is_some() {
            self.load(id)?;
        }
        let operation = self.store.operate(id).await?;
        state::admit(id.as_str(), self.store.dir(id).state(), Wanted::Delete)?;
        self.store.dir(id).end(id.as_str(), false).await?;
        self.store.remove(id)?;
        drop(operation);
        Ok(())
    }

    /// Deletes a machine whose command is over. The command's result is worth more than a failure to delete.
    pub async fn clean_up(&self, id: &VmId) -> Cleanup {
        let (deleted, reason) = match self.delete(id).await {
            Ok(()) => (true, "post_exec_cleanup".to_owned()),
            // Its idle time was over the moment its command was.
            Err(failure) if failure.code == Code::Missing => (true, "post_exec_cleanup".to_owned()),
            Err(failure) => (false, failure.message),
        };
        Cleanup { vm_id: id.clone(), deleted, reason }
    }

    /// Starts it and waits for its agent, building the environment first where it is missing.
    pub async fn start(&self, id: &VmId, tethered: bool, progress: Option<&ProgressSink>) -> Result<Ready, Failure> {
        self.refuse_expired(&self.load(id)?)?;
        let operation = self.store.operate(id).await?;
        let mut record = self.load(id)?;
        let dir = self.store.dir(id);
        state::admit(id.as_str(), dir.state(), Wanted::Start)?;
        let order = Order {
            name: id.to_string(),
            environment: record.environment.clone(),
            digest: record.environment_digest.clone(),
            vcpu_count: record.vcpu_count,
            mem_mib: record.mem_mib,
            ttl_seconds: record.ttl_seconds,
            allow_host_compat: record.allow_host_compat,
            unisolated: false,
            has_secrets: false,
            renew: false,
            tethered,
            lasting: false,
        };
        let mut prepared = self.machines.prepare(&dir, &order, progress).await?;
        if let Some(digest) = prepared.new_digest.take() {
            record.environment_digest = Some(digest);
            self.store.save(&record)?;
        }
        let tether = self.machines.start(&dir, &order, prepared, Some(operation), progress).await?;
        Ok(Ready { vm: self.status(id).await?, tether })
    }

    async fn client(&self, id: &VmId) -> Result<Client, Failure> {
        let ended = || machine::just_ended(id.as_str(), "vm_status tells why; start it again with vm_start");
        self.store.dir(id).client().await.ok_or_else(ended)
    }
}
