//! MCP over standard input and output: one client, gone when its input ends or a signal comes.
//!
//! Hosts wait about two seconds after closing our input before they kill, so calls still running get one to answer
//! by themselves, and then are taken back. Nothing but JSON-RPC is ever written to standard output.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use rmcp::{ServiceExt, service::ServerInitializeError, transport::io::stdio_pipes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

use super::{
    mcp::{Server, Session},
    mcp_end::{ANSWER_GRACE, CLEANUP_GRACE, Signals},
};
use crate::{
    failure::Failure,
    registry::{Calls, Profile},
    workspace::Caller,
};

/// Serves until the client is gone.
pub(super) async fn serve(calls: Calls, profile: Profile, caller: Caller) -> Result<(), Failure> {
    let mut signals = Signals::caught()?;
    let (session, ended) = (Session::default(), CancellationToken::new());
    let server = Server::new(calls, profile, session.clone(), Arc::new(caller));
    let (stdin, stdout) = stdio_pipes();
    let serving = async {
        match server.serve((UntilEnd { inner: stdin, ended: ended.clone() }, stdout)).await {
            Ok(running) => running.waiting().await.map(drop).map_err(|error| Failure::internal(error.to_string())),
            // Closed before it said anything: nothing was asked of us.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(Failure::invalid(format!("the client did not open an MCP session: {error}"))),
        }
    };
    let leaving = async {
        tokio::select! {
            () = ended.cancelled() => tokio::select! {
                () = tokio::time::sleep(ANSWER_GRACE) => {}
                () = signals.next() => {}
            },
            () = signals.next() => {}
        }
        session.canceled.cancel();
        tokio::time::sleep(CLEANUP_GRACE).await;
    };
    tokio::select! {
        served = serving => served,
        () = leaving => Ok(()),
    }
}

/// Tells when the input ended: rmcp itself would let handlers run on for longer than hosts wait.
struct UntilEnd<R> {
    inner: R,
    ended: CancellationToken,
}

impl<R: AsyncRead + Unpin> AsyncRead for UntilEnd<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        match &polled {
            Poll::Ready(Ok(())) if buf.filled().len() == before && buf.capacity() > before => self.ended.cancel(),
            Poll::Ready(Err(_)) => self.ended.cancel(),
            _ => {}
        }
        polled
    }
}
