//! Firecracker's API: HTTP/1 on its unix socket.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::UnixStream;

use super::config::{API_SOCKET, Call};
use crate::{failure::Failure, host::socket};

/// Nothing tells when the socket is there; it is within milliseconds.
const POLL: Duration = Duration::from_millis(2);
/// The longest complaint that is read, bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// As much of it as is told, characters.
const COMPLAINT_CHARS_MAX: usize = 300;

/// How it says that it will not.
#[derive(Deserialize)]
struct Fault {
    fault_message: String,
}

/// Makes `calls` on the socket in `dir`, one after the other, and fails with the first that is refused. Waits for the
/// socket, so the caller sets the limit.
pub(super) async fn make(dir: &Path, calls: Vec<Call>) -> Result<(), Failure> {
    let broken = |error: hyper::Error| Failure::internal(format!("Firecracker's API broke off: {error}"));
    let stream = TokioIo::new(opened(dir).await?);
    let (mut requests, connection) = http1::handshake(stream).await.map_err(broken)?;
    // It ends with the requests' sender, and its errors are theirs.
    tokio::spawn(connection);
    for Call { method, path, body } in calls {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|error| Failure::internal(error.to_string()))?;
        let answer = requests.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        if !status.is_success() {
            let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            return Err(refusal(path, &body).unwrap_or_else(|| {
                Failure::unavailable(format!("Firecracker refused {path} with status {}", status.as_u16()))
            }));
        }
    }
    Ok(())
}

fn refusal(path: &str, body: &[u8]) -> Option<Failure> {
    let fault: Fault = serde_json::from_slice(body).ok()?;
    let said: String =
        fault.fault_message.chars().filter(|char| !char.is_control()).take(COMPLAINT_CHARS_MAX).collect();
    Some(Failure::unavailable(format!("Firecracker refused {path}: {said}")))
}

async fn opened(dir: &Path) -> Result<UnixStream, Failure> {
    let failed = |error| Failure::io("reach Firecracker's API", &error);
    loop {
        match socket::connect(dir, API_SOCKET) {
            Ok(stream) => {
                stream.set_nonblocking(true).map_err(failed)?;
                return UnixStream::from_std(stream).map_err(failed);
            }
            // Not made yet, or made and not listening yet.
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) =>
            {
                tokio::time::sleep(POLL).await;
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Answers each request with the next of `answers`; tells all it was sent.
    async fn serve(dir: std::path::PathBuf, answers: &'static [&'static str]) -> String {
        let listener = socket::bind(&dir, API_SOCKET).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (mut stream, _) = tokio::net::UnixListener::from_std(listener).unwrap().accept().await.unwrap();
        let mut told = String::new();
        let mut buffer = [0; 4096];
        for answer in answers {
            let read = stream.read(&mut buffer).await.unwrap();
            told.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        told
    }

    async fn check(answers: &'static [&'static str]) -> (Result<(), Failure>, String) {
        let dir = tempfile::tempdir().unwrap();
        let calls = [("PUT", "/entropy", json!({})), ("PATCH", "/vsock", json!({ "guest_cid": 3 }))];
        let calls = calls.map(|(method, path, body)| Call { method, path, body }).to_vec();
        // The calls begin before there is a socket.
        let (made, told) = tokio::join!(make(dir.path(), calls), serve(dir.path().to_owned(), answers));
        (made, told)
    }

    const DONE: &str = "HTTP/1.1 204 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\n\r\n";

    #[tokio::test]
    async fn calls_are_made_in_order_on_one_connection() {
        let (made, told) = check(&[DONE, DONE]).await;
        assert_eq!(made, Ok(()));
        let (first, second) = told.split_once("PATCH /vsock HTTP/1.1\r\n").unwrap();
        assert!(first.starts_with("PUT /entropy HTTP/1.1\r\n") && first.ends_with("\r\n\r\n{}"), "{first}");
        assert!(second.ends_with("\r\n\r\n{\"guest_cid\":3}"), "{second}");
    }

    #[tokio::test]
    async fn a_refusal_names_the_call_and_says_why() {
        let (made, _) = check(&[
            DONE,
            "HTTP/1.1 400 \r\nContent-Length: 49\r\n\r\n{\"fault_message\":\"The socket\\u001b is taken: 98\"}",
        ])
        .await;
        assert_eq!(made.unwrap_err().message, "Firecracker refused /vsock: The socket is taken: 98");
        let (made, _) = check(&["HTTP/1.1 500 \r\nContent-Length: 4\r\n\r\nfoo\n"]).await;
        assert_eq!(made.unwrap_err().message, "Firecracker refused /entropy with status 500");
    }

    #[tokio::test]
    async fn what_is_no_answer_is_told() {
        let (made, _) = check(&["SSH-2.0-OpenSSH\r\n"]).await;
        assert!(made.unwrap_err().message.starts_with("Firecracker's API broke off"));
    }
}
