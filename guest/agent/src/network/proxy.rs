//! The port to which programs bring what they want from the world.

use std::{
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use pyro_protocol::network::PROXY_PORT;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
    time::{sleep, sleep_until},
};

use super::{
    Seat,
    dials::{Dials, Ends},
};
use crate::Place;

/// Connections that may wait in the kernel for a seat.
const BACKLOG: u32 = 128;
/// After a failure to accept, of descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The port, open until this is closed or dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) port: u16,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Opens the port that programs of a guest know; elsewhere one that is free.
    pub(super) fn open(place: Place, dials: Arc<Dials>) -> io::Result<Self> {
        let port = match place {
            Place::Guest => PROXY_PORT,
            Place::Host => 0,
        };
        let socket = TcpSocket::new_v4()?;
        // Connections of a listener before this one may not be forgotten yet.
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok(Self { port: address.port(), accepting: tokio::spawn(accept(listener, address, dials)) })
    }

    /// Closes the port; when this is done, it can be opened again.
    pub(super) async fn close(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, address: SocketAddr, dials: Arc<Dials>) {
    loop {
        let overdue = dials.close_overdue();
        let next_overdue = async {
            match overdue {
                Some(until) => sleep_until(until).await,
                None => pending().await,
            }
        };
        let accepted = tokio::select! {
            accepted = one(&listener, &dials) => accepted,
            () = next_overdue => continue,
        };
        match accepted {
            Ok((socket, program, seat)) => dials.add(socket, Ends { program, proxy: address }, seat),
            // The next may have better luck.
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// First a seat, then a connection: those that find none wait in the kernel.
async fn one(listener: &TcpListener, dials: &Dials) -> io::Result<(TcpStream, SocketAddr, Seat)> {
    let seat = dials.seat().await?;
    let (socket, program) = listener.accept().await?;
    Ok((socket, program, seat))
}
