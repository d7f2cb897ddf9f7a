//! A service as callers see it.

use nix::sys::signal::Signal;
use pyro_protocol::frame::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    host::clock::rfc3339,
    ids::{ServiceName, WorkspaceId},
    limits,
    supervisor::services::{Published, Readiness, Restart, ServiceRecord, ServiceState, StopReason},
    vm::ExecutionMode,
    workspace::{exec, machine::MachineDir, network::EgressDenied},
};

/// A service of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Service {
    pub workspace_id: WorkspaceId,
    pub service_name: ServiceName,
    pub state: ServiceState,
    /// Cut at 1,000 characters, in a list at 200.
    pub command: String,
    pub cwd: String,
    /// Of the latest start.
    pub started_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// As a shell tells it; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// That ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// In the machine, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    pub execution_mode: ExecutionMode,
    /// Null where it is ready at once.
    #[serde(default)]
    pub readiness: Option<ReadyWhen>,
    pub restart: Restart,
    pub restart_count: u32,
    /// Why it is over, where its command did not just exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// What is known of the cause of its end or its last restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where it is reached from the host, while it is not over.
    pub published_ports: Vec<PublishedPort>,
    /// Connections that were refused to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<EgressDenied>,
    /// Bytes written by all of its starts, kept or not.
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
    /// Output that is not kept any more, or never was.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost_bytes: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What tells that a service is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ReadyWhen {
    /// `file`, `tcp`, `http` or `command`; the field for it is there.
    pub r#type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// A port of the host that leads to one of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PublishedPort {
    pub host: String,
    pub host_port: u16,
    pub guest_port: u16,
}

/// A service in a workspace's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ListedService {
    pub service_name: ServiceName,
    pub state: ServiceState,
    pub restart_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where it is reached from the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published_ports: Vec<PublishedPort>,
}

impl PublishedPort {
    /// Those of a service; one that is over is not reached any more.
    fn all(published: &[Published], state: ServiceState) -> Vec<Self> {
        let there = published.iter().filter(|_| !state.is_over());
        there
            .map(|one| Self { host: "127.0.0.1".into(), host_port: one.host_port, guest_port: one.guest_port })
            .collect()
    }
}

impl Service {
    pub(super) fn of(id: &WorkspaceId, dir: &MachineDir, record: ServiceRecord) -> Self {
        let folder = super::folder(dir);
        let lost = [Stream::Stdout, Stream::Stderr].map(|stream| {
            let gap = record.stored(&folder, stream).gap();
            gap.end - gap.start
        });
        let facts = record.facts;
        let time = |at_ms: i64| rfc3339(at_ms / 1000);
        let name =
            |signal: i32| Signal::try_from(signal).map_or_else(|_| signal.to_string(), |one| one.as_str().to_owned());
        Self {
            workspace_id: id.clone(),
            service_name: record.name,
            state: facts.state,
            command: exec::shown(&record.command),
            cwd: exec::shown(&record.cwd),
            started_at: time(facts.started_at_ms),
            ready_at: facts.ready_at_ms.map(time),
            ended_at: facts.ended_at_ms.map(time),
            exit_code: facts.exit_code,
            signal: facts.signal.map(name),
            pid: facts.pid,
            execution_mode: dir.running().map_or(ExecutionMode::HostCompat, |running| running.execution_mode),
            readiness: record.readiness.map(ReadyWhen::of),
            restart: record.restart,
            restart_count: facts.restart_count,
            stop_reason: facts.stop_reason,
            detail: facts.detail,
            published_ports: PublishedPort::all(&record.published_ports, facts.state),
            egress_denied: EgressDenied::all(record.egress_denied),
            stdout_bytes: record.stdout_bytes,
            stderr_bytes: record.stderr_bytes,
            lost_bytes: lost.iter().fold(record.lost_bytes, |sum, lost| sum.saturating_add(*lost)),
        }
    }

    /// One of many: what its caller wrote is cut shorter.
    pub(super) fn in_a_list(mut self) -> Self {
        let looks = self.readiness.iter_mut();
        let looks = looks.flat_map(|one| [&mut one.path, &mut one.address, &mut one.url, &mut one.command]).flatten();
        for text in looks.chain([&mut self.command, &mut self.cwd]) {
            *text = text.chars().take(limits::LISTED_CHARS).collect();
        }
        self
    }

    /// It runs, or did all it was to do.
    pub fn is_well(&self) -> bool {
        !self.state.is_over() || (self.state == ServiceState::Exited && self.exit_code == Some(0))
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let mut line = format!("{} [{}] cwd={}", self.service_name, self.state.as_str(), self.cwd);
        if let Some(pid) = self.pid {
            line.push_str(&format!(" pid={pid}"));
        }
        if let Some(code) = self.exit_code {
            line.push_str(&format!(" exit_code={code}"));
        }
        for port in &self.published_ports {
            line.push_str(&format!(" published={}:{}->{}", port.host, port.host_port, port.guest_port));
        }
        if self.restart_count > 0 {
            line.push_str(&format!(" restarts={}", self.restart_count));
        }
        if let Some(detail) = &self.detail {
            line.push_str(&format!(": {detail}"));
        }
        line + "\n"
    }
}

impl ReadyWhen {
    fn of(readiness: Readiness) -> Self {
        let nothing = Self { r#type: String::new(), path: None, address: None, url: None, command: None };
        match readiness {
            Readiness::File { path } => Self { r#type: "file".into(), path: Some(exec::shown(&path)), ..nothing },
            Readiness::Tcp { address } => Self { r#type: "tcp".into(), address: Some(address), ..nothing },
            Readiness::Http { url } => Self { r#type: "http".into(), url: Some(exec::shown(&url)), ..nothing },
            Readiness::Command { command } => {
                Self { r#type: "command".into(), command: Some(exec::shown(&command)), ..nothing }
            }
        }
    }
}

impl ListedService {
    pub(super) fn of(record: ServiceRecord) -> Self {
        let facts = record.facts;
        Self {
            service_name: record.name,
            state: facts.state,
            restart_count: facts.restart_count,
            detail: facts.detail,
            published_ports: PublishedPort::all(&record.published_ports, facts.state),
        }
    }
}
