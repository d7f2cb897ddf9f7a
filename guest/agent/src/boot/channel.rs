//! The way to the host: a virtio-serial port, or where there is none a vsock.

use std::{io, sync::Arc};

use crate::{Agent, port::Port, vsock::Vsock};

pub(super) enum Channel {
    Port(Port),
    Vsock(Vsock),
}

impl Channel {
    /// Opens the one there is, if there is one yet.
    pub(super) fn find() -> io::Result<Option<Self>> {
        if let Some(port) = Port::find()? {
            return Ok(Some(Self::Port(port)));
        }
        Ok(Vsock::find()?.map(Self::Vsock))
    }

    /// Tells each host that comes that this machine waits, until one of them speaks.
    pub(super) async fn wanted(&mut self) -> io::Result<()> {
        match self {
            Self::Port(port) => port.wanted().await,
            Self::Vsock(vsock) => vsock.wanted().await,
        }
    }

    pub(super) async fn serve(self, agent: Arc<Agent>) -> io::Result<()> {
        match self {
            Self::Port(port) => port.serve(agent).await,
            Self::Vsock(vsock) => vsock.serve(agent).await,
        }
    }
}
