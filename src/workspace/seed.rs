//! What a workspace begins with, and what is pushed into it later: a directory or an archive of the host, as one tar.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, Write},
    os::fd::AsFd,
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::Stream;
use pyro_protocol::tree::Kind;
use pyro_tree::WalkOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    caller::Caller,
    host_files::HostFiles,
    transfer::{self, Meter, Outlet, Upload},
};
use crate::{
    failure::{Code, Failure},
    host::clock::now_unix,
    ids::UploadId,
    limits,
    progress::ProgressSink,
    spool::{Spool, TakenUpload},
};

/// Where a tree came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeedMode {
    Empty,
    Directory,
    TarArchive,
}

/// How a tree came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Seed {
    pub mode: SeedMode,
    /// On the host, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_path: Option<String>,
    /// In the workspace.
    pub destination: String,
    /// Files, links and directories.
    pub entry_count: u64,
    /// Of files.
    pub bytes_written: u64,
    /// Special files that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
}

/// Endings of the archives that are read.
const ARCHIVES: [&str; 5] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"];

/// A directory or archive of the host, opened.
pub(super) struct Source {
    path: Option<PathBuf>,
    opened: Opened,
    taken: Option<TakenUpload>,
}

enum Opened {
    Directory(File),
    Archive(File),
}

/// Where a caller says that a tree is: at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct From {
    /// A path of the host.
    pub path: Option<String>,
    /// What was uploaded.
    pub upload_id: Option<UploadId>,
    /// An archive itself, in base64.
    pub archive: Option<String>,
}

impl Source {
    /// Opens what a caller named, if anything; `argument` is what a path is called in failures.
    pub(super) fn find(caller: &Caller, spool: &Spool, argument: &str, from: From) -> Result<Option<Self>, Failure> {
        match from {
            From { path: None, upload_id: None, archive: None } => Ok(None),
            From { path: Some(path), upload_id: None, archive: None } => {
                Self::open(&caller.files, argument, &path).map(Some)
            }
            From { path: None, upload_id: Some(id), archive: None } => {
                let taken = spool.take(&id, caller.principal.as_ref(), now_unix())?;
                let file = taken.file.try_clone().map_err(|error| Failure::io("open the upload", &error))?;
                Ok(Some(Self { path: None, opened: Opened::Archive(file), taken: Some(taken) }))
            }
            From { path: None, upload_id: None, archive: Some(text) } => {
                Ok(Some(Self { path: None, opened: Opened::Archive(inline(&text)?), taken: None }))
            }
            _ => Err(Failure::invalid("a tree comes from one place").hint("name one of path, upload and archive")),
        }
    }

    fn open(files: &HostFiles, argument: &str, path: &str) -> Result<Self, Failure> {
        let (path, file) = files.open(argument, path)?;
        let shown = path.display();
        let unread = |error: io::Error| Failure::invalid(format!("{argument} {shown} cannot be read: {error}"));
        let meta = file.metadata().map_err(unread)?;
        let name = path.to_string_lossy().to_lowercase();
        let opened = match () {
            () if meta.is_dir() => Opened::Directory(file),
            () if meta.is_file() && ARCHIVES.iter().any(|end| name.ends_with(end)) => Opened::Archive(file),
            () => {
                let message = format!("{argument} {shown} is neither a directory nor one of {}", ARCHIVES.join(", "));
                return Err(Failure::invalid(message));
            }
        };
        Ok(Self { path: Some(path), opened, taken: None })
    }

    pub(super) fn mode(&self) -> SeedMode {
        match self.opened {
            Opened::Directory(_) => SeedMode::Directory,
            Opened::Archive(_) => SeedMode::TarArchive,
        }
    }

    /// On the host, where it has one.
    pub(super) fn path(&self) -> Option<String> {
        self.path.as_ref().map(|path| path.to_string_lossy().into_owned())
    }

    /// An upload that is used up once its tree has arrived.
    pub(super) fn taken(&mut self) -> Option<TakenUpload> {
        self.taken.take()
    }

    /// The tree as a tar. What it costs is known before the first byte, where it is a directory.
    pub(super) async fn upload(
        self,
        doing: &'static str,
        progress: Option<&ProgressSink>,
    ) -> Result<Upload<impl Stream<Item = io::Result<Bytes>> + Send + 'static>, Failure> {
        let shown = self.path().unwrap_or_else(|| "the archive".to_owned());
        let sized = tokio::task::spawn_blocking(move || self.opened.size().map(|total| (self.opened, total)));
        let (opened, total) = sized.await.map_err(|error| Failure::internal(error.to_string()))??;
        Ok(transfer::upload(Meter::new(doing, total, progress), move |outlet| opened.write(&shown, outlet)))
    }
}

impl Opened {
    /// Bytes that will travel, as far as they can be known.
    fn size(&self) -> Result<Option<u64>, Failure> {
        let Self::Directory(directory) = self else { return Ok(None) };
        let (mut entries, mut bytes) = (0, 0);
        let options = WalkOptions { depth: None, exclude_git: false, after: None };
        let walked = pyro_tree::walk(directory.as_fd(), &options, |entry| {
            entries += 1;
            // A header, and a file in whole blocks.
            bytes += 512 + if entry.kind == Kind::File { entry.size.next_multiple_of(512) } else { 0 };
            if bytes > limits::TREE_BYTES_MAX || entries > limits::TREE_ENTRIES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(())
        });
        match walked {
            Ok(_) => Ok(Some(bytes)),
            Err(_) if entries > limits::TREE_ENTRIES_MAX => Err(too_many()),
            Err(_) if bytes > limits::TREE_BYTES_MAX => Err(transfer::too_large()),
            Err(error) => Err(Failure::invalid(error.to_string())),
        }
    }

    /// Writes it as tar; answers what was left out.
    fn write(self, shown: &str, outlet: &mut Outlet) -> Result<Vec<String>, Failure> {
        match self {
            Self::Directory(directory) => {
                let packed = pyro_tree::pack(directory.as_fd(), outlet).map_err(|error| host_tree(shown, &error))?;
                Ok(packed.skipped.into_iter().take(limits::SKIPPED_TOLD_MAX).collect())
            }
            Self::Archive(file) => {
                let copied = unpacked(file).and_then(|mut tar| io::copy(&mut tar, outlet));
                copied.map(|_| vec![]).map_err(|error| match error.kind() {
                    io::ErrorKind::FileTooLarge => transfer::too_large(),
                    _ => Failure::invalid(format!("{shown} cannot be unpacked: {error}"))
                        .hint("is the archive whole? `tar tf` lists a good one to its end"),
                })
            }
        }
    }
}

/// The tar in an archive, by what its first bytes say.
fn unpacked(mut file: File) -> io::Result<Box<dyn Read>> {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
    let mut magic = [0; 4];
    let mut read = 0;
    while read < magic.len() {
        match file.read(&mut magic[read..])? {
            0 => break,
            count => read += count,
        }
    }
    file.rewind()?;
    let file = BufReader::with_capacity(128 * 1024, file);
    Ok(match &magic[..read] {
        magic if magic.starts_with(GZIP) => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        // 2^27 is what zstd itself accepts by default.
        magic if magic.starts_with(ZSTD) => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(file)?;
            decoder.window_log_max(27)?;
            Box::new(decoder)
        }
        _ => Box::new(file),
    })
}

pub(super) fn too_many() -> Failure {
    Failure::new(Code::Limit, format!("the tree has more than {} entries", limits::TREE_ENTRIES_MAX))
        .hint("push a part of it")
}

/// What went wrong with a tree of the host.
pub(super) fn host_tree(shown: &str, error: &pyro_tree::TreeError) -> Failure {
    match error {
        pyro_tree::TreeError::Io { source, .. } if source.kind() == io::ErrorKind::FileTooLarge => {
            transfer::too_large()
        }
        pyro_tree::TreeError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
            Failure::io("write on the host", source)
        }
        error => Failure::invalid(format!("{shown}: {error}")),
    }
}

/// An archive that came within a call, as a file without a name.
fn inline(text: &str) -> Result<File, Failure> {
    let no_archive =
        |why: String| Failure::invalid(format!("the archive {why}")).hint("send a tar, .tar.gz or .tar.zst in base64");
    if text.len() > limits::ARCHIVE_BYTES_MAX.div_ceil(3) * 4 {
        let failure = Failure::new(
            Code::Limit,
            format!("an archive within a call takes {} bytes at most", limits::ARCHIVE_BYTES_MAX),
        );
        return Err(failure.hint("upload it: workspace_upload_open answers a URL"));
    }
    let bytes = STANDARD.decode(text.trim()).map_err(|error| no_archive(format!("is no base64: {error}")))?;
    if bytes.is_empty() {
        return Err(no_archive("is empty".into()));
    }
    let file = tempfile::tempfile().and_then(|mut file| {
        file.write_all(&bytes)?;
        file.rewind()?;
        Ok(file)
    });
    file.map_err(|error| Failure::io("keep the archive", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(file: File) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        unpacked(file)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn archives_are_known_by_their_first_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let tar = vec![7u8; 100_000];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar).unwrap();
        for (name, bytes) in [
            ("a.tar", tar.clone()),
            ("a.tgz", gzip.finish().unwrap()),
            ("a.tar.zst", zstd::encode_all(&*tar, 1).unwrap()),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read_all(File::open(&path).unwrap()).unwrap(), tar, "{name}");
            let source = Source::open(&HostFiles::Any, "seed_path", path.to_str().unwrap()).unwrap();
            assert_eq!(source.mode(), SeedMode::TarArchive);
            if name != "a.tar" {
                std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
                assert!(read_all(File::open(&path).unwrap()).is_err(), "half of {name} is no archive");
            }
        }
    }

    #[test]
    fn an_archive_within_a_call_is_one() {
        let tar = vec![7u8; 1000];
        assert_eq!(read_all(inline(&STANDARD.encode(&tar)).unwrap()).unwrap(), tar);
        for (text, code) in [("", Code::Invalid), ("*", Code::Invalid), (&*"A".repeat(1_400_000), Code::Limit)] {
            assert_eq!(inline(text).unwrap_err().code, code);
        }
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        std::fs::write(path("notes.txt"), "x").unwrap();
        nix::unistd::mkfifo(&*path("pipe.tar"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for (name, code) in [
            ("notes.txt", Code::Invalid),
            ("pipe.tar", Code::Invalid),
            ("none", Code::Missing),
            ("no\0", Code::Invalid),
        ] {
            let failure = Source::open(&HostFiles::Any, "seed_path", &path(name)).err().unwrap();
            assert_eq!(failure.code, code, "{name:?}: {}", failure.message);
        }
        assert_eq!(Source::open(&HostFiles::Any, "seed_path", "").err().unwrap().code, Code::Invalid);
    }
}
