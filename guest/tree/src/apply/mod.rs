//! Changes a tree by a tar and a list of deletions: all of it or nothing, whatever fails or dies on the way.
//!
//! The tar is unpacked beside the tree first ([`stage`]). Then every obstacle is looked for, and only then names change,
//! by renames that a journal lists beforehand. What was there moves into staging, so that every step can be undone:
//! at once when a later one fails, or by [`recover`] when the machine died. The journal's removal is the commit.

mod conflict;
mod journal;
mod operation;
mod plan;
mod planner;
mod staging;

use std::{
    ffi::OsStr,
    io::{self, Read},
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use nix::unistd::syncfs;
use pyro_protocol::tree::{Applied, ApplyRequest};

use crate::{
    error::{TreeError, shown},
    names::clean,
    unpack::{UnpackOptions, Unpacked, finish, make_directories, unpack_open},
};
use operation::Places;
use plan::Plan;
use staging::Staging;

/// A tar unpacked beside a tree, ready to become part of it. Dropping it leaves the tree as it is.
#[derive(Debug)]
pub struct Staged<'a> {
    staging: Staging<'a>,
    destination: PathBuf,
    unpacked: Unpacked,
}

/// Unpacks a tar into staging. `workspace` is open for reading; `destination` is where it is to go, below the workspace.
/// It need not exist.
pub fn stage<'a>(
    workspace: &'a OwnedFd,
    destination: &Path,
    from: impl Read,
    options: &UnpackOptions,
) -> Result<Staged<'a>, TreeError> {
    let destination = clean(destination.as_os_str().as_encoded_bytes())
        .map_err(|why| TreeError::Invalid(format!("the destination {why}")))?;
    let failed = |error| TreeError::io("stage the change in", "the workspace", error);
    let staging = Staging::create(workspace).map_err(failed)?;
    let base = staging.new_tree().and_then(|new| make_directories(new.as_fd(), &destination)).map_err(failed)?;
    let mut unpacked = unpack_open(&base, from, options)?;
    unpacked.directories = unpacked.directories.into_iter().map(|(path, set)| (destination.join(path), set)).collect();
    Ok(Staged { staging, destination, unpacked })
}

/// [`stage`] and [`Staged::apply`] in one: entries replace files and links, directories merge, deletions come first.
pub fn apply(
    workspace: &OwnedFd,
    destination: &Path,
    request: &ApplyRequest,
    from: impl Read,
    options: &UnpackOptions,
) -> Result<Applied, TreeError> {
    stage(workspace, destination, from, options)?.apply(request)
}

impl Staged<'_> {
    /// Checks the request's conditions and makes the change. Nobody else may change the tree by this meanwhile; what
    /// other processes change under its hands is noticed where it would be lost, and the change is undone.
    pub fn apply(self, request: &ApplyRequest) -> Result<Applied, TreeError> {
        self.apply_step_by_step(request, &mut || Ok(()))
    }

    /// Asks before every step whether to go on; tests say no.
    fn apply_step_by_step(
        self,
        request: &ApplyRequest,
        go_on: &mut dyn FnMut() -> io::Result<()>,
    ) -> Result<Applied, TreeError> {
        let plan = planner::plan(&self.staging, &self.destination, &self.unpacked.directories, request)?;
        self.staging.write_journal(&plan).map_err(|error| TreeError::io("note", "what is about to change", error))?;
        if let Err(error) = self.perform(&plan, go_on) {
            return Err(match operation::undo(&self.staging, &plan).and_then(|()| self.staging.remove_journal()) {
                Ok(()) => error,
                Err(failure) => TreeError::Torn(format!(
                    "{error}; undoing what had changed failed as well: {failure}; it is tried again when the machine \
                     starts"
                )),
            });
        }
        let durable = self.staging.sync();
        durable.map_err(|error| TreeError::io("be sure of the disk after changing", "the workspace", error))?;
        let report = self.unpacked.report;
        Ok(Applied {
            entries: report.entries,
            bytes: report.bytes,
            replaced: plan.replaced,
            deleted: plan.deleted,
            skipped: report.skipped,
        })
    }

    /// Everything up to the commit.
    fn perform(&self, plan: &Plan, go_on: &mut dyn FnMut() -> io::Result<()>) -> Result<(), TreeError> {
        let failed = |error| TreeError::io("finish changing", "the workspace", error);
        let mut places = Places::open(&self.staging).map_err(failed)?;
        for operation in &plan.operations {
            go_on().map_err(failed)?;
            places.perform(operation)?;
        }
        go_on().map_err(failed)?;
        finish(self.staging.workspace, &self.unpacked.directories)?;
        go_on().map_err(failed)?;
        // Everything is on disk before the journal is gone.
        syncfs(self.staging.workspace).map_err(|error| failed(error.into()))?;
        go_on().map_err(failed)?;
        self.staging.remove_journal().map_err(failed)
    }
}

/// Undoes what a dead agent has left half-done in a workspace, and removes its staging. Call before anything is applied.
/// Answers how many changes were undone. One that cannot be undone keeps its staging, and is the error.
pub fn recover(workspace: &OwnedFd) -> Result<u64, TreeError> {
    let mut undone = 0;
    let mut failure = None;
    let names =
        staging::left(workspace).map_err(|error| TreeError::io("look for changes left in", "the workspace", error))?;
    for name in names {
        match recover_one(workspace, &name) {
            Ok(found) => undone += u64::from(found),
            Err(error) => failure = failure.or(Some(TreeError::io("undo the change left in", &name, error))),
        }
    }
    failure.map_or(Ok(undone), Err)
}

fn recover_one(workspace: &OwnedFd, name: &OsStr) -> io::Result<bool> {
    let staging = Staging::open(workspace, name)?;
    let Some(plan) = staging.read_journal()? else { return Ok(false) };
    operation::undo(&staging, &plan)?;
    syncfs(workspace)?;
    staging.remove_journal()?;
    Ok(true)
}

/// A path as a caller is told it.
fn told(path: &Path) -> String {
    shown(path.as_os_str().as_encoded_bytes())
}
#[cfg(test)]
mod tests;
