//! What a workspace begins with, and what is pushed into it later: a directory or an archive of the host.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a tree came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeedMode {
    Empty,
    Directory,
    TarArchive,
}

/// How a tree came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Seed {
    pub mode: SeedMode,
    /// On the host, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_path: Option<String>,
    /// In the workspace.
    pub destination: String,
    /// Files, links and directories.
    pub entry_count: u64,
    /// Of files.
    pub bytes_written: u64,
    /// Special files that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
}
