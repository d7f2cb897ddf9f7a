//! Connections into and out of the guest, and what it is given for them.

mod dials;
mod furnish;
mod owners;
mod tunnels;

use pyro_protocol::{GuestErrorCode, network::Furnishing};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{Guest, LinkError, connect, finish, request};
use crate::link::{Dials, Tunnel};

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A tunnel and the program's end of it.
async fn tunnel(guest: &Guest) -> (Tunnel, TcpStream) {
    let (listener, port) = listener().await;
    let (tunnel, program) = tokio::join!(guest.link.connect(port), listener.accept());
    (tunnel.unwrap(), program.unwrap().0)
}

/// Has the agent listen for dials; answers the port.
async fn proxy(guest: &Guest) -> u16 {
    let furnishing = Furnishing { proxy: true, ..Furnishing::default() };
    guest.link.furnish(&furnishing).await.unwrap().proxy_port.unwrap()
}

async fn next(dials: &mut Dials) -> Option<u64> {
    tokio::time::timeout(super::DEADLINE, dials.next()).await.unwrap().unwrap()
}

fn refused<T: std::fmt::Debug>(answer: Result<T, LinkError>) -> GuestErrorCode {
    match answer.unwrap_err() {
        LinkError::Refused(error) => error.code,
        other => panic!("{other:?}"),
    }
}

/// Says something into one end, and hears it at the other.
async fn passes(mut from: impl AsyncWriteExt + Unpin, mut to: impl AsyncReadExt + Unpin, text: &[u8]) {
    from.write_all(text).await.unwrap();
    let mut heard = vec![0; text.len()];
    tokio::time::timeout(super::DEADLINE, to.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, text);
}

/// Reads until an end, which must be a reset.
async fn is_reset(mut end: impl AsyncReadExt + Unpin) {
    let read = tokio::time::timeout(super::DEADLINE, end.read_to_end(&mut Vec::new())).await.unwrap();
    assert_eq!(read.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset));
}
