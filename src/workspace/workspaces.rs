//! What a caller owns: workspaces, found, listed, changed and deleted. What runs in them is in the files beside.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    caller::Caller,
    life::Wanted,
    machine,
    machines::Machines,
    names::{self, WorkspaceRef},
    network::EgressDenied,
    record::WorkspaceRecord,
    shells::OpenedShell,
    state::State,
    store::{self, Record, Store},
    transfer::blocking,
    view::{Damaged, Listed, Workspace},
};
use crate::{
    failure::{Code, Failure},
    host::lock::Lock,
    ids::WorkspaceId,
    limits,
};

/// The workspaces of this host. Cheap to clone.
#[derive(Clone)]
pub struct Workspaces {
    pub(super) machines: Machines,
    pub(super) store: Store<WorkspaceRecord>,
}

/// Which workspaces a list holds; everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub name: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub state: Option<State>,
}

/// A change of what a workspace is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renaming {
    pub name: Option<String>,
    pub clear_name: bool,
    pub labels: BTreeMap<String, String>,
    pub clear_labels: Vec<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub workspaces: Vec<Listed>,
    pub next_cursor: Option<String>,
    pub damaged: Vec<Damaged>,
}

impl Workspaces {
    pub fn new(machines: Machines) -> Self {
        let store = Store::new(&machines.dirs().home);
        Self { machines, store }
    }

    /// The same as one caller sees them: what is another's does not exist.
    pub fn of(&self, caller: &Arc<Caller>) -> Self {
        Self { machines: self.machines.of(caller), store: self.store.clone() }
    }

    /// The workspace of this id or name.
    pub fn find(&self, reference: &WorkspaceRef) -> Result<WorkspaceId, Failure> {
        if let Some(id) = reference.id() {
            if self.is_abandoned(&id) {
                let _ = self.store.remove(&id);
            }
            let is_there = self.store.dir(&id).path().is_dir() && self.sees(&id);
            return if is_there { Ok(id) } else { Err(store::missing::<WorkspaceRecord>(&id)) };
        }
        let caller = self.machines.caller();
        let called = |id: &WorkspaceId| {
            let record = self.store.load(id).ok()?;
            let named = record.name.as_deref() == Some(reference.as_str().trim());
            (record.baseline.is_some() && named && caller.sees(record.principal.as_ref())).then_some(record)
        };
        let mut records: Vec<WorkspaceRecord> = self.store.ids().iter().filter_map(called).collect();
        // What another calls by the same name does not make the caller's own ambiguous.
        if records.iter().any(|record| record.principal == caller.principal) {
            records.retain(|record| record.principal == caller.principal);
        }
        let mut found: Vec<WorkspaceId> = records.into_iter().map(|record| record.workspace_id).collect();
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Failure::missing(format!("no workspace has the id or name {:?}", reference.as_str()))
                .hint(WorkspaceRecord::MISSING_HINT)),
            count => {
                let ids: Vec<&str> = found.iter().map(WorkspaceId::as_str).collect();
                let message = format!("{count} workspaces are called {:?}: {}", reference.as_str(), ids.join(", "));
                Err(Failure::conflict(message).hint("name one by its id"))
            }
        }
    }

    /// Whether the caller may know of a workspace; one whose record cannot be read is the owner's.
    fn sees(&self, id: &WorkspaceId) -> bool {
        let caller = self.machines.caller();
        caller.principal.is_none() || self.store.load(id).is_ok_and(|record| caller.sees(record.principal.as_ref()))
    }

    /// The workspaces that `filter` lets through, last active first; `cursor` continues an earlier page.
    pub async fn list(&self, filter: Filter, cursor: Option<String>, limit: usize) -> Result<Page, Failure> {
        let workspaces = self.clone();
        // What each takes of the disk is added up from its files.
        blocking(move || workspaces.listed(&filter, cursor.as_deref(), limit)).await
    }

    fn listed(&self, filter: &Filter, cursor: Option<&str>, limit: usize) -> Result<Page, Failure> {
        let after = cursor.map(Position::parse).transpose()?;
        self.remove_abandoned();
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for id in self.store.ids() {
            match self.store.load(&id) {
                // One that is being made is nobody's yet.
                Ok(record) if record.baseline.is_none() => {}
                Ok(record) if !self.machines.caller().sees(record.principal.as_ref()) => {}
                Ok(record) => {
                    let activity = activity::last(&self.store.dir(&id), record.created_at);
                    let position = Position { seconds: activity.0, nanoseconds: activity.1, id };
                    if after.as_ref().is_none_or(|after| position.stands_after(after)) && filter.matches(&record) {
                        found.push((position, record));
                    }
                }
                // Deleted a moment ago.
                Err(failure) if failure.code == Code::Missing => {}
                Err(_) if self.machines.caller().principal.is_some() => {}
                Err(failure) => damaged.push(Damaged { workspace_id: id, problem: failure.message }),
            }
        }
        found.sort_by(|(one, _), (other, _)| one.order(other));
        let (mut workspaces, mut next_cursor, mut last) = (Vec::new(), None, None);
        for (position, record) in found {
            let dir = self.store.dir(&position.id);
            if filter.state.is_some_and(|state| state != dir.told_state()) {
                continue;
            }
            if workspaces.len() == limit {
                next_cursor = last.as_ref().map(Position::cursor);
                break;
            }
            workspaces.push(Listed::of(record, &dir, position.seconds));
            last = Some(position);
        }
        Ok(Page { workspaces, next_cursor, damaged })
    }

    /// The workspace as it is now.
    pub async fn status(&self, id: &WorkspaceId) -> Result<Workspace, Failure> {
        self.finish_orphaned_reset(id).await?;
        let record = self.store.load(id)?;
        let dir = self.store.dir(id);
        let mut workspace = blocking({
            let dir = dir.clone();
            move || Ok(Workspace::of(record, &dir))
        })
        .await?;
        if workspace.state == State::Started
            && let Some(client) = dir.client().await
            && let Ok(status) = client.status().await
        {
            workspace.running_commands = status.sequences;
            workspace.network_problem = workspace.network_problem.or(status.network_problem);
            workspace.egress_denied = EgressDenied::all(status.egress_denied);
            workspace.shells = status.shells.into_iter().map(OpenedShell::of).collect();
            workspace.used_now();
        }
        Ok(workspace)
    }

    /// Changes name and labels; what is cleared goes after what is set.
    pub async fn update(&self, id: &WorkspaceId, renaming: Renaming) -> Result<Workspace, Failure> {
        if renaming.name.is_some() && renaming.clear_name {
            return Err(Failure::invalid("name and clear_name exclude each other").hint("give one of them"));
        }
        let name = renaming.name.as_deref().map(names::name).transpose()?;
        let labels = names::labels(renaming.labels)?;
        self.change(id, |record| {
            if name.is_some() || renaming.clear_name {
                record.name = name;
            }
            record.labels.extend(labels);
            record.labels.retain(|key, _| !renaming.clear_labels.contains(key));
            names::not_too_many(&record.labels)
        })
        .await?;
        activity::mark(&self.store.dir(id));
        self.status(id).await
    }

    /// Ends and removes the workspace with its disk and history, whatever its state, readable record or not.
    pub async fn delete(&self, id: &WorkspaceId) -> Result<(), Failure> {
        let operation = self.store.operate(id).await?;
        self.bring_to_rest(id, Wanted::Deletion).await?;
        self.store.remove(id)?;
        drop(operation);
        Ok(())
    }

    /// Held, nobody else changes what is written down of a workspace, in any process.
    pub(super) async fn hold_record(&self, id: &WorkspaceId) -> Result<Lock, Failure> {
        machine::hold(self.store.dir(id).path().join("record.lock")).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => store::missing::<WorkspaceRecord>(id),
            _ => Failure::io(&format!("lock the record of {id}"), &error),
        })
    }

    /// Changes a record; nobody else does meanwhile, in any process.
    pub(super) async fn change(
        &self,
        id: &WorkspaceId,
        change: impl FnOnce(&mut WorkspaceRecord) -> Result<(), Failure>,
    ) -> Result<WorkspaceRecord, Failure> {
        let _held = self.hold_record(id).await?;
        let mut record = self.store.load(id)?;
        change(&mut record)?;
        self.store.save(&record)?;
        Ok(record)
    }
}

impl Filter {
    fn matches(&self, record: &WorkspaceRecord) -> bool {
        self.name.as_ref().is_none_or(|name| record.name.as_deref() == Some(name.trim()))
            && self.labels.iter().all(|(key, value)| record.labels.get(key) == Some(value))
    }
}

/// Where a workspace stands in a list: by its last activity, the latest first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    seconds: i64,
    nanoseconds: u32,
    id: WorkspaceId,
}

impl Position {
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let time = |one: &Self| (one.seconds, one.nanoseconds);
        time(other).cmp(&time(self)).then_with(|| self.id.cmp(&other.id))
    }

    fn stands_after(&self, other: &Self) -> bool {
        self.order(other).is_gt()
    }

    fn cursor(&self) -> String {
        format!("{}.{:09}.{}", self.seconds, self.nanoseconds, self.id)
    }

    fn parse(cursor: &str) -> Result<Self, Failure> {
        let parts: Vec<&str> = cursor.splitn(3, '.').collect();
        let parsed = match parts.as_slice() {
            [seconds, nanoseconds, id] => {
                seconds.parse().ok().zip(nanoseconds.parse().ok()).zip(id.parse::<WorkspaceId>().ok())
            }
            _ => None,
        };
        let ((seconds, nanoseconds), id) = parsed.ok_or_else(|| {
            Failure::invalid("cursor is none that workspace_list answered").hint("leave it out to begin anew")
        })?;
        Ok(Self { seconds, nanoseconds, id })
    }
}

/// When something last changed a workspace or ran in it: the time of a file, so that marking costs one system call.
pub(super) mod activity {
    use std::{fs::File, time::SystemTime};

    use crate::workspace::machine::MachineDir;

    const FILE: &str = "activity";

    pub(in crate::workspace) fn mark(dir: &MachineDir) {
        let file = File::options().create(true).append(true).open(dir.path().join(FILE));
        // A mark that fails costs a place in lists; the work itself would fail louder.
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Unix seconds and nanoseconds.
    pub(in crate::workspace) fn last(dir: &MachineDir, created_at: i64) -> (i64, u32) {
        let marked = std::fs::metadata(dir.path().join(FILE)).and_then(|meta| meta.modified());
        let since = marked.ok().and_then(|marked| marked.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or((created_at, 0), |since| (since.as_secs() as i64, since.subsec_nanos()))
    }
}

/// What a page holds where the caller says nothing.
pub const fn page_default() -> u32 {
    limits::LIST_DEFAULT
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position() -> impl Strategy<Value = Position> {
        (0i64..5, 0u32..3, "[a-z2-7]{12}").prop_map(|(seconds, nanoseconds, chars)| Position {
            seconds,
            nanoseconds,
            id: format!("ws-{chars}").parse().unwrap(),
        })
    }

    proptest! {
        #[test]
        fn a_cursor_splits_a_list_in_two(positions in proptest::collection::vec(position(), 1..20), at in any::<prop::sample::Index>()) {
            let cursor = Position::parse(&at.get(&positions).cursor()).unwrap();
            let mut sorted = positions.clone();
            sorted.sort_by(Position::order);
            sorted.dedup();
            let place = sorted.iter().position(|one| *one == cursor).unwrap();
            for (index, position) in sorted.iter().enumerate() {
                prop_assert_eq!(position.stands_after(&cursor), index > place);
            }
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "1", "1.2", "1.2.vm-abcdefgh2345", "x.2.ws-abcdefgh2345"] {
            assert_eq!(Position::parse(text).unwrap_err().code, Code::Invalid, "{text:?}");
        }
    }
}
