//! Plain HTTP: a request to a proxy made one to a server, and its answer made the proxy's own. What concerns one
//! connection alone stays on it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header, uri::PathAndQuery,
};
use http_body_util::BodyExt;
use hyper::{
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::{
    connect::Connection,
    target::{Host, Target, split},
    trouble::{Body, Trouble},
    upstream::Proxy,
};
use crate::limits;

const PORT: u16 = 80;
const NOT_FOR_A_PROXY: &str = "this port is an HTTP proxy, not a server: set http_proxy and https_proxy to it, and ask \
                               with `GET http://HOST/PATH` or `CONNECT HOST:PORT`";
const NOT_HTTP: &str =
    "this proxy passes on http:// requests; for anything else ask for a tunnel with `CONNECT HOST:PORT`";
const OTHER_HOST: &str = "the request's Host header names another host than its URI; they must be the same";

/// Of one connection alone, whatever `Connection` says (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    // A client's wish to be told that it may send its body is granted here.
    header::EXPECT,
    // It could make the host's proxy answer itself, and repeat to a program how the host logs in.
    header::MAX_FORWARDS,
];

/// The host and the port that a request names, as it names them; only `http://` requests that name them once, and well.
pub(super) fn asked<B>(request: &Request<B>) -> Result<(&str, u16), Trouble> {
    let uri = request.uri();
    let authority = match (request.method(), uri.scheme_str(), uri.authority()) {
        (&Method::CONNECT, _, _) | (_, _, None) | (_, None, _) => return Err(Trouble::Malformed(NOT_FOR_A_PROXY)),
        (_, Some("http"), Some(authority)) => authority.as_str(),
        _ => return Err(Trouble::Malformed(NOT_HTTP)),
    };
    let (host, port) = split(authority, Some(PORT)).ok_or(Trouble::Malformed("the request's URI has no port"))?;
    let same = |header: &HeaderValue| {
        let other = header.to_str().ok().and_then(|text| split(text, Some(PORT)));
        other.is_some_and(|other| other.1 == port && Host::parse(other.0) == Host::parse(host))
    };
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => Ok((host, port)),
        (Some(one), None) if same(one) => Ok((host, port)),
        _ => Err(Trouble::Malformed(OTHER_HOST)),
    }
}

/// The request that is sent on to `target`, in its own words only where they are no one else's affair.
pub(super) fn outgoing<B>(request: Request<B>, target: &Target, via: Option<&Proxy>) -> Result<Request<B>, Trouble> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let authority = target.authority(PORT);
    let uri = match via {
        Some(_) => format!("http://{authority}{path}"),
        None => path.to_owned(),
    };
    let malformed = || Trouble::Malformed("the request's URI cannot be passed on");
    parts.uri = uri.parse::<Uri>().map_err(|_| malformed())?;
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    strip(&mut parts.headers);
    parts.headers.insert(header::HOST, authority.parse().map_err(|_| malformed())?);
    if let Some(authorization) = via.and_then(|proxy| proxy.authorization.as_ref()) {
        parts.headers.insert(header::PROXY_AUTHORIZATION, authorization.parse().map_err(|_| malformed())?);
    }
    Ok(Request::from_parts(parts, body))
}

/// Removes what concerns one connection alone.
fn strip(headers: &mut HeaderMap) {
    let listed = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let listed = listed.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok());
    let proxys = headers.keys().filter(|name| name.as_str().starts_with("proxy-")).cloned();
    let names: Vec<HeaderName> = listed.chain(proxys).chain(HOP_BY_HOP).collect();
    for name in names {
        headers.remove(name);
    }
}

/// Sends a request on a connection of its own and answers once the head of its answer is there.
pub(super) async fn forward(
    request: Request<Incoming>,
    connection: Connection,
    target: &Target,
    via: Option<&Proxy>,
) -> Result<Response<Body>, Trouble> {
    let failed = |error: hyper::Error| {
        let why = if error.is_parse() { "it answered something else than HTTP" } else { "it did not answer" };
        Trouble::Unreachable(format!("the request to {target} failed: {why}"))
    };
    let (mut requests, connection) = http1::Builder::new()
        .max_buf_size(limits::EGRESS_HEAD_BYTES_MAX)
        .handshake(TokioIo::new(connection))
        .await
        .map_err(failed)?;
    // How it ends, its request or its body tells.
    let driver = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let answer = requests.send_request(request).await.map_err(failed)?;
    match (answer.status(), via) {
        (StatusCode::SWITCHING_PROTOCOLS, _) => {
            let why = format!("the request to {target} failed: it changed the protocol, unasked");
            return Err(Trouble::Unreachable(why));
        }
        // A program cannot log in there, and need not know that it would have to.
        (StatusCode::PROXY_AUTHENTICATION_REQUIRED, Some(_)) => {
            return Err(Trouble::Unreachable("the host's own proxy wants to be logged in to".to_owned()));
        }
        _ => {}
    }
    let (mut parts, body) = answer.into_parts();
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    strip(&mut parts.headers);
    Ok(Response::from_parts(parts, Driven { body, _driver: driver }.boxed_unsync()))
}

/// A body with the task that brings it: dropped together.
struct Driven {
    body: Incoming,
    _driver: AbortOnDropHandle<()>,
}

impl HttpBody for Driven {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
