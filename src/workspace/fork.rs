//! Copies of a workspace: of a running one with its memory and processes, of a stopped one by its disk.
//!
//! Everything of it that stays goes along: labels, snapshots, secrets, network policy. Its history stays with it. All
//! copies come up, or none is left.

use std::{fs, io, path::Path};

use futures_util::future::{join_all, try_join_all};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    names,
    record::WorkspaceRecord,
    rest::Settled,
    snapshot::Taken,
    transfer::blocking,
    view::Workspace,
    workspaces::{Workspaces, activity},
};
use crate::{
    failure::{Code, Failure},
    host::{clock::now_unix, lock::Lock, sparse},
    ids::WorkspaceId,
    progress::{Progress, ProgressSink},
    supervisor::{
        Client, Tether,
        wire::{self, Fork, Forked, Origin},
    },
};

/// Where the disk lies that the copies are made of, below the source's directory.
const SAVED_DISK: &str = "forking.ext4";
/// What a copy keeps of its source, by name in its directory. Their files never change in place, or are small.
const LINKED: [&str; 2] = ["baseline", "snapshots"];
const COPIED: [&str; 2] = ["network.json", "secrets"];

/// A workspace and the copies that were made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Forks {
    pub source: Workspace,
    pub workspaces: Vec<Workspace>,
    /// Memory and processes went along; otherwise only the disk of a stopped workspace.
    pub with_memory: bool,
    /// How long the source stood still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_ms: Option<u64>,
    /// What the copies have of the source besides its files.
    pub kept: Vec<String>,
}

/// One copy in the making.
struct Making {
    record: WorkspaceRecord,
    _making: Lock,
}

impl Workspaces {
    /// Makes `count` copies; their names are `name`, with more than one numbered.
    pub async fn fork(
        &self,
        id: &WorkspaceId,
        count: u32,
        name: Option<&str>,
        progress: Option<&ProgressSink>,
    ) -> Result<Forks, Failure> {
        let names = numbered(name.map(names::name).transpose()?, count)?;
        self.remove_abandoned();
        let (settled, operation) = match self.settle(id).await? {
            Settled::AtRest(operation) => (None, operation),
            Settled::Running(client) => {
                let operation = self.store.operate(id).await?;
                // It may have been stopped while nobody held the lock.
                (self.settled(id).await?.map(|_| client), operation)
            }
        };
        let record = self.store.load(id)?;
        if self.machines.runs_on_the_host(&record) {
            return Err(Failure::new(Code::Denied, "a workspace on the host itself cannot be forked")
                .hint("workspace_export its files and seed others with them"));
        }
        let claim = self.machines.claim_count(count as usize).await?;
        let baseline = record.baseline.clone();
        let running = settled.is_some();
        if running {
            self.machines.refuse_beyond_memory(u64::from(record.mem_mib) * u64::from(count))?;
        }
        let mut makings = Vec::new();
        let dir = self.store.dir(id);
        for name in names {
            makings.push(self.begin_copy(&record, name, dir.path(), !running)?);
        }
        drop(claim);
        let made = match settled {
            Some(client) => self.fork_running(&client, &dir.path().join(SAVED_DISK), &makings, progress).await,
            None => {
                let disk = dir.disk();
                self.copy_disks(&disk, &makings).await.map(|()| (vec![], None))
            }
        };
        let _ = fs::remove_file(dir.path().join(SAVED_DISK));
        let finished = match made {
            Ok((tethers, paused_ms)) => {
                let finished = self.finish(&makings, baseline, tethers).await;
                finished.map(|()| paused_ms)
            }
            Err(failure) => Err(failure),
        };
        drop(operation);
        let ids: Vec<WorkspaceId> = makings.iter().map(|making| making.record.workspace_id.clone()).collect();
        drop(makings);
        match finished {
            Ok(paused_ms) => {
                let workspaces = try_join_all(ids.iter().map(|id| self.status(id))).await?;
                let services = running.then_some("services");
                let kept = ["labels", "snapshots", "network_policy", "secrets"].into_iter().chain(services);
                let kept = kept.map(str::to_owned).collect();
                Ok(Forks { source: self.status(id).await?, workspaces, with_memory: running, paused_ms, kept })
            }
            Err(failure) => {
                join_all(ids.iter().map(|id| self.delete(id))).await;
                Err(failure)
            }
        }
    }

    /// Writes a copy down, with all that needs no machine.
    fn begin_copy(
        &self,
        source: &WorkspaceRecord,
        name: Option<String>,
        from: &Path,
        at_rest: bool,
    ) -> Result<Making, Failure> {
        let record = WorkspaceRecord {
            workspace_id: WorkspaceId::random()?,
            name,
            forked_from: Some(source.workspace_id.clone()),
            renew: true,
            baseline: None,
            created_at: now_unix(),
            ..source.clone()
        };
        let making = self.store.create(&record, |dir| {
            LINKED.iter().try_for_each(|name| take_along(&from.join(name), &dir.join(name), true))?;
            COPIED.iter().try_for_each(|name| take_along(&from.join(name), &dir.join(name), false))?;
            if at_rest {
                // What it last ran as, and how that ended: it is stopped as its source is.
                let life = [wire::RUNNING, wire::ENDED];
                life.iter().try_for_each(|name| take_along(&from.join(name), &dir.join(name), false))?;
            }
            Ok(())
        })?;
        Ok(Making { record, _making: making })
    }

    /// Saves the running machine and has one go on from it for each copy. Answers what ties the copies to us.
    async fn fork_running(
        &self,
        client: &Client,
        disk: &Path,
        makings: &[Making],
        progress: Option<&ProgressSink>,
    ) -> Result<(Vec<Tether>, Option<u64>), Failure> {
        if let Some(sink) = progress {
            sink(Progress { step: "saving the running workspace".into(), fraction: None });
        }
        let _ = fs::remove_file(disk);
        // What was saved is there as long as we hold on to it.
        let (forked, _held) = client.fork(&Fork { disk: disk.to_owned() }).await?;
        self.copy_disks(disk, makings).await?;
        let tethers = try_join_all(makings.iter().map(|making| self.go_on(making, &forked, progress))).await?;
        Ok((tethers, Some(forked.paused_ms)))
    }

    async fn copy_disks(&self, disk: &Path, makings: &[Making]) -> Result<(), Failure> {
        let targets: Vec<_> = makings.iter().map(|making| self.store.dir(&making.record.workspace_id).disk()).collect();
        let disk = disk.to_owned();
        blocking(move || {
            let copied = targets.iter().try_for_each(|target| sparse::copy(&disk, target));
            copied.map_err(|error| Failure::io("copy the workspace's disk", &error))
        })
        .await
    }

    async fn go_on(
        &self,
        making: &Making,
        forked: &Forked,
        progress: Option<&ProgressSink>,
    ) -> Result<Tether, Failure> {
        let id = &making.record.workspace_id;
        let dir = self.store.dir(id);
        let half_made = self.store.half_made(id);
        let operation = self.store.operate(id).await?;
        let order = making.record.order(true);
        let prepared = self.machines.prepare(&dir, &order, progress).await?;
        let Forked { memory, state, services, .. } = forked.clone();
        let prepared = prepared.forked(Origin::Fork { memory, state, services });
        let tether = self.machines.start(&dir, &order, prepared, Some(operation), progress).await?;
        half_made.keep();
        tether.ok_or_else(|| Failure::internal("the copy is not tied to its maker"))
    }

    /// From here on they stand by themselves.
    async fn finish(&self, makings: &[Making], baseline: Option<Taken>, tethers: Vec<Tether>) -> Result<(), Failure> {
        for making in makings {
            let (id, baseline) = (&making.record.workspace_id, baseline.clone());
            let has_run = !tethers.is_empty();
            self.change(id, |record| {
                record.renew &= !has_run;
                record.baseline = baseline;
                Ok(())
            })
            .await?;
            activity::mark(&self.store.dir(id));
        }
        for tether in tethers {
            tether.keep().await.map_err(|error| Failure::io("let a copy go its own way", &error))?;
        }
        Ok(())
    }
}

/// The copies' names.
fn numbered(name: Option<String>, count: u32) -> Result<Vec<Option<String>>, Failure> {
    (1..=count)
        .map(|number| match &name {
            Some(name) if count > 1 => names::name(&format!("{name}-{number}")).map(Some),
            name => Ok(name.clone()),
        })
        .collect()
}

/// A file or a directory, and all that is in it, where it is there; `linked`: without taking room for it.
fn take_along(from: &Path, to: &Path, linked: bool) -> io::Result<()> {
    let meta = match fs::symlink_metadata(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        meta => meta?,
    };
    if !meta.is_dir() {
        return if linked { fs::hard_link(from, to) } else { fs::copy(from, to).map(drop) };
    }
    crate::host::write::private_dir(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        // Hidden ones are being made or removed.
        if !name.to_string_lossy().starts_with('.') {
            take_along(&from.join(&name), &to.join(&name), linked)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_copies_are_numbered() {
        let names = |name: Option<&str>, count| numbered(name.map(str::to_owned), count).unwrap();
        assert_eq!(names(None, 2), [None, None]);
        assert_eq!(names(Some("try"), 1), [Some("try".to_owned())]);
        assert_eq!(names(Some("try"), 2), [Some("try-1".to_owned()), Some("try-2".to_owned())]);
    }

    #[test]
    fn what_is_taken_along_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("snapshots");
        fs::create_dir_all(from.join("one")).unwrap();
        fs::write(from.join("one/index"), "index").unwrap();
        fs::create_dir(from.join(".taking")).unwrap();
        for linked in [true, false] {
            let to = dir.path().join(format!("to-{linked}"));
            take_along(&from, &to, linked).unwrap();
            assert_eq!(fs::read_to_string(to.join("one/index")).unwrap(), "index");
            assert!(!to.join(".taking").exists());
        }
        take_along(&dir.path().join("none"), &dir.path().join("to"), true).unwrap();
    }
}
