//! The serial console: drained always, kept only at its end, in memory and in a bounded file. So is whatever else a VMM says
//! without end.

use std::{
    collections::VecDeque,
    fs::File,
    io::{Seek, SeekFrom, Write},
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{limits::CONSOLE_KEPT_BYTES, redact::Redaction};

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

/// Reads `stream` to its end and keeps what `redaction` tells of it. An undrained console would block the guest, so a full
/// disk only costs the file.
pub(super) async fn drain(stream: UnixStream, path: &Path, tail: Tail, redaction: Redaction) -> std::io::Result<()> {
    stream.set_nonblocking(true)?;
    keep(tokio::net::UnixStream::from_std(stream)?, path, tail, redaction).await
}

/// As [`drain`], for any stream.
pub(super) async fn keep(
    mut stream: impl AsyncRead + Unpin,
    path: &Path,
    tail: Tail,
    mut redaction: Redaction,
) -> std::io::Result<()> {
    let mut log = Log { file: File::create(path).ok(), written: 0 };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).await;
        let told = match &read {
            Ok(count @ 1..) => redaction.push(Bytes::copy_from_slice(&buffer[..*count])),
            Ok(0) | Err(_) => redaction.finish(),
        };
        tail.push(&told);
        log.write(&told);
        if read? == 0 {
            return Ok(());
        }
    }
}

/// The console's file, until it cannot be written.
struct Log {
    file: Option<File>,
    written: usize,
}

impl Log {
    fn write(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        if self.written + bytes.len() > CONSOLE_KEPT_BYTES {
            // Start over at the front: the file never exceeds its bound, and the tail in memory tells the end.
            self.written = 0;
            if file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).is_err() {
                self.file = None;
                return;
            }
        }
        self.written += bytes.len();
        if file.write_all(bytes).is_err() {
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    #[tokio::test]
    async fn a_secret_on_the_console_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("console.log");
        let (mut guest, host) = UnixStream::pair().unwrap();
        let (tail, redaction) = (Tail::default(), Redactor::new([&b"hunter2"[..]]).stream());
        let drained = tokio::spawn({
            let (path, tail) = (path.clone(), tail.clone());
            async move { drain(host, &path, tail, redaction).await }
        });
        guest.write_all(b"token=hunt").unwrap();
        tokio::task::yield_now().await;
        guest.write_all(b"er2 and hunt").unwrap();
        drop(guest);
        drained.await.unwrap().unwrap();
        assert_eq!(tail.text(), "token=[REDACTED] and hunt");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), tail.text());
    }

    #[tokio::test]
    async fn a_flooded_console_stays_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("console.log");
        let (mut guest, host) = UnixStream::pair().unwrap();
        let tail = Tail::default();
        let drained = tokio::spawn({
            let (path, tail) = (path.clone(), tail.clone());
            async move { drain(host, &path, tail, Redactor::default().stream()).await }
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
