//! A connection carried by one request: its body is one direction, the answer's the other.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
};
use tokio_util::sync::{CancellationToken, PollSender};

use super::{Body, open::SENDING};

/// Taken at once, bytes: one HTTP/2 frame of the largest size.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait to be sent.
const QUEUE_PIECES: usize = 2;

/// What was sent before a shutdown may take this long to be read by the other side, once nobody here reads any more.
const LINGER: Duration = Duration::from_secs(5);

/// Both directions of a connection. Shutting it down ends the one to the other side; dropping it before that resets it,
/// with whatever was still on its way.
pub struct Tunnel {
    pieces: PollSender<Bytes>,
    shut: bool,
    sending: Sending,
    /// Taken away at the end.
    answer: Option<Incoming>,
    /// Of the answer, what is not read yet.
    piece: Bytes,
    ended: bool,
}

/// Whoever sends the request's body. It has to be ended from outside: while the other end takes nothing, nobody asks a
/// body for more, and so nobody could be told that there will be none.
type Sending = Arc<OnceLock<CancellationToken>>;

/// A tunnel's first half, while the answer's head is awaited.
pub(super) struct Opening {
    pieces: PollSender<Bytes>,
    sending: Sending,
}

impl Tunnel {
    /// Answers the body to be sent, too.
    pub(super) fn begin() -> (Opening, Body) {
        let (pieces, queue) = mpsc::channel(QUEUE_PIECES);
        let sending = Sending::default();
        let body = Outgoing { queue, sending: sending.clone() };
        (Opening { pieces: PollSender::new(pieces), sending }, body.boxed_unsync())
    }
}

impl Opening {
    pub(super) fn opened(self, answer: Incoming) -> Tunnel {
        let Self { pieces, sending } = self;
        Tunnel { pieces, shut: false, sending, answer: Some(answer), piece: Bytes::new(), ended: false }
    }
}

/// The request's body. One that ends without an empty piece breaks off.
struct Outgoing {
    queue: mpsc::Receiver<Bytes>,
    sending: Sending,
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.sending.get().is_none() {
            // The first look at it may be taken by another task, which sends nothing.
            let _ = SENDING.try_with(|sending| this.sending.set(sending.clone()));
        }
        Poll::Ready(match ready!(this.queue.poll_recv(cx)) {
            Some(piece) if piece.is_empty() => None,
            Some(piece) => Some(Ok(Frame::data(piece))),
            None => Some(Err(io::ErrorKind::BrokenPipe.into())),
        })
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.piece.is_empty() && !this.ended {
            let Some(answer) = &mut this.answer else { break };
            match ready!(Pin::new(answer).poll_frame(cx)) {
                None => this.ended = true,
                Some(Ok(frame)) => this.piece = frame.into_data().unwrap_or_default(),
                Some(Err(_)) => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            }
        }
        let taken = this.piece.len().min(buffer.remaining());
        buffer.put_slice(&this.piece[..taken]);
        this.piece.advance(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // An empty piece would be the end.
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let taken = bytes.len().min(PIECE_BYTES);
        ready!(this.poll_send(cx, || Bytes::copy_from_slice(&bytes[..taken])))?;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.shut {
            ready!(this.poll_send(cx, Bytes::new))?;
            this.shut = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl Tunnel {
    fn poll_send(&mut self, cx: &mut Context<'_>, piece: impl FnOnce() -> Bytes) -> Poll<io::Result<()>> {
        let broken = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        if self.shut {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        ready!(self.pieces.poll_reserve(cx)).map_err(broken)?;
        Poll::Ready(self.pieces.send_item(piece()).map_err(broken))
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        if self.shut && self.ended {
            return;
        }
        let sending = self.sending.get().cloned();
        match (self.answer.take(), tokio::runtime::Handle::try_current()) {
            (Some(answer), Ok(runtime)) if self.shut => drop(runtime.spawn(linger(answer, sending))),
            _ => drop(sending.map(|sending| sending.cancel())),
        }
    }
}

/// Gives the other side time to take what was sent: breaking off at once would take it back.
async fn linger(mut answer: Incoming, sending: Option<CancellationToken>) {
    let ended = async { while let Some(Ok(_)) = answer.frame().await {} };
    if tokio::time::timeout(LINGER, ended).await.is_err()
        && let Some(sending) = sending
    {
        sending.cancel();
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("shut", &self.shut).field("ended", &self.ended).finish_non_exhaustive()
    }
}
