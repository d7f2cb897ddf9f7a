//! Comparing a live workspace with its baseline: names and stamps of everything cross the link, contents only of what
//! those say has changed.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use pyro_protocol::tree::Kind;
use pyro_tree::WalkOptions;

use super::{
    baseline::{Index, Old, OldContent},
    diff::{Builder, Change, Compare, Contents, Diff, Next, Options, Paths},
    inhabit::Inhabited,
    seed,
    transfer::blocking,
    view::WORKSPACE_PATH,
    workspaces::Workspaces,
};
use crate::{
    failure::{Code, Failure},
    ids::WorkspaceId,
    limits,
    link::{FileStream, LinkError},
    progress::ProgressSink,
    supervisor::client,
};

/// How to compare.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
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
    /// Tells what changed since the baseline.
    pub async fn diff(
        &self,
        id: &WorkspaceId,
        wanted: Comparison,
        progress: Option<&ProgressSink>,
    ) -> Result<Diff, Failure> {
        let paths = Paths::new(&wanted.paths)?;
        let inhabited = self.inhabit(id, progress).await?;
        let mut whole = wanted.output_path.as_deref().map(NewFile::create).transpose()?;
        let options = Options { full: wanted.full, include_git: wanted.include_git, paths };
        let folder = inhabited.dir.baseline();
        let mut compared = Compare::new(Index::open(&folder.join("index"))?, options);
        let sides = Sides { old: Old::open(&folder)?, inhabited: &inhabited };
        let mut builder = Builder::new(wanted.max_patch_bytes);
        if let Some(whole) = &mut whole {
            builder = builder.with_whole_patch(&mut whole.file);
        }
        let walk = WalkOptions { exclude_git: !wanted.include_git, ..WalkOptions::default() };
        let mut live = inhabited.guest().walk(WORKSPACE_PATH, &walk).await.map_err(client::failure)?;
        loop {
            match compared.advance()? {
                Next::End => break,
                Next::Live => compared.feed(live.next().await.map_err(client::failure)?)?,
                Next::Unreadable(path) => builder.unreadable(&path),
                Next::Change(change) => sides.tell(change, &mut builder).await?,
            }
        }
        let mut diff = builder.finish(id.as_str());
        diff.execution_mode = Some(inhabited.execution_mode());
        diff.resumed = inhabited.resumed;
        diff.output_path = whole.map(NewFile::keep).transpose()?;
        Ok(diff)
    }
}

/// Where contents come from.
struct Sides<'a> {
    old: Old,
    inhabited: &'a Inhabited,
}

impl Sides<'_> {
    async fn tell(&self, change: Change, builder: &mut Builder<'_>) -> Result<(), Failure> {
        if change.too_large() {
            let equal = change.may_be_equal() && self.equal(&change).await?;
            return builder.add(change, Contents::TooLarge { equal });
        }
        let old = match change.reads_old() {
            false => None,
            true => match self.old.read(&change.path, limits::DIFF_FILE_BYTES_MAX)? {
                OldContent::Whole(bytes) => Some(bytes),
                OldContent::TooLarge(_) => return builder.add(change, Contents::TooLarge { equal: false }),
            },
        };
        let new = match change.reads_new() {
            false => None,
            true => match self.live(&change.path).await? {
                Live::Whole(bytes) => Some(bytes),
                Live::Unread(why) => return builder.add(change, Contents::Unread { why: &why }),
            },
        };
        builder.add(change, Contents::Read { old: old.as_deref(), new: new.as_deref() })
    }

    async fn live(&self, path: &[u8]) -> Result<Live, Failure> {
        let mut file = match self.open(path).await? {
            Ok(file) => file,
            Err(why) => return Ok(Live::Unread(why)),
        };
        let mut bytes = Vec::new();
        while let Some(piece) = file.next().await.map_err(client::failure)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > limits::DIFF_FILE_BYTES_MAX {
                return Ok(Live::Unread("it grew while it was read".into()));
            }
        }
        Ok(Live::Whole(bytes))
    }

    /// Whether two large files hold the same, told by their digests.
    async fn equal(&self, change: &Change) -> Result<bool, Failure> {
        let size = change.new.as_ref().filter(|new| new.kind == Kind::File).map_or(0, |new| new.size);
        let mut file = match self.open(&change.path).await? {
            Ok(file) => file,
            Err(_) => return Ok(false),
        };
        let mut hasher = blake3::Hasher::new();
        let mut read = 0;
        while let Some(piece) = file.next().await.map_err(client::failure)? {
            read += piece.len() as u64;
            if read > size {
                return Ok(false);
            }
            hasher.update(&piece);
        }
        let new = hasher.finalize();
        let (folder, path) = (self.inhabited.dir.baseline(), change.path.clone());
        let old = blocking(move || {
            let mut hasher = blake3::Hasher::new();
            Old::open(&folder)?.copy(&path, size, &mut hasher)?;
            Ok(hasher.finalize())
        });
        Ok(old.await? == new)
    }

    /// Opens a live file; a reason, where that one file cannot be read.
    async fn open(&self, path: &[u8]) -> Result<Result<FileStream, String>, Failure> {
        match self.inhabited.guest().get_file(path).await {
            Ok(file) => Ok(Ok(file)),
            Err(LinkError::Refused(refusal)) => Ok(Err(refusal.message)),
            Err(error) => Err(client::failure(error)),
        }
    }
}

enum Live {
    Whole(Vec<u8>),
    Unread(String),
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
