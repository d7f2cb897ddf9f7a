//! Sessions on a stream that cannot tell one from the next: find the host's mark, answer it, serve, look again.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use pyro_protocol::preamble::{self, MARK_BYTES, Scanner};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::{Agent, http};

/// What is read at once while looking for a mark, bytes. The host sends nothing after it until it is answered.
const SCAN_BYTES: usize = 16 * 1024;

/// Serves one host connection until it ends: any number of sessions, each begun by the host's mark.
pub async fn serve_sessions<S>(stream: S, agent: Arc<Agent>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    serve_connection(stream, &mut Tail::new(), agent).await
}

/// The last bytes read, among which a mark may be that nobody has answered yet.
pub(crate) type Tail = VecDeque<u8>;

/// As [`serve_sessions`]; `tail` goes from one connection to the next, for when the end of the old one is noticed, the
/// new host's mark may already have been read.
pub(crate) async fn serve_connection<S>(stream: S, tail: &mut Tail, agent: Arc<Agent>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let tap = Tap::new(stream, std::mem::take(tail));
    let served = tokio::select! {
        served = sessions(tap.clone(), agent.clone()) => served,
        () = agent.ended() => Ok(()),
    };
    *tail = tap.take_tail();
    served
}

async fn sessions<S>(mut tap: Tap<S>, agent: Arc<Agent>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut buffer = vec![0; SCAN_BYTES];
    loop {
        // A session that ended because the next one's mark spoke into it has swallowed that mark already.
        let mut scanner = Scanner::for_sync();
        let mut nonce = tap.tail().into_iter().fold(None, |_, byte| scanner.push(byte));
        while nonce.is_none() {
            let read = tap.read(&mut buffer).await?;
            if read == 0 {
                return Ok(());
            }
            for byte in &buffer[..read] {
                nonce = scanner.push(*byte);
            }
        }
        let Some(nonce) = nonce else { continue };
        // Before the mark is forgotten: if this fails, the next connection answers it.
        tap.write_all(&preamble::ack(&nonce)).await?;
        tap.flush().await?;
        tap.take_tail();
        // An error here is the old session's end, of no interest once the next begins.
        let _ = http::serve(tap.clone(), agent.clone()).await;
        if tap.is_over() {
            return Ok(());
        }
    }
}

/// A stream that can be lent to HTTP/2 and taken back, and that remembers the last bytes read.
#[derive(Debug)]
struct Tap<S>(Arc<Mutex<Tapped<S>>>);

#[derive(Debug)]
struct Tapped<S> {
    stream: S,
    tail: Tail,
    over: bool,
}

impl<S> Clone for Tap<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> Tap<S> {
    fn new(stream: S, tail: Tail) -> Self {
        Self(Arc::new(Mutex::new(Tapped { stream, tail, over: false })))
    }

    fn with<R>(&self, work: impl FnOnce(&mut Tapped<S>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tail(&self) -> Tail {
        self.with(|tapped| tapped.tail.clone())
    }

    fn take_tail(&self) -> Tail {
        self.with(|tapped| std::mem::take(&mut tapped.tail))
    }

    /// Whether the host is gone: the stream ended or failed in either direction.
    fn is_over(&self) -> bool {
        self.with(|tapped| tapped.over)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|tapped| {
            let before = buffer.filled().len();
            let wanted = buffer.remaining() > 0;
            let read = std::task::ready!(Pin::new(&mut tapped.stream).poll_read(cx, buffer));
            let new = &buffer.filled()[before..];
            tapped.over |= read.is_err() || (wanted && new.is_empty());
            let kept = &new[new.len().saturating_sub(MARK_BYTES)..];
            tapped.tail.drain(..(tapped.tail.len() + kept.len()).saturating_sub(MARK_BYTES));
            tapped.tail.extend(kept);
            Poll::Ready(read)
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|tapped| {
            let written = std::task::ready!(Pin::new(&mut tapped.stream).poll_write(cx, bytes));
            tapped.over |= written.is_err();
            Poll::Ready(written)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|tapped| Pin::new(&mut tapped.stream).poll_flush(cx))
    }

    /// The stream outlives every session on it, so an HTTP/2 session's shutdown only flushes.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
