//! Comparing what a workspace is or was: names and stamps of everything are read, contents only of what those say has
//! changed. What runs is asked over the link; for what is at rest nothing is started.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use super::{
    diff::{Builder, Compare, Diff, Next, Options, Paths},
    inhabit::Inhabited,
    rest::Settled,
    seed,
    sides::{Readers, Side},
    snapshot::Shelf,
    workspaces::Workspaces,
};
use crate::{
    failure::{Code, Failure},
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
}

impl Workspaces {
    /// Tells what changed from one state of a workspace to another.
    pub async fn diff(&self, id: &WorkspaceId, wanted: Comparison) -> Result<Diff, Failure> {
        let paths = Paths::new(&wanted.paths)?;
        let (old, new) = self.both(id, &wanted).await?;
        let mut whole = wanted.output_path.as_deref().map(NewFile::create).transpose()?;
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
        diff.output_path = whole.map(NewFile::keep).transpose()?;
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

/// A file of the host that was not there before; gone again unless it is kept.
struct NewFile {
    path: PathBuf,
    file: BufWriter<File>,
    kept: bool,
}

impl NewFile {
    fn create(path: &str) -> Result<Self, Failure> {
        let path = seed::on_host("output_path", path)?;
        let shown = path.display().to_string();
        let file = File::options().write(true).create_new(true).open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::conflict(format!("output_path {shown} already exists")).hint("name a file that does not")
            }
            _ => Failure::new(Code::Invalid, format!("output_path {shown} cannot be written: {error}")),
        })?;
        Ok(Self { path, file: BufWriter::new(file), kept: false })
    }

    fn keep(mut self) -> Result<String, Failure> {
        self.file.flush().map_err(|error| Failure::io("write the patch", &error))?;
        self.kept = true;
        Ok(self.path.to_string_lossy().into_owned())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
