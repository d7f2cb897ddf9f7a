//! Answers: JSON, streams, and refusals.

use std::io;

use bytes::Bytes;
use futures_util::Stream;
use http::{Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use pyro_protocol::{GuestError, GuestErrorCode};
use serde::Serialize;

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;
pub(crate) type Reply = Result<Response<Body>, GuestError>;

/// Answers a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(bytes) => Ok(with_type(200, bytes)),
        Err(error) => Err(GuestError::new(GuestErrorCode::Internal, format!("answer cannot be written: {error}"))),
    }
}

/// Answers `{}`.
pub(crate) fn done() -> Reply {
    Ok(with_type(200, b"{}".to_vec()))
}

/// Answers a refusal with the status of its code.
pub(crate) fn refused(error: &GuestError) -> Response<Body> {
    // A struct of an enum and a string: serializing it cannot fail.
    with_type(error.code.status(), serde_json::to_vec(error).unwrap_or_default())
}

/// Answers a stream of frames.
pub(crate) fn stream(frames: impl Stream<Item = io::Result<Frame<Bytes>>> + Send + 'static) -> Response<Body> {
    Response::new(StreamBody::new(frames).boxed_unsync())
}

fn with_type(status: u16, json: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(json)).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}
