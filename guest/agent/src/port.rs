//! The virtio-serial port as a byte stream per host connection.
//!
//! The port stays open for ever: opening it anew throws away what the host has already sent. Its readiness, in contrast,
//! is registered anew for each connection, because "closed" sticks to a registration.

use std::{
    fs, io,
    io::IoSliceMut,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
        stat::Mode,
        uio::readv,
    },
};
use pyro_protocol::preamble::WAITING;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf, unix::AsyncFd},
    time::Sleep,
};

use crate::{Agent, session, sys};

/// The port's name, as the host gives it to the device.
const NAME: &str = "agent";
/// The driver hands out one buffer of this size per segment.
const SEGMENT_BYTES: usize = 4096;
const SEGMENTS_MAX: usize = 32;
/// Between tries of a write for which the kernel had no memory; no event tells when there is some.
const MEMORY_PAUSE: Duration = Duration::from_millis(10);

/// The open port.
pub(crate) struct Port(Arc<OwnedFd>);

impl Port {
    /// Opens it once its device is there.
    pub(crate) fn find() -> io::Result<Option<Self>> {
        let Some(device) = device()?.filter(|device| device.exists()) else { return Ok(None) };
        let port = open(&device, OFlag::O_RDWR | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())?;
        Ok(Some(Self(Arc::new(port))))
    }

    /// Tells each host that comes that this machine waits, until one of them sends something. Its first byte is taken,
    /// which is one of padding.
    pub(crate) async fn wanted(&self) -> io::Result<()> {
        loop {
            host_connected(&self.0).await?;
            // A host that is about to leave need not read it.
            let _ = nix::unistd::write(&self.0, WAITING);
            let fd = sys::watch(self.0.clone(), Interest::READABLE)?;
            if spoken(&fd).await? {
                return Ok(());
            }
        }
    }

    /// Serves every connection the host makes, until the agent ends.
    pub(crate) async fn serve(self, agent: Arc<Agent>) -> io::Result<()> {
        let mut tail = session::Tail::new();
        loop {
            host_connected(&self.0).await?;
            let fd = sys::watch(self.0.clone(), Interest::READABLE | Interest::WRITABLE)?;
            let stream = Connection { fd, pause: None };
            // However a connection ended, the next one is awaited.
            let _ = session::serve_connection(stream, &mut tail, agent.clone()).await;
        }
    }
}

/// The port's device, by its name.
fn device() -> io::Result<Option<PathBuf>> {
    let ports = match fs::read_dir("/sys/class/virtio-ports") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        ports => ports?,
    };
    for port in ports {
        let port = port?;
        if fs::read_to_string(port.path().join("name")).is_ok_and(|name| name.trim() == NAME) {
            return Ok(Some(PathBuf::from("/dev").join(port.file_name())));
        }
    }
    Ok(None)
}

/// Whether the host that is connected says something before it leaves.
async fn spoken(port: &AsyncFd<Arc<OwnedFd>>) -> io::Result<bool> {
    loop {
        let mut guard = port.readable().await?;
        let closed = guard.ready().is_read_closed();
        match nix::unistd::read(port.get_ref(), &mut [0]) {
            Ok(read) => return Ok(read > 0),
            Err(Errno::EAGAIN) if closed => return Ok(false),
            Err(Errno::EAGAIN) => guard.clear_ready(),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits without a timer: the edge-triggered set reports the host's coming and going.
async fn host_connected(port: &Arc<OwnedFd>) -> io::Result<()> {
    if !hung_up(port)? {
        return Ok(());
    }
    let set = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let edges = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLET;
    set.add(port.as_fd(), EpollEvent::new(edges, 0))?;
    let readable = sys::watch(Arc::new(set.0.try_clone()?), Interest::READABLE)?;
    loop {
        if !hung_up(port)? {
            return Ok(());
        }
        let mut guard = readable.readable().await?;
        let _ = set.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO);
        guard.clear_ready();
    }
}

fn hung_up(port: &Arc<OwnedFd>) -> io::Result<bool> {
    let mut polled = [PollFd::new(port.as_fd(), PollFlags::empty())];
    poll(&mut polled, PollTimeout::ZERO)?;
    Ok(polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLHUP)))
}

/// One host connection.
struct Connection {
    fd: AsyncFd<Arc<OwnedFd>>,
    /// Running while the driver has no memory for a write.
    pause: Option<Pin<Box<Sleep>>>,
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.fd.poll_read_ready(cx))?;
            let closed = guard.ready().is_read_closed();
            let room = buffer.initialize_unfilled();
            let mut segments: Vec<IoSliceMut<'_>> =
                room.chunks_mut(SEGMENT_BYTES).take(SEGMENTS_MAX).map(IoSliceMut::new).collect();
            match readv(self.fd.get_ref().as_fd(), &mut segments) {
                Ok(read) => {
                    buffer.advance(read);
                    return Poll::Ready(Ok(()));
                }
                // The host left and came back: "closed" would stay for ever, so only a new registration helps.
                Err(Errno::EAGAIN) if closed => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                Err(Errno::EAGAIN) => guard.clear_ready(),
                Err(Errno::EINTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let mut bytes = bytes;
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.as_mut().poll(cx));
                this.pause = None;
                // One page is found sooner than several in a row.
                bytes = &bytes[..bytes.len().min(SEGMENT_BYTES)];
            }
            let mut guard = ready!(this.fd.poll_write_ready(cx))?;
            let closed = guard.ready().is_write_closed();
            match nix::unistd::write(this.fd.get_ref().as_fd(), bytes) {
                Ok(written) => return Poll::Ready(Ok(written)),
                Err(Errno::EAGAIN) if closed => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Err(Errno::EAGAIN) => guard.clear_ready(),
                Err(Errno::EINTR) => {}
                // The driver copies what is written; when memory has run out, that is no reason to end the session.
                Err(Errno::ENOMEM) => this.pause = Some(Box::pin(tokio::time::sleep(MEMORY_PAUSE))),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
