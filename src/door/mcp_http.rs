//! MCP over streamable HTTP, in both protocol eras.
//!
//! No session is kept: each request is answered by itself, and its call is taken back when its connection closes.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::{
    resource::{Resource, getrlimit, setrlimit},
    socket::{setsockopt, sockopt},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Streams,
    mcp::Session,
    mcp_auth::Auth,
    mcp_end::{CLEANUP_GRACE, Signals},
    mcp_guard::Public,
    mcp_route::Door,
};
use crate::{
    failure::{Code, Failure},
    host::clock::now_unix,
    limits,
    registry::{Calls, Profile},
    spool::Spool,
};

/// Between two tries to accept where accepting fails.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Between two looks for uploads and downloads that nobody came for.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// What is served, where, and to whom.
pub(super) struct Offer {
    pub(super) address: SocketAddr,
    /// Served at `/mcp`.
    pub(super) profile: Profile,
    /// Served at `/mcp/NAME`.
    pub(super) named: Vec<Profile>,
    pub(super) auth: Auth,
    /// Where the public reaches it.
    pub(super) public: Option<Public>,
    /// Once asked to end, how long calls under way get to end by themselves.
    pub(super) drain: Duration,
}

/// Serves until a signal comes; then calls under way get their time to answer, and a second signal cuts it short.
pub(super) async fn serve(calls: Calls, offer: Offer, streams: &Streams) -> Result<(), Failure> {
    let mut signals = Signals::caught()?;
    let listener = bind(&offer).await?;
    let drain = offer.drain;
    let address = listener.local_addr().map_err(|error| Failure::io("tell the address served", &error))?;
    let session = Session::default();
    allow_descriptors();
    let (clients, leaving) = (TaskTracker::new(), CancellationToken::new());
    let wants_token = offer.auth.wants_token();
    let door = Arc::new(Door::new(&calls, offer, &session, leaving.clone()));
    streams.err(format!("pyro: serving MCP on http://{address}/mcp\n"));
    if wants_token {
        streams.err("pyro: callers must show a token\n");
    }
    let spool = calls.services().spool.clone();
    tokio::select! {
        () = sweep(spool) => {}
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
        () = tokio::time::sleep(drain) => {}
        () = signals.next() => {}
    }
    session.canceled.cancel();
    let _ = timeout(CLEANUP_GRACE, over).await;
    Ok(())
}

/// Each connection is a descriptor, and each call has some: the usual 1,024 are the shell's habit, not the kernel's limit.
fn allow_descriptors() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // With fewer, the next client waits.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// Removes uploads and downloads that nobody came for.
async fn sweep(spool: Spool) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        every.tick().await;
        let spool = spool.clone();
        let _ = tokio::task::spawn_blocking(move || spool.sweep(now_unix())).await;
    }
}

async fn bind(offer: &Offer) -> Result<TcpListener, Failure> {
    let address = offer.address;
    if !address.ip().is_loopback() && !offer.auth.wants_token() {
        let message = format!("{address} is reached from elsewhere, and there is no token that callers could show");
        let hint = "make one: pyro token create --name NAME; or use 127.0.0.1:PORT";
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
        let crowded = seats.available_permits() < limits::HTTP_CONNECTIONS_MAX / 4;
        let patience = if crowded { limits::HTTP_HURRY_DEADLINE } else { limits::HTTP_IDLE_DEADLINE };
        let client = client(stream, patience, door.clone(), leaving.clone());
        clients.spawn(async move {
            client.await;
            drop(seat);
        });
    }
}

async fn client(stream: TcpStream, patience: Duration, door: Arc<Door>, leaving: CancellationToken) {
    let reached = stream.local_addr().ok().map(|address| address.ip());
    // Neither is vital; the socket works without.
    let unread_ms = u32::try_from(limits::HTTP_WRITE_DEADLINE.as_millis()).unwrap_or(u32::MAX);
    let _ = setsockopt(&stream, sockopt::TcpUserTimeout, &unread_ms);
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let door = door.clone();
        async move { Ok::<_, Infallible>(door.answer(request, reached).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
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
