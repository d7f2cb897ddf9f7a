//! Firecracker's vsock from the host: a unix socket where the guest's port is asked for in one line.

use std::{io, path::Path, time::Duration};

use pyro_protocol::VSOCK_PORT;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use super::config::VSOCK_SOCKET;
use crate::host::socket;

/// Between the first two tries; every pause doubles, for a guest that boots slowly is not helped by being asked.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// `OK `, the host's port in decimal and a line end, bytes.
const LINE_BYTES_MAX: usize = 16;

/// Connects to the agent, trying again until it listens. The caller sets the limit.
pub(super) async fn connect(dir: &Path) -> io::Result<UnixStream> {
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
