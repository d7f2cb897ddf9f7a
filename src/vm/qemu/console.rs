//! The serial console: drained always, kept only at its end, in memory and in a bounded file.

use std::{
    collections::VecDeque,
    fs::File,
    io::{Seek, SeekFrom, Write},
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::AsyncReadExt;

use crate::limits::CONSOLE_KEPT_BYTES;

/// The console's end as far as it has been read.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let excess = kept.len().saturating_sub(CONSOLE_KEPT_BYTES);
        kept.drain(..excess);
    }

    /// The kept end as text, invalid bytes replaced.
    pub(super) fn text(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(kept.make_contiguous()).into_owned()
    }
}

/// Reads `stream` to its end. An undrained console would block the guest, so a full disk only costs the file.
pub(super) async fn drain(stream: UnixStream, path: &Path, tail: Tail) -> std::io::Result<()> {
    stream.set_nonblocking(true)?;
    let mut stream = tokio::net::UnixStream::from_std(stream)?;
    let mut file = File::create(path).ok();
    let mut written = 0usize;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        tail.push(&buffer[..count]);
        if let Some(open) = &mut file {
            if written + count > CONSOLE_KEPT_BYTES {
                // Start over at the front: the file never exceeds its bound, and the tail in memory tells the end.
                written = 0;
                if open.set_len(0).and_then(|()| open.seek(SeekFrom::Start(0))).is_err() {
                    file = None;
                    continue;
                }
            }
            written += count;
            if open.write_all(&buffer[..count]).is_err() {
                file = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flooded_console_stays_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("console.log");
        let (mut guest, host) = UnixStream::pair().unwrap();
        let tail = Tail::default();
        let drained = tokio::spawn({
            let (path, tail) = (path.clone(), tail.clone());
            async move { drain(host, &path, tail).await }
        });
        let flood = tokio::task::spawn_blocking(move || {
            for _ in 0..100 {
                guest.write_all(&[b'x'; 64 * 1024]).unwrap();
            }
            guest.write_all(b"the end\n").unwrap();
        });
        flood.await.unwrap();
        drained.await.unwrap().unwrap();
        assert_eq!(tail.text().len(), CONSOLE_KEPT_BYTES);
        assert!(tail.text().ends_with("the end\n"));
        assert!(std::fs::metadata(&path).unwrap().len() <= CONSOLE_KEPT_BYTES as u64);
    }
}
