//! Copies of sparse files that stay sparse.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use nix::{
    errno::Errno,
    unistd::{Whence, lseek},
};

const PIECE_BYTES: usize = 1024 * 1024;

/// Copies `from` to the new file `to`, holes as holes. A copy that fails leaves no file.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let copied = try_copy(from, to);
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn try_copy(from: &Path, to: &Path) -> io::Result<()> {
    let source = File::open(from)?;
    let target = File::options().write(true).create_new(true).open(to)?;
    let length = source.metadata()?.len();
    target.set_len(length)?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut at = 0i64;
    loop {
        let start = match lseek(&source, at, Whence::SeekData) {
            Ok(start) => start,
            Err(Errno::ENXIO) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        };
        at = lseek(&source, start, Whence::SeekHole)?;
        let mut offset = start as u64;
        while offset < at as u64 {
            let wanted = PIECE_BYTES.min((at as u64 - offset) as usize);
            let count = source.read_at(&mut piece[..wanted], offset)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            target.write_all_at(&piece[..count], offset)?;
            offset += count as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn content_is_equal_and_holes_stay_holes() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let file = File::create(&from).unwrap();
        file.set_len(1 << 30).unwrap();
        file.write_all_at(b"front", 0).unwrap();
        file.write_all_at(b"middle", 500 << 20).unwrap();
        copy(&from, &to).unwrap();
        let copied = File::open(&to).unwrap();
        let mut read = [0; 6];
        copied.read_exact_at(&mut read, 500 << 20).unwrap();
        assert_eq!(&read, b"middle");
        assert_eq!(copied.metadata().unwrap().len(), 1 << 30);
        assert!(copied.metadata().unwrap().blocks() * 512 < 1 << 20);
        assert!(copy(&from, &to).is_err(), "an existing file is never overwritten");
    }
}
