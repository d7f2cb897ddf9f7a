//! A person's terminal on a shell: what is typed goes in, what the shell writes comes out.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use pyro_protocol::frame::OUTPUT_BYTES_MAX;
use tokio::sync::watch;

use super::shell::{Attached, Shell};
use crate::supervisor::serve::{Body, Busy};

/// One answer under way. While it is, the machine is in use.
struct Shown {
    attached: Attached,
    grown: watch::Receiver<()>,
    cursor: u64,
    /// What draws the screen as it is; sent first, and where the reader fell behind.
    repaint: Option<Vec<u8>>,
    _busy: Busy,
}

pub(super) fn attach(shell: &Arc<Shell>, typed: Incoming, busy: Busy) -> Response<Body> {
    tokio::spawn(feed(shell.clone(), typed));
    let (cursor, repaint) = {
        let state = shell.state();
        (state.raw.end(), state.terminal.repaint())
    };
    let shown = Shown { attached: shell.attached(), grown: shell.grown(), cursor, repaint: Some(repaint), _busy: busy };
    Response::new(BodyExt::boxed(StreamBody::new(stream::unfold(shown, Shown::next))))
}

/// Types what comes, until the person leaves or the shell ends.
async fn feed(shell: Arc<Shell>, mut typed: Incoming) {
    while let Some(Ok(frame)) = typed.frame().await {
        if let Ok(bytes) = frame.into_data() {
            // A link that breaks costs a key, and not those after it.
            let _ = shell.write(bytes).await;
        }
        if shell.is_over() {
            return;
        }
    }
}

impl Shown {
    async fn next(mut self) -> Option<(io::Result<Frame<Bytes>>, Self)> {
        loop {
            if let Some(repaint) = self.repaint.take() {
                return Some((Ok(Frame::data(repaint.into())), self));
            }
            self.grown.mark_unchanged();
            let shell = &self.attached.shell;
            let over = shell.is_over();
            let (from, bytes) = shell.state().raw.read(self.cursor, OUTPUT_BYTES_MAX);
            if from > self.cursor {
                // What is missing cannot be shown; the screen as it is now can.
                let state = shell.state();
                (self.cursor, self.repaint) = (state.raw.end(), Some(state.terminal.repaint()));
                drop(state);
                continue;
            }
            if !bytes.is_empty() {
                self.cursor += bytes.len() as u64;
                return Some((Ok(Frame::data(bytes)), self));
            }
            if over {
                return None;
            }
            self.grown.changed().await.ok()?;
        }
    }
}
