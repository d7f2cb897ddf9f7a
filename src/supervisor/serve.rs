//! The supervisor's socket: HTTP/2, JSON, and a command's frames.

use std::{collections::BTreeMap, convert::Infallible, io, os::unix::net::UnixListener, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use pyro_protocol::{GuestError, GuestErrorCode, exec::ExecRequest, preamble::window, route};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    net::UnixStream,
    sync::{mpsc, oneshot},
};
use tokio_util::task::TaskTracker;

use super::{
    drive::{Message, Shared},
    fork, forward, guest,
    history::{CommandStatus, Recording},
    relay::{self, Wants},
    services, shells,
    state::Event,
    wire::{self, Command, Stop},
};

pub(super) type Body = BoxBody<Bytes, io::Error>;

/// The largest request anybody may send.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Frames on their way to one client; a slow client holds its command back, as a pipe would.
const FRAMES_AHEAD: usize = 16;

/// Between two tries to accept where accepting fails.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Counts a call as use for as long as it lives.
pub(super) struct Busy(mpsc::UnboundedSender<Message>);

impl Busy {
    fn new(shared: &Shared) -> Self {
        Self::on(&shared.inbox)
    }

    pub(super) fn on(inbox: &mpsc::UnboundedSender<Message>) -> Self {
        let _ = inbox.send(Message::Begin);
        Self(inbox.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.send(Message::End);
    }
}

/// Accepts until `shared.closing`; then lets every answer under way reach its client.
pub(super) async fn serve(listener: UnixListener, mut shared: Shared) {
    let Ok(()) = listener.set_nonblocking(true) else { return };
    let Ok(listener) = tokio::net::UnixListener::from_std(listener) else { return };
    let clients = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = shared.closing.wait_for(|closing| *closing) => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, perhaps; the next client may have better luck.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // The directory is closed to others already; this holds also where somebody opened it.
        let ours = nix::unistd::geteuid().as_raw();
        if stream.peer_cred().is_ok_and(|peer| peer.uid() == ours || peer.uid() == 0) {
            clients.spawn(client(stream, shared.clone()));
        }
    }
    clients.close();
    clients.wait().await;
}

async fn client(stream: UnixStream, shared: Shared) {
    let mut closing = shared.closing.clone();
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(answer(request, shared).await) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(window::HOST_STREAM_BYTES)
        .initial_connection_window_size(window::HOST_CONNECTION_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A client that vanished or spoke nonsense is its own trouble.
    tokio::select! {
        _ = &mut connection => return,
        _ = closing.wait_for(|closing| *closing) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn answer(request: Request<Incoming>, shared: Shared) -> Response<Body> {
    let busy = Busy::new(&shared);
    let redactor = shared.surroundings.redactor.clone();
    let answered = match (request.method(), request.uri().path()) {
        (&Method::GET, wire::STATUS) => status(&shared),
        (&Method::POST, wire::STOP) => match read::<Stop>(request).await {
            Ok(stop) => {
                stopped(stop, shared).await;
                json(&())
            }
            Err(error) => Err(error),
        },
        (&Method::POST, wire::NETWORK) => match shared.surroundings.reload(&shared.guest).await {
            Ok(()) => json(&()),
            Err(error) => Err(error),
        },
        (&Method::POST, wire::FORK) => match read(request).await {
            Ok(fork) => fork::fork(&shared, fork).await,
            Err(error) => Err(error),
        },
        (&Method::POST, route::EXEC) => match read::<ExecRequest>(request).await {
            Ok(exec) => plain(exec, shared, busy).await,
            Err(error) => Err(error),
        },
        (&Method::POST, wire::COMMANDS) => match read(request).await {
            Ok(command) => recorded(command, shared, busy).await,
            Err(error) => Err(error),
        },
        (&Method::GET, path) if path.starts_with(wire::COMMAND_ONE) => waited(request.uri(), &shared).await,
        (_, path) if path.starts_with(wire::SERVICES) => services::routes::answer(request, &shared).await,
        (_, path) if shells::takes(path) => shells::answer(request, shared, busy).await,
        (method, path) if forward::takes(method, path) => forward::forward(request, shared, busy).await,
        (_, path) => Err(GuestError::new(GuestErrorCode::Missing, format!("no route {path}"))),
    };
    answered.unwrap_or_else(|mut error| {
        error.message = redactor.text(&error.message).into_owned();
        let body = serde_json::to_vec(&error).unwrap_or_default();
        let mut response = Response::new(full(body));
        *response.status_mut() =
            http::StatusCode::from_u16(error.code.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        response
    })
}

fn status(shared: &Shared) -> Result<Response<Body>, GuestError> {
    let mut status = shared.status.borrow().clone();
    status.sequences = shared.history.as_ref().map(|history| history.running_now()).unwrap_or_default();
    status.shells = shared.shells.list();
    let network = &shared.surroundings.network;
    (status.egress_denied, status.network_problem) = (network.denials.all(), network.problem());
    json(&status)
}

async fn stopped(stop: Stop, mut shared: Shared) {
    let _ = shared.inbox.send(Message::Life(Event::Stop { orderly: stop.orderly, why: "it was stopped" }));
    guest::death(&mut shared.guest).await;
}

/// Runs a command that is not written down.
async fn plain(mut exec: ExecRequest, shared: Shared, busy: Busy) -> Result<Response<Body>, GuestError> {
    shared.surroundings.dress(&mut exec, &BTreeMap::new())?;
    let command = Command { exec, secret_env: BTreeMap::new(), stdin: None, patience_ms: None };
    run(command, None, shared, busy).await
}

/// Runs a command that is written down.
async fn recorded(command: Command, shared: Shared, busy: Busy) -> Result<Response<Body>, GuestError> {
    let mut command = command;
    shared.surroundings.dress(&mut command.exec, &command.secret_env)?;
    let Some(history) = &shared.history else {
        return Err(GuestError::new(GuestErrorCode::Missing, "this machine keeps no history"));
    };
    let redactor = &shared.surroundings.redactor;
    let cwd = redactor.text(command.exec.cwd.as_deref().unwrap_or("/workspace"));
    let recording = history.begin(&redactor.text(&command.exec.command), &cwd).map_err(|error| {
        let code =
            if error.kind() == io::ErrorKind::StorageFull { GuestErrorCode::Limit } else { GuestErrorCode::Internal };
        GuestError::new(code, format!("the command cannot be written down on the host: {error}"))
    })?;
    run(command, Some(recording), shared, busy).await
}

/// Runs a command to its end in a task of its own, which goes on where the client leaves before the answer.
async fn run(
    command: Command,
    recording: Option<Recording>,
    shared: Shared,
    busy: Busy,
) -> Result<Response<Body>, GuestError> {
    let (client, frames) = mpsc::channel(FRAMES_AHEAD);
    let (begun, begins) = oneshot::channel();
    let sequence = recording.as_ref().map(Recording::sequence);
    let Command { exec, secret_env: _, stdin, patience_ms } = command;
    let wants = Wants {
        client: Some(client),
        patience: patience_ms.map(Duration::from_millis),
        stdin: stdin.map(Bytes::from),
        recording,
        limit: exec.timeout_ms.map(Duration::from_millis),
        surroundings: shared.surroundings.clone(),
    };
    let relays = shared.relays.clone();
    relays.spawn(async move {
        let overdue = || {
            let lost = "the guest did not end a command at its limit".to_owned();
            let _ = shared.inbox.send(Message::Life(Event::AgentLost(lost)));
        };
        relay::run(shared.guest.clone(), &exec, wants, begun, overdue).await;
        drop(busy);
    });
    begins.await.unwrap_or_else(|_| Err(ending()))?;
    let frames = stream::unfold(frames, |mut frames| async move {
        let bytes: Bytes = frames.recv().await?;
        Some((Ok(Frame::data(bytes)), frames))
    });
    let mut response = Response::new(BodyExt::boxed(StreamBody::new(frames)));
    if let Some(sequence) = sequence {
        response.headers_mut().insert(wire::SEQUENCE_HEADER, sequence.into());
    }
    Ok(response)
}

/// Waits for a command's end, as long as asked.
async fn waited(uri: &http::Uri, shared: &Shared) -> Result<Response<Body>, GuestError> {
    let sequence = uri.path().strip_prefix(wire::COMMAND_ONE).and_then(|number| number.parse().ok());
    let wait_ms = uri.query().and_then(|query| query.strip_prefix("wait_ms=")).and_then(|number| number.parse().ok());
    let found = sequence.zip(shared.history.as_ref()).and_then(|(sequence, history)| history.status(sequence));
    let Some(mut status) = found else { return json(&CommandStatus::default()) };
    let wait = Duration::from_millis(wait_ms.unwrap_or(0));
    let _ = tokio::time::timeout(wait, status.wait_for(|status| !status.running)).await;
    let mut now = status.borrow().clone();
    let denied = now.exec.map(|exec| shared.surroundings.network.denials.of(exec));
    now.egress_denied = denied.unwrap_or_default();
    json(&now)
}

pub(super) async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, GuestError> {
    let invalid = |message: String| GuestError::new(GuestErrorCode::Invalid, message);
    let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX);
    let bytes = body.collect().await.map_err(|error| invalid(error.to_string()))?.to_bytes();
    serde_json::from_slice(&bytes).map_err(|error| invalid(format!("request cannot be read: {error}")))
}

/// What a task that is cut off answers.
pub(super) fn ending() -> GuestError {
    GuestError::new(GuestErrorCode::Internal, "the machine's supervisor is ending")
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<Response<Body>, GuestError> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| GuestError::new(GuestErrorCode::Internal, format!("answer cannot be written: {error}")))?;
    Ok(Response::new(full(bytes)))
}

fn full(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed()
}
