//! Connections into the guest: to a port of its loopback.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use pyro_protocol::{
    GuestError, GuestErrorCode,
    network::{CONNECTIONS_MAX, PORT},
};
use tokio::{net::TcpStream, time::timeout};

use super::join::join;
use crate::{http::Call, reply::Reply};

/// A program that listens and does not accept has its queue full, and will not empty it soon.
const DEADLINE: Duration = Duration::from_secs(5);

/// Connects, and joins the connection with the bodies.
pub(crate) async fn connect(call: Call) -> Reply {
    let seat = call.agent.network.seats.clone().try_acquire_owned().map_err(|_| {
        let message = format!("{CONNECTIONS_MAX} connections to ports of this machine are open, the most there can be");
        GuestError::new(GuestErrorCode::Limit, message)
    })?;
    let invalid = || GuestError::new(GuestErrorCode::Invalid, format!("query's {PORT:?} is not 1 to 65535"));
    let port = call.number(PORT, 10)?.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let port = port.ok_or_else(invalid)?;
    let slow = |_| {
        let message = format!("port {port} took no connection within {} s", DEADLINE.as_secs());
        GuestError::new(GuestErrorCode::Conflict, message)
    };
    let socket = timeout(DEADLINE, open(port)).await.map_err(slow)?.map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            GuestError::new(GuestErrorCode::Missing, format!("nothing listens on port {port}"))
        }
        _ => GuestError::new(GuestErrorCode::Internal, format!("port {port} cannot be reached: {error}")),
    })?;
    Ok(join(socket, Arc::new(seat), call.body))
}

/// By IPv4, and where nothing listens by IPv6.
async fn open(port: u16) -> io::Result<TcpStream> {
    match to(Ipv4Addr::LOCALHOST.into(), port).await {
        // A kernel without IPv6 says something else than that nothing listens.
        Err(refused) if refused.kind() == io::ErrorKind::ConnectionRefused => {
            to(Ipv6Addr::LOCALHOST.into(), port).await.map_err(|_| refused)
        }
        opened => opened,
    }
}

async fn to(address: IpAddr, port: u16) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(SocketAddr::new(address, port)).await?;
    // Where nobody listens and the kernel picks that very port for this end, a socket meets itself.
    match socket.local_addr()? == socket.peer_addr()? {
        true => Err(io::ErrorKind::ConnectionRefused.into()),
        false => Ok(socket),
    }
}
