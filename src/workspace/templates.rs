//! Templates as the owner of a host sees them: told, made beforehand, removed.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{machines::Body, machines::Machines, transfer::blocking};
use crate::{
    environment::{Environments, Pruned},
    failure::Failure,
    host::clock::rfc3339,
    limits,
    progress::ProgressSink,
    template::{self, Kind, Told},
    vm::ExecutionMode,
};

/// What machines go on from. Cheap to clone.
#[derive(Clone)]
pub struct Templates {
    machines: Machines,
}

/// A machine that was booted once and saved, for others to go on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Template {
    pub kind: TemplateKind,
    pub mem_mib: u32,
    pub vcpu_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<ExecutionMode>,
    /// On the host's disk.
    pub size_bytes: u64,
    /// RFC 3339.
    pub made_at: String,
    /// What making it took.
    pub made_in_ms: u64,
    /// Whether a process holds it in memory, so that the next machine need not read it.
    pub kept_in_memory: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TemplateKind {
    /// For new disks: its root is mounted.
    Fresh,
    /// For disks that exist: it waits for one.
    Bare,
}

/// What went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedTemplates {
    pub deleted: Vec<Pruned>,
    /// Processes that held one in memory.
    pub keepers_ended: u32,
}

impl Templates {
    pub fn new(machines: Machines) -> Self {
        Self { machines }
    }

    /// Those of one base image, by its digest.
    pub async fn of(&self, digest: &str) -> Result<Vec<Template>, Failure> {
        let (place, digest) = (self.machines.place(), digest.to_owned());
        blocking(move || {
            let listed = template::list(&place).into_iter().filter(|told| told.digest == digest);
            Ok(listed.map(Template::from).collect())
        })
        .await
    }

    /// Makes the template that new machines of the default size go on from here; false where they go on from none.
    pub async fn make(&self, environment: &str, progress: Option<&ProgressSink>) -> Result<bool, Failure> {
        let (vcpu_count, mem_mib) = (limits::vcpus_default(), limits::mem_mib_default());
        let body = Body { environment, digest: None, vcpu_count, mem_mib };
        match self.machines.wanted_by_default(body, progress).await? {
            Some(wanted) => self.machines.template(&wanted, progress).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Ends this state directory's keepers and removes the templates that no machine will go on from: those of images that
    /// are superseded, and `bare` ones only where no disk is left over their image. With `all`, every one.
    pub async fn prune(
        &self,
        environments: &Environments,
        in_use: BTreeSet<String>,
        all: bool,
    ) -> Result<PrunedTemplates, Failure> {
        let current: BTreeSet<String> = environments.list()?.into_iter().filter_map(|listed| listed.digest).collect();
        let place = self.machines.place();
        blocking(move || {
            let keepers_ended = template::end_keepers(&place.home);
            let gone = template::prune(&place, |told| !all && stays(told, &current, &in_use));
            Ok(PrunedTemplates { deleted: gone.into_iter().map(pruned).collect(), keepers_ended })
        })
        .await
    }
}

fn stays(told: &Told, current: &BTreeSet<String>, in_use: &BTreeSet<String>) -> bool {
    // A superseded image gets no new disks.
    current.contains(&told.digest) || told.kind == Kind::Bare && in_use.contains(&told.digest)
}

fn pruned(told: Told) -> Pruned {
    let kind = if told.kind == Kind::Fresh { "fresh" } else { "bare" };
    let name = format!("{} {kind} {} MiB {}", told.environment, told.mem_mib, told.key);
    Pruned { kind: "template".into(), name, freed_bytes: told.size_bytes }
}

impl From<Told> for Template {
    fn from(told: Told) -> Self {
        Self {
            kind: match told.kind {
                Kind::Fresh => TemplateKind::Fresh,
                Kind::Bare => TemplateKind::Bare,
            },
            mem_mib: told.mem_mib,
            vcpu_count: told.vcpu_count,
            execution_mode: told.execution_mode,
            size_bytes: told.size_bytes,
            made_at: rfc3339(told.made_at / 1000),
            made_in_ms: told.made_in_ms,
            kept_in_memory: told.kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_goes_on_from_goes() {
        let told = |kind, digest: &str| Told {
            key: "k".into(),
            kind,
            environment: "debian:12".into(),
            digest: digest.into(),
            vcpu_count: 1,
            mem_mib: 1024,
            execution_mode: None,
            made_at: 1_795_252_500_999,
            made_in_ms: 7,
            size_bytes: 5,
            kept: true,
        };
        let set = |digest: &str| BTreeSet::from([digest.to_owned()]);
        let (current, in_use) = (set("new"), set("old"));
        let kept = |kind, digest| stays(&told(kind, digest), &current, &in_use);
        assert!(kept(Kind::Fresh, "new") && kept(Kind::Bare, "new") && kept(Kind::Bare, "old"));
        assert!(!kept(Kind::Fresh, "old") && !kept(Kind::Bare, "older"));
        let shown = pruned(told(Kind::Bare, "old"));
        assert_eq!((shown.kind.as_str(), shown.name.as_str()), ("template", "debian:12 bare 1024 MiB k"));
        assert_eq!(Template::from(told(Kind::Fresh, "d")).made_at, "2026-11-21T09:15:00Z");
    }
}
