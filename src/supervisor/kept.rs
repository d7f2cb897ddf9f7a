//! One stream of a command on disk: its beginning whole, and of what follows the end, in one file whose second part is
//! written round and round. Memory and disk stay bounded whatever a command says.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use nix::fcntl::{FallocateFlags, fallocate};

use crate::limits::{OUTPUT_HEAD_BYTES as HEAD, OUTPUT_TAIL_BYTES as TAIL};

/// Where the byte at `offset` of the stream lies in the file.
const fn place(offset: u64) -> u64 {
    if offset < HEAD { offset } else { HEAD + (offset - HEAD) % TAIL }
}

/// Bytes from `offset` on that lie together.
const fn together(offset: u64) -> u64 {
    if offset < HEAD { HEAD - offset } else { TAIL - (offset - HEAD) % TAIL }
}

/// A stream being written.
pub(super) struct Kept {
    file: File,
    end: u64,
}

impl Kept {
    pub(super) fn new(file: File) -> Self {
        Self { file, end: 0 }
    }

    /// Bytes said so far, kept or not.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Takes the bytes at `offset`; answers how many, before or among them, are lost. A gap reads as zeros.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) -> u64 {
        let gap = offset.saturating_sub(self.end);
        // What the gap would overwrite is gone from the stream's end in any case.
        let mut at = self.end.max(offset.saturating_sub(TAIL));
        while at < offset {
            let count = together(at).min(offset - at);
            if self.clear(place(at), count).is_err() {
                break;
            }
            at += count;
        }
        self.end = self.end.max(offset + bytes.len() as u64);
        match self.put(offset, bytes) {
            Ok(()) => gap,
            Err(_) => gap + bytes.len() as u64,
        }
    }

    /// Makes a part of the file read as zeros. Where the file system can, that costs neither time nor room: a guest may
    /// tell of any number of gaps.
    fn clear(&self, at: u64, count: u64) -> io::Result<()> {
        let end = at + count;
        let length = self.file.metadata()?.len();
        if length < end {
            self.file.set_len(end)?;
        }
        let old = count.min(length.saturating_sub(at));
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        if old == 0 || fallocate(&self.file, hole, at as i64, old as i64).is_ok() {
            return Ok(());
        }
        (at..at + old)
            .step_by(ZEROS.len())
            .try_for_each(|at| self.file.write_all_at(&ZEROS[..ZEROS.len().min((end - at) as usize)], at))
    }

    fn put(&self, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = together(offset).min(bytes.len() as u64) as usize;
            self.file.write_all_at(&bytes[..count], place(offset))?;
            bytes = &bytes[count..];
            offset += count as u64;
        }
        Ok(())
    }
}

static ZEROS: [u8; 65536] = [0; 65536];

/// A stream as it can be read again.
pub struct Stored {
    file: Option<File>,
    written: u64,
}

impl Stored {
    /// Of a stream of `written` bytes; a file that is gone reads as nothing kept.
    pub fn open(path: &Path, written: u64) -> Self {
        Self { file: File::open(path).ok(), written }
    }

    /// Bytes the command wrote.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Whether nothing is kept any more of what there was.
    pub fn is_gone(&self) -> bool {
        self.file.is_none() && self.written > 0
    }

    /// The offsets that are not kept, between beginning and end; empty where all is.
    pub fn gap(&self) -> std::ops::Range<u64> {
        if self.file.is_none() {
            return 0..self.written;
        }
        let tail = self.written.saturating_sub(TAIL).max(HEAD);
        HEAD.min(tail)..tail
    }

    /// Reads up to `max` bytes at `offset`, or after the gap where that lies in it; answers where they begin. Empty at the
    /// stream's end.
    pub fn read(&self, offset: u64, max: usize) -> io::Result<(u64, Vec<u8>)> {
        let gap = self.gap();
        let mut at = if gap.contains(&offset) { gap.end } else { offset.min(self.written) };
        let from = at;
        let until = if at < gap.start && !gap.is_empty() { gap.start } else { self.written };
        let Some(file) = &self.file else { return Ok((self.written, Vec::new())) };
        let mut bytes = vec![0; max.min((until - at) as usize)];
        let mut done = 0;
        while done < bytes.len() {
            let count = (together(at) as usize).min(bytes.len() - done);
            match file.read_at(&mut bytes[done..done + count], place(at)) {
                // The supervisor was killed before the rest was written.
                Ok(0) => break,
                Ok(read) => {
                    done += read;
                    at += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(done);
        Ok((from, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(offset: u64, count: usize) -> Vec<u8> {
        (offset..offset + count as u64).map(|at| (at % 251) as u8).collect()
    }

    fn written(total: u64, piece: usize) -> (tempfile::TempDir, Stored) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut kept = Kept::new(File::create(&path).unwrap());
        let mut offset = 0;
        while offset < total {
            let count = piece.min((total - offset) as usize);
            assert_eq!(kept.write(offset, &pattern(offset, count)), 0);
            offset += count as u64;
        }
        (dir, Stored::open(&path, total))
    }

    #[test]
    fn what_fits_reads_back_whole() {
        let total = HEAD + TAIL;
        let (_dir, stored) = written(total, 1_000_003);
        assert!(stored.gap().is_empty());
        let (mut at, mut count) = (0, 0);
        while at < total {
            let (from, bytes) = stored.read(at, 777_777).unwrap();
            assert_eq!((from, &bytes), (at, &pattern(at, bytes.len())));
            at += bytes.len() as u64;
            count += bytes.len();
        }
        assert_eq!(count as u64, total);
        assert_eq!(stored.read(total, 10).unwrap(), (total, vec![]));
    }

    #[test]
    fn of_more_the_beginning_and_the_end_are_kept() {
        let total = HEAD + 3 * TAIL + 12_345;
        let (_dir, stored) = written(total, 1_000_003);
        assert_eq!(stored.gap(), HEAD..total - TAIL);
        let (from, bytes) = stored.read(HEAD - 10, 100).unwrap();
        assert_eq!((from, bytes), (HEAD - 10, pattern(HEAD - 10, 10)), "a read stops at the gap");
        let (from, bytes) = stored.read(HEAD, 100).unwrap();
        assert_eq!((from, bytes), (total - TAIL, pattern(total - TAIL, 100)), "and goes on behind it");
        let (from, bytes) = stored.read(total - 50, 100).unwrap();
        assert_eq!((from, bytes), (total - 50, pattern(total - 50, 50)));
        assert!(std::fs::metadata(_dir.path().join("out")).unwrap().len() <= HEAD + TAIL);
    }

    #[test]
    fn a_lost_piece_is_counted_and_reads_as_zeros() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut kept = Kept::new(File::create(&path).unwrap());
        assert_eq!(kept.write(0, b"ab"), 0);
        assert_eq!(kept.write(5, b"cd"), 3);
        let stored = Stored::open(&path, 7);
        assert_eq!(stored.read(0, 10).unwrap(), (0, b"ab\0\0\0cd".to_vec()));
        std::fs::remove_file(&path).unwrap();
        let gone = Stored::open(&path, 7);
        assert!(gone.is_gone());
        assert_eq!(gone.read(0, 10).unwrap(), (7, vec![]));
    }

    #[test]
    fn gaps_without_end_cost_no_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut kept = Kept::new(File::create(&path).unwrap());
        let mut offset = 0;
        for step in [3, HEAD - 100, 50, TAIL / 3, TAIL - 7, TAIL, 5 * TAIL + 9, TAIL / 2] {
            kept.write(offset, b"here");
            let last = offset;
            offset += step;
            assert_eq!(kept.write(offset, b"and there"), step.saturating_sub(4));
            let stored = Stored::open(&path, kept.end());
            assert_eq!(stored.read(offset, 100).unwrap(), (offset, b"and there".to_vec()));
            if !stored.gap().contains(&last) && step > 100 {
                assert_eq!(stored.read(last, 20).unwrap().1, [b"here".to_vec(), vec![0; 16]].concat());
            }
            let before = stored.read(offset - 3, 3).unwrap();
            assert_eq!(before, if step == 3 { (0, b"her".to_vec()) } else { (offset - 3, vec![0; 3]) });
            offset = kept.end();
        }
        use std::os::unix::fs::MetadataExt;
        let meta = std::fs::metadata(&path).unwrap();
        assert!(meta.len() <= HEAD + TAIL && meta.blocks() * 512 < 1024 * 1024, "{meta:?}");
    }
}
