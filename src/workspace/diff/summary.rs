//! What changed, as callers see it.

use pyro_protocol::tree::{Entry, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Status};
use crate::{vm::ExecutionMode, workspace::destination::Download};

/// What changed from one state of a workspace to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diff {
    pub workspace_id: String,
    pub changed: bool,
    pub summary: Summary,
    /// In the order of paths, within a cap.
    pub entries: Vec<ChangedEntry>,
    /// Changed entries that are not listed.
    pub entries_omitted: u64,
    /// Takes the old side to the new one: for `git apply`. Cut only between files.
    pub patch: String,
    /// Bytes of the whole patch, whether here or not.
    pub patch_bytes: u64,
    /// Files whose text is not in the patch for want of room.
    pub patches_omitted: u64,
    /// Directories that could not be read, the first few of them: what changed below is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// Some entries or text were left out.
    pub truncated: bool,
    /// The isolation of the machine that was asked, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<ExecutionMode>,
    /// The file of the host that holds the whole patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_path: Option<String>,
    /// The whole patch, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download: Option<Download>,
}

/// How many entries changed, listed or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    pub total: u64,
    pub added: u64,
    pub modified: u64,
    pub deleted: u64,
    pub type_changed: u64,
    pub mode_changed: u64,
    /// Entries with text in the whole patch.
    pub text_patched: u64,
    /// Entries without: binary and large files, directories, what only permissions tell apart.
    pub non_text: u64,
}

/// One entry that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedEntry {
    /// Relative to /workspace; invalid UTF-8 replaced.
    pub path: String,
    pub status: Status,
    /// What it is now, or was.
    #[serde(rename = "artifact_type")]
    pub kind: EntryType,
    /// What it was, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_artifact_type: Option<EntryType>,
    /// Permissions such as 0644, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_mode: Option<String>,
    pub binary: bool,
    /// Of a file that is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Of a file that was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_size_bytes: Option<u64>,
    /// Its text is in this result's patch.
    pub patched: bool,
    /// Why there is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryType {
    File,
    Directory,
    Symlink,
    Other,
}

impl From<Kind> for EntryType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::File => Self::File,
            Kind::Directory => Self::Directory,
            Kind::Symlink => Self::Symlink,
            Kind::Fifo | Kind::Socket | Kind::CharDevice | Kind::BlockDevice => Self::Other,
        }
    }
}

impl Summary {
    pub(super) fn count(&mut self, status: Status, has_text: bool) {
        self.total += 1;
        *match status {
            Status::Added => &mut self.added,
            Status::Deleted => &mut self.deleted,
            Status::Modified => &mut self.modified,
            Status::TypeChanged => &mut self.type_changed,
            Status::ModeChanged => &mut self.mode_changed,
        } += 1;
        *if has_text { &mut self.text_patched } else { &mut self.non_text } += 1;
    }
}

impl ChangedEntry {
    pub(super) fn new(change: &Change, binary: bool, patched: bool, note: Option<String>) -> Self {
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        let kind = |entry: &Entry| EntryType::from(entry.kind);
        let size = |entry: &Entry| (entry.kind == Kind::File).then_some(entry.size);
        let old_kind = old.map(kind);
        let kind = new.map(kind).or(old_kind).unwrap_or(EntryType::Other);
        // A link's permissions mean nothing.
        let mode = |entry: &Entry| (entry.kind != Kind::Symlink).then_some(entry.mode);
        let modes = (old.and_then(mode), new.and_then(mode));
        let shown = |mode: Option<u32>| mode.filter(|_| modes.0 != modes.1).map(|mode| format!("{mode:04o}"));
        Self {
            path: String::from_utf8_lossy(&change.path).into_owned(),
            status: change.status,
            kind,
            old_artifact_type: old_kind.filter(|old| *old != kind),
            old_mode: shown(modes.0),
            new_mode: shown(modes.1),
            binary,
            size_bytes: new.and_then(size),
            old_size_bytes: old.and_then(size),
            patched,
            note,
        }
    }
}
