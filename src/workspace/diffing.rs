//! Comparing what a workspace is or was: names and stamps of everything are read, contents only of what those say has
//! changed. What runs is asked over the link; for what is at rest nothing is started.

use std::{
    fs::File,
    io::{self, BufWriter, Seek},
    path::Path,
};

use nix::{
    fcntl::{OFlag, openat},
    sys::stat::Mode,
};
use pyro_protocol::tree::Kind;

use super::{
    destination::{Arrived, Destination},
    diff::{Builder, Compare, Diff, Next, Options, Paths},
    inhabit::Inhabited,
    rest::Settled,
    sides::{Readers, Side},
    snapshot::Shelf,
    transfer::blocking,
    workspaces::Workspaces,
};
use crate::{
    failure::Failure,
    ids::{SnapshotName, WorkspaceId},
};

/// How to compare.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The old side: a snapshot; the baseline where absent.
    pub from: Option<SnapshotName>,
    /// The new side: a snapshot; the workspace as it is where absent.
    pub to: Option<SnapshotName>,
    /// Only these: paths, directories or patterns below /workspace.
    pub paths: Vec<String>,
    pub include_git: bool,
    /// Read every file instead of trusting its stamps.
    pub full: bool,
    pub max_patch_bytes: u32,
    /// A new file of the host for the whole patch.
    pub output_path: Option<String>,
    /// The whole patch as a download.
    pub download: bool,
}

impl Workspaces {
    /// Tells what changed from one state of a workspace to another.
    pub async fn diff(&self, id: &WorkspaceId, wanted: Comparison) -> Result<Diff, Failure> {
        let paths = Paths::new(&wanted.paths)?;
        let (old, new) = self.both(id, &wanted).await?;
        let whole = wanted.download || wanted.output_path.is_some();
        let destination = whole.then(|| self.destination(wanted.output_path.as_deref())).transpose()?;
        let mut whole =
            destination.map(|destination| Whole::begin(destination, &self.machines.dirs().home)).transpose()?;
        let options = Options { full: wanted.full, include_git: wanted.include_git, paths };
        let readers = Readers::open(&old, &new).await?;
        let mut builder = Builder::new(wanted.max_patch_bytes);
        if let Some(whole) = &mut whole {
            builder = builder.with_whole_patch(&mut whole.file);
        }
        let mut entries = (old.entries(wanted.include_git).await?, new.entries(wanted.include_git).await?);
        let mut compared = Compare::new(options);
        loop {
            match compared.advance()? {
                Next::End => break,
                Next::Old => compared.feed_old(entries.0.next().await?)?,
                Next::New => compared.feed_new(entries.1.next().await?)?,
                Next::Unreadable(path) => builder.unreadable(&path),
                Next::Change(change) => {
                    readers.read(&change, &mut |contents| builder.add(change.clone(), contents)).await?;
                }
            }
        }
        let mut diff = builder.finish(id.as_str());
        if let Side::Live(inhabited) = &new {
            diff.execution_mode = Some(inhabited.execution_mode());
        }
        if let Some(whole) = whole {
            let name = format!("{id}.patch");
            let arrived = blocking(move || whole.keep(&name)).await?;
            (diff.output_path, diff.download) = (arrived.output_path, arrived.download);
        }
        Ok(diff)
    }

    async fn both(&self, id: &WorkspaceId, wanted: &Comparison) -> Result<(Side, Side), Failure> {
        let (record, dir) = (self.store.load(id)?, self.store.dir(id));
        let shelf = Shelf::new(&dir, &record);
        let old = match &wanted.from {
            Some(name) => shelf.find(name)?,
            None => shelf.baseline()?,
        };
        let new = match &wanted.to {
            Some(name) => Side::Snapshot(shelf.find(name)?),
            None => match self.settle(id).await? {
                Settled::AtRest(operation) => Side::AtRest(dir.clone(), operation),
                Settled::Running(client) => Side::Live(Inhabited { dir: dir.clone(), client, resumed: false }),
            },
        };
        Ok((Side::Snapshot(old), new))
    }
}

/// The whole patch, written aside until it is complete.
struct Whole {
    destination: Destination,
    file: BufWriter<File>,
}

impl Whole {
    fn begin(destination: Destination, aside: &Path) -> Result<Self, Failure> {
        let file = tempfile::tempfile_in(aside).map_err(|error| Failure::io("write the patch", &error))?;
        Ok(Self { destination, file: BufWriter::new(file) })
    }

    fn keep(self, name: &str) -> Result<Arrived, Failure> {
        let failed = |error: io::Error| Failure::io("write the patch", &error);
        let mut written = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        written.rewind().map_err(failed)?;
        self.destination.place.fill(Kind::File, |directory| {
            let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
            let target = openat(directory, "patch", flags, Mode::from_bits_truncate(0o644));
            let mut target = File::from(target.map_err(|errno| failed(errno.into()))?);
            io::copy(&mut written, &mut target).and_then(|_| target.sync_all()).map_err(failed)
        })?;
        self.destination.finish(name, Kind::File, 0)
    }
}
