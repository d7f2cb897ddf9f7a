//! Taking a snapshot: the disk is copied, with the guest's file systems frozen meanwhile if it runs, and what the copy
//! holds is listed. The guest waits for the copy alone, and is not asked for anything.

use std::{
    fs::File,
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
};

use pyro_protocol::tree::Entry;
use pyro_tree::{UnpackOptions, WalkOptions};

use super::{
    IndexWriter, Taken,
    stored::{ON_DISK, disk_failure},
};
use crate::{
    disk::{self, Disk},
    failure::{Code, Failure},
    host::{sparse::FileCopy, write},
    limits,
    supervisor::{Client, client},
    workspace::{machine::MachineDir, seed, transfer::blocking},
};

/// Copies what a workspace has into `folder`. `machine` is its supervisor, where it runs.
pub(in crate::workspace) async fn capture(
    dir: &MachineDir,
    machine: Option<&Client>,
    folder: &Path,
) -> Result<Taken, Failure> {
    write::private_dir(folder).map_err(|error| Failure::io("make room for the snapshot", &error))?;
    let index = folder.join("index");
    if !dir.disk().exists() {
        let (from, to) = (dir.tree(), folder.join("tree"));
        // Listed first: what changes meanwhile has other stamps than the list says, and is compared by its content.
        return blocking(move || {
            let entry_count = indexed(&index, |each| list_tree(&from, each))?;
            copy_tree(&from, &to)?;
            Ok(Taken { disk_digest: None, entry_count })
        })
        .await;
    }
    let (from, to) = (dir.disk(), folder.join("disk.ext4"));
    let copy = match machine {
        Some(client) => copy_frozen(client, from, to.clone()).await?,
        None => {
            blocking({
                let to = to.clone();
                move || copy(&from, &to)
            })
            .await?
        }
    };
    blocking(move || {
        let digest = copy.settle().map_err(|error| Failure::io("write the copy of the workspace's disk", &error))?;
        let entry_count = indexed(&index, |each| list_disk(&to, each))?;
        Ok(Taken { disk_digest: Some(digest), entry_count })
    })
    .await
}

fn copy(from: &Path, to: &Path) -> Result<FileCopy, Failure> {
    FileCopy::take(from, to).map_err(|error| Failure::io("copy the workspace's disk", &error))
}

async fn copy_frozen(client: &Client, from: PathBuf, to: PathBuf) -> Result<FileCopy, Failure> {
    let mut frozen = client.guest().freeze().await.map_err(client::failure)?;
    tokio::select! {
        copied = blocking(move || copy(&from, &to)) => copied,
        () = frozen.broken() => {
            let message = "the guest did not stay frozen while its disk was copied";
            Err(Failure::new(Code::VmDied, message).hint("nothing was kept; call again"))
        }
    }
}

/// Writes the index of what `list` hands out; answers how many entries there are.
fn indexed(
    path: &Path,
    list: impl FnOnce(&mut dyn FnMut(Entry) -> Result<(), Failure>) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let mut index = IndexWriter::create(path)?;
    let mut count = 0;
    list(&mut |entry| {
        count += 1;
        if count > limits::TREE_ENTRIES_MAX {
            return Err(seed::too_many());
        }
        index.push(&entry)
    })?;
    index.finish()
}

/// Hands out what a disk at rest has below /workspace, in the order of a walk.
pub(in crate::workspace) fn list_disk(
    disk: &Path,
    each: &mut dyn FnMut(Entry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let unread = |error| {
        let hint = format!("a snapshot or comparison takes {} entries at most", limits::TREE_ENTRIES_MAX);
        disk_failure("the workspace's disk cannot be listed", &error).hint(hint)
    };
    let disk = Disk::open(disk).map_err(unread)?;
    let mut walk = disk.walk(ON_DISK, disk::WalkOptions::default());
    walk.by_ref().try_for_each(|entry| each(entry.map_err(unread)?))?;
    match walk.skipped() {
        0 => Ok(()),
        skipped => {
            Err(Failure::internal(format!("{skipped} entries of /workspace cannot be read: its disk is damaged"))
                .hint("export what you need, then reset to an earlier snapshot"))
        }
    }
}

/// Hands out what a tree of the host has, in the order of a walk.
pub(in crate::workspace) fn list_tree(
    tree: &Path,
    each: &mut dyn FnMut(Entry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let what = "the workspace's tree";
    let directory = File::open(tree).map_err(|error| Failure::io("open the workspace's tree", &error))?;
    let mut failed = None;
    let walked = pyro_tree::walk(directory.as_fd(), &WalkOptions::default(), |entry| {
        each(entry).map_err(|failure| {
            failed = Some(failure);
            io::Error::other("stopped")
        })
    });
    match failed {
        Some(failure) => Err(failure),
        None => walked.map(drop).map_err(|error| seed::host_tree(what, &error)),
    }
}

/// Copies a tree of the host, everything preserved, to a new place.
pub(in crate::workspace) fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io("copy the workspace's tree", &error);
    write::private_dir(to).map_err(failed)?;
    let (source, target) = (File::open(from).map_err(failed)?, File::open(to).map_err(failed)?);
    let (reader, writer) = io::pipe().map_err(failed)?;
    let options = UnpackOptions {
        entries_max: limits::TREE_ENTRIES_MAX,
        bytes_max: limits::TREE_BYTES_MAX,
        keep_setid: true,
        sync: true,
    };
    let (packed, unpacked) = std::thread::scope(|scope| {
        let packed = scope.spawn(|| pyro_tree::pack(std::os::fd::AsFd::as_fd(&source), io::BufWriter::new(writer)));
        let unpacked = pyro_tree::unpack(&target.into(), io::BufReader::new(reader), &options);
        (packed.join(), unpacked)
    });
    let packed = packed.map_err(|_| Failure::internal("the thread that packs a tree failed"))?;
    packed.map_err(|error| seed::host_tree("the workspace's tree", &error))?;
    unpacked.map(drop).map_err(|error| seed::host_tree("the workspace's tree", &error))
}
