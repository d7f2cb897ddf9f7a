//! Looking inside a disk that no machine runs on: a stopped workspace's or a snapshot's. It is read in this process, as its
//! guest would see it; nothing is mounted and nothing started.

use std::{fs::File, path::PathBuf};

use nix::{
    fcntl::{OFlag, openat},
    sys::stat::Mode,
};
use pyro_protocol::tree::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    cost,
    files::{self, Decoded, FileEntry, Listing},
    output::json_bytes,
    place::Place,
    record::WorkspaceRecord,
    rest::Settled,
    snapshot::{Shelf, disk_failure},
    transfer::blocking,
    view::WORKSPACE_PATH,
    workspaces::Workspaces,
};
use crate::{
    disk::{DiskError, Found, View, WalkOptions},
    failure::Failure,
    host::{lock::Lock, sparse},
    ids::{SnapshotName, WorkspaceId},
    limits,
    progress::ProgressSink,
};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskList {
    pub workspace_id: WorkspaceId,
    /// Absolute, links on the way resolved.
    pub path: String,
    pub count: u64,
    /// Depth first, the names of a directory in the order of their bytes.
    pub entries: Vec<FileEntry>,
    /// For the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Entries of this page's stretch that are left out, for the disk says nothing sensible of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskPiece {
    pub workspace_id: WorkspaceId,
    /// Absolute, links resolved.
    pub path: String,
    /// Of the whole file.
    pub size_bytes: u64,
    /// UTF-8; empty where the piece is binary.
    pub content: String,
    /// Of the content's first byte.
    pub offset: u64,
    /// Where the next piece begins; absent at the end of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
    /// The content is not the whole file.
    pub truncated: bool,
    /// No text: workspace_disk_export or workspace_export copies it out.
    pub binary: bool,
    /// Permissions, e.g. 0644.
    pub mode: String,
}

/// A disk that was written to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskExported {
    pub workspace_id: WorkspaceId,
    /// On the host, absolute.
    pub output_path: String,
    /// Always `ext4`: what was changed of the root in `root/`, and /workspace in `workspace/`.
    pub disk_format: String,
    /// How long the file is; most of it is a hole.
    pub apparent_bytes: u64,
    /// What it takes of the host's disk.
    pub used_bytes: u64,
}

/// A disk at rest.
struct Rest {
    disk: PathBuf,
    /// Keeps a stopped workspace from being started.
    held: Option<Lock>,
}

impl Workspaces {
    /// Lists what is below a path; what is no directory lists itself.
    pub async fn list_disk(
        &self,
        id: &WorkspaceId,
        snapshot: Option<&SnapshotName>,
        listing: Listing,
        progress: Option<&ProgressSink>,
    ) -> Result<DiskList, Failure> {
        let path = absolute(&listing.path)?;
        let after = listing.cursor.as_deref().map(files::from_cursor).transpose()?;
        let id = id.clone();
        self.inside(&id.clone(), snapshot, progress, move |view| {
            let found = view.look(&path, false).map_err(|error| unread(&path, &error))?;
            let shown = String::from_utf8_lossy(&found.path).into_owned();
            let (mut entries, mut next_cursor, mut last, mut cost, mut skipped) = (Vec::new(), None, None, 0, 0);
            if found.entry.kind != Kind::Directory {
                entries.push(FileEntry { path: shown.clone(), ..FileEntry::of("", &found.entry) });
            } else {
                let mut walk = view.walk(&found, WalkOptions { depth: listing.depth, after });
                for entry in walk.by_ref() {
                    let entry = entry.map_err(|error| unread(&path, &error))?;
                    if entries.len() == listing.limit || cost > limits::FILE_LIST_JSON_BYTES_MAX {
                        next_cursor = last.as_ref().map(files::to_cursor);
                        break;
                    }
                    let one = FileEntry::of(shown.trim_end_matches('/'), &entry);
                    cost += json_bytes(&one.path) + one.link_target.as_deref().map_or(0, json_bytes) + 160;
                    entries.push(one);
                    last = Some(entry.path);
                }
                skipped = walk.skipped();
            }
            let count = entries.len() as u64;
            Ok(DiskList { workspace_id: id, path: shown, count, entries, next_cursor, skipped })
        })
        .await
    }

    /// Reads a piece of a file; links are followed within the disk. `offset` counts from the end where negative.
    pub async fn read_disk(
        &self,
        id: &WorkspaceId,
        snapshot: Option<&SnapshotName>,
        path: &str,
        offset: i64,
        max_bytes: u32,
        progress: Option<&ProgressSink>,
    ) -> Result<DiskPiece, Failure> {
        let path = absolute(path)?;
        let id = id.clone();
        self.inside(&id.clone(), snapshot, progress, move |view| {
            let found = view.look(&path, true).map_err(|error| unread(&path, &error))?;
            if found.entry.kind != Kind::File {
                return Err(unread(&path, &DiskError::NoSuchKind("regular file")));
            }
            let size = found.entry.size;
            let offset = if offset < 0 { size.saturating_sub(offset.unsigned_abs()) } else { offset as u64 };
            let bytes = piece(&view, &found, offset, max_bytes as usize).map_err(|error| unread(&path, &error))?;
            let Decoded { content, offset, end, binary } = files::decoded(&bytes, offset, size);
            Ok(DiskPiece {
                workspace_id: id,
                path: String::from_utf8_lossy(&found.path).into_owned(),
                size_bytes: size,
                content,
                offset,
                next_offset: (end < size).then_some(end),
                truncated: offset > 0 || end < size,
                binary,
                mode: format!("{:04o}", found.entry.mode),
            })
        })
        .await
    }

    /// Copies the disk itself, holes as holes, to a new file of the host.
    pub async fn export_disk(
        &self,
        id: &WorkspaceId,
        snapshot: Option<&SnapshotName>,
        output_path: &str,
    ) -> Result<DiskExported, Failure> {
        refuse_without_disk(&self.store.load(id)?)?;
        let place = Place::open(&self.machines.caller().files, output_path)?;
        let rest = self.rest(id, snapshot).await?;
        let workspace_id = id.clone();
        blocking(move || {
            let failed = |error| Failure::io(&format!("write {}", place.path().display()), &error);
            let source = File::open(&rest.disk).map_err(|error| Failure::io("open the disk", &error))?;
            place.fill(Kind::File, |directory| {
                let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
                let target = openat(directory, "disk", flags, Mode::from_bits_truncate(0o644));
                let target = File::from(target.map_err(|errno| failed(errno.into()))?);
                sparse::copy_into(&source, &target).and_then(|_| target.sync_all()).map_err(failed)
            })?;
            drop(rest.held);
            Ok(DiskExported {
                workspace_id,
                output_path: place.path().to_string_lossy().into_owned(),
                disk_format: "ext4".into(),
                apparent_bytes: source.metadata().map_or(0, |disk| disk.len()),
                used_bytes: cost::used_bytes(place.path()),
            })
        })
        .await
    }

    /// Looks at a disk at rest as its guest would see it, on a thread that may block.
    async fn inside<T: Send + 'static>(
        &self,
        id: &WorkspaceId,
        snapshot: Option<&SnapshotName>,
        progress: Option<&ProgressSink>,
        look: impl FnOnce(View) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let record = self.store.load(id)?;
        refuse_without_disk(&record)?;
        let digest = record.environment_digest.as_deref();
        // It may take its time: nobody is kept from starting the workspace meanwhile.
        let base = self.machines.environments().ensure(&record.environment, digest, progress).await?.base;
        let rest = self.rest(id, snapshot).await?;
        blocking(move || {
            let view =
                View::open(&rest.disk, &base).map_err(|error| unread(b"the disk over its environment", &error))?;
            let looked = look(view);
            drop(rest.held);
            looked
        })
        .await
    }

    async fn rest(&self, id: &WorkspaceId, snapshot: Option<&SnapshotName>) -> Result<Rest, Failure> {
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        refuse_without_disk(&record)?;
        if let Some(name) = snapshot {
            return Ok(Rest { disk: Shelf::new(&dir, &record).find(name)?.disk(), held: None });
        }
        match self.settle(id).await? {
            Settled::AtRest(operation) => Ok(Rest { disk: dir.disk(), held: Some(operation) }),
            Settled::Running(_) => Err(Failure::conflict(format!("{id} is running, so its disk changes all the time"))
                .hint("stop it with workspace_stop, name a snapshot, or use workspace_file_read and workspace_export")),
        }
    }
}

fn refuse_without_disk(record: &WorkspaceRecord) -> Result<(), Failure> {
    let id = &record.workspace_id;
    if record.baseline.as_ref().is_none_or(|baseline| baseline.disk_digest.is_some()) {
        return Ok(());
    }
    Err(Failure::unavailable(format!("{id} has no disk: it runs unisolated on the host (host-compat)"))
        .hint("workspace_file_read and workspace_export reach its files"))
}

/// Fills a piece as far as the file goes.
fn piece(view: &View, found: &Found, offset: u64, max: usize) -> Result<Vec<u8>, DiskError> {
    let left = found.entry.size.saturating_sub(offset).min(max as u64) as usize;
    let (mut bytes, mut filled) = (vec![0; left], 0);
    while filled < left {
        match view.read(found, offset + filled as u64, &mut bytes[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Relative paths begin in /workspace; on a disk at rest, all the others lead somewhere, too.
fn absolute(path: &str) -> Result<Vec<u8>, Failure> {
    if path.trim().is_empty() || path.contains('\0') {
        return Err(Failure::invalid("path is empty or has a NUL character"));
    }
    Ok(if path.starts_with('/') { path.into() } else { format!("{WORKSPACE_PATH}/{path}").into() })
}

fn unread(path: &[u8], error: &DiskError) -> Failure {
    let failure = disk_failure(&format!("{} cannot be read", String::from_utf8_lossy(path)), error);
    match error {
        DiskError::Missing => failure.hint("workspace_disk_list shows what there is"),
        DiskError::NoSuchKind(_) => failure,
        _ => failure.hint("workspace_disk_export copies the whole disk, for tools that repair it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn paths_begin_in_the_workspace() {
        let absolute = |path: &str| String::from_utf8(absolute(path).unwrap()).unwrap();
        assert_eq!(absolute("notes.txt"), "/workspace/notes.txt");
        assert_eq!(absolute("/etc/passwd"), "/etc/passwd");
        for bad in ["", " ", "a\0b"] {
            assert_eq!(super::absolute(bad).unwrap_err().code, Code::Invalid);
        }
    }

    #[test]
    fn what_is_not_there_is_no_fault_of_ours() {
        assert_eq!(unread(b"/x", &DiskError::Missing).code, Code::Missing);
        assert_eq!(
            unread(b"/x", &DiskError::NoSuchKind("regular file")).message,
            "/x cannot be read: it is no regular file"
        );
        assert_eq!(unread(b"/x", &DiskError::Damaged("a number")).code, Code::Internal);
    }
}
