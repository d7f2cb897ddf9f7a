//! What a supervisor is told at its start, what it is asked, and what it leaves behind in its machine's directory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use pyro_protocol::{exec::ExecRequest, network::Denied};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    services::{Readiness, Restart, ServiceRecord},
    shells::wire::ShellFacts,
};
use crate::{
    failure::Failure,
    ids::ServiceName,
    template::{Place, Wanted},
    vm::{BackendSpec, Death, ExecutionMode, VmSpec, death::Cause},
};

/// Held by the supervisor as long as it lives.
pub const LOCK: &str = "supervisor.lock";
/// [`Running`], as long as a machine runs and after.
pub const RUNNING: &str = "running.json";
/// [`Ended`], once one has ended.
pub const ENDED: &str = "ended.json";

/// Prefix of a directory that is being removed.
pub const DELETING: &str = ".deleting-";

/// First line of a supervisor's standard input. The stream staying open is its tether, where it has one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    pub spec: VmSpec,
    pub backend: BackendSpec,
    /// Idle time after which the machine is ended.
    pub ttl_seconds: u32,
    /// What becomes of the directory after the idle time: one-shot machines vanish, workspaces stay.
    pub delete_when_idle: bool,
    /// End and vanish as soon as standard input closes: the caller is gone. A byte [`KEEP`] before that frees it.
    pub tethered: bool,
    /// Commands are written down below the directory.
    #[serde(default)]
    pub keeps_history: bool,
    /// It goes on as another than its disk was: it gets ids of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renew: bool,
    /// What it shall go on from, where there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Why there is none, where there should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The empty disk to copy, where the machine has none yet and boots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_disk: Option<PathBuf>,
}

/// What a machine goes on from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A template, and where its keeper is. Where that fails, it boots.
    Template { place: Place, wanted: Wanted },
    /// A machine that was saved for this: paths of its memory and state, which its supervisor keeps open. The disk is there.
    Fork { memory: PathBuf, state: PathBuf, services: Vec<Adopted> },
}

/// POST [`Fork`] -> a line of [`Forked`], once the machine is saved and its disk copied to a new file. What was saved lasts
/// until the answer ends, which it does not by itself.
pub const FORK: &str = "/v1/fork";

/// Where the disk of a machine that is to be forked is copied to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    pub disk: PathBuf,
}

/// A machine that was saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forked {
    pub memory: PathBuf,
    pub state: PathBuf,
    /// How long the guest stood still.
    pub paused_ms: u64,
    pub services: Vec<Adopted>,
}

/// A service that goes on in a fork.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adopted {
    pub start: StartService,
    /// Its command's number at the agent.
    pub exec: u64,
    pub record: ServiceRecord,
}

/// How a machine began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Start {
    pub how: How,
    /// Why it was not restored, where that was tried or not possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum How {
    /// From its kernel on.
    Booted,
    /// From a template.
    Restored,
    /// From another workspace, with its memory.
    Forked,
}

/// Says on a tether that the machine shall outlive its caller.
pub const KEEP: u8 = b'K';

/// Lines of a supervisor's standard output, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The lock is held: the machine counts against the host's memory.
    Locked,
    /// The agent answers.
    Ready,
    /// No machine came of it.
    Failed(Failure),
}

/// A machine as it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub execution_mode: ExecutionMode,
    /// Of the supervisor.
    pub pid: u32,
    /// Unix seconds.
    pub started_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
}

/// How a machine ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub death: Death,
    /// Unix seconds.
    pub ended_at: i64,
    /// It was told to stop and switched itself off in time.
    #[serde(default)]
    pub orderly: bool,
}

/// What the last machine in `dir` left of its end.
pub fn ended(dir: &Path) -> Option<Ended> {
    serde_json::from_slice(&fs::read(dir.join(ENDED)).ok()?).ok()
}

/// How the last machine in `dir` ended, and when, unix milliseconds, where that is known.
pub fn last_end(dir: &Path) -> (Death, Option<i64>) {
    let lost = "its supervisor was killed, or had no room on the host's disk to say why";
    ended(dir).map_or_else(
        || (Death::new(Cause::SupervisorLost, lost), None),
        |ended| (ended.death, Some(ended.ended_at * 1000)),
    )
}

/// GET -> [`Status`].
pub const STATUS: &str = "/v1/status";
/// POST [`Stop`] -> nothing, once the machine is gone.
pub const STOP: &str = "/v1/stop";

/// POST -> nothing: the network policy was changed, and holds from then on.
pub const NETWORK: &str = "/v1/network";

/// POST [`Command`] -> frames, and [`SEQUENCE_HEADER`]; written down in the history.
pub const COMMANDS: &str = "/v1/commands";
/// GET `/v1/commands/{sequence}?wait_ms=` -> [`super::history::CommandStatus`], when it has ended or the wait is over.
pub const COMMAND_ONE: &str = "/v1/commands/";
/// Header: a command's number in the history.
pub const SEQUENCE_HEADER: &str = "pyro-sequence";

/// POST [`StartService`] -> [`super::services::ServiceRecord`], when it is ready or over, or the patience is.
pub const SERVICES: &str = "/v1/services";
/// Behind a service's name: POST -> the same, when all of it is gone. GET of the name alone -> the same.
/// `Missing` where no such service runs: its record on disk tells the rest.
pub const SERVICE_STOP: &str = "stop";

/// A service as it shall be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartService {
    pub name: ServiceName,
    pub command: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Secrets' names to variables that hold them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_env: BTreeMap<String, String>,
    /// Ports of the host that lead to it while it is not over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published_ports: Vec<WantedPort>,
    /// What tells that it is ready; it is at once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
    pub ready_timeout_ms: u64,
    /// Between the beginnings of two looks.
    pub ready_interval_ms: u64,
    #[serde(default)]
    pub restart: Restart,
    /// After this long the answer is how it is then; otherwise the caller's leaving before the answer stops it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_ms: Option<u64>,
}

/// A port of the guest that is to be reached from the host's loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedPort {
    /// Any that is free where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_port: Option<u16>,
    pub guest_port: u16,
}

/// A command that is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    pub exec: ExecRequest,
    /// Secrets' names to variables that hold them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_env: BTreeMap<String, String>,
    /// All that it reads; `exec.stdin` must be a stream then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// After this long the stream ends with `HandedBack` and the command goes on; otherwise the reader's leaving ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_ms: Option<u64>,
}

/// What a supervisor tells about its machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub phase: Phase,
    pub execution_mode: ExecutionMode,
    pub commands_running: u32,
    /// Sequences of those that are written down.
    #[serde(default)]
    pub sequences: Vec<u64>,
    /// Those that nobody has closed.
    #[serde(default)]
    pub shells: Vec<ShellFacts>,
    /// The last connections to the world that were refused, the latest last.
    #[serde(default)]
    pub egress_denied: Vec<Denied>,
    /// What of its network does not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_problem: Option<String>,
}

/// Where a supervised machine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Booting,
    Running,
    Stopping,
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Tell the guest's processes, sync and power off; a machine about to be deleted is just killed.
    pub orderly: bool,
}
