//! The vsock listener, for machines whose VMM has no virtio-serial port. Each connection is a stream of its own, and the
//! newest is served: whoever opens one has given the older up.

use std::{
    fs, io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::UnixStream as StdStream,
    },
    path::Path,
    sync::Arc,
    time::Duration,
};

use nix::{
    errno::Errno,
    libc::{VMADDR_CID_ANY, VMADDR_CID_HOST},
    sys::socket::{AddressFamily, Backlog, SockFlag, SockType, VsockAddr, bind, getpeername, listen, socket},
};
use pyro_protocol::{VSOCK_PORT, preamble::WAITING};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest, unix::AsyncFd},
    net::UnixStream,
};

use crate::{Agent, session, sys};

/// How the kernel writes the number of virtio's socket device.
const DEVICE: &str = "0x0013";
/// Connections that wait: there is one host, with one supervisor.
const BACKLOG: i32 = 8;
/// Between tries to accept where accepting fails.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

fn has_device(devices: &Path) -> bool {
    let devices = fs::read_dir(devices).into_iter().flatten().flatten();
    devices.map(|device| device.path().join("device")).any(|number| {
        // A device that just went away has no number any more.
        fs::read_to_string(number).is_ok_and(|number| number.trim() == DEVICE)
    })
}

/// The listener.
pub(crate) struct Vsock {
    listener: AsyncFd<Arc<OwnedFd>>,
    /// That has spoken already.
    first: Option<UnixStream>,
}

impl Vsock {
    /// Listens once there is a socket device. That sockets can be made says nothing: the module alone allows it.
    pub(crate) fn find() -> io::Result<Option<Self>> {
        if !has_device(Path::new("/sys/bus/virtio/devices")) {
            return Ok(None);
        }
        let listener = sys::watch(Arc::new(bound(VMADDR_CID_ANY, VSOCK_PORT)?), Interest::READABLE)?;
        Ok(Some(Self { listener, first: None }))
    }

    /// Tells each host that comes that this machine waits, until one of them sends something. Its first byte is taken,
    /// which is one of padding.
    pub(crate) async fn wanted(&mut self) -> io::Result<()> {
        let mut stream = accept(&self.listener).await?;
        loop {
            // A host that is about to leave need not read it.
            let _ = stream.write_all(WAITING).await;
            stream = tokio::select! {
                newer = accept(&self.listener) => newer?,
                spoken = stream.read_u8() => match spoken {
                    Ok(_) => {
                        self.first = Some(stream);
                        return Ok(());
                    }
                    Err(_) => accept(&self.listener).await?,
                },
            };
        }
    }

    /// Serves the host's newest connection, until the agent ends.
    pub(crate) async fn serve(mut self, agent: Arc<Agent>) -> io::Result<()> {
        let mut stream = match self.first.take() {
            Some(first) => first,
            None => accept(&self.listener).await?,
        };
        loop {
            stream = tokio::select! {
                newer = accept(&self.listener) => newer?,
                // However a connection ended, the next one is awaited.
                _ = session::serve_sessions(stream, agent.clone()) => accept(&self.listener).await?,
            };
        }
    }
}

fn bound(cid: u32, port: u32) -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let listener = socket(AddressFamily::Vsock, SockType::Stream, flags, None)?;
    bind(listener.as_raw_fd(), &VsockAddr::new(cid, port))?;
    listen(&listener.as_fd(), Backlog::new(BACKLOG)?)?;
    Ok(listener)
}

async fn accept(listener: &AsyncFd<Arc<OwnedFd>>) -> io::Result<UnixStream> {
    loop {
        let mut ready = listener.readable().await?;
        match sys::accept(listener.get_ref()) {
            // Connected, a stream socket of any family reads and writes like another.
            Ok(stream) if is_host(&stream) => return UnixStream::from_std(StdStream::from(stream)),
            // The guest's own programs have no business here.
            Ok(_) => {}
            Err(Errno::EAGAIN) => ready.clear_ready(),
            // The one that came was gone before it was taken.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

fn is_host(stream: &OwnedFd) -> bool {
    getpeername::<VsockAddr>(stream.as_raw_fd()).is_ok_and(|peer| peer.cid() == VMADDR_CID_HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_socket_device_is_one() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!has_device(&dir.path().join("none")));
        for (name, number) in [("virtio0", Some("0x0002\n")), ("virtio1", None)] {
            fs::create_dir(dir.path().join(name)).unwrap();
            if let Some(number) = number {
                fs::write(dir.path().join(name).join("device"), number).unwrap();
            }
        }
        assert!(!has_device(dir.path()));
        fs::write(dir.path().join("virtio1/device"), "0x0013\n").unwrap();
        assert!(has_device(dir.path()));
    }
}
