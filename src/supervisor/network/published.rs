//! Ports of the host's loopback that lead to a service: there as long as it is, and every connection through them with it.

use std::{
    io,
    net::Ipv4Addr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use pyro_protocol::{GuestError, GuestErrorCode};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, split},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::Network;
use crate::{
    limits,
    link::{Heard, Pulse},
    supervisor::{
        guest::{self, Guest},
        serve::Busy,
        services::Published,
        wire::WantedPort,
    },
};

/// Between two tries to accept where accepting fails.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Open ports; dropping it closes them and all that goes through them.
pub(in crate::supervisor) struct Publishing {
    pub(in crate::supervisor) ports: Vec<Published>,
    _accepting: JoinSet<()>,
}

impl Publishing {
    /// Opens them all, or none.
    pub(in crate::supervisor) async fn open(
        wanted: &[WantedPort],
        network: &Arc<Network>,
        guest: &watch::Receiver<Guest>,
        busy: impl Fn() -> Busy + Clone + Send + Sync + 'static,
    ) -> Result<Self, GuestError> {
        if !wanted.is_empty() && !network.policy().publishes() {
            return Err(GuestError::new(GuestErrorCode::Denied, "the network policy publishes no ports"));
        }
        let mut listeners = Vec::new();
        for port in wanted {
            let host_port = port.host_port.unwrap_or(0);
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, host_port)).await;
            let listener = listener.map_err(|error| refused(host_port, &error))?;
            let host_port = listener.local_addr().map_err(|error| refused(host_port, &error))?.port();
            listeners.push((listener, Published { host_port, guest_port: port.guest_port }));
        }
        let ports = listeners.iter().map(|(_, published)| *published).collect();
        let mut accepting = JoinSet::new();
        for (listener, published) in listeners {
            accepting.spawn(accept(listener, published.guest_port, network.clone(), guest.clone(), busy.clone()));
        }
        Ok(Self { ports, _accepting: accepting })
    }
}

async fn accept(
    listener: TcpListener,
    guest_port: u16,
    network: Arc<Network>,
    guest: watch::Receiver<Guest>,
    busy: impl Fn() -> Busy + Send + Sync + 'static,
) {
    let mut connections = JoinSet::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        // Who finds no seat waits, and those behind it in the host's queue.
        let Ok(permit) = network.connections.clone().acquire_owned().await else { return };
        let (guest, busy) = (guest.clone(), busy());
        connections.spawn(async move {
            // Whoever is cut off notices it on its own connection.
            let _ = connect(stream, guest_port, guest).await;
            drop((permit, busy));
        });
    }
}

/// Carries bytes both ways until both are done or nothing moves any more.
async fn connect(stream: TcpStream, guest_port: u16, mut guest: watch::Receiver<Guest>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (_, link) = guest::link(&mut guest, 0).await.map_err(|_| io::ErrorKind::NotConnected)?;
    let tunnel = link.connect(guest_port).await.map_err(io::Error::other)?;
    let pulse = Pulse::default();
    let (from_host, to_host) = stream.into_split();
    let (from_guest, to_guest) = split(Heard { stream: tunnel, pulse: pulse.clone() });
    let (mut up, mut down) = (pin!(pass(from_host, to_guest)), pin!(pass(from_guest, to_host)));
    let other: Pin<&mut (dyn Future<Output = io::Result<()>> + Send)> = tokio::select! {
        done = &mut up => { done?; down }
        done = &mut down => { done?; up }
        () = pulse.silent(limits::EGRESS_SILENCE) => return Ok(()),
    };
    // One side has said its last word; it may be gone.
    tokio::select! {
        done = other => done,
        () = pulse.silent(limits::PUBLISHED_LAST_WORDS) => Ok(()),
    }
}

/// Passes bytes on, and then their end.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    copy(&mut from, &mut to).await?;
    to.shutdown().await
}

fn refused(port: u16, error: &io::Error) -> GuestError {
    let (code, why) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            (GuestErrorCode::Conflict, "is in use; name another, or none for any that is free".into())
        }
        io::ErrorKind::PermissionDenied => (GuestErrorCode::Denied, "is not for this user".into()),
        _ => (GuestErrorCode::Internal, format!("cannot be opened: {error}")),
    };
    GuestError::new(code, format!("port {port} of the host's 127.0.0.1 {why}"))
}
