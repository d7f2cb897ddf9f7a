//! Applying a patch to a workspace: all files are read and patched in memory, then changed in the guest in one step that
//! holds only if none of them changed meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::tree::{ApplyRequest, Expected, Kind};
use pyro_tree::{WalkOptions, sha256_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    inhabit::Inhabited,
    patch::{self, Action, ApplyError, FilePatch},
    view::WORKSPACE_PATH,
    workspaces::{Workspaces, activity},
};
use crate::{
    failure::{Code, Failure},
    ids::WorkspaceId,
    limits,
    link::LinkError,
    progress::ProgressSink,
    supervisor::client,
    vm::ExecutionMode,
};

const MODE_DEFAULT: u32 = 0o644;

/// What a patch did to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatchedStatus {
    Added,
    Modified,
    Deleted,
    Renamed,
    Copied,
}

/// One file that a patch changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PatchedFile {
    /// Absolute.
    pub path: String,
    pub status: PatchedStatus,
    /// Where a renamed or copied file came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_path: Option<String>,
    /// Lines by which hunks were found elsewhere than the patch says, where any was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<i64>,
}

/// How many files a patch changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PatchSummary {
    pub total: u64,
    pub added: u64,
    pub modified: u64,
    pub deleted: u64,
    pub renamed: u64,
    pub copied: u64,
}

/// A patch that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Patched {
    pub workspace_id: WorkspaceId,
    pub changed: bool,
    pub summary: PatchSummary,
    pub entries: Vec<PatchedFile>,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// A file or link as it was found.
struct Found {
    symlink: bool,
    mode: u32,
    content: Vec<u8>,
}

/// A file or link as it shall be.
struct Wanted {
    symlink: bool,
    mode: u32,
    content: Vec<u8>,
}

impl Workspaces {
    /// Applies a patch below /workspace, all of it or nothing.
    pub async fn patch(
        &self,
        id: &WorkspaceId,
        text: &str,
        progress: Option<&ProgressSink>,
    ) -> Result<Patched, Failure> {
        let parsed = patch::parse(text)?;
        let inhabited = self.inhabit(id, progress).await?;
        let found = read_all(&inhabited, &parsed.files).await?;
        let plan = Plan::make(&parsed.files, &found)?;
        activity::mark(&inhabited.dir);
        let pieces = stream::iter([Ok(Bytes::from(plan.tar()?))]);
        let applied = inhabited.guest().apply(WORKSPACE_PATH, &plan.request(&found), pieces).await;
        applied.map_err(|error| match error {
            LinkError::Refused(refusal) => Failure::from(LinkError::Refused(refusal))
                .hint("nothing was changed; read the files again and make the patch anew"),
            error => client::failure(error),
        })?;
        activity::mark(&inhabited.dir);
        let mut summary = PatchSummary { total: plan.entries.len() as u64, ..PatchSummary::default() };
        for entry in &plan.entries {
            *match entry.status {
                PatchedStatus::Added => &mut summary.added,
                PatchedStatus::Modified => &mut summary.modified,
                PatchedStatus::Deleted => &mut summary.deleted,
                PatchedStatus::Renamed => &mut summary.renamed,
                PatchedStatus::Copied => &mut summary.copied,
            } += 1;
        }
        Ok(Patched {
            workspace_id: id.clone(),
            changed: summary.total > 0,
            summary,
            entries: plan.entries,
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        })
    }
}

/// Reads everything that the patch speaks of, as it is before it. What is not there is not in the answer.
async fn read_all(inhabited: &Inhabited, files: &[FilePatch]) -> Result<BTreeMap<String, Found>, Failure> {
    let paths: BTreeSet<&String> = files.iter().flat_map(|file| [&file.old_path, &file.new_path]).flatten().collect();
    let (mut found, mut total) = (BTreeMap::new(), 0);
    for path in paths {
        if let Some(one) = read(inhabited, path).await? {
            total += one.content.len() as u64;
            if total > limits::PATCH_READ_BYTES_MAX {
                let message = format!("the patched files have more than {} MiB", limits::PATCH_READ_BYTES_MAX >> 20);
                return Err(Failure::new(Code::Limit, message).hint("apply the patch in parts"));
            }
            found.insert(path.clone(), one);
        }
    }
    Ok(found)
}

async fn read(inhabited: &Inhabited, path: &str) -> Result<Option<Found>, Failure> {
    let guest = inhabited.guest();
    let absent = |error: LinkError| match error {
        // A parent that is no directory cannot hold it either.
        LinkError::Refused(refusal)
            if matches!(
                refusal.code,
                pyro_protocol::GuestErrorCode::Missing | pyro_protocol::GuestErrorCode::Conflict
            ) =>
        {
            Ok(None)
        }
        error => Err(client::failure(error)),
    };
    let options = WalkOptions { depth: Some(0), exclude_git: false, after: None };
    let mut walk = match guest.walk(path, &options).await {
        Ok(walk) => walk,
        Err(error) => return absent(error),
    };
    // A directory has nothing at depth 0; a file or link has itself.
    let Some(entry) = walk.next().await.map_err(client::failure)? else {
        let message = format!("{path} is a directory, which no patch changes");
        return Err(Failure::conflict(message).hint("nothing was changed; name files, or use a command"));
    };
    let found = |symlink, content| Ok(Some(Found { symlink, mode: entry.mode, content }));
    match entry.kind {
        Kind::Symlink => found(true, entry.target.to_vec()),
        Kind::File if entry.size > limits::PATCHED_BYTES_MAX as u64 => {
            let message = format!("{path} has {} bytes, more than a patch may change", entry.size);
            Err(Failure::new(Code::Limit, message).hint("change it with a command"))
        }
        Kind::File => {
            let mut file = guest.get_file(path).await.map_err(client::failure)?;
            let mut content = Vec::new();
            while let Some(piece) = file.next().await.map_err(client::failure)? {
                content.extend_from_slice(&piece);
            }
            found(false, content)
        }
        _ => {
            let message = format!("{path} is neither file nor link, and no patch changes it");
            Err(Failure::conflict(message).hint("nothing was changed; leave it out, or use a command"))
        }
    }
}

/// Everything a patch will do, decided before anything is done. Pure.
#[derive(Default)]
struct Plan {
    entries: Vec<PatchedFile>,
    write: BTreeMap<String, Wanted>,
    delete: BTreeSet<String>,
}

impl Plan {
    fn make(files: &[FilePatch], found: &BTreeMap<String, Found>) -> Result<Self, Failure> {
        let mut plan = Self::default();
        let mut wrong = Vec::new();
        let leaves = |file: &&FilePatch| matches!(file.action, Action::Delete | Action::Rename);
        let leaving: BTreeSet<&String> =
            files.iter().filter(leaves).filter_map(|file| file.old_path.as_ref()).collect();
        for file in files {
            if let Err(why) = plan.add(file, found, &leaving) {
                wrong.push(format!("{}: {why}", file.path()));
            }
        }
        // What is deleted and added again is only replaced.
        let write = &plan.write;
        plan.delete.retain(|path| !write.contains_key(path));
        if wrong.is_empty() {
            return Ok(plan);
        }
        Err(Failure::conflict(format!("the patch does not apply, and nothing was changed: {}", wrong.join("; ")))
            .hint("read the files named as they are now (workspace_file_read) and make the patch anew"))
    }

    fn add(
        &mut self,
        file: &FilePatch,
        found: &BTreeMap<String, Found>,
        leaving: &BTreeSet<&String>,
    ) -> Result<(), String> {
        let old = file.old_path.as_ref().and_then(|path| found.get(path));
        let creates = file.action == Action::Add || (old.is_none() && file.may_create());
        let status = match file.action {
            _ if creates => PatchedStatus::Added,
            Action::Add => PatchedStatus::Added,
            Action::Modify => PatchedStatus::Modified,
            Action::Delete => PatchedStatus::Deleted,
            Action::Rename => PatchedStatus::Renamed,
            Action::Copy => PatchedStatus::Copied,
        };
        if !creates && old.is_none() {
            return Err(format!("{} is not there", file.old_path.as_deref().unwrap_or(file.path())));
        }
        let symlink = file.is_symlink();
        if let Some(old) = old.filter(|old| !creates && old.symlink != symlink && !file.hunks.is_empty()) {
            return Err(format!(
                "it is a {}, which the patch does not expect",
                if old.symlink { "link" } else { "file" }
            ));
        }
        let content = old.filter(|_| !creates).map_or(&[][..], |old| &old.content);
        let applied = patch::apply(file, content).map_err(|error| told(&error))?;
        if matches!(file.action, Action::Delete | Action::Rename)
            && let Some(path) = &file.old_path
        {
            self.delete.insert(path.clone());
        }
        if let (Some(path), true) = (&file.new_path, file.action != Action::Delete) {
            let moves = creates || matches!(file.action, Action::Rename | Action::Copy);
            if moves && found.contains_key(path) && !leaving.contains(path) {
                return Err(format!("{path} is there already"));
            }
            let mode = file.new_mode.map(|mode| mode & 0o777).filter(|_| !symlink);
            let kept = old.filter(|_| !creates).map(|old| old.mode);
            // A patch knows one bit of permissions, whether a file is executable; the others stay.
            let mode = match (mode, kept) {
                (Some(mode), Some(kept)) if executable(mode) == executable(kept) => kept,
                (Some(mode), Some(kept)) if executable(mode) => kept | (kept & 0o444) >> 2,
                (Some(_), Some(kept)) => kept & !0o111,
                (mode, kept) => mode.or(kept).unwrap_or(MODE_DEFAULT),
            };
            let symlink = symlink || old.is_some_and(|old| !creates && old.symlink);
            self.write.insert(path.clone(), Wanted { symlink, mode, content: applied.content });
        }
        let absolute = |path: &str| format!("{WORKSPACE_PATH}/{path}");
        let moved = matches!(status, PatchedStatus::Renamed | PatchedStatus::Copied);
        let offsets = if applied.offsets.iter().any(|offset| *offset != 0) { applied.offsets } else { vec![] };
        self.entries.push(PatchedFile {
            path: absolute(file.path()),
            status,
            from_path: file.old_path.as_deref().filter(|_| moved).map(absolute),
            offsets,
        });
        Ok(())
    }

    /// What must still hold when the guest gets to it.
    fn request(&self, found: &BTreeMap<String, Found>) -> ApplyRequest {
        let touched = self.write.keys().chain(&self.delete);
        let expect = touched.map(|path| Expected {
            path: path.clone(),
            sha256: found.get(path).map(|found| sha256_of(&found.content)),
        });
        ApplyRequest { delete: self.delete.iter().cloned().collect(), expect: expect.collect() }
    }

    fn tar(&self) -> Result<Vec<u8>, Failure> {
        let failed = |error: std::io::Error| Failure::invalid(format!("the patched files make no archive: {error}"));
        let now = u64::try_from(crate::host::clock::now_unix()).unwrap_or(0);
        let mut tar = tar::Builder::new(Vec::new());
        for (path, wanted) in &self.write {
            let mut header = tar::Header::new_gnu();
            header.set_mode(wanted.mode);
            header.set_mtime(now);
            if wanted.symlink {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                let target = std::str::from_utf8(&wanted.content)
                    .map_err(|_| Failure::invalid(format!("{path}: a link's target is not UTF-8")))?;
                tar.append_link(&mut header, path, target).map_err(failed)?;
            } else {
                header.set_size(wanted.content.len() as u64);
                tar.append_data(&mut header, path, &*wanted.content).map_err(failed)?;
            }
        }
        tar.into_inner().map_err(failed)
    }
}

fn executable(mode: u32) -> bool {
    mode & 0o100 != 0
}

fn told(error: &ApplyError) -> String {
    match error {
        ApplyError::Hunks(failures) => failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        error => error.to_string(),
    }
}
