//! Bytes between threads that may block, where archives are read and written, and the runtime, where they travel. A few
//! pieces are under way at once, so memory stays small whatever the tree.

use std::{
    io::{self, Read, Write},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use crate::{
    failure::{Code, Failure},
    limits,
    progress::{Progress, ProgressSink},
};

/// One HTTP/2 frame of the largest size.
const PIECE_BYTES: usize = 64 * 1024;
const PIECES_AHEAD: usize = 4;
/// Reports of progress are at least this far apart.
const APART: Duration = Duration::from_millis(250);

/// Tells how far a transfer is.
pub(super) struct Meter {
    sink: Option<ProgressSink>,
    doing: &'static str,
    total: Option<u64>,
    done: u64,
    told: Instant,
}

impl Meter {
    pub(super) fn new(doing: &'static str, total: Option<u64>, sink: Option<&ProgressSink>) -> Self {
        Self { sink: sink.cloned(), doing, total, done: 0, told: Instant::now() }
    }

    pub(super) fn add(&mut self, bytes: usize) {
        self.done += bytes as u64;
        let Some(sink) = &self.sink else { return };
        if self.told.elapsed() < APART {
            return;
        }
        self.told = Instant::now();
        let fraction = self.total.filter(|total| *total > 0).map(|total| (self.done as f64 / total as f64).min(1.0));
        sink(Progress { step: format!("{}: {} MiB", self.doing, self.done >> 20), fraction });
    }
}

/// Where a blocking thread writes what shall travel.
pub(super) struct Outlet {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    piece: BytesMut,
    meter: Meter,
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        self.meter.add(self.piece.len());
        if self.meter.done > limits::TREE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_large().message));
        }
        let piece = std::mem::replace(&mut self.piece, BytesMut::with_capacity(PIECE_BYTES)).freeze();
        self.pieces.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The failure of everything that is larger than a workspace may be.
pub(super) fn too_large() -> Failure {
    let gib = limits::TREE_BYTES_MAX >> 30;
    Failure::new(Code::Limit, format!("the tree is larger than {gib} GiB, unpacked and with its holes"))
        .hint("push a part of it, or a smaller archive")
}

/// What a blocking thread writes, as a stream; and the reason where it ends early.
pub(super) struct Upload<S> {
    pub(super) pieces: S,
    ended: Arc<OnceLock<Result<Vec<String>, Failure>>>,
}

/// How the thread behind a stream ended, once it has.
pub(super) struct Outcome(Arc<OnceLock<Result<Vec<String>, Failure>>>);

impl Outcome {
    /// Why the stream broke off, if it was the thread's fault.
    pub(super) fn trouble(&self) -> Option<Failure> {
        self.0.get()?.as_ref().err().cloned()
    }

    /// Special files that were left out, the first of them.
    pub(super) fn skipped(&self) -> Vec<String> {
        self.0.get().and_then(|ended| ended.as_ref().ok()).cloned().unwrap_or_default()
    }
}

impl<S> Upload<S> {
    pub(super) fn outcome(&self) -> Outcome {
        Outcome(Arc::clone(&self.ended))
    }
}

/// Runs `work` on a thread of its own; what it writes comes out of the stream. It answers what it left out.
pub(super) fn upload<F>(meter: Meter, work: F) -> Upload<impl Stream<Item = io::Result<Bytes>> + Send + 'static>
where
    F: FnOnce(&mut Outlet) -> Result<Vec<String>, Failure> + Send + 'static,
{
    let (pieces, received) = mpsc::channel(PIECES_AHEAD);
    let ended = Arc::new(OnceLock::new());
    let told = Arc::clone(&ended);
    tokio::task::spawn_blocking(move || {
        let mut outlet = Outlet { pieces, piece: BytesMut::with_capacity(PIECE_BYTES), meter };
        let flush = |outlet: &mut Outlet| outlet.flush().map_err(|error| Failure::io("pass the tree on", &error));
        let done = work(&mut outlet).and_then(|skipped| flush(&mut outlet).map(|()| skipped));
        let failed = done.is_err();
        // Told before the stream ends, so that it is there for whoever saw the end.
        let _ = told.set(done);
        if failed {
            let _ = outlet.pieces.blocking_send(Err(io::ErrorKind::Other.into()));
        }
    });
    let pieces = stream::unfold(received, |mut received| async { Some((received.recv().await?, received)) });
    Upload { pieces, ended }
}

/// Where a blocking thread reads what has travelled. A stream that breaks off is an error, never an end.
pub(super) struct Inlet {
    pieces: mpsc::Receiver<Option<Bytes>>,
    piece: Bytes,
    ended: bool,
}

impl Read for Inlet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Some(piece)) => self.piece = piece,
                Some(None) => self.ended = true,
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the transfer broke off")),
            }
        }
        let taken = self.piece.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&self.piece.split_to(taken));
        Ok(taken)
    }
}

/// Both ends of a transfer to a thread: pieces go in, `None` says that it is whole.
pub(super) fn inlet() -> (mpsc::Sender<Option<Bytes>>, Inlet) {
    let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
    (sender, Inlet { pieces, piece: Bytes::new(), ended: false })
}

/// Runs what blocks beside the runtime.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::internal(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn what_a_thread_writes_arrives_whole_or_its_reason_does() {
        let bytes: Vec<u8> = (0..300_000u32).map(|at| at as u8).collect();
        let sent = bytes.clone();
        let good = upload(Meter::new("x", None, None), move |outlet| {
            outlet.write_all(&sent).map_err(|error| Failure::io("write", &error))?;
            Ok(vec!["pipe".into()])
        });
        let outcome = good.outcome();
        let pieces: Vec<Bytes> = good.pieces.try_collect().await.unwrap();
        assert_eq!(pieces.concat(), bytes);
        assert_eq!((outcome.skipped(), outcome.trouble()), (vec!["pipe".to_owned()], None));
        let bad = upload(Meter::new("x", None, None), |outlet| {
            let _ = outlet.write(b"begin");
            Err(Failure::invalid("no"))
        });
        let outcome = bad.outcome();
        assert!(bad.pieces.try_collect::<Vec<_>>().await.is_err());
        assert_eq!(outcome.trouble().map(|failure| failure.message), Some("no".into()));
    }

    #[test]
    fn a_transfer_that_breaks_off_is_no_end() {
        let (sender, mut inlet) = inlet();
        sender.blocking_send(Some(Bytes::from_static(b"abc"))).unwrap();
        drop(sender);
        assert_eq!(inlet.read_to_end(&mut Vec::new()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
