//! The routes of commands.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures_util::stream;
use hyper::body::Frame;
use nix::sys::signal::Signal;
use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ExecSignal, Signaled},
    frame::{self, Event, Stream},
};
use tokio::sync::watch;

use super::{Exec, Spec, stdin as input, terminal};
use crate::{
    http::Call,
    reply::{self, Reply},
};

/// Starts a command and streams its events from the first.
pub(crate) async fn start(call: Call) -> Reply {
    let agent = call.agent.clone();
    let spec = Spec::of(&agent, call.json().await?).await?;
    let exec = agent.execs.start(&agent, spec)?;
    let started = Event::Started(exec.started.clone());
    Ok(reply::stream(stream::unfold(Reader::attach(exec, [0, 0], Some(started)), Reader::frame)))
}

/// Streams a command's events from the given offsets on.
pub(crate) async fn resume(call: Call) -> Reply {
    let exec = call.agent.execs.get(call.number)?;
    let offsets = [call.number("stdout", 10)?.unwrap_or(0), call.number("stderr", 10)?.unwrap_or(0)];
    let written = exec.output.written();
    if offsets[0] > written[0] || offsets[1] > written[1] {
        let message = format!("command {} has written {} and {} bytes only", call.number, written[0], written[1]);
        return Err(GuestError::new(GuestErrorCode::Invalid, message));
    }
    Ok(reply::stream(stream::unfold(Reader::attach(exec, offsets, None), Reader::frame)))
}

/// Forgets an ended command; one already forgotten is no error.
pub(crate) async fn forget(call: Call) -> Reply {
    call.agent.execs.forget(call.number)?;
    reply::done()
}

/// Feeds standard input.
pub(crate) async fn stdin(call: Call) -> Reply {
    let exec = call.agent.execs.get(call.number)?;
    input::feed(&exec, call.body).await?;
    reply::done()
}

/// Types into the terminal.
pub(crate) async fn type_in(call: Call) -> Reply {
    let exec = call.agent.execs.get(call.number)?;
    reply::json(&terminal::feed(&exec, call.body).await?)
}

/// Gives the terminal another size.
pub(crate) async fn resize(call: Call) -> Reply {
    let exec = call.agent.execs.get(call.number)?;
    let size = call.json().await?;
    terminal::check(size)?;
    let failed = |error: io::Error| {
        let message = format!("the terminal of command {} cannot be resized: {error}", exec.started.exec);
        GuestError::new(GuestErrorCode::Internal, message)
    };
    exec.terminal()?.resize(size).map_err(failed)?;
    reply::done()
}

/// Signals the process group, or the one in the terminal's foreground.
pub(crate) async fn signal(call: Call) -> Reply {
    let exec = call.agent.execs.get(call.number)?;
    let number = call.json::<ExecSignal>().await?.signal;
    let unknown = |_| GuestError::new(GuestErrorCode::Invalid, format!("there is no signal {number}"));
    let signal = Signal::try_from(number).map_err(unknown)?;
    match exec.signal(signal) {
        Ok(Some(group)) => reply::json(&Signaled { pgid: group.as_raw() as u32 }),
        Ok(None) => {
            let message = format!("command {} is over", exec.started.exec);
            Err(GuestError::new(GuestErrorCode::Conflict, message))
        }
        Err(error) => {
            let message = format!("command {} cannot be signaled: {error}", exec.started.exec);
            Err(GuestError::new(GuestErrorCode::Internal, message))
        }
    }
}

/// Ends the command's processes; an ended command is left as it is.
pub(crate) async fn cancel(call: Call) -> Reply {
    let exec = call.agent.execs.get(call.number)?;
    exec.cancel();
    reply::done()
}

/// One response body: detaches from the output when dropped, and leaves the command alone.
struct Reader {
    exec: Arc<Exec>,
    reader: u64,
    grown: watch::Receiver<()>,
    started: Option<Event>,
    /// Looked at first next time, so that neither stream starves the other.
    first: Stream,
    over: bool,
}

impl Reader {
    fn attach(exec: Arc<Exec>, offsets: [u64; 2], started: Option<Event>) -> Self {
        let (reader, grown) = exec.output.attach(offsets);
        Self { exec, reader, grown, started, first: Stream::Stdout, over: false }
    }

    async fn frame(mut self) -> Option<(io::Result<Frame<Bytes>>, Self)> {
        if self.over {
            return None;
        }
        let event = match self.started.take() {
            Some(started) => started,
            None => loop {
                self.grown.mark_unchanged();
                if let Some(event) = self.exec.output.next(self.reader, self.first) {
                    break event;
                }
                self.grown.changed().await.ok()?;
            },
        };
        match &event {
            Event::Output { stream: Stream::Stdout, .. } => self.first = Stream::Stderr,
            Event::Output { stream: Stream::Stderr, .. } => self.first = Stream::Stdout,
            Event::Ended(_) => self.over = true,
            Event::Started(_) | Event::HandedBack => {}
        }
        Some((Ok(Frame::data(frame::encode(&event))), self))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.exec.output.detach(self.reader);
    }
}
