//! Running commands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::network::Denied;

/// Starts a command; the answer is a stream of [`crate::frame`]s.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExecRequest {
    /// Run by `sh -c`.
    pub command: String,
    /// Absolute, or relative to `/workspace`; `/workspace` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Added to the login environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub stdin: Stdin,
    /// The agent ends the command's process group after this long, whoever is still listening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// It runs on a terminal of this size instead of pipes: all output is one stream, `Stdout`, and `stdin` is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<TerminalSize>,
    /// Whatever it starts belongs to it, daemons included, and is ended when it ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contained: bool,
    /// How long its processes may take to heed TERM before they are killed; [`KILL_GRACE_MS`] when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<u64>,
}

/// Columns and rows of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    pub cols: u16,
    pub rows: u16,
}

/// How much of what was sent to [`crate::route::EXEC_TYPE`] the terminal took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// Fewer than were sent where the program read nothing for [`TYPE_PATIENCE_MS`]; the rest is dropped.
    pub bytes: u64,
}

/// Which process group a signal reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signaled {
    /// 0 from an agent that does not tell.
    #[serde(default)]
    pub pgid: u32,
}

/// What a command reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stdin {
    /// `/dev/null`.
    #[default]
    Null,
    /// Bytes sent to [`crate::route::EXEC_STDIN`]; the end of that body closes it.
    Stream,
}

/// First frame of a command's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecStarted {
    /// Names the command to the agent until it is forgotten; never reused within one boot.
    pub exec: u64,
    pub pid: u32,
    /// Process group, for a `kill` from another command.
    pub pgid: u32,
}

/// Last frame of a command's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecEnded {
    pub reason: ExitReason,
    /// As a shell would tell it: the code, 128 + signal, 124 after a timeout, 125 where none is known.
    pub exit_code: i32,
    /// The signal that ended it, by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Spawn to exit, measured in the guest.
    pub duration_ms: u64,
    /// Bytes the command wrote, whether or not they were kept.
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
    /// What was noticed meanwhile.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What is known of the cause, in one sentence (a limit, the last console lines).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Something of it heeded no TERM within its grace and was killed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// Connections to the world that were refused to it; only hosts fill this in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<Denied>,
    /// Processes of a contained command that outlived it and were ended with it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_behind: u32,
}

impl ExecEnded {
    /// An end of which nothing more is known.
    pub fn new(reason: ExitReason, exit_code: i32) -> Self {
        Self {
            reason,
            exit_code,
            signal: None,
            duration_ms: 0,
            stdout_bytes: 0,
            stderr_bytes: 0,
            conditions: vec![],
            detail: None,
            forced: false,
            egress_denied: vec![],
            left_behind: 0,
        }
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Why a command is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    Exited,
    Signaled,
    TimedOut,
    OomKilled,
    Canceled,
    VmDied,
}

/// Circumstances that explain odd results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The file system under `/workspace` has less than 1 % or no inodes left.
    DiskFull,
    /// Less than 5 % of memory is available.
    MemoryLow,
    /// A connection to the world was refused; only hosts notice this.
    EgressDenied,
}

/// Sends a signal to a command's process group; on a terminal to the group in its foreground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecSignal {
    pub signal: i32,
}

/// How long a canceled or timed-out process group may take to heed TERM before it is killed.
pub const KILL_GRACE_MS: u64 = 500;
/// Output the agent keeps per stream of a command while nobody reads it.
pub const OUTPUT_KEPT_BYTES: usize = 1024 * 1024;
/// Ended commands the agent remembers; the oldest is forgotten first.
pub const ENDED_KEPT: usize = 64;
/// Commands running at once, shells and services among them.
pub const RUNNING_MAX: usize = 96;
/// The most columns or rows of a terminal; both ends keep screens of that size.
pub const TERMINAL_SIDE_MAX: u16 = 500;
/// Typing waits this long for a program that reads nothing.
pub const TYPE_PATIENCE_MS: u64 = 5_000;
