//! Downloads: written aside by a call, published under a key, fetched once.

use std::{
    fs::{self, File},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{CONTENT, DRAFT, Entry, LOCK, RECORD, Spool, failed, in_use, nothing};
use crate::{
    failure::Failure,
    host::{
        lock::{self, Lock},
        write,
    },
    ids::{DownloadId, Principal},
    key::Key,
    limits,
};

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// As it is.
    File,
    /// A directory, as a tar that is made while it is fetched.
    Tree,
}

/// Of a download.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DownloadRecord {
    #[serde(flatten)]
    pub entry: Entry,
    pub download_id: DownloadId,
    /// Under which name a browser would save it.
    pub file_name: String,
    pub shape: Shape,
}

/// A download being made. Dropped, nothing of it is left.
pub struct Draft {
    spool: Spool,
    dir: tempfile::TempDir,
    lock: Lock,
    principal: Option<Principal>,
}

/// Content that is being sent; nobody else can fetch it meanwhile.
pub struct Outgoing {
    pub record: DownloadRecord,
    pub content: File,
    dir: PathBuf,
    _lock: Lock,
}

impl Spool {
    /// A place for what will be fetched.
    pub fn draft(&self, principal: Option<&Principal>, now: i64) -> Result<Draft, Failure> {
        self.sweep(now);
        self.room(principal, None)?;
        self.make()?;
        let dir = tempfile::Builder::new().prefix(DRAFT).tempdir_in(&self.folder).map_err(failed)?;
        let lock = lock::hold(&dir.path().join(LOCK)).map_err(failed)?;
        Ok(Draft { spool: self.clone(), dir, lock, principal: principal.cloned() })
    }

    /// What is behind a download's URL. It stays until it is finished.
    pub fn fetch(&self, id: &DownloadId, key: &str, now: i64) -> Result<Outgoing, Failure> {
        let dir = self.dir(id);
        let record: Option<DownloadRecord> =
            fs::read(dir.join(RECORD)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let admitted =
            |record: &DownloadRecord| record.entry.key.admits(key.as_bytes()) && record.entry.expires_at > now;
        let record = record.filter(admitted).ok_or_else(nothing)?;
        let lock = in_use(&dir)?;
        // A guest made it: it is what it is, and never what it leads to.
        let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
        let content = File::options().read(true).custom_flags(flags).open(dir.join(CONTENT)).map_err(failed)?;
        Ok(Outgoing { record, content, dir, _lock: lock })
    }
}

impl Draft {
    /// A directory that nobody else knows; the content goes there by this name.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub const CONTENT: &'static str = CONTENT;

    /// Gives it an id and a key; from here on it can be fetched. `tree_bytes` are those of a tree's files.
    pub fn publish(
        self,
        file_name: String,
        shape: Shape,
        tree_bytes: u64,
        now: i64,
    ) -> Result<(DownloadRecord, Key), Failure> {
        let (download_id, key) = (DownloadId::random()?, Key::random()?);
        let entry = Entry {
            version: Entry::VERSION,
            principal: self.principal,
            key: key.hash(),
            expires_at: now + limits::SPOOL_SECONDS,
            tree_bytes,
        };
        let record = DownloadRecord { entry, download_id, file_name, shape };
        let bytes = serde_json::to_vec(&record).map_err(|error| Failure::internal(error.to_string()))?;
        write::swiftly(&self.dir.path().join(RECORD), &bytes).map_err(failed)?;
        fs::rename(self.dir.path(), self.spool.dir(&record.download_id)).map_err(failed)?;
        let _moved = self.dir.keep();
        drop(self.lock);
        Ok((record, key))
    }
}

impl Outgoing {
    /// All of it was sent: it is no more.
    pub fn finish(self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn a_download_is_fetched_whole_once() {
        let home = tempfile::tempdir().unwrap();
        let spool = Spool::below(home.path());
        drop(spool.draft(None, 0).unwrap());
        let draft = spool.draft(None, 0).unwrap();
        fs::write(draft.dir().join(Draft::CONTENT), "report").unwrap();
        let (record, key) = draft.publish("report.txt".into(), Shape::File, 0, 0).unwrap();
        let id = &record.download_id;
        assert!(spool.fetch(id, "wrong", 0).is_err());
        let broken = spool.fetch(id, key.as_str(), 0).unwrap();
        assert_eq!(spool.fetch(id, key.as_str(), 0).err().unwrap().code, Code::Conflict, "one at a time");
        drop(broken);
        let whole = spool.fetch(id, key.as_str(), 0).unwrap();
        assert_eq!(whole.record.file_name, "report.txt");
        whole.finish();
        assert_eq!(spool.fetch(id, key.as_str(), 0).err().unwrap().code, Code::Missing);
        assert_eq!(fs::read_dir(home.path().join("spool")).unwrap().count(), 0);
    }

    #[test]
    fn a_download_expires() {
        let home = tempfile::tempdir().unwrap();
        let spool = Spool::below(home.path());
        let draft = spool.draft(None, 0).unwrap();
        fs::create_dir(draft.dir().join(Draft::CONTENT)).unwrap();
        let (record, key) = draft.publish("tree.tar".into(), Shape::Tree, 7, 0).unwrap();
        assert!(spool.fetch(&record.download_id, key.as_str(), record.entry.expires_at).is_err());
        spool.sweep(record.entry.expires_at);
        assert_eq!(fs::read_dir(home.path().join("spool")).unwrap().count(), 0);
    }
}
