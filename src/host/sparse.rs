//! Copies of sparse files that stay sparse, and digests of what is in them.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use nix::{
    errno::Errno,
    unistd::{Whence, lseek},
};

const PIECE_BYTES: usize = 1024 * 1024;
/// Zeros are found, and digests count, in blocks of this size: whatever a file system makes of holes, the digest is the
/// same.
const BLOCK_BYTES: usize = 64 * 1024;

/// Copies `from` to the new file `to`, holes as holes, and blocks of zeros too. A copy that fails leaves no file.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    copy_digested(from, to).map(drop)
}

/// As [`copy`], waiting until the copy is on disk; answers the digest of the content, BLAKE3 in hex.
pub fn copy_synced(from: &Path, to: &Path) -> io::Result<String> {
    let digest = copy_digested(from, to)?;
    let synced = File::open(to).and_then(|copy| copy.sync_all());
    if synced.is_err() {
        let _ = std::fs::remove_file(to);
    }
    synced.map(|()| digest)
}

fn copy_digested(from: &Path, to: &Path) -> io::Result<String> {
    let source = File::open(from)?;
    let target = File::options().write(true).create_new(true).open(to)?;
    let copied = target
        .set_len(source.metadata()?.len())
        .and_then(|()| blocks(&source, |block, offset| target.write_all_at(block, offset)));
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied
}

/// Hands out all blocks that are not zero; answers the digest of offsets and contents.
fn blocks(source: &File, mut each: impl FnMut(&[u8], u64) -> io::Result<()>) -> io::Result<String> {
    let length = source.metadata()?.len();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length.to_le_bytes());
    let mut piece = vec![0; PIECE_BYTES];
    let mut offset = 0u64;
    while let Some(start) = next_data(source, offset)? {
        // Whole blocks, wherever the file system says that data begins.
        offset = start - start % BLOCK_BYTES as u64;
        let wanted = PIECE_BYTES.min((length - offset) as usize);
        let mut read = 0;
        while read < wanted {
            match source.read_at(&mut piece[read..wanted], offset + read as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => read += count,
            }
        }
        for block in piece[..wanted].chunks(BLOCK_BYTES) {
            if !is_zero(block) {
                hasher.update(&offset.to_le_bytes()).update(block);
                each(block, offset)?;
            }
            offset += block.len() as u64;
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
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
        assert!(copied.metadata().unwrap().blocks() * 512 < 1 << 20);
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
