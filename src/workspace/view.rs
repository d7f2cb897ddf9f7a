//! A workspace as callers see it, and lists of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    cost::Cost,
    machine::MachineDir,
    network::{self, EgressDenied},
    record::WorkspaceRecord,
    reset::ResetTo,
    rest::Stop,
    secrets::SecretFacts,
    seed::Seed,
    services::{self, ListedService},
    shells::OpenedShell,
    state::State,
    workspaces::activity,
};
use crate::{
    egress::{Access, Policy},
    host::clock::{now_unix, rfc3339},
    ids::{Principal, WorkspaceId},
    supervisor::{history, network::read_denied, wire::Start},
    vm::{Death, ExecutionMode},
};

/// Where a workspace's files are, in its machine.
pub const WORKSPACE_PATH: &str = "/workspace";

/// A workspace as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Workspace {
    pub workspace_id: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub state: State,
    pub environment: String,
    /// Digest of the image its disk belongs to; absent for host-compat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_version: Option<String>,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub ttl_seconds: u32,
    /// RFC 3339, UTC, as all times.
    pub created_at: String,
    /// When something last changed it or ran in it.
    pub last_activity_at: String,
    /// When it is stopped if nobody uses it until then; absent where it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    pub network_policy: Access,
    /// What its programs may reach; all that is public where absent and there is egress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_hosts: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trust_host_ca: bool,
    /// What of its network does not work; where its policy cannot be read, it does not start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_problem: Option<String>,
    /// The last connections that were refused, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<EgressDenied>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretFacts>,
    /// In host-compat commands have the host's network, whatever the policy says.
    pub network_enabled: bool,
    pub allow_host_compat: bool,
    /// The isolation it has or last had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<ExecutionMode>,
    /// How its machine last began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Whose it is, where a token's holder made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub principal: Option<Principal>,
    /// The workspace it was forked from, which may be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<WorkspaceId>,
    pub workspace_path: String,
    pub workspace_seed: Seed,
    pub command_count: u64,
    /// Sequences of the commands that run now.
    pub running_commands: Vec<u64>,
    /// Those that nobody has closed, the oldest first.
    pub shells: Vec<OpenedShell>,
    /// Ended ones included.
    pub service_count: u64,
    pub running_service_count: u64,
    pub services: Vec<ListedService>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_command: Option<LastCommand>,
    pub reset_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reset_at: Option<String>,
    /// Why it last ended, where it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Death>,
    /// What it takes of the host's disk.
    pub cost: Cost,
    /// How this call stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// What this call reset it to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_reset: Option<ResetTo>,
    /// It was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// The command that was started last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct LastCommand {
    pub sequence: u64,
    /// Cut at 1,000 characters.
    pub command: String,
    pub cwd: String,
    /// Absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// One workspace of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Listed {
    pub workspace_id: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub environment: String,
    pub state: State,
    pub created_at: String,
    pub last_activity_at: String,
    /// When it is stopped if nobody uses it until then; absent where it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    pub command_count: u64,
    /// Ended ones included.
    pub service_count: u64,
    pub running_service_count: u64,
    /// What it takes of the host's disk, snapshots included.
    pub used_bytes: u64,
    /// Named ones.
    pub snapshot_count: u64,
    /// Whose it is, where a token's holder made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub principal: Option<Principal>,
}

/// A workspace whose record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Damaged {
    pub workspace_id: WorkspaceId,
    pub problem: String,
}

impl Workspace {
    /// From what lies on disk; what only a running machine knows is added by its asker.
    pub(super) fn of(record: WorkspaceRecord, dir: &MachineDir) -> Self {
        let (state, running) = (dir.told_state(), dir.running());
        let services = services::listed(dir, state);
        let folder = dir.path().join(history::FOLDER);
        let sequences = history::sequences(&folder);
        let last = sequences.last().and_then(|&last| history::read(&folder, last).ok().flatten());
        let policy = Policy::load(dir.path());
        let network_problem = policy.as_ref().err().map(|failure| failure.message.clone());
        let policy = policy.unwrap_or_default();
        Self {
            state,
            environment_version: record.environment_digest,
            vcpu_count: record.vcpu_count,
            mem_mib: record.mem_mib,
            ttl_seconds: record.ttl_seconds,
            created_at: rfc3339(record.created_at),
            last_activity_at: rfc3339(activity::last(dir, record.created_at).0),
            expires_at: expires_at(dir, state, record.ttl_seconds),
            network_policy: policy.access,
            network_enabled: policy.has_egress()
                || running.as_ref().is_some_and(|one| one.execution_mode == ExecutionMode::HostCompat),
            allow_hosts: policy.allow_hosts.map(network::told),
            deny_hosts: network::told(policy.deny_hosts),
            trust_host_ca: policy.trust_host_ca,
            network_problem,
            egress_denied: EgressDenied::all(read_denied(dir.path())),
            secrets: record.secrets,
            allow_host_compat: record.allow_host_compat,
            execution_mode: running.as_ref().map(|running| running.execution_mode),
            start: running.and_then(|running| running.start),
            principal: record.principal,
            forked_from: record.forked_from,
            workspace_path: WORKSPACE_PATH.into(),
            workspace_seed: record.seed,
            command_count: sequences.last().copied().unwrap_or(0),
            running_commands: vec![],
            shells: vec![],
            service_count: services::count(dir),
            running_service_count: services::running(&services),
            services,
            last_command: last.map(|last| LastCommand {
                sequence: last.sequence,
                command: super::exec::shown(&last.command),
                cwd: last.cwd,
                exit_code: last.ended.as_ref().map(|ended| ended.exit_code),
                duration_ms: last.ended.as_ref().map(|ended| ended.duration_ms),
            }),
            reset_count: record.reset_count,
            last_reset_at: record.last_reset_at.map(rfc3339),
            ended: (state == State::Stopped).then(|| dir.death()),
            cost: Cost::of(dir),
            stop: None,
            workspace_reset: None,
            resumed: false,
            workspace_id: record.workspace_id,
            name: record.name,
            labels: record.labels,
            environment: record.environment,
        }
    }

    /// Asking was a use: the idle time starts anew.
    pub(super) fn used_now(&mut self) {
        self.expires_at = Some(rfc3339(now_unix() + i64::from(self.ttl_seconds)));
    }
}

impl Listed {
    pub(super) fn of(record: WorkspaceRecord, dir: &MachineDir, last_activity: i64) -> Self {
        let state = dir.told_state();
        // Of a workspace that does not run, no record needs to be read.
        let running = if state == State::Started { services::running(&services::listed(dir, state)) } else { 0 };
        let cost = Cost::of(dir);
        Self {
            used_bytes: cost.used_bytes,
            snapshot_count: cost.snapshot_count,
            state,
            service_count: services::count(dir),
            running_service_count: running,
            created_at: rfc3339(record.created_at),
            last_activity_at: rfc3339(last_activity),
            expires_at: expires_at(dir, state, record.ttl_seconds),
            principal: record.principal,
            command_count: history::sequences(&dir.path().join(history::FOLDER)).last().copied().unwrap_or(0),
            workspace_id: record.workspace_id,
            name: record.name,
            labels: record.labels,
            environment: record.environment,
        }
    }
}

fn expires_at(dir: &MachineDir, state: State, ttl_seconds: u32) -> Option<String> {
    (state == State::Started).then(|| rfc3339(dir.last_use() + i64::from(ttl_seconds)))
}
