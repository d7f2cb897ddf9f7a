//! MCP over streamable HTTP on a loopback address, in both protocol eras.
//!
//! No session is kept: each request is answered by itself, and its call is taken back when its connection closes.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::socket::{setsockopt, sockopt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Streams,
    mcp::Session,
    mcp_end::{ANSWER_GRACE, CLEANUP_GRACE, Signals},
    mcp_route::Door,
    mcp_token::Token,
};
use crate::{
    failure::{Code, Failure},
    limits,
    registry::{Calls, Profile},
};

/// Between two tries to accept where accepting fails.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What is served, where, and to whom.
pub(super) struct Offer {
    pub(super) address: SocketAddr,
    /// Served at `/mcp`.
    pub(super) profile: Profile,
    /// Served at `/mcp/NAME`.
    pub(super) named: Vec<Profile>,
    pub(super) token: Option<Token>,
}

/// Serves until a signal comes; then calls under way get a second to answer.
pub(super) async fn serve(calls: Calls, offer: Offer, streams: &Streams) -> Result<(), Failure> {
    let mut signals = Signals::caught()?;
    let listener = bind(offer.address).await?;
    let address = listener.local_addr().map_err(|error| Failure::io("tell the address served", &error))?;
    let session = Session::default();
    let door = Arc::new(Door::new(&calls, offer, &session));
    streams.err(format!("pyro: serving MCP on http://{address}/mcp\n"));
    let (clients, leaving) = (TaskTracker::new(), CancellationToken::new());
    tokio::select! {
        () = accept(&listener, &door, &clients, &leaving) => {}
        () = signals.next() => {}
    }
    drop(listener);
    leaving.cancel();
    clients.close();
    session.calls.close();
    // A call outlives a client that left, until it has cleaned up.
    let over = async { tokio::join!(clients.wait(), session.calls.wait()) };
    let mut over = std::pin::pin!(over);
    tokio::select! {
        _ = &mut over => return Ok(()),
        () = tokio::time::sleep(ANSWER_GRACE) => {}
        () = signals.next() => {}
    }
    session.canceled.cancel();
    let _ = timeout(CLEANUP_GRACE, over).await;
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    if !address.ip().is_loopback() {
        let message = format!("{address} is no loopback address; this version serves HTTP on those alone");
        let hint = "use 127.0.0.1:PORT or [::1]:PORT, and a tunnel such as `ssh -L` from elsewhere";
        return Err(Failure::new(Code::Denied, message).hint(hint));
    }
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::conflict(format!("{address} is in use by another program"))
            .hint("name another port, or port 0 for a free one"),
        _ => Failure::io(&format!("listen on {address}"), &error),
    })
}

async fn accept(listener: &TcpListener, door: &Arc<Door>, clients: &TaskTracker, leaving: &CancellationToken) {
    let seats = Arc::new(Semaphore::new(limits::HTTP_CONNECTIONS_MAX));
    loop {
        // First a seat, then a client: who finds none waits in the kernel and costs nothing.
        let Ok(seat) = seats.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, perhaps; the next client may have better luck.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let client = client(stream, door.clone(), leaving.clone());
        clients.spawn(async move {
            client.await;
            drop(seat);
        });
    }
}

async fn client(stream: TcpStream, door: Arc<Door>, leaving: CancellationToken) {
    // Neither is vital; the socket works without.
    let unread_ms = u32::try_from(limits::HTTP_WRITE_DEADLINE.as_millis()).unwrap_or(u32::MAX);
    let _ = setsockopt(&stream, sockopt::TcpUserTimeout, &unread_ms);
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let door = door.clone();
        async move { Ok::<_, Infallible>(door.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HTTP_READ_DEADLINE)
        .max_buf_size(limits::HTTP_HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A client that vanished or spoke nonsense is its own trouble.
    tokio::select! {
        _ = &mut connection => return,
        () = leaving.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
