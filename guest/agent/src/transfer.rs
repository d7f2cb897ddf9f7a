//! Bodies between the runtime and threads that may block: files are read and written there.

use std::io::{self, Read, Write};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use pyro_protocol::{GuestError, GuestErrorCode};
use tokio::sync::mpsc;

use crate::reply::{self, Body};

/// Pieces between the two sides.
const QUEUE_PIECES: usize = 4;
/// A piece that is written to a response, bytes: one HTTP/2 frame of the largest size.
pub(crate) const PIECE_BYTES: usize = 64 * 1024;

/// A request body as blocking reader. A body that breaks off is an error, never an end.
pub(crate) struct Upload {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
    ended: bool,
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                // An empty piece is the end's mark.
                Some(piece) if piece.is_empty() => self.ended = true,
                Some(piece) => self.piece = piece,
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the upload broke off")),
            }
        }
        let taken = self.piece.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&self.piece.split_to(taken));
        Ok(taken)
    }
}

/// Feeds a request body to `work` on a thread of its own and answers what that answers.
pub(crate) async fn upload<T, F>(mut body: Incoming, work: F) -> Result<T, GuestError>
where
    T: Send + 'static,
    F: FnOnce(Upload) -> Result<T, GuestError> + Send + 'static,
{
    let (queue, pieces) = mpsc::channel(QUEUE_PIECES);
    let job = tokio::task::spawn_blocking(|| work(Upload { pieces, piece: Bytes::new(), ended: false }));
    let feed = async move {
        while let Some(frame) = body.frame().await {
            // Dropping the queue without the end's mark tells the reader.
            let Ok(frame) = frame else { return };
            if let Ok(piece) = frame.into_data()
                && !piece.is_empty()
                && queue.send(piece).await.is_err()
            {
                return;
            }
        }
        let _ = queue.send(Bytes::new()).await;
    };
    let ((), done) = tokio::join!(feed, job);
    done.map_err(|error| GuestError::new(GuestErrorCode::Internal, format!("the upload's thread failed: {error}")))?
}

/// The blocking side of a response body.
pub(crate) struct Download {
    queue: mpsc::Sender<io::Result<Frame<Bytes>>>,
    piece: Vec<u8>,
}

impl Write for Download {
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
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        self.send(Frame::data(piece.into()))
    }
}

impl Download {
    fn send(&self, frame: Frame<Bytes>) -> io::Result<()> {
        self.queue.blocking_send(Ok(frame)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Streams what `work` writes, then the trailers it answers; its error breaks the body off.
pub(crate) fn download<F>(work: F) -> Response<Body>
where
    F: FnOnce(&mut Download) -> io::Result<Option<HeaderMap>> + Send + 'static,
{
    let (queue, frames) = mpsc::channel(QUEUE_PIECES);
    tokio::task::spawn_blocking(move || {
        let mut download = Download { queue, piece: Vec::with_capacity(PIECE_BYTES) };
        let worked = work(&mut download).and_then(|trailers| {
            download.flush()?;
            trailers.map_or(Ok(()), |trailers| download.send(Frame::trailers(trailers)))
        });
        if let Err(error) = worked {
            // Nobody may be left to hear it.
            let _ = download.queue.blocking_send(Err(error));
        }
    });
    reply::stream(stream::unfold(frames, |mut frames| async { frames.recv().await.map(|frame| (frame, frames)) }))
}
