//! One entry that differs, judged by what the two walks say of it.

use bytes::Bytes;
use pyro_protocol::tree::{Entry, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::DIFF_FILE_BYTES_MAX;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Added,
    Deleted,
    /// Another content, or another target of a symlink.
    Modified,
    /// A file became a symlink, for example.
    TypeChanged,
    /// The same content with other permissions.
    ModeChanged,
}

/// One entry that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Relative to the workspace.
    pub path: Bytes,
    /// A file's [`Status::Modified`] is a suspicion until its contents were compared.
    pub status: Status,
    pub old: Option<Entry>,
    pub new: Option<Entry>,
    /// A regular file is involved: its bytes decide, or are told.
    pub needs_content: bool,
}

impl Change {
    /// The old content is needed: a regular file's.
    pub fn reads_old(&self) -> bool {
        is_file(self.old.as_ref())
    }

    /// The new content is needed: a regular file's.
    pub fn reads_new(&self) -> bool {
        is_file(self.new.as_ref())
    }

    /// A file on either side is too large for text: nothing is read but to tell whether it changed at all.
    pub fn too_large(&self) -> bool {
        [&self.old, &self.new].into_iter().flatten().any(|entry| entry.size > DIFF_FILE_BYTES_MAX)
    }

    /// Only the contents can tell whether anything changed.
    pub fn may_be_equal(&self) -> bool {
        let sizes = (self.old.as_ref().map(|old| old.size), self.new.as_ref().map(|new| new.size));
        self.reads_old() && self.reads_new() && sizes.0 == sizes.1
    }
}

fn is_file(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| entry.kind == Kind::File)
}

/// Compares what two walks say of one path. Without `full`, a file of the same inode, size, times and mode is the same.
pub(super) fn judge(old: Option<Entry>, new: Option<Entry>, full: bool) -> Option<Change> {
    let status = match (&old, &new) {
        (None, None) => return None,
        (None, Some(_)) => Status::Added,
        (Some(_), None) => Status::Deleted,
        (Some(old), Some(new)) => differs(old, new, full)?,
    };
    let path = new.as_ref().or(old.as_ref())?.path.clone();
    let needs_content = is_file(old.as_ref()) || is_file(new.as_ref());
    Some(Change { path, status, old, new, needs_content })
}

fn differs(old: &Entry, new: &Entry, full: bool) -> Option<Status> {
    if old.kind != new.kind {
        return Some(Status::TypeChanged);
    }
    let stamp = |entry: &Entry| (entry.inode, entry.size, entry.mtime_ns, entry.ctime_ns, entry.mode);
    match old.kind {
        Kind::File => (full || stamp(old) != stamp(new)).then_some(Status::Modified),
        // A link's own permissions mean nothing.
        Kind::Symlink => (old.target != new.target).then_some(Status::Modified),
        _ => (old.mode != new.mode).then_some(Status::ModeChanged),
    }
}
