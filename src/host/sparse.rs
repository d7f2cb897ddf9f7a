//! Copies of sparse files that stay sparse, and digests of what is in them.

use std::{
    fs::File,
    io,
    num::NonZeroU64,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::mpsc,
};

use nix::{
    errno::Errno,
    unistd::{Whence, lseek},
};
use rustix::fs::Advice;

const PIECE_BYTES: usize = 1024 * 1024;
/// Zeros are found, and digests count, in blocks of this size: whatever a file system makes of holes, the digest is the
/// same.
const BLOCK_BYTES: usize = 64 * 1024;
/// Pieces that wait to be hashed: hashing and copying take about the same time.
const PIECES_AHEAD: usize = 4;
/// A copy is written out in such parts while it goes on, so that little is left to wait for at its end.
const WRITTEN_OUT_BYTES: u64 = 16 * 1024 * 1024;

/// Copies `from` to the new file `to`, holes as holes, and blocks of zeros too. A copy that fails leaves no file.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    copy_of(&File::open(from)?, to)
}

/// As [`copy`], of a file that is open.
pub fn copy_of(source: &File, to: &Path) -> io::Result<()> {
    FileCopy::of(source, to).map(FileCopy::keep)
}

/// As [`copy`], waiting until the copy is on disk; answers the digest of the content, BLAKE3 in hex.
pub fn copy_synced(from: &Path, to: &Path) -> io::Result<String> {
    FileCopy::take(from, to)?.settle()
}

/// A copy that holds everything already, but is perhaps not on disk yet. Dropped, it is gone.
#[derive(Debug)]
pub struct FileCopy {
    file: File,
    path: Option<PathBuf>,
    /// Of the content; unknown where the file system shares the blocks instead of reading them.
    digest: Option<String>,
}

impl FileCopy {
    /// Copies `from` to the new file `to`: at once where both lie on a file system that shares blocks.
    pub fn take(from: &Path, to: &Path) -> io::Result<Self> {
        Self::of(&File::open(from)?, to)
    }

    fn of(source: &File, to: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(to)?;
        let mut copy = Self { file, path: Some(to.to_owned()), digest: None };
        if rustix::fs::ioctl_ficlone(&copy.file, source).is_err() {
            copy.digest = Some(copy_into(source, &copy.file)?);
        }
        Ok(copy)
    }

    /// Waits until it is on disk; answers the digest of the content, BLAKE3 in hex.
    pub fn settle(mut self) -> io::Result<String> {
        let digest = match self.digest.take() {
            Some(digest) => digest,
            None => digest(&self.file)?,
        };
        self.file.sync_all()?;
        self.keep();
        Ok(digest)
    }

    fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for FileCopy {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Copies into an empty file; answers the digest.
pub fn copy_into(source: &File, target: &File) -> io::Result<String> {
    target.set_len(source.metadata()?.len())?;
    let mut begun = 0;
    blocks(source, |block, offset| {
        target.write_all_at(block, offset)?;
        let end = offset + block.len() as u64;
        if end - begun >= WRITTEN_OUT_BYTES {
            // Begins to write out what is not needed in memory. Only advice, so it may come to nothing.
            let _ = rustix::fs::fadvise(target, begun, NonZeroU64::new(end - begun), Advice::DontNeed);
            begun = end;
        }
        Ok(())
    })
}

/// The digest of a file's content, as copying it would answer.
pub fn digest(source: &File) -> io::Result<String> {
    blocks(source, |_, _| Ok(()))
}

/// A piece on its way to be hashed.
struct Piece {
    offset: u64,
    bytes: Vec<u8>,
    length: usize,
    /// A bit for each block that is zero.
    zero: u32,
}

/// Hands out all blocks that are not zero; answers the digest of offsets and contents, which another thread makes of them.
fn blocks(source: &File, mut each: impl FnMut(&[u8], u64) -> io::Result<()>) -> io::Result<String> {
    let length = source.metadata()?.len();
    std::thread::scope(|scope| {
        let (pieces, arriving) = mpsc::sync_channel(PIECES_AHEAD);
        let (back, used) = mpsc::channel();
        for _ in 0..=PIECES_AHEAD {
            let _ = back.send(vec![0; PIECE_BYTES]);
        }
        let hashing = scope.spawn(move || hash(length, arriving, &back));
        let mut offset = 0u64;
        while let Some(start) = next_data(source, offset)? {
            // Whole blocks, wherever the file system says that data begins.
            offset = start - start % BLOCK_BYTES as u64;
            let mut piece = Piece {
                offset,
                bytes: used.recv().map_err(io::Error::other)?,
                length: PIECE_BYTES.min((length - offset) as usize),
                zero: 0,
            };
            source.read_exact_at(&mut piece.bytes[..piece.length], offset)?;
            for (place, block) in piece.bytes[..piece.length].chunks(BLOCK_BYTES).enumerate() {
                match is_zero(block) {
                    true => piece.zero |= 1 << place,
                    false => each(block, offset)?,
                }
                offset += block.len() as u64;
            }
            pieces.send(piece).map_err(io::Error::other)?;
        }
        drop(pieces);
        hashing.join().map_err(|_| io::Error::other("the thread that hashes has failed"))
    })
}

fn hash(length: u64, arriving: mpsc::Receiver<Piece>, back: &mpsc::Sender<Vec<u8>>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length.to_le_bytes());
    for piece in arriving {
        for (place, block) in piece.bytes[..piece.length].chunks(BLOCK_BYTES).enumerate() {
            if piece.zero & 1 << place == 0 {
                hasher.update(&(piece.offset + (place * BLOCK_BYTES) as u64).to_le_bytes()).update(block);
            }
        }
        // Nobody may want it any more.
        let _ = back.send(piece.bytes);
    }
    hasher.finalize().to_hex().to_string()
}

/// Where data begins at or after `offset`; `None` where only a hole follows.
fn next_data(source: &File, offset: u64) -> io::Result<Option<u64>> {
    match lseek(source, offset as i64, Whence::SeekData) {
        Ok(start) => Ok(Some(start as u64)),
        Err(Errno::ENXIO) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

fn is_zero(block: &[u8]) -> bool {
    // The first byte is zero and every byte equals the one before it: the comparison of memory that libraries are best at.
    block.first().is_none_or(|first| *first == 0) && block[1..] == block[..block.len() - 1]
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn content_is_equal_and_holes_stay_holes() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to, again) = (dir.path().join("from"), dir.path().join("to"), dir.path().join("again"));
        let file = File::create(&from).unwrap();
        file.set_len(1 << 30).unwrap();
        file.write_all_at(b"front", 0).unwrap();
        file.write_all_at(b"middle", 500 << 20).unwrap();
        file.write_all_at(&[0; 1 << 20], 700 << 20).unwrap();
        let digest = copy_synced(&from, &to).unwrap();
        let copied = File::open(&to).unwrap();
        let mut read = [0; 6];
        copied.read_exact_at(&mut read, 500 << 20).unwrap();
        assert_eq!(&read, b"middle");
        assert_eq!(copied.metadata().unwrap().len(), 1 << 30);
        assert!(copied.metadata().unwrap().blocks() <= file.metadata().unwrap().blocks());
        let read = File::create(dir.path().join("read")).unwrap();
        assert_eq!(
            copy_into(&File::open(&from).unwrap(), &read).unwrap(),
            digest,
            "shared or read: the digest is the same"
        );
        assert!(read.metadata().unwrap().blocks() * 512 < 1 << 20);
        assert_eq!(copy_synced(&to, &again).unwrap(), digest, "zeros or a hole: the content is the same");
        assert!(copy(&from, &to).is_err(), "an existing file is never overwritten");
        file.write_all_at(b"x", 900 << 20).unwrap();
        std::fs::remove_file(&to).unwrap();
        assert_ne!(copy_synced(&from, &to).unwrap(), digest);
    }

    #[test]
    fn an_odd_length_is_copied_to_its_last_byte() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for length in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES + 1, PIECE_BYTES + 12_345] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 250) as u8).collect();
            std::fs::write(&from, &bytes).unwrap();
            copy(&from, &to).unwrap();
            assert_eq!(std::fs::read(&to).unwrap(), bytes);
            std::fs::remove_file(&to).unwrap();
        }
    }
}
