//! Making a workspace: written down, started, seeded, and its baseline taken. Until all of that is done it is tied to its
//! maker: whoever goes away, nothing is left.

use std::collections::BTreeMap;

use super::{
    inhabit::Inhabited,
    names,
    network::NewNetwork,
    record::WorkspaceRecord,
    secrets::NewSecrets,
    seed::{From, Seed, SeedMode, Source},
    snapshot,
    store::Record,
    view::{WORKSPACE_PATH, Workspace},
    workspaces::{Workspaces, activity},
};
use crate::{
    egress::Policy,
    failure::Failure,
    host::clock::now_unix,
    ids::WorkspaceId,
    limits,
    progress::{Progress, ProgressSink},
    supervisor::{Tether, client},
};

/// What a caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorkspace {
    pub name: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub environment: String,
    /// A directory or archive of the host.
    pub seed: From,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub ttl_seconds: u32,
    pub allow_host_compat: bool,
    pub network: NewNetwork,
    pub secrets: NewSecrets,
}

impl Workspaces {
    /// Makes a workspace and starts it. Dropping the future leaves nothing.
    pub async fn create(&self, new: NewWorkspace, progress: Option<&ProgressSink>) -> Result<Workspace, Failure> {
        let name = new.name.as_deref().map(names::name).transpose()?;
        let labels = names::labels(new.labels)?;
        names::not_too_many(&labels)?;
        self.machines.environments().check(&new.environment)?;
        let policy = new.network.policy(self.machines.caller())?;
        let (secrets, facts) = new.secrets.gather(&self.machines.caller().files)?;
        self.remove_abandoned();
        let mut source = Source::find(self.machines.caller(), &self.spool(), "seed_path", new.seed)?;
        let taken = source.as_mut().and_then(Source::taken);
        let seed = Seed {
            mode: source.as_ref().map_or(SeedMode::Empty, Source::mode),
            seed_path: source.as_ref().and_then(Source::path),
            destination: WORKSPACE_PATH.into(),
            entry_count: 0,
            bytes_written: 0,
            skipped: vec![],
        };
        let record = WorkspaceRecord {
            version: WorkspaceRecord::VERSION,
            workspace_id: WorkspaceId::random()?,
            name,
            labels,
            environment: new.environment,
            environment_digest: None,
            vcpu_count: new.vcpu_count,
            mem_mib: new.mem_mib,
            ttl_seconds: new.ttl_seconds,
            allow_host_compat: new.allow_host_compat,
            seed,
            secrets: facts,
            principal: self.machines.caller().principal.clone(),
            forked_from: None,
            renew: false,
            baseline: None,
            created_at: now_unix(),
            reset_count: 0,
            last_reset_at: None,
        };
        let id = record.workspace_id.clone();
        let claim = self.machines.claim_count(1).await?;
        let making = self.store.create(&record, |dir| {
            secrets.create(dir)?;
            if policy == Policy::default() { Ok(()) } else { policy.save(dir) }
        })?;
        drop(claim);
        let half_made = self.store.half_made(&id);
        let tether = self.first_start(&record, progress).await?;
        half_made.keep();
        // From here on the tether deletes it, whatever happens to us.
        match self.furnish(&id, source, progress).await {
            Ok(()) => {}
            Err(failure) => {
                drop(tether);
                let _ = self.delete(&id).await;
                return Err(failure);
            }
        }
        tether.keep().await.map_err(|error| Failure::io("let the workspace go its own way", &error))?;
        drop(making);
        if let Some(taken) = taken {
            taken.consume();
        }
        activity::mark(&self.store.dir(&id));
        self.status(&id).await
    }

    /// Whether this is what is left of a workspace whose maker and supervisor were both killed half-way.
    pub(super) fn is_abandoned(&self, id: &WorkspaceId) -> bool {
        // The record is read last: once nobody makes it, it says for good whether it was ever done.
        !self.store.is_being_made(id)
            && !self.store.dir(id).lives()
            && self.store.load(id).is_ok_and(|record| record.baseline.is_none())
    }

    /// Removes what killed processes left half-made or half-deleted.
    pub(super) fn remove_abandoned(&self) {
        for id in self.store.ids().into_iter().filter(|id| self.is_abandoned(id)) {
            // Another process may be removing it as well.
            let _ = self.store.remove(&id);
        }
        self.store.sweep();
    }

    async fn first_start(&self, record: &WorkspaceRecord, progress: Option<&ProgressSink>) -> Result<Tether, Failure> {
        let id = &record.workspace_id;
        let dir = self.store.dir(id);
        let order = record.order(true);
        let operation = self.store.operate(id).await?;
        let mut prepared = self.machines.prepare(&dir, &order, progress).await?;
        if let Some(digest) = prepared.new_digest.take() {
            self.change(id, |record| {
                record.environment_digest = Some(digest);
                Ok(())
            })
            .await?;
        }
        let tether = self.machines.start(&dir, &order, prepared, Some(operation), progress).await?;
        tether.ok_or_else(|| Failure::internal("the new workspace is not tied to its maker"))
    }

    /// Seeds it and takes its baseline.
    async fn furnish(
        &self,
        id: &WorkspaceId,
        source: Option<Source>,
        progress: Option<&ProgressSink>,
    ) -> Result<(), Failure> {
        let dir = self.store.dir(id);
        let ended = || super::machine::just_ended(id.as_str(), "call again");
        let client = dir.client().await.ok_or_else(ended)?;
        let inhabited = Inhabited { dir, client, resumed: false };
        let mut unpacked = pyro_protocol::file::TarUnpacked { entries: 0, bytes: 0, skipped: vec![] };
        if let Some(source) = source {
            let upload = source.upload("seeding", progress).await?;
            let outcome = upload.outcome();
            let sent = inhabited.guest().put_tar(WORKSPACE_PATH, upload.pieces).await;
            unpacked = sent.map_err(|error| outcome.trouble().unwrap_or_else(|| client::failure(error)))?;
            unpacked.skipped.extend(outcome.skipped());
            if unpacked.entries > limits::TREE_ENTRIES_MAX {
                return Err(Failure::internal("the guest took more entries than it may"));
            }
        }
        if let Some(sink) = progress {
            sink(Progress { step: "taking the baseline".into(), fraction: None });
        }
        let baseline = snapshot::capture(&inhabited.dir, Some(&inhabited.client), &inhabited.dir.baseline()).await?;
        self.change(id, |record| {
            record.seed.entry_count = unpacked.entries;
            record.seed.bytes_written = unpacked.bytes;
            record.seed.skipped = unpacked.skipped;
            record.baseline = Some(baseline);
            Ok(())
        })
        .await?;
        Ok(())
    }
}
