//! HTTP/2 over any byte stream, and the table of routes.

use std::{collections::BTreeMap, convert::Infallible, io, pin::Pin, sync::Arc};

use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use pyro_protocol::{GuestError, GuestErrorCode, preamble, route};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    Agent, control, exec, file, freeze, network, probe, replace,
    reply::{self, Body, Reply},
    tree,
};

/// A JSON request, bytes: a command line and an environment.
const JSON_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What a response may have queued before its source waits, bytes.
const SEND_BUFFER_BYTES: usize = 256 * 1024;

/// One request on its way to a route.
pub(crate) struct Call {
    pub(crate) agent: Arc<Agent>,
    /// The number in the path, where the route has one.
    pub(crate) number: u64,
    query: BTreeMap<String, Vec<u8>>,
    pub(crate) body: Incoming,
}

type Answer = Pin<Box<dyn Future<Output = Reply> + Send>>;
type Run = fn(Call) -> Answer;

const ROUTES: &[(Method, &str, Run)] = &[
    (Method::GET, route::HEALTH, |call| Box::pin(control::health(call))),
    (Method::POST, route::WAKE, |call| Box::pin(control::wake(call))),
    (Method::POST, route::SYNC, |call| Box::pin(control::sync(call))),
    (Method::POST, route::SHUTDOWN, |call| Box::pin(control::shutdown(call))),
    (Method::POST, route::EXEC, |call| Box::pin(exec::routes::start(call))),
    (Method::GET, route::EXEC_ONE, |call| Box::pin(exec::routes::resume(call))),
    (Method::DELETE, route::EXEC_ONE, |call| Box::pin(exec::routes::forget(call))),
    (Method::PUT, route::EXEC_STDIN, |call| Box::pin(exec::routes::stdin(call))),
    (Method::PUT, route::EXEC_TYPE, |call| Box::pin(exec::routes::type_in(call))),
    (Method::POST, route::EXEC_RESIZE, |call| Box::pin(exec::routes::resize(call))),
    (Method::POST, route::EXEC_SIGNAL, |call| Box::pin(exec::routes::signal(call))),
    (Method::POST, route::EXEC_CANCEL, |call| Box::pin(exec::routes::cancel(call))),
    (Method::GET, route::FILE, |call| Box::pin(file::get(call))),
    (Method::PUT, route::FILE, |call| Box::pin(replace::put(call))),
    (Method::GET, route::TAR, |call| Box::pin(tree::get(call))),
    (Method::PUT, route::TAR, |call| Box::pin(tree::put(call))),
    (Method::GET, route::WALK, |call| Box::pin(tree::walk(call))),
    (Method::PUT, route::APPLY, |call| Box::pin(tree::apply(call))),
    (Method::POST, route::FREEZE, |call| Box::pin(freeze::freeze(call))),
    (Method::POST, route::PROBE, |call| Box::pin(probe::probe(call))),
    (Method::POST, route::FURNISH, |call| Box::pin(network::furnish(call))),
    (Method::POST, route::CONNECT, |call| Box::pin(network::connect(call))),
    (Method::GET, route::DIALS, |call| Box::pin(network::listen(call))),
    (Method::POST, route::DIAL_ONE, |call| Box::pin(network::take_up(call))),
    (Method::GET, route::DIAL_OWNER, |call| Box::pin(network::owner(call))),
];

/// Serves one HTTP/2 session to its end.
pub async fn serve<S>(stream: S, agent: Arc<Agent>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| answer(agent.clone(), request));
    http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(preamble::window::AGENT_STREAM_BYTES)
        .initial_connection_window_size(preamble::window::AGENT_CONNECTION_BYTES)
        .max_frame_size(preamble::MAX_FRAME_BYTES)
        .max_concurrent_streams(preamble::window::STREAMS_MAX)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}

async fn answer(agent: Arc<Agent>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let found = ROUTES
        .iter()
        .filter(|(method, ..)| *method == head.method)
        .find_map(|(_, template, run)| matched(template, head.uri.path()).map(|number| (number, run)));
    let reply = match (found, parse_query(head.uri.query().unwrap_or_default())) {
        (Some((number, run)), Ok(query)) => run(Call { agent, number, query, body }).await,
        (_, Err(error)) => Err(error),
        (None, _) => {
            let message = format!("the agent has no route {} {}", head.method, head.uri.path());
            Err(GuestError::new(GuestErrorCode::Missing, message))
        }
    };
    Ok(reply.unwrap_or_else(|error| reply::refused(&error)))
}

/// Compares a path with a route; answers the number in it, 0 for routes without one.
fn matched(template: &str, path: &str) -> Option<u64> {
    let mut number = 0;
    let mut parts = path.split('/');
    for wanted in template.split('/') {
        let part = parts.next()?;
        if wanted.starts_with('{') {
            number = part.parse().ok()?;
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(number)
}

fn parse_query(query: &str) -> Result<BTreeMap<String, Vec<u8>>, GuestError> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((name.to_owned(), percent_decoded(value)?))
        })
        .collect()
}

/// Names are bytes: what comes out need not be UTF-8.
fn percent_decoded(text: &str) -> Result<Vec<u8>, GuestError> {
    let invalid = || GuestError::new(GuestErrorCode::Invalid, format!("query value {text:?} is not percent-encoded"));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or_else(invalid);
            (digit()? * 16 + digit()?) as u8
        } else {
            byte
        });
    }
    Ok(bytes)
}

impl Call {
    /// Reads a query value that must be there.
    pub(crate) fn query(&self, name: &str) -> Result<&[u8], GuestError> {
        let missing = || GuestError::new(GuestErrorCode::Invalid, format!("query lacks {name:?}"));
        self.optional(name).ok_or_else(missing)
    }

    /// Reads a query value that may be missing.
    pub(crate) fn optional(&self, name: &str) -> Option<&[u8]> {
        self.query.get(name).map(Vec::as_slice)
    }

    /// Reads a flag, which is `1` where it is set.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.optional(name) == Some(b"1")
    }

    /// Reads a number from the query, in the given base.
    pub(crate) fn number(&self, name: &str, base: u32) -> Result<Option<u64>, GuestError> {
        self.parsed(name, |text| u64::from_str_radix(text, base).ok())
    }

    /// Reads a decimal number that may be negative.
    pub(crate) fn signed(&self, name: &str) -> Result<Option<i64>, GuestError> {
        self.parsed(name, |text| text.parse().ok())
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, GuestError> {
        let invalid = || GuestError::new(GuestErrorCode::Invalid, format!("query's {name:?} is not a number"));
        let parse = |value| std::str::from_utf8(value).ok().and_then(&parse).ok_or_else(invalid);
        self.optional(name).map(parse).transpose()
    }

    /// Reads the whole body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, GuestError> {
        self.json_within(JSON_BYTES_MAX).await
    }

    /// As [`Call::json`], of at most so many bytes.
    pub(crate) async fn json_within<T: DeserializeOwned>(self, limit: usize) -> Result<T, GuestError> {
        let invalid = |error: &dyn std::fmt::Display| {
            GuestError::new(GuestErrorCode::Invalid, format!("request body cannot be read: {error}"))
        };
        let body = Limited::new(self.body, limit).collect().await.map_err(|error| invalid(&error))?;
        serde_json::from_slice(&body.to_bytes()).map_err(|error| invalid(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_its_route_and_no_other() {
        assert_eq!(matched(route::HEALTH, "/v1/health"), Some(0));
        assert_eq!(matched(route::EXEC_SIGNAL, "/v1/exec/7/signal"), Some(7));
        assert_eq!(matched(route::EXEC_ONE, "/v1/exec/7/signal"), None);
        assert_eq!(matched(route::EXEC_ONE, "/v1/exec/x"), None);
        assert_eq!(matched(route::DIAL_OWNER, "/v1/dials/8/owner"), Some(8));
        assert_eq!(matched(route::DIAL_ONE, "/v1/dials"), None);
        assert_eq!(matched(route::EXEC, "/v1"), None);
    }

    #[test]
    fn query_values_are_percent_decoded() {
        let query = parse_query("path=%2Fa%20b%C3%A4&mode=644").unwrap();
        assert_eq!(query, BTreeMap::from([("path".into(), "/a bä".into()), ("mode".into(), "644".into())]));
        assert_eq!(parse_query("path=%ff").unwrap()["path"], b"\xff");
        assert!(parse_query("path=%f").is_err());
    }
}
