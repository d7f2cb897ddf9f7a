//! The services of a workspace on disk: `services/NAME.json`, and beside it what each stream said. Read without the
//! supervisor; while it lives, only how much a running service has said is asked of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use pyro_protocol::{exec::ExecRequest, frame::Stream, network::Denied, probe::Probe};
use serde::{Deserialize, Serialize};

use super::facts::{Facts, Restart};
use crate::{host::write, ids::ServiceName, redact::Redactor, supervisor::kept::Stored, vm::Death};

/// Below the workspace's directory.
pub const FOLDER: &str = "services";
pub(super) const VERSION: u32 = 1;

/// `NAME.json`: one service. The values of its environment are not written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    pub version: u32,
    pub name: ServiceName,
    pub command: String,
    pub cwd: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
    #[serde(default)]
    pub restart: Restart,
    #[serde(flatten)]
    pub facts: Facts,
    /// Ports of the host's loopback that lead to it while it is not over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published_ports: Vec<Published>,
    /// Connections to the world that were refused to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<Denied>,
    /// Bytes written by all of its starts, kept or not.
    #[serde(default)]
    pub stdout_bytes: u64,
    #[serde(default)]
    pub stderr_bytes: u64,
    /// Bytes that were said but could not be kept: the link was away for too long, or the host's disk was full.
    #[serde(default)]
    pub lost_bytes: u64,
}

/// A port of the host's loopback that leads to one of the guest's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    pub host_port: u16,
    pub guest_port: u16,
}

/// What tells that a service is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Readiness {
    /// A file that exists.
    File { path: String },
    /// `HOST:PORT` that accepts connections.
    Tcp { address: String },
    /// A URL that is answered with status 200 to 399.
    Http { url: String },
    /// A command that exits with 0, in the service's directory and with its environment.
    Command { command: String },
}

impl Readiness {
    /// As it is written down.
    pub(super) fn redacted(&self, redactor: &Redactor) -> Self {
        let told = |text: &str| redactor.text(text).into_owned();
        match self {
            Self::File { path } => Self::File { path: told(path) },
            Self::Tcp { address } => Self::Tcp { address: told(address) },
            Self::Http { url } => Self::Http { url: told(url) },
            Self::Command { command } => Self::Command { command: told(command) },
        }
    }

    /// As the guest is asked.
    pub(super) fn probe(&self, exec: &ExecRequest) -> Probe {
        match self.clone() {
            Self::File { path } => Probe::File { path },
            Self::Tcp { address } => Probe::Tcp { address },
            Self::Http { url } => Probe::Http { url },
            Self::Command { command } => Probe::Command { command, cwd: exec.cwd.clone(), env: exec.env.clone() },
        }
    }
}

impl ServiceRecord {
    /// Where its machine ended and nobody wrote down how it fared: what lies on disk is all it said.
    pub fn end_with_machine(&mut self, folder: &Path, death: &Death, ended_at_ms: Option<i64>) {
        self.facts.end_with_machine(death, ended_at_ms);
        let kept = |stream| fs::metadata(stream_path(folder, &self.name, stream)).map_or(0, |meta| meta.len());
        (self.stdout_bytes, self.stderr_bytes) = (kept(Stream::Stdout), kept(Stream::Stderr));
    }

    /// Bytes that one stream has written.
    pub fn written(&self, stream: Stream) -> u64 {
        if stream == Stream::Stdout { self.stdout_bytes } else { self.stderr_bytes }
    }

    /// What is kept of one stream.
    pub fn stored(&self, folder: &Path, stream: Stream) -> Stored {
        Stored::open(&stream_path(folder, &self.name, stream), self.written(stream))
    }

    /// Replaces the record on disk.
    pub(super) fn save(&self, folder: &Path) -> io::Result<()> {
        write::swiftly(&record_path(folder, &self.name), &serde_json::to_vec_pretty(self)?)
    }
}

fn record_path(folder: &Path, name: &ServiceName) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// Where one stream of a service is kept.
pub(super) fn stream_path(folder: &Path, name: &ServiceName, stream: Stream) -> PathBuf {
    let end = if stream == Stream::Stdout { "out" } else { "err" };
    folder.join(format!("{name}.{end}"))
}

/// The services that have a record, sorted.
pub fn names(folder: &Path) -> Vec<ServiceName> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
    let mut names: Vec<ServiceName> = entries.filter_map(name).collect();
    names.sort();
    names
}

/// Reads one service's record; `None` where there is none.
pub fn read(folder: &Path, name: &ServiceName) -> io::Result<Option<ServiceRecord>> {
    let bytes = match fs::read(record_path(folder, name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let record: ServiceRecord = serde_json::from_slice(&bytes)?;
    let wrong = match &record {
        one if one.version > VERSION => format!("it has version {}, this pyro knows {VERSION}", one.version),
        one if one.name != *name => format!("it is that of {}", one.name),
        _ => return Ok(Some(record)),
    };
    Err(io::Error::new(io::ErrorKind::InvalidData, wrong))
}
