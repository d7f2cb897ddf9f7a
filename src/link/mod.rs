//! HTTP/2 to a guest agent or a supervisor, over any byte stream. Whatever the other end sends, it costs bounded memory
//! and ends in a value or a [`LinkError`].

mod calls;
mod commands;
mod error;
mod files;
mod network;
mod open;
mod pulse;
mod request;
mod trees;
mod tunnel;

use std::{fmt, io};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::client::conn::http2::SendRequest;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

pub use commands::ExecStream;
pub use error::LinkError;
pub use files::{FileStream, Piece, PutFile, TarStream};
pub use network::Dials;
pub use pulse::{Heard, Pulse};
pub use request::Held;
pub use trees::{Frozen, WalkStream};
pub use tunnel::Tunnel;

/// What of a tree is listed; as the guest's agent takes it.
pub use pyro_tree::WalkOptions;

/// Two directions of bytes: a unix socket, a pipe in memory.
pub trait Bytestream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytestream for S {}
/// Any of them.
pub type ByteStream = Box<dyn Bytestream>;

/// A request's body.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// One session. Clones share it; it ends when all of them and all their streams are dropped, or the other end leaves.
#[derive(Clone)]
pub struct Link {
    requests: SendRequest<Body>,
    closed: watch::Receiver<bool>,
    close: CancellationToken,
}

impl Link {
    /// Waits until the session is over.
    pub async fn closed(&self) {
        let mut closed = self.closed.clone();
        // An error means that the connection's task is gone, which is the same.
        let _ = closed.wait_for(|closed| *closed).await;
    }

    /// Ends the session at once, whatever is under way on it. Commands go on.
    pub fn close(&self) {
        self.close.cancel();
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("closed", &self.is_closed()).finish()
    }
}

#[cfg(test)]
mod tests;
