//! The index of a snapshot: every entry of its tree, in the order of a walk.
//!
//! The file is a line that names its form, the records of `pyro_protocol::tree` with the last one's count, and a BLAKE3
//! hash of all that. Reading and writing take constant memory.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use bytes::BytesMut;
use pyro_protocol::tree::{Decoder, Entry, Record, encode};
use pyro_tree::compare_paths;
use tempfile::NamedTempFile;

use crate::failure::Failure;

const MAGIC: &[u8; 16] = b"pyro baseline 1\n";
const HASH_BYTES: usize = blake3::OUT_LEN;
/// Path and target of one entry, bytes: within what a record holds.
const NAMES_BYTES_MAX: usize = 60_000;

/// Writes an index; nothing of it is seen before [`IndexWriter::finish`].
#[derive(Debug)]
pub struct IndexWriter {
    path: PathBuf,
    to: BufWriter<NamedTempFile>,
    hasher: blake3::Hasher,
    buffer: BytesMut,
    count: u64,
    last: bytes::Bytes,
}

impl IndexWriter {
    /// Begins the index at `path`, whose directory exists.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let directory = path.parent().unwrap_or(Path::new("/"));
        let to = BufWriter::new(NamedTempFile::new_in(directory).map_err(unwritten)?);
        let (hasher, buffer) = (blake3::Hasher::new(), BytesMut::from(&MAGIC[..]));
        Ok(Self { path: path.to_owned(), to, hasher, buffer, count: 0, last: bytes::Bytes::new() })
    }

    /// Adds the next entry; entries come in the order of a walk.
    pub fn push(&mut self, entry: &Entry) -> Result<(), Failure> {
        if entry.path.len() + entry.target.len() > NAMES_BYTES_MAX {
            return Err(Failure::invalid(format!("a name in the workspace is longer than {NAMES_BYTES_MAX} bytes"))
                .hint("move what lies so deep nearer to /workspace"));
        }
        if self.count > 0 && compare_paths(&self.last, &entry.path).is_ge() {
            return Err(Failure::internal("the guest sent the workspace's entries out of order"));
        }
        self.last = entry.path.clone();
        self.count += 1;
        encode(&Record::Entry(entry.clone()), &mut self.buffer);
        self.flush()
    }

    /// Ends the index and makes it last; answers how many entries it has.
    pub fn finish(mut self) -> Result<u64, Failure> {
        encode(&Record::End(self.count), &mut self.buffer);
        self.flush()?;
        let hash = self.hasher.finalize();
        self.to.write_all(hash.as_bytes()).map_err(unwritten)?;
        let file = self.to.into_inner().map_err(|error| unwritten(error.into_error()))?;
        file.as_file().sync_all().map_err(unwritten)?;
        file.persist(&self.path).map_err(|error| unwritten(error.error))?;
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(unwritten)?;
        Ok(self.count)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.hasher.update(&self.buffer);
        self.to.write_all(&self.buffer).map_err(unwritten)?;
        self.buffer.clear();
        Ok(())
    }
}

/// Reads an index, entry by entry. Damage may show only at the end: what was read counts once `None` came without an
/// error before it.
#[derive(Debug)]
pub struct Index {
    from: BufReader<File>,
    hasher: blake3::Hasher,
    decoder: Decoder,
    payload: Vec<u8>,
    count: u64,
    over: bool,
}

impl Index {
    /// Opens the index at `path`.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => unusable("is missing"),
            _ => Failure::io("read the snapshot's index", &error),
        })?;
        let mut index = Self {
            from: BufReader::with_capacity(64 * 1024, file),
            hasher: blake3::Hasher::new(),
            decoder: Decoder::default(),
            payload: Vec::new(),
            count: 0,
            over: false,
        };
        let mut magic = [0; MAGIC.len()];
        index.fill(&mut magic)?;
        if magic != *MAGIC {
            return Err(unusable("is not of a form this version knows"));
        }
        Ok(index)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Failure> {
        self.from.read_exact(bytes).map_err(unread)?;
        self.hasher.update(bytes);
        Ok(())
    }

    fn next_entry(&mut self) -> Result<Option<Entry>, Failure> {
        let damaged = || unusable("is damaged");
        let mut head = [0; 4];
        self.fill(&mut head)?;
        self.decoder.push(&head);
        // The decoder refuses a length that no record has, before anything is allocated for it.
        if self.decoder.next_record().map_err(|_| damaged())?.is_some() {
            return Err(damaged());
        }
        let mut payload = std::mem::take(&mut self.payload);
        payload.resize(u32::from_be_bytes(head) as usize, 0);
        self.fill(&mut payload)?;
        self.decoder.push(&payload);
        self.payload = payload;
        match self.decoder.next_record().map_err(|_| damaged())? {
            Some(Record::Entry(entry)) => {
                self.count += 1;
                Ok(Some(entry))
            }
            Some(Record::End(count)) if count == self.count => self.end().map(|()| None),
            _ => Err(damaged()),
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        let mut hash = [0; HASH_BYTES];
        self.from.read_exact(&mut hash).map_err(unread)?;
        let more = self.from.read(&mut [0]).map_err(unread)?;
        if self.hasher.finalize() != hash || more != 0 {
            return Err(unusable("is damaged"));
        }
        Ok(())
    }
}

impl Iterator for Index {
    type Item = Result<Entry, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.next_entry().transpose();
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

fn unwritten(error: io::Error) -> Failure {
    Failure::io("write the snapshot's index", &error)
}

fn unread(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => unusable("is cut off"),
        _ => Failure::io("read the snapshot's index", &error),
    }
}

fn unusable(why: &str) -> Failure {
    Failure::internal(format!("the index of the snapshot {why}"))
        .hint("the workspace's own files are untouched; compare with another snapshot")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use bytes::Bytes;
    use proptest::prelude::*;
    use pyro_protocol::tree::Kind;

    use super::*;
    use crate::failure::Code;

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let path = proptest::collection::vec("[a-c\\xe4/]{1,12}", 0..40);
        (path, any::<u64>()).prop_map(|(mut paths, seed)| {
            paths.sort_by(|one, other| compare_paths(one.as_bytes(), other.as_bytes()));
            paths.dedup();
            let entry = |path: String| Entry {
                kind: if path.len().is_multiple_of(2) { Kind::File } else { Kind::Symlink },
                mode: (seed as u32) & 0o7777,
                size: seed,
                mtime_ns: seed as i64,
                ctime_ns: -(path.len() as i64),
                inode: path.len() as u64,
                target: Bytes::from(path.clone()),
                unreadable: seed.is_multiple_of(2),
                path: Bytes::from(path),
            };
            paths.into_iter().map(entry).collect()
        })
    }

    fn written(path: &Path, entries: &[Entry]) {
        let mut writer = IndexWriter::create(path).unwrap();
        entries.iter().for_each(|entry| writer.push(entry).unwrap());
        assert!(!path.exists(), "seen before it is whole");
        assert_eq!(writer.finish().unwrap(), entries.len() as u64);
    }

    fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
        Index::open(path)?.collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_was_written_is_read_and_any_damage_is_noticed(
            entries in entries(), place in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<prop::sample::Index>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("index");
            written(&path, &entries);
            prop_assert_eq!(read(&path).unwrap(), entries);

            let whole = fs::read(&path).unwrap();
            let mut damaged = whole.clone();
            damaged[place.index(whole.len())] ^= 1 << bit;
            fs::write(&path, damaged).unwrap();
            prop_assert_eq!(read(&path).unwrap_err().code, Code::Internal);
            fs::write(&path, &whole[..cut.index(whole.len())]).unwrap();
            prop_assert!(read(&path).unwrap_err().message.ends_with("is cut off"));
            fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
            prop_assert!(read(&path).unwrap_err().message.ends_with("is damaged"));
        }
    }

    #[test]
    fn an_index_that_is_missing_or_foreign_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        assert!(read(&path).unwrap_err().message.ends_with("is missing"));
        fs::write(&path, "pyro baseline 2\nand more").unwrap();
        assert!(read(&path).unwrap_err().message.contains("not of a form"));
    }

    #[test]
    fn entries_out_of_order_are_refused_and_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |path: &'static str| Entry {
            path: Bytes::from(path),
            kind: Kind::File,
            mode: 0o644,
            size: 0,
            mtime_ns: 0,
            ctime_ns: 0,
            inode: 1,
            target: Bytes::new(),
            unreadable: false,
        };
        let mut writer = IndexWriter::create(&folder.path().join("index")).unwrap();
        writer.push(&entry("a/b")).unwrap();
        assert!(writer.push(&entry("a/b")).is_err());
        assert!(writer.push(&entry("a")).is_err());
        drop(writer);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
