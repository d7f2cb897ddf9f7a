//! Files on their way between callers far away and workspaces: an upload waits until a call takes it, a download until its
//! URL is fetched. Each is a directory of its own, reached by a key that is told once, and is gone after its use or its time.

mod download;
mod entry;
mod upload;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use download::{DownloadRecord, Draft, Outgoing, Shape};
use entry::Entry;
pub use upload::{Incoming, TakenUpload, UploadRecord, too_large};

use crate::{
    failure::{Code, Failure},
    host::{lock, write},
    ids::Principal,
    limits,
};

/// Below `$PYRO_HOME`.
const FOLDER: &str = "spool";
const RECORD: &str = "record.json";
const CONTENT: &str = "content";
/// Held while the content is being received, taken or sent.
const LOCK: &str = "use.lock";
/// A download that is being written; nobody can name it.
const DRAFT: &str = ".draft-";

/// Everything that waits below one state directory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
}

impl Spool {
    pub fn below(home: &Path) -> Self {
        Self { folder: home.join(FOLDER) }
    }

    /// Removes what has expired and is not in use.
    pub fn sweep(&self, now: i64) {
        for dir in self.directories() {
            let is_draft = dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DRAFT));
            let over = if is_draft {
                let age = fs::metadata(&dir).and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
                age.is_some_and(|age| age > limits::TRANSFER_DEADLINE * 2)
            } else {
                entry::read(&dir).is_none_or(|entry| entry.expires_at <= now)
            };
            if over && !lock::is_held(&dir.join(LOCK)) {
                // Another process may be removing it as well.
                let _ = fs::remove_dir_all(dir);
            }
        }
    }

    /// Bytes that one more of this principal's may have, besides what is in `own`.
    fn room(&self, principal: Option<&Principal>, own: Option<&Path>) -> Result<u64, Failure> {
        let (mut count, mut bytes) = (0, 0);
        for dir in self.directories().filter(|dir| Some(dir.as_path()) != own) {
            if let Some(entry) = entry::read(&dir).filter(|entry| entry.principal.as_ref() == principal) {
                count += 1;
                bytes += entry.bytes(&dir);
            }
        }
        if count >= limits::SPOOL_ENTRIES_MAX || bytes >= limits::SPOOL_BYTES_MAX {
            let message = format!("{count} uploads and downloads of {bytes} bytes are waiting already");
            let minutes = limits::SPOOL_SECONDS / 60;
            return Err(Failure::new(Code::Limit, message)
                .hint(format!("use them: each is gone after its use, or after {minutes} minutes")));
        }
        Ok((limits::SPOOL_BYTES_MAX - bytes).min(limits::UPLOAD_BYTES_MAX))
    }

    fn directories(&self) -> impl Iterator<Item = PathBuf> {
        fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path())
    }

    fn make(&self) -> Result<(), Failure> {
        write::private_dir(&self.folder).map_err(failed)
    }

    /// Of an upload or a download.
    fn dir(&self, id: &impl std::fmt::Display) -> PathBuf {
        self.folder.join(id.to_string())
    }
}

fn failed(error: io::Error) -> Failure {
    Failure::io("keep what is on its way", &error)
}

/// The one answer to every URL that admits nothing, whatever the reason.
pub fn nothing() -> Failure {
    Failure::missing("this URL admits nothing: it may have expired, or was used").hint("ask for another")
}

/// Waits for nobody: what is in use is not to be had.
fn in_use(dir: &Path) -> Result<lock::Lock, Failure> {
    let held = match lock::try_hold(&dir.join(LOCK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(nothing()),
        held => held.map_err(failed)?,
    };
    let held = held.ok_or_else(|| Failure::conflict("it is in use").hint("wait until it is not, then try again"))?;
    // Its last user may have removed it a moment ago, and with it the file that we locked.
    if dir.join(RECORD).exists() { Ok(held) } else { Err(nothing()) }
}
