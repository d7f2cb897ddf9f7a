//! Connecting, and asking for a page.

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use pyro_protocol::{
    GuestError,
    probe::{self, HTTP_DEADLINE_MS, TCP_DEADLINE_MS},
};
use tokio::{net::TcpStream, time::timeout};

use super::{Seen, invalid, page};

const HOST: &str = "where HOST is localhost, an IPv4 address, or an IPv6 address in brackets (names are not looked up)";

/// Whether somebody accepts a connection.
pub(super) async fn tcp(text: &str) -> Result<Seen, GuestError> {
    let sockets = probe::sockets(text).ok_or_else(|| invalid(format!("address {text:?} is not HOST:PORT, {HOST}")))?;
    Ok(within(TCP_DEADLINE_MS, async { connect(&sockets).await.map(drop).map_err(in_words) }).await)
}

/// Whether a page is answered well. Its body is not read.
pub(super) async fn http(url: &str) -> Result<Seen, GuestError> {
    let wrong = || invalid(format!("url {url:?} is not http://HOST:PORT/PATH, {HOST}"));
    let (sockets, request) = page::of(url).ok_or_else(wrong)?;
    let asked = async {
        let stream = connect(&sockets).await.map_err(in_words)?;
        let no_http = |error: hyper::Error| format!("no HTTP answer: {error}");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(no_http)?;
        let mut answer = pin!(sender.send_request(request));
        let answer = tokio::select! {
            answer = &mut answer => answer,
            // One that is closed has said before what came of the request.
            _ = connection => answer.await,
        };
        match answer.map_err(no_http)?.status().as_u16() {
            200..=399 => Ok(()),
            status => Err(format!("status {status}")),
        }
    };
    Ok(within(HTTP_DEADLINE_MS, asked).await)
}

async fn within(deadline_ms: u64, look: impl Future<Output = Seen>) -> Seen {
    let late = |_| Err(format!("no answer within {deadline_ms} ms"));
    timeout(Duration::from_millis(deadline_ms), look).await.unwrap_or_else(late)
}

/// Tries one after the other; the first one's failure is told.
async fn connect(sockets: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut failure = None;
    for socket in sockets {
        match TcpStream::connect(socket).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
}

fn in_words(error: io::Error) -> String {
    error.kind().to_string()
}
