//! Opening a session: the preamble where a guest is at the other end, then HTTP/2.

use std::time::Duration;

use hyper::{client::conn::http2, rt::Executor};
use hyper_util::rt::TokioIo;
use pyro_protocol::preamble::{self, NONCE_BYTES, Scanner};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

use super::{ByteStream, Link, LinkError};

/// Headers of one answer, bytes: the trailer with a tar's left-out files is the longest.
const HEADER_BYTES_MAX: u32 = 16 * 1024;

impl Link {
    /// Opens a session with a guest agent, which may be in the middle of an older session, or still booting.
    pub async fn open_guest(mut stream: ByteStream, deadline: Duration) -> Result<Self, LinkError> {
        tokio::time::timeout(deadline, synchronize(&mut stream)).await.map_err(|_| LinkError::Timeout(deadline))??;
        Self::open_plain(stream).await
    }

    /// Opens a session with a process that speaks HTTP/2 at once.
    pub async fn open_plain(stream: ByteStream) -> Result<Self, LinkError> {
        let close = CancellationToken::new();
        let (requests, connection) = http2::Builder::new(Cuttable(close.clone()))
            .initial_stream_window_size(preamble::window::HOST_STREAM_BYTES)
            .initial_connection_window_size(preamble::window::HOST_CONNECTION_BYTES)
            .max_frame_size(preamble::MAX_FRAME_BYTES)
            .max_header_list_size(HEADER_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| LinkError::Lost)?;
        let (over, closed) = watch::channel(false);
        let cut = close.clone().cancelled_owned();
        tokio::spawn(async move {
            // How it ended makes no difference to anyone: requests fail with their own errors.
            tokio::select! {
                _ = connection => {}
                () = cut => {}
            }
            over.send_replace(true);
        });
        Ok(Self { requests, closed, close })
    }
}

/// Runs HTTP/2's own tasks until the link is closed. They hold the stream, and would keep it for as long as anyone holds
/// a body.
#[derive(Clone)]
struct Cuttable(CancellationToken);

impl<F> Executor<F> for Cuttable
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        let cut = self.0.child_token();
        tokio::spawn(SENDING.scope(cut.clone(), async move {
            tokio::select! {
                _ = task => {}
                () = cut.cancelled() => {}
            }
        }));
    }
}

tokio::task_local! {
    /// Ends the task that sends the body which is being polled, and with that the request.
    pub(super) static SENDING: CancellationToken;
}

/// Writes padding, mark and nonce, and reads up to the answer: byte by byte, for HTTP/2 follows at once.
async fn synchronize(stream: &mut ByteStream) -> Result<(), LinkError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| LinkError::Broken("the host has no randomness"))?;
    let mark = preamble::sync(&nonce);
    let (mut reading, mut writing) = tokio::io::split(stream);
    let write = async {
        writing.write_all(&mark).await.map_err(|_| LinkError::Lost)?;
        writing.flush().await.map_err(|_| LinkError::Lost)
    };
    let read = async {
        let mut scanner = Scanner::for_ack();
        loop {
            let byte = reading.read_u8().await.map_err(|_| LinkError::Lost)?;
            // Another nonce answers an older session.
            if scanner.push(byte) == Some(nonce) {
                return Ok(());
            }
        }
    };
    // At once: an old session's answers may fill the stream that the mark must pass.
    tokio::try_join!(write, read).map(|_| ())
}
