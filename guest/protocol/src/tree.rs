//! What a tree consists of, entry by entry, and changes to one that happen whole or not at all.
//!
//! Records travel as `[length u32 BE][payload]`, one per entry and a last one that says how many there were, so that a
//! stream that broke off never looks like a smaller tree. Names are bytes: a file system's need not be UTF-8.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// Query of [`crate::route::WALK`]: levels below the path; everything when absent.
pub const DEPTH: &str = "depth";
/// Query: `1` leaves out directories called `.git`.
pub const EXCLUDE_GIT: &str = "exclude_git";
/// Query: percent-encoded path after which to begin.
pub const AFTER: &str = "after";

/// How long a guest stays frozen at the most, whatever its host does.
pub const FROZEN_SECONDS_MAX: u64 = 300;
/// JSON before the tar of [`crate::route::APPLY`], bytes.
pub const APPLY_HEAD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Names beginning so, directly in the workspace, are the agent's own while a change is applied: never listed, packed or
/// walked.
pub const RESERVED_PREFIX: &str = ".pyro-apply-";

/// Longest payload of one record: a path and a link's target of 4096 bytes each would do.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
const HEAD_BYTES: usize = 4;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    File = 1,
    Directory = 2,
    Symlink = 3,
    Fifo = 4,
    Socket = 5,
    CharDevice = 6,
    BlockDevice = 7,
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the directory walked, components joined by `/`.
    pub path: Bytes,
    pub kind: Kind,
    /// Permission bits, 0o7777.
    pub mode: u32,
    /// Bytes of a file; 0 for everything else.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
    pub ctime_ns: i64,
    pub inode: u64,
    /// What a symlink says; empty for everything else.
    pub target: Bytes,
    /// A directory that could not be read: its entries are missing.
    pub unreadable: bool,
}

/// One record of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Entry(Entry),
    /// Nothing follows; so many entries came.
    End(u64),
}

/// A walk that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record that cannot be read: {0}")]
pub struct RecordError(&'static str);

const END: u8 = 0;

/// Encodes one record onto `to`.
pub fn encode(record: &Record, to: &mut BytesMut) {
    let start = to.len();
    to.put_u32(0);
    match record {
        Record::End(count) => {
            to.put_u8(END);
            to.put_u64(*count);
        }
        Record::Entry(entry) => {
            to.put_u8(entry.kind as u8);
            to.put_u8(u8::from(entry.unreadable));
            to.put_u16(entry.mode as u16);
            to.put_u64(entry.size);
            to.put_i64(entry.mtime_ns);
            to.put_i64(entry.ctime_ns);
            to.put_u64(entry.inode);
            to.put_u16(entry.path.len() as u16);
            to.put_slice(&entry.path);
            to.put_slice(&entry.target);
        }
    }
    let length = (to.len() - start - HEAD_BYTES) as u32;
    to[start..start + HEAD_BYTES].copy_from_slice(&length.to_be_bytes());
}

/// Turns pieces of a byte stream, cut anywhere, back into records.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Adds the next piece of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// Answers the next whole record, or `None` until more bytes come.
    pub fn next_record(&mut self) -> Result<Option<Record>, RecordError> {
        let Some(head) = self.buffer.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let length = u32::from_be_bytes(*head) as usize;
        if length > PAYLOAD_BYTES_MAX {
            return Err(RecordError("longer than any entry"));
        }
        if self.buffer.len() < HEAD_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(HEAD_BYTES);
        decode(self.buffer.split_to(length).freeze()).map(Some)
    }
}

/// Numbers of an entry before its names.
const FIXED_BYTES: usize = 1 + 2 + 8 * 4 + 2;

fn decode(mut payload: Bytes) -> Result<Record, RecordError> {
    let kind = match payload.try_get_u8() {
        Ok(END) if payload.len() == 8 => return Ok(Record::End(payload.get_u64())),
        Ok(1) => Kind::File,
        Ok(2) => Kind::Directory,
        Ok(3) => Kind::Symlink,
        Ok(4) => Kind::Fifo,
        Ok(5) => Kind::Socket,
        Ok(6) => Kind::CharDevice,
        Ok(7) => Kind::BlockDevice,
        _ => return Err(RecordError("of unknown kind")),
    };
    if payload.len() < FIXED_BYTES {
        return Err(RecordError("shorter than its numbers"));
    }
    let unreadable = payload.get_u8() != 0;
    let mode = u32::from(payload.get_u16()) & 0o7777;
    let (size, mtime_ns, ctime_ns, inode) =
        (payload.get_u64(), payload.get_i64(), payload.get_i64(), payload.get_u64());
    let path = usize::from(payload.get_u16());
    if path == 0 || path > payload.len() {
        return Err(RecordError("with a path that is empty or cut off"));
    }
    let path = payload.split_to(path);
    Ok(Record::Entry(Entry { path, kind, mode, size, mtime_ns, ctime_ns, inode, target: payload, unreadable }))
}

/// What precedes the tar of a change, as `[length u32 BE][JSON]`. The tar's entries replace what is there; directories
/// merge. A file never replaces a directory nor the other way round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyRequest {
    /// Files and links to remove, relative to the query's path.
    #[serde(default)]
    pub delete: Vec<String>,
    /// What must be there before anything happens.
    #[serde(default)]
    pub expect: Vec<Expected>,
}

/// One condition of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Relative to the query's path.
    pub path: String,
    /// SHA-256 in hex of a file's content, or of a link's target; absent: nothing may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Answer to a change applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Entries of the tar, directories included.
    pub entries: u64,
    /// Bytes of files.
    pub bytes: u64,
    /// Files and links that stood there before.
    pub replaced: u64,
    pub deleted: u64,
    /// Special files that were left out.
    #[serde(default)]
    pub skipped: Vec<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let bytes = |range| proptest::collection::vec(any::<u8>(), range).prop_map(Bytes::from);
        let numbers = (any::<u64>(), any::<i64>(), any::<i64>(), any::<u64>(), 0u32..0o10000);
        let entry =
            (bytes(1..60), bytes(0..60), numbers, any::<bool>()).prop_map(|(path, target, numbers, unreadable)| {
                let (size, mtime_ns, ctime_ns, inode, mode) = numbers;
                Entry { path, kind: Kind::Symlink, mode, size, mtime_ns, ctime_ns, inode, target, unreadable }
            });
        proptest::collection::vec(entry, 0..8)
    }

    proptest! {
        #[test]
        fn any_cut_of_the_stream_decodes_to_the_same_records(entries in entries(), cut in 1usize..50) {
            let end = Record::End(entries.len() as u64);
            let records: Vec<Record> = entries.into_iter().map(Record::Entry).chain([end]).collect();
            let mut wire = BytesMut::new();
            records.iter().for_each(|record| encode(record, &mut wire));
            let (mut decoder, mut seen) = (Decoder::default(), Vec::new());
            for piece in wire.chunks(cut) {
                decoder.push(piece);
                while let Some(record) = decoder.next_record().unwrap() {
                    seen.push(record);
                }
            }
            prop_assert_eq!(seen, records);
        }

        #[test]
        fn garbage_is_an_error_or_a_wait_and_never_a_panic(garbage in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut decoder = Decoder::default();
            decoder.push(&garbage);
            while let Ok(Some(_)) = decoder.next_record() {}
        }
    }
}
