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
use pyro_protocol::VSOCK_PORT;
use tokio::{
    io::{Interest, unix::AsyncFd},
    net::UnixStream,
};

use crate::{Agent, session, sys};

/// How the kernel writes the number of virtio's socket device.
const DEVICE: &str = "0x0013";
/// Connections that wait: there is one host, with one supervisor.
const WAITING: i32 = 8;
/// Between tries to accept where accepting fails.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Whether the machine has a socket device. That sockets can be made says nothing: the module alone allows it.
pub(crate) fn is_there() -> bool {
    has_device(Path::new("/sys/bus/virtio/devices"))
}

fn has_device(devices: &Path) -> bool {
    let devices = fs::read_dir(devices).into_iter().flatten().flatten();
    devices.map(|device| device.path().join("device")).any(|number| {
        // A device that just went away has no number any more.
        fs::read_to_string(number).is_ok_and(|number| number.trim() == DEVICE)
    })
}

/// Serves the host's newest connection, until the agent ends.
pub(crate) async fn serve(agent: Arc<Agent>) -> io::Result<()> {
    let listener = sys::watch(Arc::new(bound(VMADDR_CID_ANY, VSOCK_PORT)?), Interest::READABLE)?;
    let mut stream = accept(&listener).await?;
    loop {
        stream = tokio::select! {
            newer = accept(&listener) => newer?,
            // However a connection ended, the next one is awaited.
            _ = session::serve_sessions(stream, agent.clone()) => accept(&listener).await?,
        };
    }
}

fn bound(cid: u32, port: u32) -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let listener = socket(AddressFamily::Vsock, SockType::Stream, flags, None)?;
    bind(listener.as_raw_fd(), &VsockAddr::new(cid, port))?;
    listen(&listener.as_fd(), Backlog::new(WAITING)?)?;
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
