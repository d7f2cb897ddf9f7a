//! Looking whether something in the guest is ready.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Probe {
    /// The file exists, whatever it is. Relative paths begin at `/workspace`.
    File { path: String },
    /// Somebody accepts a TCP connection at `HOST:PORT` within [`TCP_DEADLINE_MS`].
    Tcp { address: String },
    /// A GET of an `http://` URL is answered with status 200 to 399 within [`HTTP_DEADLINE_MS`]; redirects are not followed.
    Http { url: String },
    /// `sh -c` exits with 0 within [`COMMAND_DEADLINE_MS`]; then its process group is ended.
    Command {
        command: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cwd: Option<String>,
        #[serde(default)]
        env: BTreeMap<String, String>,
    },
}

/// What one look saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    pub ready: bool,
    /// Why not, in a few words for people: "connection refused", "status 503", "exit code 1: last line of its output".
    #[serde(default)]
    pub detail: String,
}

pub const TCP_DEADLINE_MS: u64 = 1_000;
pub const HTTP_DEADLINE_MS: u64 = 2_000;
pub const COMMAND_DEADLINE_MS: u64 = 10_000;
