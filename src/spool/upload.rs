//! Uploads: opened by a call, received at a URL, taken by another call.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
};

use serde::Serialize;

use super::{CONTENT, Entry, RECORD, Spool, entry, failed, in_use, nothing};
use crate::{
    failure::{Code, Failure},
    host::{lock::Lock, write},
    ids::{Principal, UploadId},
    key::Key,
    limits,
};

/// An upload as it was opened.
#[derive(Clone, Debug)]
pub struct UploadRecord {
    pub upload_id: UploadId,
    /// Unix seconds.
    pub expires_at: i64,
    pub bytes_max: u64,
}

/// Content that is being received. Dropped, nothing of it is left, and it can be sent again.
pub struct Incoming {
    dir: PathBuf,
    file: tempfile::NamedTempFile,
    hash: blake3::Hasher,
    bytes: u64,
    bytes_max: u64,
    _lock: Lock,
}

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Received {
    pub bytes: u64,
    pub blake3: String,
}

/// Content that a call uses; nobody else can meanwhile.
#[derive(Debug)]
pub struct TakenUpload {
    pub file: File,
    dir: PathBuf,
    _lock: Lock,
}

impl Spool {
    /// Makes a place for one archive; the key is told once.
    pub fn open_upload(&self, principal: Option<&Principal>, now: i64) -> Result<(UploadRecord, Key), Failure> {
        self.sweep(now);
        let bytes_max = self.room(principal, None)?;
        self.make()?;
        let (upload_id, key) = (UploadId::random()?, Key::random()?);
        let entry = Entry {
            version: Entry::VERSION,
            principal: principal.cloned(),
            key: key.hash(),
            expires_at: now + limits::SPOOL_SECONDS,
            tree_bytes: 0,
        };
        let dir = self.dir(&upload_id);
        write::private_dir(&dir).map_err(failed)?;
        let bytes = serde_json::to_vec(&entry).map_err(|error| Failure::internal(error.to_string()))?;
        write::swiftly(&dir.join(RECORD), &bytes).map_err(failed)?;
        Ok((UploadRecord { upload_id, expires_at: entry.expires_at, bytes_max }, key))
    }

    /// Begins to receive what is sent to an upload's URL.
    pub fn receive(&self, id: &UploadId, key: &str, now: i64) -> Result<Incoming, Failure> {
        let dir = self.dir(id);
        let entry = entry::read(&dir).filter(|entry| entry.key.admits(key.as_bytes()) && entry.expires_at > now);
        let entry = entry.ok_or_else(nothing)?;
        let lock = in_use(&dir)?;
        if dir.join(CONTENT).exists() {
            return Err(Failure::conflict(format!("{id} was uploaded already")).hint("open another upload"));
        }
        // What else waits counts by now, although it did not when this one was opened.
        let bytes_max = self.room(entry.principal.as_ref(), Some(&dir))?;
        let file = tempfile::NamedTempFile::new_in(&dir).map_err(failed)?;
        Ok(Incoming { dir, file, hash: blake3::Hasher::new(), bytes: 0, bytes_max, _lock: lock })
    }

    /// What arrived, for the call that names it. It stays until it is consumed.
    pub fn take(&self, id: &UploadId, principal: Option<&Principal>, now: i64) -> Result<TakenUpload, Failure> {
        let missing = || {
            Failure::missing(format!("{id} does not exist; it may have expired, or was used"))
                .hint("open another with workspace_upload_open")
        };
        let dir = self.dir(id);
        let entry = entry::read(&dir).filter(|entry| entry.principal.as_ref() == principal && entry.expires_at > now);
        entry.ok_or_else(missing)?;
        let lock = in_use(&dir)?;
        let file = File::open(dir.join(CONTENT)).map_err(|_| {
            let failure = Failure::conflict(format!("nothing has been uploaded to {id} yet"));
            failure.hint("send the archive to its URL first: curl -T tree.tar.gz URL")
        })?;
        Ok(TakenUpload { file, dir, _lock: lock })
    }
}

impl Incoming {
    /// The most that may arrive.
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Takes a piece. Blocks the thread.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), Failure> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.bytes_max {
            return Err(too_large(self.bytes_max));
        }
        self.hash.update(piece);
        self.file.write_all(piece).map_err(failed)
    }

    /// It is whole.
    pub fn finish(self) -> Result<Received, Failure> {
        self.file.persist_noclobber(self.dir.join(CONTENT)).map_err(|error| failed(error.error))?;
        Ok(Received { bytes: self.bytes, blake3: self.hash.finalize().to_hex().to_string() })
    }
}

pub fn too_large(bytes_max: u64) -> Failure {
    Failure::new(Code::Limit, format!("an upload takes {bytes_max} bytes at most"))
        .hint("compress it, or push it in several parts with workspace_sync_push")
}

impl TakenUpload {
    /// It was used and is no more.
    pub fn consume(self) {
        // The lock goes last; whoever waited for it finds nothing.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn spool() -> (tempfile::TempDir, Spool) {
        let home = tempfile::tempdir().unwrap();
        let spool = Spool::below(home.path());
        (home, spool)
    }

    #[test]
    fn an_upload_is_received_once_and_taken_once_by_its_principal() {
        let (home, spool) = spool();
        let (ci, dev): (Principal, Principal) = ("ci".parse().unwrap(), "dev".parse().unwrap());
        let (opened, key) = spool.open_upload(Some(&ci), 0).unwrap();
        let id = opened.upload_id;
        assert_eq!(spool.take(&id, Some(&ci), 0).unwrap_err().code, Code::Conflict, "nothing has arrived");
        let mut broken = spool.receive(&id, key.as_str(), 0).unwrap();
        broken.write(b"half").unwrap();
        assert_eq!(spool.receive(&id, key.as_str(), 0).err().unwrap().code, Code::Conflict, "it is being sent");
        drop(broken);
        let mut whole = spool.receive(&id, key.as_str(), 0).unwrap();
        whole.write(b"archive").unwrap();
        assert_eq!(whole.finish().unwrap().bytes, 7);
        assert_eq!(spool.receive(&id, key.as_str(), 0).err().unwrap().code, Code::Conflict, "once");
        for stranger in [Some(&dev), None] {
            assert_eq!(spool.take(&id, stranger, 0).unwrap_err().code, Code::Missing);
        }
        let mut taken = spool.take(&id, Some(&ci), 0).unwrap();
        assert_eq!(spool.take(&id, Some(&ci), 0).unwrap_err().code, Code::Conflict, "in use");
        let mut text = String::new();
        taken.file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "archive");
        taken.consume();
        assert_eq!(spool.take(&id, Some(&ci), 0).unwrap_err().code, Code::Missing);
        assert_eq!(fs::read_dir(home.path().join("spool")).unwrap().count(), 0);
    }

    #[test]
    fn wrong_keys_and_expired_uploads_look_alike() {
        let (home, spool) = spool();
        let (opened, key) = spool.open_upload(None, 0).unwrap();
        let id = opened.upload_id;
        let said = |id: &UploadId, key: &str, now| spool.receive(id, key, now).err().unwrap();
        let unknown = said(&UploadId::random().unwrap(), key.as_str(), 0);
        assert_eq!(said(&id, "wrong", 0), unknown);
        assert_eq!(said(&id, key.as_str(), opened.expires_at), unknown);
        spool.sweep(opened.expires_at - 1);
        assert!(spool.receive(&id, key.as_str(), 0).is_ok());
        spool.sweep(opened.expires_at);
        assert_eq!(fs::read_dir(home.path().join("spool")).unwrap().count(), 0);
    }

    #[test]
    fn nobody_fills_the_disk() {
        let (_home, spool) = spool();
        let (opened, key) = spool.open_upload(None, 0).unwrap();
        let mut incoming = spool.receive(&opened.upload_id, key.as_str(), 0).unwrap();
        incoming.bytes_max = 4;
        incoming.write(b"four").unwrap();
        assert_eq!(incoming.write(b"!").unwrap_err().code, Code::Limit);
        drop(incoming);
        for _ in 1..limits::SPOOL_ENTRIES_MAX {
            spool.open_upload(None, 0).unwrap();
        }
        assert_eq!(spool.open_upload(None, 0).err().unwrap().code, Code::Limit);
        let ci: Principal = "ci".parse().unwrap();
        assert!(spool.open_upload(Some(&ci), 0).is_ok(), "others are not held up");
        assert!(spool.open_upload(None, opened.expires_at).is_ok(), "what has expired makes room");
    }
}
