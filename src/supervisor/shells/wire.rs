//! What is asked of a workspace's shells, and answered.

use std::collections::BTreeMap;

use pyro_protocol::{
    exec::{ExecEnded, TerminalSize},
    network::Denied,
};
use serde::{Deserialize, Serialize};

use crate::{ids::ShellId, terminal::Screen};

/// POST [`OpenShell`] -> [`ShellFacts`].
pub const SHELLS: &str = "/v1/shells";
/// DELETE `/v1/shells/{id}` -> [`ShellFacts`], once what ran in it is gone. Below it, by POST:
/// `read` [`ReadShell`] -> [`ShellPage`]; `write` [`WriteShell`] -> [`Wrote`]; `signal` [`SignalShell`] -> [`Reached`];
/// `resize` [`TerminalSize`] -> [`ShellFacts`]; `attach?cols=&rows=`, whose body is typed -> what a terminal shows.
pub const SHELL_ONE: &str = "/v1/shells/";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenShell {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    pub size: TerminalSize,
    /// Secrets' names to variables that hold them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_env: BTreeMap<String, String>,
}

/// One shell as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellFacts {
    pub shell_id: ShellId,
    pub cwd: String,
    pub size: TerminalSize,
    pub started_at_ms: i64,
    /// Bytes its programs wrote so far.
    pub written: u64,
    /// Absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<ShellEnded>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellEnded {
    pub exec: ExecEnded,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadShell {
    /// Offset in the bytes written.
    pub cursor: u64,
    /// Bytes of a raw read, characters of a plain one.
    pub max: usize,
    /// What a person would see instead of the bytes.
    pub plain: bool,
    /// Wait first until nothing came for so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    /// But no longer than this.
    pub wait_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShellPage {
    pub shell: ShellFacts,
    /// Where the page begins: later than asked where the bytes before are not kept any more.
    pub cursor: u64,
    pub next_cursor: u64,
    /// There is more at `next_cursor` already.
    pub more: bool,
    /// Output from the cursor on that is not kept any more.
    pub dropped_bytes: u64,
    /// Nothing came for as long as asked; false where the wait ended otherwise.
    pub idle: bool,
    /// Connections to the world that were refused to its programs since the cursor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<Denied>,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Base64.
    Raw(String),
    Plain {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        screen: Option<Screen>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriteShell {
    /// Typed exactly.
    pub input: String,
    /// Given to the terminal first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<TerminalSize>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wrote {
    pub shell: ShellFacts,
    /// Fewer than sent where the program in the foreground reads nothing.
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalShell {
    pub signal: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    pub shell: ShellFacts,
    /// The process group in the foreground, which got it.
    pub pgid: u32,
}
