//! Back to the baseline, on a new machine and disk. The new disk is made and verified before anything is given up; one
//! rename decides between old and new.

use std::{fs, path::Path};

use super::{
    baseline::copy_tree,
    clock::now_unix,
    life::Wanted,
    transfer::blocking,
    view::Workspace,
    workspaces::{Workspaces, activity},
};
use crate::{
    failure::Failure,
    host::sparse,
    ids::WorkspaceId,
    progress::{Progress, ProgressSink},
};

/// What is being made, beside the disk or tree it will replace.
const NEW_DISK: &str = "disk.ext4.new";
const NEW_TREE: &str = "workspace.new";
/// A tree on its way out: directories are not replaced by one rename.
const OLD_TREE: &str = "workspace.old";

impl Workspaces {
    /// Resets and starts the workspace. Until the new disk stands in place, a failure leaves everything as it was.
    pub async fn reset(&self, id: &WorkspaceId, progress: Option<&ProgressSink>) -> Result<Workspace, Failure> {
        let operation = self.store.operate(id).await?;
        let record = self.store.load(id)?;
        let dir = self.store.dir(id);
        let Some(baseline) = record.baseline.clone() else {
            return Err(Failure::conflict(format!("{id} is still being created")).hint("call again in a moment"));
        };
        if let Some(sink) = progress {
            sink(Progress { step: "copying the baseline".into(), fraction: None });
        }
        let home = dir.path().to_owned();
        let folder = dir.baseline();
        let made = blocking({
            let home = home.clone();
            move || match baseline.disk_digest {
                Some(digest) => new_disk(&folder.join("disk.ext4"), &home.join(NEW_DISK), &digest),
                None => new_tree(&folder.join("tree"), &home.join(NEW_TREE)),
            }
        });
        made.await?;
        self.bring_to_rest(id, Wanted::Rest).await?;
        let on_disk = record.baseline.as_ref().is_some_and(|baseline| baseline.disk_digest.is_some());
        blocking(move || swap(&home, on_disk)).await?;
        self.change(id, |record| {
            record.reset_count += 1;
            record.last_reset_at = Some(now_unix());
            Ok(())
        })
        .await?;
        activity::mark(&dir);
        self.start(id, operation, progress).await?;
        self.status(id).await
    }
}

fn new_disk(from: &Path, to: &Path, digest: &str) -> Result<(), Failure> {
    // A reset that was killed half-way may have left one.
    let _ = fs::remove_file(to);
    let copied = sparse::copy_synced(from, to).map_err(|error| Failure::io("copy the baseline's disk", &error))?;
    if copied == digest {
        return Ok(());
    }
    let _ = fs::remove_file(to);
    Err(Failure::conflict("the baseline's disk is damaged: it is not what was copied at creation")
        .hint("nothing was changed; export what you need and create the workspace anew"))
}

fn new_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    let _ = fs::remove_dir_all(to);
    copy_tree(from, to)
}

fn swap(home: &Path, on_disk: bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::io("put the baseline in place", &error);
    if on_disk {
        fs::rename(home.join(NEW_DISK), home.join("disk.ext4")).map_err(failed)?;
    } else {
        let _ = fs::remove_dir_all(home.join(OLD_TREE));
        fs::rename(home.join("workspace"), home.join(OLD_TREE)).map_err(failed)?;
        fs::rename(home.join(NEW_TREE), home.join("workspace")).map_err(failed)?;
        let _ = fs::remove_dir_all(home.join(OLD_TREE));
    }
    fs::File::open(home).and_then(|home| home.sync_all()).map_err(failed)
}

/// Takes away what a killed reset was making, and puts an unisolated workspace's tree back where it was killed between
/// its two renames.
pub(super) fn mend(home: &Path) {
    // Its start tells where any of this fails.
    if !home.join("workspace").exists() && home.join(NEW_TREE).exists() {
        let _ = fs::rename(home.join(NEW_TREE), home.join("workspace"));
    }
    let _ = fs::remove_file(home.join(NEW_DISK));
    for tree in [NEW_TREE, OLD_TREE] {
        if home.join(tree).exists() {
            let _ = fs::remove_dir_all(home.join(tree));
        }
    }
}
