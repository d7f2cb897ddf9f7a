//! Create, run in, stop and delete machines: `state.rs` says what may happen, the store keeps it, supervisors do it.

use std::{sync::Arc, time::Duration};

use pyro_protocol::exec::ExecRequest;
use tokio::time::timeout;

use super::{
    exec::{self, Capture, Finished},
    outcome::Cleanup,
    record::{self, NewVm, Vm, VmRecord},
    state::{self, Wanted},
    store::Store,
};
use crate::{
    environment::Environments,
    failure::{Code, Failure},
    host::{Dirs, lock::Lock, memory},
    ids::VmId,
    limits,
    progress::ProgressSink,
    supervisor::{Client, Spawner},
    vm::{ExecutionMode, choose},
};

/// The machines of this host. Cheap to clone.
#[derive(Clone)]
pub struct Vms {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) dirs: Dirs,
    pub(super) store: Store,
    pub(super) spawner: Spawner,
    pub(super) environments: Environments,
    pub(super) settings: Settings,
}

/// What the host's owner decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// One back end picked by hand.
    pub backend: Option<ExecutionMode>,
    /// MiB that running machines may claim together.
    pub memory_mib: u64,
}

impl Settings {
    /// Reads `PYRO_BACKEND` and `PYRO_MEMORY_MIB`.
    pub fn from_env() -> Result<Self, Failure> {
        let backend = choose::parse_wish(&std::env::var("PYRO_BACKEND").unwrap_or_default())?;
        Ok(Self { backend, memory_mib: memory::claimable_mib() })
    }
}

/// A machine that never came up: nobody else would delete it before its time is over.
struct HalfMade<'a> {
    vms: &'a Vms,
    id: &'a VmId,
}

impl Drop for HalfMade<'_> {
    fn drop(&mut self) {
        if !self.vms.inner.store.supervisor_lives(self.id) {
            let _ = self.vms.inner.store.remove(self.id);
        }
    }
}

/// A supervisor that no longer listens ends by itself within this.
const FLUSHED: Duration = Duration::from_secs(3);
/// A killed supervisor's machine is gone within this.
const GONE: Duration = Duration::from_secs(10);

impl Vms {
    pub fn new(dirs: Dirs, environments: Environments, spawner: Spawner, settings: Settings) -> Self {
        let store = Store::new(&dirs.home);
        Self { inner: Arc::new(Inner { dirs, store, spawner, environments, settings }) }
    }

    /// Writes a machine down; nothing runs yet.
    pub async fn create(&self, new: NewVm) -> Result<Vm, Failure> {
        self.inner.environments.check(&new.environment)?;
        self.reap_expired().await?;
        let record = VmRecord {
            version: record::VERSION,
            vm_id: VmId::random()?,
            environment: new.environment,
            environment_digest: None,
            vcpu_count: new.vcpu_count,
            mem_mib: new.mem_mib,
            ttl_seconds: new.ttl_seconds,
            allow_host_compat: new.allow_host_compat,
            created_at: record::now_unix(),
        };
        self.inner.store.create(&record)?;
        self.status(&record.vm_id).await
    }

    /// Runs one command and waits for its end. Dropping the future cancels it.
    pub async fn exec(&self, id: &VmId, request: &ExecRequest, capture: Capture<'_>) -> Result<Finished, Failure> {
        check_command(&request.command)?;
        let record = self.inner.store.load(id)?;
        self.refuse_expired(&record)?;
        state::admit(id.as_str(), self.state(id), Wanted::Exec)?;
        let client = self.client(id).await?;
        exec::run(&client, request, capture).await
    }

    /// Claims a machine for the command after which it is deleted: two of those would end each other.
    pub fn claim_last_command(&self, id: &VmId) -> Result<Lock, Failure> {
        self.inner.store.load(id)?;
        self.inner.store.try_last_command(id).ok_or_else(|| {
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
        let half_made = HalfMade { vms: self, id: &vm.vm_id };
        let ready = self.start(&vm.vm_id, true, progress).await?;
        std::mem::forget(half_made);
        // From here on the tether deletes it, whatever happens to us.
        let finished = self.exec(&vm.vm_id, request, capture).await;
        let cleanup = self.clean_up(&vm.vm_id).await;
        drop(ready.tether);
        Ok((ready.vm, finished?, cleanup))
    }

    /// Ends the machine, keeping its disk; a machine that does not run is left as it is.
    pub async fn stop(&self, id: &VmId) -> Result<Vm, Failure> {
        let _operation = self.inner.store.operate(id).await?;
        self.inner.store.load(id)?;
        state::admit(id.as_str(), self.state(id), Wanted::Stop)?;
        self.end(id, true).await?;
        self.status(id).await
    }

    /// Ends and removes the machine, whatever its state, readable record or not.
    pub async fn delete(&self, id: &VmId) -> Result<(), Failure> {
        let operation = self.inner.store.operate(id).await?;
        state::admit(id.as_str(), self.state(id), Wanted::Delete)?;
        self.end(id, false).await?;
        self.inner.store.remove(id)?;
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

    /// Makes sure no supervisor lives: asked first, killed if it does not answer.
    pub(super) async fn end(&self, id: &VmId, orderly: bool) -> Result<(), Failure> {
        let store = &self.inner.store;
        if !store.supervisor_lives(id) {
            return Ok(());
        }
        let asked = match Client::connect(&store.dir(id)).await {
            Some(client) => client.stop(orderly).await.is_ok(),
            // It may be letting its last answers out.
            None => timeout(FLUSHED, store.supervisor_gone(id)).await.is_ok(),
        };
        if !asked && let (true, Some(pid)) = (store.supervisor_lives(id), store.supervisor_pid(id)) {
            // Its machine dies with it; if it is gone already, so is its machine.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
        match timeout(GONE, store.supervisor_gone(id)).await {
            Ok(gone) => gone,
            Err(_) => Err(Failure::internal(format!("the supervisor of {id} does not end")).hint("call again")),
        }
    }

    async fn client(&self, id: &VmId) -> Result<Client, Failure> {
        Client::connect(&self.inner.store.dir(id)).await.ok_or_else(|| {
            Failure::new(Code::VmDied, format!("{id} has just ended"))
                .hint("vm_status tells why; start it again with vm_start")
        })
    }
}

/// A command must fit one argument of a process.
fn check_command(command: &str) -> Result<(), Failure> {
    let limit = limits::COMMAND_BYTES_MAX;
    if command.len() > limit {
        let message = format!("command is {} bytes long, more than {limit}", command.len());
        return Err(Failure::invalid(message).hint("put the script's text into several commands"));
    }
    if command.contains('\0') {
        return Err(Failure::invalid("command contains a NUL character, which no command line can"));
    }
    Ok(())
}
