//! Files and trees in and out of the guest. Bodies are raw bytes; what describes them travels in query and header.

/// Query: path in the guest; absolute, or relative to `/workspace`.
pub const PATH: &str = "path";
/// Query: octal permission bits for a new file; the old file's stay when absent, 0644 for a new one.
pub const MODE: &str = "mode";
/// Query: first byte wanted, decimal; from the end where negative.
pub const OFFSET: &str = "offset";
/// Query: bytes wanted at most, decimal.
pub const LENGTH: &str = "length";
/// Query: first line wanted, from 1; from the end where negative.
pub const LINE: &str = "line";
/// Query: lines wanted at most.
pub const LINES: &str = "lines";
/// Query: `1` refuses to write where anything is.
pub const CREATE_ONLY: &str = "create_only";
/// Query: the SHA-256 in hex that the old content must have.
pub const EXPECT: &str = "expect";
/// Header: offset in the file of the first byte sent.
pub const OFFSET_HEADER: &str = "pyro-offset";
/// Header: number of the first line sent, from 1, where it is known: not when lines were counted from the end. One more
/// than the file has lines when nothing is sent because it has no such line.
pub const LINE_HEADER: &str = "pyro-line";
/// Header: `1` when more was there, and asked for, than [`LENGTH`] let through.
pub const CUT_HEADER: &str = "pyro-cut";
/// Header: octal permission bits of the file sent.
pub const MODE_HEADER: &str = "pyro-mode";
/// Header: size in bytes of the file sent.
pub const SIZE_HEADER: &str = "pyro-size";
/// Header: base64 JSON list of paths that a tar left out because they are special files.
pub const SKIPPED_HEADER: &str = "pyro-skipped";

use serde::{Deserialize, Serialize};

/// Answer to a file written whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileWritten {
    pub bytes: u64,
    /// There was no such file before.
    #[serde(default)]
    pub created: bool,
    /// Permission bits it has now.
    #[serde(default)]
    pub mode: u32,
}

/// Answer to a tar unpacked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TarUnpacked {
    pub entries: u64,
    pub bytes: u64,
    /// Special files that were left out.
    pub skipped: Vec<String>,
}
