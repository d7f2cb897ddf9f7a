//! Firecracker's vsock from the host: a unix socket where the guest's port is asked for in one line.

use std::{
    io,
    net::Shutdown,
    os::{fd::AsFd, unix::net::UnixStream as StdStream},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pyro_protocol::{
    VSOCK_PORT,
    preamble::{self, NONCE_BYTES, Scanner},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

use super::config::VSOCK_SOCKET;
use crate::host::socket;

/// Between the first two tries; every pause doubles, for a guest that boots slowly is not helped by being asked.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// `OK `, the host's port in decimal and a line end, bytes.
const LINE_BYTES_MAX: usize = 16;

/// How long an agent may take to answer where its answer may be lost; doubled with each try.
const FIRST_PATIENCE: Duration = Duration::from_millis(100);
const LONGEST_PATIENCE: Duration = Duration::from_secs(5);

/// The way to one machine's agent.
#[derive(Debug)]
pub(super) struct Line {
    dir: PathBuf,
    /// The newest connection, to be cut.
    current: Mutex<Option<StdStream>>,
    /// Whether the guest is through with forgetting its connections.
    settled: AtomicBool,
}

impl Line {
    /// To the socket in `dir`. Not `settled` is a machine that goes on from where one was saved.
    pub(super) fn new(dir: PathBuf, settled: bool) -> Self {
        Self { dir, current: Mutex::default(), settled: settled.into() }
    }

    /// A new connection. Waits for the agent; the caller sets the limit.
    pub(super) async fn open(&self) -> io::Result<UnixStream> {
        if !self.settled.load(Ordering::Acquire) {
            settle(&self.dir).await?;
            self.settled.store(true, Ordering::Release);
        }
        let stream = connect(&self.dir).await?;
        let kept = StdStream::from(stream.as_fd().try_clone_to_owned()?);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(stream)
    }

    /// To be called when the machine was saved: the guest has been told to forget its connections, and nobody tells the
    /// host's ends of them.
    pub(super) fn reset(&self) {
        self.settled.store(false, Ordering::Release);
        if let Some(stream) = self.current.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Waits until a connection is whole. The guest of a saved machine resets all connections it finds when it goes on, also
/// those that were opened meanwhile, and then nothing more arrives on them. An agent that answers is past that.
async fn settle(dir: &Path) -> io::Result<()> {
    let mut patience = FIRST_PATIENCE;
    loop {
        let tried = async {
            let mut stream = connect(dir).await?;
            Ok::<_, io::Error>(ask(&mut stream).await)
        };
        match timeout(patience, tried).await {
            Ok(Ok(Ok(()))) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            // A broken connection is not tried again at once.
            Ok(Ok(Err(_))) => tokio::time::sleep(FIRST_PAUSE).await,
            Err(_) => {}
        }
        patience = (patience * 2).min(LONGEST_PATIENCE);
    }
}

/// Has the agent answer once, as if a session were to begin. No older one has to be driven off this stream, so the mark
/// needs no padding.
async fn ask(stream: &mut UnixStream) -> io::Result<()> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| io::Error::other("the host has no randomness"))?;
    stream.write_all(&preamble::sync(&nonce)[preamble::PAD_BYTES..]).await?;
    let mut scanner = Scanner::for_ack();
    while scanner.push(stream.read_u8().await?) != Some(nonce) {}
    Ok(())
}

/// Connects to the agent, trying again until it listens. The caller sets the limit.
async fn connect(dir: &Path) -> io::Result<UnixStream> {
    let mut pause = FIRST_PAUSE;
    loop {
        match try_connect(dir).await {
            Err(error) if is_early(&error) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            done => return done,
        }
    }
}

/// Whether the guest may only not be there yet: its connections are closed without an answer.
fn is_early(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, UnexpectedEof, WouldBlock};
    matches!(error.kind(), BrokenPipe | ConnectionRefused | ConnectionReset | UnexpectedEof | WouldBlock)
}

async fn try_connect(dir: &Path) -> io::Result<UnixStream> {
    let stream = socket::connect(dir, VSOCK_SOCKET)?;
    stream.set_nonblocking(true)?;
    let mut stream = UnixStream::from_std(stream)?;
    stream.write_all(format!("CONNECT {VSOCK_PORT}\n").as_bytes()).await?;
    // Byte by byte: what follows the line is the guest's.
    let mut line = Vec::with_capacity(LINE_BYTES_MAX);
    while line.last() != Some(&b'\n') {
        if line.len() == LINE_BYTES_MAX {
            return Err(garbage(&line));
        }
        line.push(stream.read_u8().await?);
    }
    let port = line.strip_prefix(b"OK ").and_then(|rest| rest.strip_suffix(b"\n"));
    match port {
        Some(port) if !port.is_empty() && port.iter().all(u8::is_ascii_digit) => Ok(stream),
        _ => Err(garbage(&line)),
    }
}

fn garbage(line: &[u8]) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("Firecracker's vsock answered {:?}", line.escape_ascii().to_string()),
    )
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        os::unix::net::UnixListener,
    };

    use super::*;

    /// A vsock that gives each connection the next of `answers` and closes it.
    async fn check(answers: &'static [&'static [u8]]) -> io::Result<UnixStream> {
        let dir = tempfile::tempdir().unwrap();
        let listener: UnixListener = socket::bind(dir.path(), VSOCK_SOCKET).unwrap();
        let served = tokio::task::spawn_blocking(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                let mut line = String::new();
                BufReader::new(&stream).read_line(&mut line).unwrap();
                assert_eq!(line, "CONNECT 5005\n");
                (&stream).write_all(answer).unwrap();
            }
        });
        let connected = connect(dir.path()).await;
        // It accepted as often as there are answers: no try was left out.
        served.await.unwrap();
        connected
    }

    /// A vsock with an agent behind it, which loses the first `lost` connections without a word and answers once.
    async fn agent(dir: &Path, lost: usize) -> tokio::task::JoinHandle<usize> {
        let listener = socket::bind(dir, VSOCK_SOCKET).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::UnixListener::from_std(listener).unwrap();
        tokio::spawn(async move {
            let mut forgotten = Vec::new();
            for count in 1.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut line = [0; 13];
                stream.read_exact(&mut line).await.unwrap();
                stream.write_all(b"OK 1024\n").await.unwrap();
                if count <= lost {
                    forgotten.push(stream);
                    continue;
                }
                let mut scanner = Scanner::for_sync();
                while let Ok(byte) = stream.read_u8().await {
                    if let Some(nonce) = scanner.push(byte) {
                        stream.write_all(&preamble::ack(&nonce)).await.unwrap();
                        return count;
                    }
                }
            }
            unreachable!("the agent was never asked")
        })
    }

    #[tokio::test]
    async fn connections_that_a_resumed_guest_forgets_are_opened_anew() {
        let dir = tempfile::tempdir().unwrap();
        let agent = agent(dir.path(), 2).await;
        settle(dir.path()).await.unwrap();
        assert_eq!(agent.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_connection_ends_where_its_machine_was_saved() {
        let dir = tempfile::tempdir().unwrap();
        let line = Line::new(dir.path().to_owned(), true);
        let _agent = agent(dir.path(), 1).await;
        let mut stream = line.open().await.unwrap();
        line.reset();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        assert!(!line.settled.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn what_follows_the_line_is_the_guests() {
        let mut stream = check(&[b"OK 1073741824\nhello"]).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "hello");
    }

    #[tokio::test]
    async fn a_guest_that_does_not_listen_yet_is_asked_again() {
        assert!(check(&[b"", b"O", b"OK 10", b"OK 1024\n"]).await.is_ok());
    }

    #[tokio::test]
    async fn garbage_is_told_and_not_asked_again() {
        for garbage in [&[b"HTTP/1.1 400\r\n" as &[u8]] as &'static [&'static [u8]], &[b"OK \n"], &[b"OK 12x\n"]] {
            let error = check(garbage).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        }
        let endless: &[&[u8]] = &[b"OK 1111111111111111111111111111"];
        assert!(check(endless).await.unwrap_err().to_string().contains("OK 111"));
    }
}
