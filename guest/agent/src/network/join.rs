//! A connection joined with the bodies of a request and its answer. Either direction may end and the other go on; where
//! one breaks off, the connection is reset.

use std::{io, os::fd::AsRawFd, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use nix::sys::socket::{Shutdown, setsockopt, shutdown, sockopt};
use tokio::{net::TcpStream, task::AbortHandle};

use super::Seat;
use crate::{
    reply::{self, Body},
    transfer::PIECE_BYTES,
};

/// With less room left in a buffer, bytes, the next one is begun.
const ROOM_BYTES: usize = 16 * 1024;
/// What a program that has said its last word may take to read on. From then on, while it does not, nothing tells
/// whether the host is still there.
const UNREAD: Duration = Duration::from_secs(60);

struct Joined {
    socket: TcpStream,
    _seat: Seat,
}

/// Joins both directions; the seat is free when both are over.
pub(super) fn join(socket: TcpStream, seat: Seat, body: Incoming) -> Response<Body> {
    // Whoever writes little waits for an answer to it.
    let _ = socket.set_nodelay(true);
    let joined = Arc::new(Joined { socket, _seat: seat });
    let sending = tokio::spawn(send(joined.clone(), body)).abort_handle();
    reply::stream(stream::unfold(Answer { joined, sending, buffer: BytesMut::new(), over: false }, Answer::frame))
}

/// Hands a request's body to the program.
async fn send(joined: Arc<Joined>, mut body: Incoming) {
    let socket = &joined.socket;
    let sent = async {
        while let Some(frame) = body.frame().await {
            if let Ok(piece) = frame.map_err(io::Error::other)?.into_data() {
                write(socket, &piece).await?;
            }
        }
        Ok::<_, io::Error>(shutdown(socket.as_raw_fd(), Shutdown::Write)?)
    };
    if sent.await.is_err() {
        // An end would tell the program that it has read everything.
        let _ = socket.set_zero_linger();
    }
}

async fn write(socket: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        socket.writable().await?;
        match socket.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The answer's body: what the program sends.
struct Answer {
    joined: Arc<Joined>,
    sending: AbortHandle,
    buffer: BytesMut,
    /// The program has said its last word.
    over: bool,
}

impl Answer {
    async fn frame(mut self) -> Option<(io::Result<Frame<Bytes>>, Self)> {
        if self.buffer.capacity() < ROOM_BYTES {
            self.buffer = BytesMut::with_capacity(PIECE_BYTES);
        }
        match read(&self.joined.socket, &mut self.buffer).await {
            Ok(0) => {
                self.over = true;
                let unread_ms = u32::try_from(UNREAD.as_millis()).unwrap_or(u32::MAX);
                let _ = setsockopt(&self.joined.socket, sockopt::TcpUserTimeout, &unread_ms);
                None
            }
            Ok(_) => Some((Ok(Frame::data(self.buffer.split().freeze())), self)),
            Err(error) => Some((Err(error), self)),
        }
    }
}

async fn read(socket: &TcpStream, into: &mut BytesMut) -> io::Result<usize> {
    loop {
        socket.readable().await?;
        match socket.try_read_buf(into) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.over {
            // The host has gone, or the program. The request's body may not tell, where the program holds it back.
            let _ = self.joined.socket.set_zero_linger();
            self.sending.abort();
        }
    }
}
