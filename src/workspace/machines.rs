//! Starting machines, whoever owns them: back end, image and disk, the memory's limit, then a supervisor.

use std::{
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    caller::Caller, homes, machine, machine::MachineDir, network, record::WorkspaceRecord, store::Store, vms::VmRecord,
};
use crate::{
    egress::Policy,
    environment::Environments,
    failure::{Code, Failure},
    host::{self, Dirs, lock::Lock, memory, tsc, write},
    progress::{Progress, ProgressSink},
    supervisor::{
        Spawner, Tether,
        wire::{Launch, Origin},
    },
    template::{self, Kind, Place, Wanted},
    vm::{BackendSpec, ExecutionMode, Image, VmSpec, choose, kvm, offer},
};

/// What the host's owner decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// One back end picked by hand.
    pub backend: Option<ExecutionMode>,
    /// MiB that running machines may claim together.
    pub memory_mib: u64,
    /// Machines go on from templates.
    pub templates: bool,
}

impl Settings {
    /// Reads `PYRO_BACKEND`, `PYRO_MEMORY_MIB` and `PYRO_TEMPLATES`.
    pub fn from_env() -> Result<Self, Failure> {
        let backend = choose::parse_wish(&std::env::var("PYRO_BACKEND").unwrap_or_default())?;
        let templates = match std::env::var("PYRO_TEMPLATES").unwrap_or_default().as_str() {
            "" | "on" => true,
            "off" => false,
            other => {
                let failure = Failure::invalid(format!("PYRO_TEMPLATES is {other:?}"));
                return Err(failure.hint("let it be `on` or `off`, or unset it"));
            }
        };
        Ok(Self { backend, memory_mib: memory::claimable_mib(), templates })
    }
}

/// This host as a place for machines. Cheap to clone.
#[derive(Clone)]
pub struct Machines {
    inner: Arc<Inner>,
    /// For whom.
    caller: Arc<Caller>,
}

struct Inner {
    dirs: Dirs,
    environments: Environments,
    spawner: Spawner,
    settings: Settings,
}

/// One machine as it shall be.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Its id.
    pub(super) name: String,
    pub(super) environment: String,
    /// Of the image its disk belongs to; absent before there is a disk.
    pub(super) digest: Option<String>,
    pub(super) vcpu_count: u32,
    pub(super) mem_mib: u32,
    pub(super) ttl_seconds: u32,
    pub(super) allow_host_compat: bool,
    /// It has run on the host itself and stays there.
    pub(super) unisolated: bool,
    pub(super) has_secrets: bool,
    /// Its disk is a copy of another's, whose ids it must not keep.
    pub(super) renew: bool,
    pub(super) tethered: bool,
    /// A workspace's: the disk survives the host's crash and the idle time's end, commands are written down.
    pub(super) lasting: bool,
}

/// What of a machine decides which template it goes on from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body<'a> {
    pub(super) environment: &'a str,
    /// As in [`Order`].
    pub(super) digest: Option<&'a str>,
    pub(super) vcpu_count: u32,
    pub(super) mem_mib: u32,
}

/// Everything a machine needs, before it is started.
pub(super) struct Prepared {
    backend: BackendSpec,
    image: Option<Image>,
    /// What it shall go on from.
    wanted: Option<Wanted>,
    /// The saved machine it goes on from.
    fork: Option<Origin>,
    /// The empty disk to copy, where the machine has none yet.
    new_disk: Option<PathBuf>,
    /// Of the image that a disk is made over.
    pub(super) new_digest: Option<String>,
}

impl Prepared {
    /// It goes on from a saved machine, whose disk it has a copy of.
    pub(super) fn forked(self, fork: Origin) -> Self {
        Self { fork: Some(fork), wanted: None, ..self }
    }
}

impl Machines {
    pub fn new(dirs: Dirs, environments: Environments, spawner: Spawner, settings: Settings) -> Self {
        Self { inner: Arc::new(Inner { dirs, environments, spawner, settings }), caller: Arc::default() }
    }

    /// The same host for one caller.
    pub fn of(&self, caller: &Arc<Caller>) -> Self {
        Self { inner: self.inner.clone(), caller: caller.clone() }
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The state directory.
    pub fn home(&self) -> &Path {
        &self.inner.dirs.home
    }

    pub(super) fn dirs(&self) -> &Dirs {
        &self.inner.dirs
    }

    pub(super) fn environments(&self) -> &Environments {
        &self.inner.environments
    }

    /// Whether a workspace has no machine of its own.
    pub(super) fn runs_on_the_host(&self, record: &WorkspaceRecord) -> bool {
        // Whoever supervises in this process says what machines are.
        record.is_unisolated() && !matches!(self.inner.spawner, Spawner::InProcess(_))
    }

    /// Decides the back end, and sees to image and disk.
    pub(super) async fn prepare(
        &self,
        dir: &MachineDir,
        order: &Order,
        progress: Option<&ProgressSink>,
    ) -> Result<Prepared, Failure> {
        let inner = &self.inner;
        let without_disk =
            |backend| Prepared { backend, image: None, wanted: None, fork: None, new_disk: None, new_digest: None };
        if matches!(inner.spawner, Spawner::InProcess(_)) {
            return Ok(without_disk(BackendSpec::Given));
        }
        // What began without a disk has its files on the host, whatever could be had by now.
        let mode = if order.unisolated { Some(ExecutionMode::HostCompat) } else { inner.settings.backend };
        let wish = choose::Wish { mode, allow_host_compat: order.allow_host_compat };
        // Read before anything is started: a policy that cannot be read must not pass for none.
        let wants_network = Policy::load(dir.path())?.has_egress();
        let plain = offer::look(&inner.dirs.cache, wish, None).await;
        // Without a VMM no environment is needed: refuse, or run on the host, before anything is built.
        let early = choose::choose(wish, &choose::Offer { kvm: kvm::quick_look(), ..plain })?;
        if early.mode == ExecutionMode::HostCompat {
            if wants_network || order.has_secrets {
                return Err(network::unisolated(if wants_network { "a network policy" } else { "a secret" }));
            }
            let agent = host::binary("pyro-guest")?;
            return Ok(without_disk(BackendSpec::HostCompat { agent }));
        }
        let body = Body {
            environment: &order.environment,
            digest: order.digest.as_deref(),
            vcpu_count: order.vcpu_count,
            mem_mib: order.mem_mib,
        };
        self.isolated(wish, body, progress).await
    }

    /// What a new machine of a VMM would go on from, as this host would choose; none where it goes on from nothing.
    pub(super) async fn wanted_by_default(
        &self,
        body: Body<'_>,
        progress: Option<&ProgressSink>,
    ) -> Result<Option<Wanted>, Failure> {
        let inner = &self.inner;
        if !inner.settings.templates || matches!(inner.spawner, Spawner::InProcess(_)) {
            return Ok(None);
        }
        let wish = choose::Wish { mode: inner.settings.backend, allow_host_compat: false };
        let plain = offer::look(&inner.dirs.cache, wish, None).await;
        let early = choose::choose(wish, &choose::Offer { kvm: kvm::quick_look(), ..plain })?;
        if early.mode == ExecutionMode::HostCompat {
            return Ok(None);
        }
        Ok(self.isolated(wish, body, progress).await?.wanted)
    }

    /// Decides between the VMMs.
    async fn isolated(
        &self,
        wish: choose::Wish,
        body: Body<'_>,
        progress: Option<&ProgressSink>,
    ) -> Result<Prepared, Failure> {
        let inner = &self.inner;
        // Its disk belongs to one image for ever, whatever the name means by now.
        let boot = inner.environments.ensure(body.environment, body.digest, progress).await?;
        let new = body.digest.is_none();
        let image = Image { kernel: boot.kernel, initramfs: boot.initramfs, base: Some(boot.base) };
        let mode = choose::choose(wish, &offer::look(&inner.dirs.cache, wish, Some(&image)).await)?.mode;
        if new {
            homes::note(&inner.dirs.cache, &inner.dirs.home)
                .map_err(|error| Failure::io("note that the image is in use", &error))?;
        }
        let backend = if mode == ExecutionMode::Firecracker {
            let found = offer::firecracker().await;
            let found = found.map_err(|why| Failure::unavailable(why).hint(choose::FIRECRACKER_REMEDY))?;
            BackendSpec::Firecracker { binary: found.binary, jailer: found.jailer.ok() }
        } else {
            let binary = offer::qemu().map_err(|why| Failure::unavailable(why).hint(choose::QEMU_REMEDY))?;
            let tsc_khz = (mode == ExecutionMode::QemuTcg).then(|| tsc::khz(&inner.dirs.cache, &host::boot_id()));
            BackendSpec::Qemu { binary, tsc_khz }
        };
        let wanted = inner.settings.templates.then(|| Wanted {
            kind: if new { Kind::Fresh } else { Kind::Bare },
            environment: body.environment.to_owned(),
            digest: boot.digest.clone(),
            vcpu_count: body.vcpu_count,
            mem_mib: body.mem_mib,
            backend: backend.clone(),
            image: image.clone(),
            empty_disk: boot.empty_disk.clone(),
        });
        let (new_disk, new_digest) = (new.then_some(boot.empty_disk), new.then_some(boot.digest));
        Ok(Prepared { backend, image: Some(image), wanted, fork: None, new_disk, new_digest })
    }

    /// Starts a prepared machine and waits for its agent. `operation`, where the caller does not keep it, is let go as soon
    /// as the machine counts as running.
    pub(super) async fn start(
        &self,
        dir: &MachineDir,
        order: &Order,
        prepared: Prepared,
        operation: Option<Lock>,
        progress: Option<&ProgressSink>,
    ) -> Result<Option<Tether>, Failure> {
        let spare = prepared.wanted.as_ref().and_then(|wanted| self.spare(wanted, order));
        let (origin, trouble) = match (prepared.fork, prepared.wanted) {
            (Some(fork), _) => (Some(fork), None),
            (None, None) => (None, None),
            // One that has a spare keeps a template.
            (None, Some(wanted)) if spare.is_some() => (Some(Origin::Template { place: self.place(), wanted }), None),
            (None, Some(wanted)) => match self.template(&wanted, progress).await {
                Ok(()) => (Some(Origin::Template { place: self.place(), wanted }), None),
                Err(failure) => (None, Some(failure.message)),
            },
        };
        let launch = Launch {
            spec: VmSpec {
                name: order.name.clone(),
                vcpu_count: order.vcpu_count,
                mem_mib: order.mem_mib,
                image: prepared.image,
                dir: dir.path().to_owned(),
                durable: order.lasting,
                waits: false,
            },
            backend: prepared.backend,
            ttl_seconds: order.ttl_seconds,
            delete_when_idle: !order.lasting,
            tethered: order.tethered,
            keeps_history: order.lasting,
            renew: order.renew,
            origin,
            trouble,
            new_disk: prepared.new_disk,
        };
        if let Some(sink) = progress {
            sink(Progress { step: format!("starting {}", order.name), fraction: None });
        }
        let claim = self.claim("memory.lock").await?;
        self.refuse_beyond_memory(order.mem_mib.into())?;
        // From `Locked` on, the supervisor's lock shows that the machine runs: others may look and act.
        let held = Mutex::new(Some((claim, operation)));
        let release = || drop(held.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(spare) = spare {
            match self.inner.spawner.start(launch.clone(), Some(spare), release).await {
                // One that ended before it was anybody's has changed nothing.
                Err(_) if held.lock().unwrap_or_else(PoisonError::into_inner).is_some() => {}
                started => return Ok(started?.tether),
            }
        }
        Ok(self.inner.spawner.start(launch, None, release).await?.tether)
    }

    /// Where this host's templates are.
    pub(super) fn place(&self) -> Place {
        Place { cache: self.inner.dirs.cache.clone(), home: self.inner.dirs.home.clone() }
    }

    /// Sees to it that there is a template, and somebody who keeps it.
    pub(super) async fn template(&self, wanted: &Wanted, progress: Option<&ProgressSink>) -> Result<(), Failure> {
        let (place, wanted) = (self.place(), wanted.clone());
        if let (Some(sink), false) = (progress, template::exists(&place, &wanted)) {
            let step = format!("making a template of {} with {} MiB", wanted.environment, wanted.mem_mib);
            sink(Progress { step, fraction: None });
        }
        let asked = tokio::task::spawn_blocking(move || template::ask(&place, &wanted)).await;
        asked.map_err(|error| Failure::internal(error.to_string()))?.map(drop)
    }

    /// A machine that runs already, for one that shall have a new disk and nothing that its console must not tell.
    fn spare(&self, wanted: &Wanted, order: &Order) -> Option<UnixStream> {
        let may = wanted.kind == Kind::Fresh && !order.has_secrets;
        may.then(|| template::take(&self.place(), wanted)).flatten()
    }

    /// Held while a machine is being added to those that are counted.
    async fn claim(&self, lock: &str) -> Result<Lock, Failure> {
        let failed = |error| Failure::io("lock the machines", &error);
        write::private_dir(&self.inner.dirs.home).map_err(failed)?;
        machine::hold(self.inner.dirs.home.join(lock)).await.map_err(failed)
    }

    pub(super) fn refuse_beyond_memory(&self, wanted: u64) -> Result<(), Failure> {
        let home = &self.inner.dirs.home;
        let (vms, workspaces) = (Store::<VmRecord>::new(home), Store::<WorkspaceRecord>::new(home));
        if let (Some(allowed), Some(principal)) = (self.caller.allowance.mem_mib, &self.caller.principal) {
            let own = vms.claimed_mib(|record| record.principal.as_ref() == Some(principal))
                + workspaces.claimed_mib(|record| record.principal.as_ref() == Some(principal));
            if own + wanted > allowed {
                let message = format!("{wanted} MiB do not fit: your running machines claim {own} of {allowed} MiB");
                return Err(Failure::new(Code::Limit, message)
                    .hint("stop or delete some of yours, or ask for a smaller mem_mib"));
            }
        }
        let claimed = vms.claimed_mib(|_| true) + workspaces.claimed_mib(|_| true);
        let claimable = self.inner.settings.memory_mib;
        if claimed + wanted <= claimable {
            return Ok(());
        }
        Err(Failure::new(
            Code::Limit,
            format!("{wanted} MiB do not fit: running machines claim {claimed} of {claimable} MiB"),
        )
        .hint("stop or delete machines, ask for a smaller mem_mib, or raise PYRO_MEMORY_MIB"))
    }

    /// Refuses `more` machines where the caller's token allows fewer. What is answered is held until they are written down.
    pub(super) async fn claim_count(&self, more: usize) -> Result<Option<Lock>, Failure> {
        let (Some(allowed), Some(principal)) = (self.caller.allowance.workspaces, &self.caller.principal) else {
            return Ok(None);
        };
        let claim = self.claim("count.lock").await?;
        let home = &self.inner.dirs.home;
        let own = Store::<VmRecord>::new(home).count(principal) + Store::<WorkspaceRecord>::new(home).count(principal);
        if own + more <= allowed as usize {
            return Ok(Some(claim));
        }
        Err(Failure::new(Code::Limit, format!("you have {own} workspaces and VMs of {allowed} allowed"))
            .hint("delete one of yours first"))
    }
}
