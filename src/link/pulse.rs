//! Notices when bytes move on a stream, so that one on which none does can be given up.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep_until},
};

/// When bytes last moved. Clones share it.
#[derive(Clone)]
pub struct Pulse(Arc<Mutex<Instant>>);

impl Default for Pulse {
    /// As if a byte had just moved.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Pulse {
    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Resolves once nothing has moved for this long.
    pub async fn silent(&self, limit: Duration) {
        loop {
            let last = self.last();
            sleep_until(last + limit).await;
            if self.last() == last {
                return;
            }
        }
    }
}

/// A stream whose bytes are noticed.
pub struct Heard<S> {
    pub stream: S,
    pub pulse: Pulse,
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        if into.filled().len() > before {
            self.pulse.beat();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        if written > 0 {
            self.pulse.beat();
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::{sleep, timeout},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_silent_once_nothing_moves_either_way() {
        let (near, mut far) = tokio::io::duplex(64);
        let pulse = Pulse::default();
        let mut heard = Heard { stream: near, pulse: pulse.clone() };
        let limit = Duration::from_secs(10);
        let silent = tokio::spawn(async move { pulse.silent(limit).await });
        for _ in 0..10 {
            sleep(Duration::from_secs(9)).await;
            heard.write_all(b"x").await.unwrap();
            assert_eq!(far.read_u8().await.unwrap(), b'x');
            sleep(Duration::from_secs(9)).await;
            far.write_all(b"y").await.unwrap();
            assert_eq!(heard.read_u8().await.unwrap(), b'y');
            assert!(!silent.is_finished());
        }
        let begun = Instant::now();
        timeout(limit * 2, silent).await.unwrap().unwrap();
        assert!(begun.elapsed() >= limit);
    }
}
