//! What uploads and downloads have in common, as it is stored.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{CONTENT, RECORD};
use crate::{ids::Principal, key::KeyHash};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    pub(super) version: u32,
    /// Whose it is; the state directory's owner's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<Principal>,
    pub(super) key: KeyHash,
    /// Unix seconds.
    pub expires_at: i64,
    /// Of a tree's files; a file has its own length.
    #[serde(default)]
    pub(super) tree_bytes: u64,
}

impl Entry {
    pub(super) const VERSION: u32 = 1;

    /// Bytes of what waits, or has arrived so far.
    pub(super) fn bytes(&self, dir: &Path) -> u64 {
        let content = fs::metadata(dir.join(CONTENT));
        let own = content.map_or(0, |content| if content.is_file() { content.len() } else { 0 });
        own + self.tree_bytes
    }
}

pub(super) fn read(dir: &Path) -> Option<Entry> {
    let entry: Entry = serde_json::from_slice(&fs::read(dir.join(RECORD)).ok()?).ok()?;
    (entry.version <= Entry::VERSION).then_some(entry)
}
