//! Connections to the world: to addresses that were judged, or through the host's own proxy.

use std::{io, net::IpAddr};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{
    resolve::{Resolver, resolve},
    target::{Host, Target},
    trouble::Trouble,
    upstream::Proxy,
};
use crate::limits;

/// A connection, and what of its bytes has been read already.
pub(super) type Connection = BufReader<TcpStream>;

/// What is read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Tries the addresses one after the other.
pub(super) async fn directly(addresses: &[IpAddr], target: &Target) -> Result<Connection, Trouble> {
    let mut last = None;
    let tries = async {
        for address in addresses {
            match timeout(limits::EGRESS_CONNECT, TcpStream::connect((*address, target.port))).await {
                Ok(Ok(stream)) => return Some(stream),
                Ok(Err(error)) => last = Some(error),
                Err(_) => {}
            }
        }
        None
    };
    let connected = timeout(limits::EGRESS_CONNECT_ALL, tries).await;
    match (connected, last) {
        (Ok(Some(stream)), _) => {
            // Not vital; it works without.
            let _ = stream.set_nodelay(true);
            Ok(BufReader::with_capacity(BUFFER_BYTES, stream))
        }
        (_, Some(error)) => Err(Trouble::Unreachable(format!("{target} cannot be reached: {error}"))),
        (_, None) => Err(Trouble::TimedOut(format!("{target} did not take a connection in time"))),
    }
}

/// A connection to the host's proxy.
pub(super) async fn to_proxy(proxy: &Proxy, resolver: &Resolver) -> Result<Connection, Trouble> {
    let reached = async {
        let addresses = match &proxy.target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => resolve(resolver, name, limits::EGRESS_RESOLVE).await?,
        };
        directly(&addresses, &proxy.target).await
    };
    // Where it is, is the host's affair.
    reached.await.map_err(|trouble| match trouble {
        Trouble::TimedOut(_) => Trouble::TimedOut("the host's own proxy did not take a connection in time".into()),
        _ => Trouble::Unreachable("the host's own proxy cannot be reached".into()),
    })
}

/// A tunnel through the host's proxy, which is told the name rather than an address.
pub(super) async fn through(proxy: &Proxy, target: &Target, resolver: &Resolver) -> Result<Connection, Trouble> {
    let mut connection = to_proxy(proxy, resolver).await?;
    match timeout(limits::EGRESS_CONNECT_ALL, tunnel(&mut connection, proxy, target)).await {
        Ok(Ok(200..=299)) => Ok(connection),
        Ok(Ok(status)) => {
            Err(Trouble::Unreachable(format!("{target} cannot be reached: the host's own proxy answered {status}")))
        }
        Ok(Err(error)) => {
            Err(Trouble::Unreachable(format!("{target} cannot be reached: the host's own proxy failed: {error}")))
        }
        Err(_) => Err(Trouble::TimedOut(format!("the host's own proxy did not connect to {target} in time"))),
    }
}

/// Asks for a tunnel and reads the head of the answer, no byte more.
async fn tunnel(connection: &mut Connection, proxy: &Proxy, target: &Target) -> io::Result<u16> {
    let authorization = proxy.authorization.iter().map(|value| format!("Proxy-Authorization: {value}\r\n"));
    let authorization: String = authorization.collect();
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
    connection.get_mut().write_all(request.as_bytes()).await?;
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP");
    let mut status = None;
    let mut head = connection.take(limits::EGRESS_HEAD_BYTES_MAX as u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        head.read_until(b'\n', &mut line).await?;
        let text = line.strip_suffix(b"\n").ok_or_else(broken)?;
        match (text.strip_suffix(b"\r").unwrap_or(text), status) {
            (b"", Some(status)) => return Ok(status),
            (_, Some(_)) => {}
            (first, None) => status = Some(status_of(first).ok_or_else(broken)?),
        }
    }
}

/// The number in `HTTP/1.1 200 Connection established`.
fn status_of(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.")?;
    let digits = rest.get(2..5).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
