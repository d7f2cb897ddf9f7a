//! Calls about files and trees go through as they are: the supervisor only counts them as use of its machine.

use std::io;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use pyro_protocol::{GuestError, GuestErrorCode, route};

use super::{
    drive::Shared,
    guest,
    serve::{Body, Busy},
};

/// What clients may ask of the guest itself. Commands are not among them: those are relayed.
const ROUTES: &[(Method, &str)] = &[
    (Method::GET, route::HEALTH),
    (Method::POST, route::SYNC),
    (Method::GET, route::FILE),
    (Method::PUT, route::FILE),
    (Method::GET, route::TAR),
    (Method::PUT, route::TAR),
    (Method::GET, route::WALK),
    (Method::PUT, route::APPLY),
    (Method::POST, route::FREEZE),
];

pub(super) fn takes(method: &Method, path: &str) -> bool {
    ROUTES.iter().any(|(takes, route)| takes == method && *route == path)
}

/// Passes one request on and its answer back, both as streams.
pub(super) async fn forward(
    request: Request<Incoming>,
    mut shared: Shared,
    busy: Busy,
) -> Result<Response<Body>, GuestError> {
    let gone = |detail: &dyn std::fmt::Display| {
        GuestError::new(GuestErrorCode::Internal, format!("the machine ended: {detail}"))
    };
    let (_, link) = guest::link(&mut shared.guest, 0).await.map_err(|death| gone(&death.detail))?;
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let answer = tokio::select! {
        answer = link.stream(head.method, path, body.map_err(io::Error::other).boxed_unsync()) => answer,
        death = guest::death(&mut shared.guest) => return Err(gone(&death.detail)),
    };
    Ok(answer?.map(|body| Forwarded { body, _busy: busy }.boxed()))
}

/// An answer under way; while it is, the machine is in use.
struct Forwarded {
    body: Incoming,
    _busy: Busy,
}

impl hyper::body::Body for Forwarded {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx).map_err(io::Error::other)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
