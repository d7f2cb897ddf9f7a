//! Taking a baseline: the guest's file systems frozen, its disk copied and its tree listed meanwhile. An unisolated
//! workspace has no disk; its tree is copied.

use std::{fs::File, io, path::Path};

use pyro_tree::{UnpackOptions, WalkOptions};

use super::IndexWriter;
use crate::{
    failure::{Code, Failure},
    host::{sparse, write},
    limits,
    link::Link,
    supervisor::client,
    vm::ExecutionMode,
    workspace::{
        inhabit::Inhabited, machine::MachineDir, record::BaselineRecord, seed, transfer::blocking, view::WORKSPACE_PATH,
    },
};

/// Takes the baseline of a workspace nobody uses yet.
pub(in crate::workspace) async fn capture(inhabited: &Inhabited) -> Result<BaselineRecord, Failure> {
    let folder = inhabited.dir.baseline();
    write::private_dir(&folder).map_err(|error| Failure::io("make room for the baseline", &error))?;
    let index = list(inhabited.guest(), &folder);
    if inhabited.execution_mode() == ExecutionMode::HostCompat {
        let (from, to) = (inhabited.dir.tree(), folder.join("tree"));
        let copied = blocking(move || copy_tree(&from, &to));
        let (entry_count, copied) = tokio::join!(index, copied);
        copied?;
        return Ok(BaselineRecord { disk_digest: None, entry_count: entry_count? });
    }
    let mut frozen = inhabited.guest().freeze().await.map_err(client::failure)?;
    let (from, to) = (inhabited.dir.disk(), folder.join("disk.ext4"));
    let copied = blocking(move || {
        sparse::copy_synced(&from, &to).map_err(|error| Failure::io("copy the workspace's disk", &error))
    });
    let (entry_count, digest) = tokio::select! {
        done = async { tokio::join!(index, copied) } => done,
        () = frozen.broken() => {
            let message = "the guest did not stay frozen while its disk was copied";
            return Err(Failure::new(Code::VmDied, message).hint("call again"));
        }
    };
    let (entry_count, digest) = (entry_count?, digest?);
    Ok(BaselineRecord { disk_digest: Some(digest), entry_count })
}

async fn list(guest: &Link, folder: &Path) -> Result<u64, Failure> {
    let mut index = IndexWriter::create(&folder.join("index"))?;
    let mut walk = guest.walk(WORKSPACE_PATH, &WalkOptions::default()).await.map_err(client::failure)?;
    let mut count = 0;
    while let Some(entry) = walk.next().await.map_err(client::failure)? {
        count += 1;
        if count > limits::TREE_ENTRIES_MAX {
            return Err(seed::too_many());
        }
        index.push(&entry)?;
    }
    index.finish()
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

impl MachineDir {
    /// What it began with; see [`crate::workspace::baseline`].
    pub(in crate::workspace) fn baseline(&self) -> std::path::PathBuf {
        self.path().join("baseline")
    }
}
