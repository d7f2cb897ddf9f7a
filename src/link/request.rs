//! One request and its answer, as JSON or as a stream.

use std::{
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use pyro_protocol::{GuestError, GuestErrorCode};
use serde::{Serialize, de::DeserializeOwned};

use super::{Body, Link, LinkError, files::nothing};

/// A JSON answer, bytes.
const JSON_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Time to an answer's head. A first command waits for the login environment; a sync for the disk.
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

impl Link {
    /// Sends a value as JSON and reads one as answer, within [`ANSWER_DEADLINE`].
    pub async fn call<Q: Serialize, A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        request: &Q,
    ) -> Result<A, LinkError> {
        self.call_within(method, path, request, ANSWER_DEADLINE).await
    }

    /// Sends a value as JSON and reads one as answer, which may take up to `deadline`.
    pub async fn call_within<Q: Serialize, A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        request: &Q,
        deadline: Duration,
    ) -> Result<A, LinkError> {
        self.answer(method, path, json(request)?, deadline).await
    }

    /// As [`Link::call_within`], where the answer is a line, and something at the other end lasts as long as [`Held`] lives.
    pub async fn call_held<Q: Serialize, A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        request: &Q,
        deadline: Duration,
    ) -> Result<(A, Held), LinkError> {
        within(deadline, async {
            let mut body = self.stream(method, path, json(request)?).await?.into_body();
            let mut line = BytesMut::new();
            while line.last() != Some(&b'\n') {
                let piece = next_piece(&mut body).await?.ok_or(LinkError::Lost)?;
                if line.len() + piece.len() > JSON_BYTES_MAX {
                    return Err(LinkError::Broken("an answer longer than allowed"));
                }
                line.extend_from_slice(&piece);
            }
            let answer = serde_json::from_slice(&line);
            Ok((answer.map_err(|_| LinkError::Broken("an answer that is not the JSON expected"))?, Held(body)))
        })
        .await
    }

    /// Asks with an empty body, otherwise as [`Link::call`].
    pub async fn ask<A: DeserializeOwned>(&self, method: Method, path: &str) -> Result<A, LinkError> {
        self.answer(method, path, nothing(), ANSWER_DEADLINE).await
    }

    /// Asks for something that may take up to `deadline`.
    pub async fn wait<A: DeserializeOwned>(&self, path: &str, deadline: Duration) -> Result<A, LinkError> {
        self.answer(Method::GET, path, nothing(), deadline).await
    }

    async fn answer<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body,
        deadline: Duration,
    ) -> Result<A, LinkError> {
        within(deadline, async { read_json(self.stream(method, path, body).await?.into_body()).await }).await
    }

    /// Sends a stream of bytes and reads a value as answer. The stream's end is a frame of its own, so a connection that
    /// breaks inside a piece never looks like the end. There is no deadline: an upload takes as long as it takes.
    pub(super) async fn upload<S, A>(&self, path: &str, pieces: S) -> Result<A, LinkError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
        A: DeserializeOwned,
    {
        let failed = Arc::new(OnceLock::new());
        let note = failed.clone();
        let frames = pieces.map_ok(Frame::data).inspect_err(move |error| {
            // Only the first failure counts, and the stream ends with it.
            let _ = note.set(error.kind());
        });
        let answer = async {
            let body = StreamBody::new(frames).boxed_unsync();
            read_json(self.stream(Method::PUT, path, body).await?.into_body()).await
        };
        // To HTTP/2 a source that fails looks like any other broken stream.
        answer.await.map_err(|error| failed.get().map_or(error, |kind| LinkError::Upload(*kind)))
    }

    /// Sends a body and answers the response once its head is there; a refusal is an error. There is no deadline: a body
    /// takes as long as it takes.
    pub async fn stream(&self, method: Method, path: &str, body: Body) -> Result<Response<Incoming>, LinkError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://guest{path}"))
            .body(body)
            .map_err(|_| LinkError::Broken("the path is not one"))?;
        let mut requests = self.requests.clone();
        let response = requests.send_request(request).await.map_err(|_| LinkError::Lost)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let refusal: GuestError = within(ANSWER_DEADLINE, read_json(response.into_body())).await?;
        if status.as_u16() != refusal.code.status() && refusal.code != GuestErrorCode::Internal {
            return Err(LinkError::Broken("a refusal whose status is another's"));
        }
        Err(LinkError::Refused(refusal))
    }
}

/// An answer that has not ended. Dropping it tells the other end.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "what counts is that it is there")] Incoming);

/// A value as request body.
pub(super) fn json(value: &impl Serialize) -> Result<Body, LinkError> {
    let bytes = serde_json::to_vec(value).map_err(|_| LinkError::Broken("the request cannot be written"))?;
    Ok(Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync())
}

/// A query value, percent-encoded.
pub(super) fn encoded(value: impl AsRef<[u8]>) -> String {
    let value = value.as_ref();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut text = String::with_capacity(value.len());
    for &byte in value {
        match plain(byte) {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

pub(super) async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    tokio::time::timeout(deadline, work).await.map_err(|_| LinkError::Timeout(deadline))?
}

pub(super) async fn read_json<A: DeserializeOwned>(mut body: Incoming) -> Result<A, LinkError> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = next_piece(&mut body).await? {
        if bytes.len() + piece.len() > JSON_BYTES_MAX {
            return Err(LinkError::Broken("an answer longer than allowed"));
        }
        bytes.extend_from_slice(&piece);
    }
    serde_json::from_slice(&bytes).map_err(|_| LinkError::Broken("an answer that is not the JSON expected"))
}

/// The next piece of a body without trailers.
pub(super) async fn next_piece(body: &mut Incoming) -> Result<Option<Bytes>, LinkError> {
    while !body.is_end_stream() {
        match body.frame().await {
            None => break,
            Some(Err(_)) => return Err(LinkError::Lost),
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
        }
    }
    Ok(None)
}
