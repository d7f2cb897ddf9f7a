//! Starting a machine: back end, image and disk, the memory's limit, then a supervisor.

use super::{
    Vm, Vms, homes,
    record::VmRecord,
    state::{self, Wanted},
};
use crate::{
    failure::{Code, Failure},
    host::{self, sparse, tsc},
    ids::VmId,
    progress::{Progress, ProgressSink},
    supervisor::{
        Spawner, Tether,
        wire::{BackendSpec, Launch},
    },
    vm::{ExecutionMode, Image, VmSpec, choose, offer},
};

/// A machine whose agent answers.
pub struct Ready {
    pub vm: Vm,
    /// Dropping it ends and deletes the machine; `None` for machines that outlive their caller.
    pub tether: Option<Tether>,
}

impl Vms {
    /// Starts it and waits for its agent, building the environment first where it is missing.
    pub async fn start(&self, id: &VmId, tethered: bool, progress: Option<&ProgressSink>) -> Result<Ready, Failure> {
        let inner = &self.inner;
        self.refuse_expired(&inner.store.load(id)?)?;
        let operation = inner.store.operate(id).await?;
        let mut record = inner.store.load(id)?;
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
            homes::note(&inner.dirs.cache, &inner.dirs.home)
                .map_err(|error| Failure::io("note that the image is in use", &error))?;
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
}
