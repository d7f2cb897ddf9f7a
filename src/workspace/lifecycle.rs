//! Create, start, run in, stop and delete machines: `state.rs` says what may happen, the store keeps it, supervisors do it.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use pyro_protocol::exec::ExecRequest;
use tokio::time::timeout;

use super::{
    exec::{self, Capture, Finished},
    outcome::Cleanup,
    record::{self, NewVm, Vm, VmRecord},
    state::{self, State, Wanted},
    store::Store,
};
use crate::{
    environment::Environments,
    failure::{Code, Failure},
    host::{self, Dirs, memory, sparse, tsc},
    ids::VmId,
    limits,
    progress::{Progress, ProgressSink},
    supervisor::{
        Client, Spawner, Tether,
        wire::{self, BackendSpec, Ended, Launch, Running},
    },
    vm::{ExecutionMode, Image, VmSpec, choose, offer},
};

/// The machines of this host. Cheap to clone.
#[derive(Clone)]
pub struct Vms {
    inner: Arc<Inner>,
}

struct Inner {
    dirs: Dirs,
    store: Store,
    spawner: Spawner,
    environments: Environments,
    settings: Settings,
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

/// A machine whose agent answers.
pub struct Ready {
    pub vm: Vm,
    /// Dropping it ends and deletes the machine; `None` for machines that outlive their caller.
    pub tether: Option<Tether>,
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

    /// Starts it and waits for its agent, building the environment first where it is missing.
    pub async fn start(&self, id: &VmId, tethered: bool, progress: Option<&ProgressSink>) -> Result<Ready, Failure> {
        let inner = &self.inner;
        let operation = inner.store.operate(id).await?;
        let mut record = inner.store.load(id)?;
        self.refuse_expired(&record).await?;
        state::admit(id.as_str(), self.state(id), Wanted::Start)?;
        let (backend, image) = self.prepare(&mut record, progress).await?;
        let launch = Launch {
            spec: VmSpec {
                id: id.clone(),
                vcpu_count: record.vcpu_count,
                mem_mib: record.mem_mib,
                image,
                dir: inner.store.dir(id),
                durable: false,
            },
            backend,
            ttl_seconds: record.ttl_seconds,
            delete_when_idle: true,
            tethered,
        };
        if let Some(sink) = progress {
            sink(Progress { step: format!("starting {id}"), fraction: None });
        }
        let claim = inner.store.claim_memory().await?;
        self.refuse_beyond_memory(&record)?;
        // From `Locked` on, the supervisor's lock shows that the machine runs: others may look and act.
        let started = inner.spawner.start(launch, move || drop((claim, operation))).await?;
        Ok(Ready { vm: self.status(id).await?, tether: started.tether })
    }

    /// Decides the back end, and sees to image and disk.
    async fn prepare(
        &self,
        record: &mut VmRecord,
        progress: Option<&ProgressSink>,
    ) -> Result<(BackendSpec, Option<Image>), Failure> {
        let inner = &self.inner;
        if matches!(inner.spawner, Spawner::InProcess(_)) {
            return Ok((BackendSpec::Given, None));
        }
        let wish = choose::Wish { mode: inner.settings.backend, allow_host_compat: record.allow_host_compat };
        let plain = offer::look(&inner.dirs.cache, None).await;
        // Without QEMU no environment is needed: refuse, or run on the host, before anything is built.
        let early = choose::choose(wish, &choose::Offer { kvm: Ok(()), ..plain })?;
        if early.mode == ExecutionMode::HostCompat {
            let agent = host::binary("pyro-guest")?;
            return Ok((BackendSpec::HostCompat { agent }, None));
        }
        // Its disk belongs to one image for ever, whatever the name means by now.
        let digest = record.environment_digest.as_deref();
        let boot = inner.environments.ensure(&record.environment, digest, progress).await?;
        let image = Image { kernel: boot.kernel, initramfs: boot.initramfs, base: Some(boot.base) };
        let mode = choose::choose(wish, &offer::look(&inner.dirs.cache, Some(&image)).await)?.mode;
        let dir = inner.store.dir(&record.vm_id);
        if record.environment_digest.is_none() {
            let disk = dir.join("disk.ext4");
            // A start that was killed half-way may have left a copy.
            let _ = std::fs::remove_file(&disk);
            let copied = tokio::task::spawn_blocking(move || sparse::copy(&boot.empty_disk, &disk)).await;
            copied
                .map_err(|error| Failure::internal(error.to_string()))?
                .map_err(|error| Failure::io("make the machine's disk", &error))?;
            record.environment_digest = Some(boot.digest);
            inner.store.save(record)?;
        }
        let binary = offer::qemu().map_err(|why| Failure::unavailable(why).hint(choose::QEMU_REMEDY))?;
        let tsc_khz = (mode == ExecutionMode::QemuTcg).then(|| tsc::khz(&inner.dirs.cache, &crate::host::boot_id()));
        Ok((BackendSpec::Qemu { binary, tsc_khz }, Some(image)))
    }

    fn refuse_beyond_memory(&self, record: &VmRecord) -> Result<(), Failure> {
        let store = &self.inner.store;
        let running = store.ids().into_iter().filter(|id| store.supervisor_lives(id));
        let claimed: u64 = running.filter_map(|id| store.load(&id).ok()).map(|other| u64::from(other.mem_mib)).sum();
        let claimable = self.inner.settings.memory_mib;
        if claimed + u64::from(record.mem_mib) <= claimable {
            return Ok(());
        }
        let wanted = record.mem_mib;
        Err(Failure::new(
            Code::Limit,
            format!("{wanted} MiB do not fit: running machines claim {claimed} of {claimable} MiB"),
        )
        .hint("delete or stop machines, ask for a smaller mem_mib, or raise PYRO_MEMORY_MIB"))
    }

    /// Runs one command and waits for its end. Dropping the future cancels it.
    pub async fn exec(&self, id: &VmId, request: &ExecRequest, capture: Capture<'_>) -> Result<Finished, Failure> {
        check_command(&request.command)?;
        let record = self.inner.store.load(id)?;
        self.refuse_expired(&record).await?;
        state::admit(id.as_str(), self.state(id), Wanted::Exec)?;
        let client = self.client(id).await?;
        exec::run(&client, request, capture).await
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
    async fn end(&self, id: &VmId, orderly: bool) -> Result<(), Failure> {
        let store = &self.inner.store;
        if !store.supervisor_lives(id) {
            return Ok(());
        }
        let asked = match Client::connect(&store.dir(id)).await {
            Some(client) => client.stop(orderly).await.is_ok(),
            None => false,
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

    /// The machine as it is now.
    pub async fn status(&self, id: &VmId) -> Result<Vm, Failure> {
        let record = self.inner.store.load(id)?;
        self.refuse_expired(&record).await?;
        let state = self.state(id);
        let (running, ended) = (self.running(id), self.ended(id));
        let mut expires_at = self.idle_since(&record, ended.as_ref()) + i64::from(record.ttl_seconds);
        if state == State::Started
            && let Some(client) = Client::connect(&self.inner.store.dir(id)).await
            && let Ok(status) = client.status().await
        {
            expires_at = status.expires_at;
        }
        let lost = || Ended {
            death: crate::vm::Death::new(crate::vm::death::Cause::SupervisorLost, "its supervisor was killed"),
            ended_at: record.created_at,
        };
        let ended = (state == State::Stopped).then(|| ended.unwrap_or_else(lost).death);
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
            if expired && self.delete(&id).await.is_ok() {
                reaped.push(id);
            }
        }
        Ok(reaped)
    }

    /// Digests of images that some machine's disk belongs to; refused where one machine's record cannot tell.
    pub fn images_in_use(&self) -> Result<BTreeSet<String>, Failure> {
        let mut images = BTreeSet::new();
        for id in self.inner.store.ids() {
            match self.inner.store.load(&id) {
                Ok(record) => images.extend(record.environment_digest),
                // Deleted a moment ago.
                Err(failure) if failure.code == Code::Missing => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(images)
    }

    async fn refuse_expired(&self, record: &VmRecord) -> Result<(), Failure> {
        if !self.is_expired(record) {
            return Ok(());
        }
        let id = &record.vm_id;
        self.inner.store.remove(id)?;
        Err(Failure::missing(format!("{id} expired after {} s without use and was deleted", record.ttl_seconds))
            .hint("create another with vm_create; ttl_seconds says how long it may idle"))
    }

    /// A running machine's idle time is its supervisor's business.
    fn is_expired(&self, record: &VmRecord) -> bool {
        let over = self.idle_since(record, self.ended(&record.vm_id).as_ref()) + i64::from(record.ttl_seconds);
        over <= record::now_unix() && !self.inner.store.supervisor_lives(&record.vm_id)
    }

    fn idle_since(&self, record: &VmRecord, ended: Option<&Ended>) -> i64 {
        ended.map_or(record.created_at, |ended| ended.ended_at)
    }

    fn state(&self, id: &VmId) -> State {
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
