//! The supervisor's routes of shells.

use bytes::Bytes;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use pyro_protocol::{GuestError, GuestErrorCode, exec::TerminalSize};
use tokio::sync::oneshot;

use super::{
    attach, reading,
    shell::Shell,
    wire::{OpenShell, Reached, SHELL_ONE, SHELLS, SignalShell, WriteShell, Wrote},
};
use crate::{
    link::LinkError,
    supervisor::{
        drive::Shared,
        serve::{self, Body, Busy, json, read},
    },
};

pub(in crate::supervisor) fn takes(path: &str) -> bool {
    path == SHELLS || path.starts_with(SHELL_ONE)
}

pub(in crate::supervisor) async fn answer(
    request: Request<Incoming>,
    shared: Shared,
    busy: Busy,
) -> Result<Response<Body>, GuestError> {
    let path = request.uri().path().to_owned();
    if (request.method(), path.as_str()) == (&Method::POST, SHELLS) {
        return open(read(request).await?, &shared).await;
    }
    let below = path.strip_prefix(SHELL_ONE).unwrap_or_default();
    let (id, verb) = below.split_once('/').unwrap_or((below, ""));
    let shell = shared.shells.get(id)?;
    match (request.method(), verb) {
        (&Method::DELETE, "") => {
            shell.close().await;
            // One that is held up can be closed again.
            if shell.is_over() {
                shared.shells.remove(&shell);
            }
            json(&shell.facts())
        }
        (&Method::POST, "read") => json(&reading::read(&shell, &read(request).await?).await),
        (&Method::POST, "write" | "signal" | "resize" | "attach") if shell.is_over() => {
            let message = format!("shell {id} has ended; what it wrote can still be read");
            Err(GuestError::new(GuestErrorCode::Conflict, message))
        }
        (&Method::POST, "write") => write(&shell, read(request).await?).await,
        (&Method::POST, "signal") => {
            let SignalShell { signal } = read(request).await?;
            let reached = shell.signal(signal).await.map_err(refused)?;
            json(&Reached { shell: shell.facts(), pgid: reached.pgid })
        }
        (&Method::POST, "resize") => {
            shell.resize(read(request).await?).await.map_err(refused)?;
            json(&shell.facts())
        }
        (&Method::POST, "attach") => {
            shell.resize(size_of(request.uri().query())?).await.map_err(refused)?;
            Ok(attach::attach(&shell, request.into_body(), busy))
        }
        _ => Err(GuestError::new(GuestErrorCode::Missing, format!("no route {path}"))),
    }
}

async fn open(open: OpenShell, shared: &Shared) -> Result<Response<Body>, GuestError> {
    let seat = shared.shells.seat()?;
    let (opened, facts) = oneshot::channel();
    shared.relays.spawn(Shell::run(open, shared.clone(), seat, opened));
    json(&facts.await.unwrap_or_else(|_| Err(serve::ending()))?)
}

async fn write(shell: &Shell, write: WriteShell) -> Result<Response<Body>, GuestError> {
    if let Some(size) = write.size {
        shell.resize(size).await.map_err(refused)?;
    }
    let bytes = match write.input.is_empty() {
        true => 0,
        false => shell.write(Bytes::from(write.input)).await.map_err(refused)?.bytes,
    };
    json(&Wrote { shell: shell.facts(), bytes })
}

fn size_of(query: Option<&str>) -> Result<TerminalSize, GuestError> {
    let number = |name: &str| {
        let pairs = query.unwrap_or_default().split('&');
        let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        value.and_then(|(_, value)| value.parse().ok())
    };
    match (number("cols"), number("rows")) {
        (Some(cols), Some(rows)) => Ok(TerminalSize { cols, rows }),
        _ => Err(GuestError::new(GuestErrorCode::Invalid, "cols and rows are missing")),
    }
}

fn refused(error: LinkError) -> GuestError {
    match error {
        LinkError::Lost => {
            GuestError::new(GuestErrorCode::Internal, "the link to the guest broke; read the shell to see what arrived")
        }
        error => error.into(),
    }
}
