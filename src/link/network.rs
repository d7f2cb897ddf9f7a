//! What a machine is given besides its disk, and connections into and out of it.

use bytes::{Buf, BytesMut};
use http::Method;
use hyper::body::Incoming;
use pyro_protocol::{
    network::{DIAL_BYTES, DialOwner, Furnished, Furnishing, PORT},
    route,
};

use super::{
    Link, LinkError, Tunnel,
    files::nothing,
    request::{ANSWER_DEADLINE, next_piece, within},
};

impl Link {
    /// Gives a machine secrets, certificates and a way to the world, in place of what it was given before.
    pub async fn furnish(&self, furnishing: &Furnishing) -> Result<Furnished, LinkError> {
        self.call(Method::POST, route::FURNISH, furnishing).await
    }

    /// Connects to a port of the guest's loopback. Where nothing listens it is refused as missing, where there are too
    /// many connections as beyond the limit.
    pub async fn connect(&self, port: u16) -> Result<Tunnel, LinkError> {
        self.tunnel(&format!("{}?{PORT}={port}", route::CONNECT)).await
    }

    /// Hears of connections that the guest's programs open to the proxy, those that wait already included. Who listened
    /// before hears no more.
    pub async fn dials(&self) -> Result<Dials, LinkError> {
        let response = within(ANSWER_DEADLINE, self.stream(Method::GET, route::DIALS, nothing())).await?;
        Ok(Dials { body: response.into_body(), rest: BytesMut::new() })
    }

    /// Takes such a connection up; it is refused as missing where that is over or taken up already.
    pub async fn take_dial(&self, dial: u64) -> Result<Tunnel, LinkError> {
        self.tunnel(&one(route::DIAL_ONE, dial)).await
    }

    /// Asks which command opened such a connection, as long as it is not over.
    pub async fn dial_owner(&self, dial: u64) -> Result<DialOwner, LinkError> {
        self.ask(Method::GET, &one(route::DIAL_OWNER, dial)).await
    }

    async fn tunnel(&self, path: &str) -> Result<Tunnel, LinkError> {
        let (tunnel, body) = Tunnel::begin();
        let response = within(ANSWER_DEADLINE, self.stream(Method::POST, path, body)).await?;
        Ok(tunnel.opened(response.into_body()))
    }
}

fn one(route: &str, dial: u64) -> String {
    route.replace("{dial}", &dial.to_string())
}

/// Numbers of connections to the proxy.
#[derive(Debug)]
pub struct Dials {
    body: Incoming,
    /// Bytes of numbers not told yet.
    rest: BytesMut,
}

impl Dials {
    /// Waits for the next number; `None` once somebody else listens. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Option<u64>, LinkError> {
        loop {
            if self.rest.len() >= DIAL_BYTES {
                return Ok(Some(self.rest.get_u64()));
            }
            match next_piece(&mut self.body).await? {
                Some(piece) => self.rest.extend_from_slice(&piece),
                None if self.rest.is_empty() => return Ok(None),
                None => return Err(LinkError::Lost),
            }
        }
    }
}
