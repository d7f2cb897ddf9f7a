//! Uploads and downloads over HTTP: each URL admits whoever has it, once. Streamed, never held in memory.

use std::{fs::File, io, os::fd::AsFd};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{
    Method, Response, StatusCode,
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming as Received};
use tokio::{
    io::AsyncRead,
    task::{block_in_place, spawn_blocking},
    time::timeout,
};
use tokio_util::io::{ReaderStream, SyncIoBridge};

use super::{mcp_guard::Refusal, mcp_route::Body};
use crate::{
    failure::{Code, Failure},
    host::clock::now_unix,
    limits,
    spool::{self, Incoming, Outgoing, Shape, Spool},
};

/// Bytes between the thread that packs a tree and the connection.
const AHEAD_BYTES: usize = 256 * 1024;
const PIECE_BYTES: usize = 64 * 1024;

/// One of the spool's URLs: an id, and the key that admits to it.
pub(super) enum Spooled<'a> {
    Upload(&'a str, &'a str),
    Download(&'a str, &'a str),
}

impl<'a> Spooled<'a> {
    /// `None` for other paths.
    pub(super) fn at(path: &'a str) -> Option<Self> {
        let (kind, rest) = path.strip_prefix('/')?.split_once('/')?;
        let (id, key) = rest.split_once('/')?;
        match kind {
            "uploads" => Some(Self::Upload(id, key)),
            "downloads" => Some(Self::Download(id, key)),
            _ => None,
        }
    }

    pub(super) async fn answer(
        self,
        spool: &Spool,
        method: &Method,
        body: Received,
    ) -> Result<Response<Body>, Refusal> {
        let nothing = |_| refusal(spool::nothing());
        match (self, method) {
            (Self::Upload(id, key), &Method::PUT | &Method::POST) => {
                let incoming = spool.receive(&id.parse().map_err(nothing)?, key, now_unix()).map_err(refusal)?;
                // However little comes at a time.
                timeout(limits::TRANSFER_DEADLINE, received(id, incoming, body)).await.map_err(|_| silent())?
            }
            (Self::Download(id, key), &Method::GET) => {
                spool.fetch(&id.parse().map_err(nothing)?, key, now_unix()).map(sent).map_err(refusal)
            }
            (Self::Upload(..), _) => Ok(only("PUT")),
            (Self::Download(..), _) => Ok(only("GET")),
        }
    }
}

async fn received(id: &str, mut incoming: Incoming, mut body: Received) -> Result<Response<Body>, Refusal> {
    if body.size_hint().lower() > incoming.bytes_max() {
        return Err(refusal(spool::too_large(incoming.bytes_max())));
    }
    loop {
        let frame = timeout(limits::SPOOL_SILENCE, body.frame()).await.map_err(|_| silent())?;
        let Some(frame) = frame else { break };
        let broken = |error| refusal(Failure::invalid(format!("the upload broke off: {error}")));
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        block_in_place(|| incoming.write(&data)).map_err(refusal)?;
    }
    let arrived = block_in_place(|| incoming.finish()).map_err(refusal)?;
    let told = serde_json::json!({ "upload_id": id, "bytes": arrived.bytes, "blake3": arrived.blake3 });
    let mut response = Response::new(whole(told.to_string()));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn sent(outgoing: Outgoing) -> Response<Body> {
    let mut response = Response::new(());
    let headers = response.headers_mut();
    // What a guest wrote is never shown as a page of this server.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let safe = |char: char| if char.is_ascii_alphanumeric() || "._-".contains(char) { char } else { '_' };
    let name: String = outgoing.record.file_name.chars().map(safe).collect();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    headers.insert(CONTENT_DISPOSITION, disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment")));
    let media_type = match outgoing.record.shape {
        Shape::File => "application/octet-stream",
        Shape::Tree => "application/x-tar",
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let is_file = outgoing.record.shape == Shape::File;
    let length = outgoing.content.metadata().ok().filter(|_| is_file).map(|meta| meta.len());
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    response.map(|()| content(outgoing, length))
}

/// The content; it is used up when its last piece is handed out, and not before.
fn content(outgoing: Outgoing, length: Option<u64>) -> Body {
    let opened = outgoing.content.try_clone().map(|content| match outgoing.record.shape {
        Shape::File => pieces(tokio::fs::File::from_std(content)),
        Shape::Tree => packed(content),
    });
    let pieces = opened.unwrap_or_else(|error| stream::once(async { Err(error) }).boxed());
    let begun = Sending { pieces, outgoing: Some(outgoing), left: length };
    let begun = if length == Some(0) { begun.finished() } else { begun };
    let whole = stream::try_unfold(begun, |mut sending| async move {
        let Some(piece) = sending.pieces.try_next().await? else {
            sending.finished();
            return Ok(None);
        };
        sending.left = sending.left.map(|left| left.saturating_sub(piece.len() as u64));
        // Whoever knows the length does not ask for more.
        let sending = if sending.left == Some(0) { sending.finished() } else { sending };
        Ok(Some((Frame::data(piece), sending)))
    });
    StreamBody::new(whole).boxed_unsync()
}

struct Sending {
    pieces: stream::BoxStream<'static, io::Result<Bytes>>,
    /// Until it was handed out whole.
    outgoing: Option<Outgoing>,
    left: Option<u64>,
}

impl Sending {
    fn finished(mut self) -> Self {
        if let Some(outgoing) = self.outgoing.take() {
            block_in_place(|| outgoing.finish());
        }
        self
    }
}

/// A tree as a tar, made while it is read.
fn packed(tree: File) -> stream::BoxStream<'static, io::Result<Bytes>> {
    let (reader, writer) = tokio::io::duplex(AHEAD_BYTES);
    // Made here: the bridge needs the runtime that it writes through.
    let bridge = SyncIoBridge::new(writer);
    let packing = spawn_blocking(move || pyro_tree::pack(tree.as_fd(), bridge));
    // A tree that could not be read to its end must not look like one that was.
    let ended = async {
        let packed = packing.await.map_err(io::Error::other)?;
        packed.map(|_| Bytes::new()).map_err(io::Error::other)
    };
    pieces(reader).chain(stream::once(ended)).boxed()
}

fn pieces(reader: impl AsyncRead + Send + 'static) -> stream::BoxStream<'static, io::Result<Bytes>> {
    ReaderStream::with_capacity(reader, PIECE_BYTES).boxed()
}

fn only(method: &'static str) -> Response<Body> {
    let failure = Failure::invalid(format!("this URL takes {method} alone"));
    let mut response = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, failure).response().map(whole_body);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
    response
}

fn whole(text: String) -> Body {
    whole_body(Full::new(Bytes::from(text)))
}

pub(super) fn whole_body(body: Full<Bytes>) -> Body {
    body.map_err(|never| match never {}).boxed_unsync()
}

fn silent() -> Refusal {
    let (silence, whole) = (limits::SPOOL_SILENCE.as_secs(), limits::TRANSFER_DEADLINE.as_secs());
    let message = format!("nothing came for {silence} s, or not all of it within {whole} s");
    Refusal::new(StatusCode::REQUEST_TIMEOUT, Failure::new(Code::TimedOut, message).hint("send it again"))
}

/// The status that fits a failure.
fn refusal(failure: Failure) -> Refusal {
    let status = match failure.code {
        Code::Missing => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::Limit => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Invalid => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Refusal::new(status, failure)
}
