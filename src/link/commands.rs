//! Running commands over a link.

use std::io;

use bytes::Bytes;
use futures_util::Stream as Pieces;
use http::{HeaderMap, Method};
use hyper::body::Incoming;
use pyro_protocol::{
    exec::{ExecRequest, ExecSignal, Signaled, TerminalSize, Typed},
    frame::{Decoder, Event, Stream},
    route,
};
use serde::Serialize;

use super::{
    Body, Link, LinkError,
    calls::Done,
    request::{ANSWER_DEADLINE, json, next_piece, within},
};

impl Link {
    /// Starts a command; its events follow.
    pub async fn exec(&self, request: &ExecRequest) -> Result<ExecStream, LinkError> {
        self.events(Method::POST, route::EXEC, json(request)?, [0, 0]).await
    }

    /// Runs a command to its end, whatever it says and however it ends.
    pub async fn run(&self, request: &ExecRequest) -> Result<(), LinkError> {
        let mut events = self.exec(request).await?;
        while events.next().await?.is_some() {}
        Ok(())
    }

    /// Takes up a command's events at the given offsets, without `Started`.
    pub async fn exec_resume(&self, exec: u64, stdout: u64, stderr: u64) -> Result<ExecStream, LinkError> {
        let path = format!("{}?stdout={stdout}&stderr={stderr}", one(route::EXEC_ONE, exec));
        self.events(Method::GET, &path, super::files::nothing(), [stdout, stderr]).await
    }

    /// Ends a command's process group: TERM, then KILL.
    pub async fn exec_cancel(&self, exec: u64) -> Result<(), LinkError> {
        self.ask::<Done>(Method::POST, &one(route::EXEC_CANCEL, exec)).await.map(|_| ())
    }

    /// Signals a command's process group, or the one in its terminal's foreground.
    pub async fn exec_signal(&self, exec: u64, signal: i32) -> Result<Signaled, LinkError> {
        self.call(Method::POST, &one(route::EXEC_SIGNAL, exec), &ExecSignal { signal }).await
    }

    /// Types into a command's terminal; answers how much of it was taken.
    pub async fn exec_type<S>(&self, exec: u64, pieces: S) -> Result<Typed, LinkError>
    where
        S: Pieces<Item = io::Result<Bytes>> + Send + 'static,
    {
        self.upload(&one(route::EXEC_TYPE, exec), pieces).await
    }

    /// Gives a command's terminal another size.
    pub async fn exec_resize(&self, exec: u64, size: TerminalSize) -> Result<(), LinkError> {
        self.call::<_, Done>(Method::POST, &one(route::EXEC_RESIZE, exec), &size).await.map(|_| ())
    }

    /// Feeds a command's standard input and closes it. Waits until the command has taken it all.
    pub async fn exec_stdin<S>(&self, exec: u64, pieces: S) -> Result<(), LinkError>
    where
        S: Pieces<Item = io::Result<Bytes>> + Send + 'static,
    {
        self.upload::<_, Done>(&one(route::EXEC_STDIN, exec), pieces).await.map(|_| ())
    }

    /// Has the agent forget an ended command.
    pub async fn exec_forget(&self, exec: u64) -> Result<(), LinkError> {
        self.ask::<Done>(Method::DELETE, &one(route::EXEC_ONE, exec)).await.map(|_| ())
    }

    async fn events(&self, method: Method, path: &str, body: Body, offsets: [u64; 2]) -> Result<ExecStream, LinkError> {
        let response = within(ANSWER_DEADLINE, self.stream(method, path, body)).await?;
        Ok(ExecStream::of(response.into_body(), offsets))
    }

    /// Starts a command by whatever `request` says of it; answers the headers with its events.
    pub async fn events_of<Q: Serialize>(
        &self,
        method: Method,
        path: &str,
        request: &Q,
    ) -> Result<(HeaderMap, ExecStream), LinkError> {
        let response = within(ANSWER_DEADLINE, self.stream(method, path, json(request)?)).await?;
        let (head, body) = response.into_parts();
        Ok((head.headers, ExecStream::of(body, [0, 0])))
    }
}

fn one(route: &str, exec: u64) -> String {
    route.replace("{exec}", &exec.to_string())
}

/// A command's events. Dropping it leaves the command running.
#[derive(Debug)]
pub struct ExecStream {
    body: Incoming,
    decoder: Decoder,
    offsets: [u64; 2],
    over: bool,
}

impl ExecStream {
    fn of(body: Incoming, offsets: [u64; 2]) -> Self {
        Self { body, decoder: Decoder::default(), offsets, over: false }
    }

    /// Waits for the next event; `None` after `Ended` or `HandedBack`. A stream that stops before that is [`LinkError::Lost`]: the command
    /// may still be running, see [`Link::exec_resume`]. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Option<Event>, LinkError> {
        while !self.over {
            if let Some(event) = self.decoder.next_event()? {
                match &event {
                    Event::Output { stream, offset, bytes } => self.advance(*stream, *offset, bytes.len())?,
                    Event::Ended(_) | Event::HandedBack => self.over = true,
                    Event::Started(_) => {}
                }
                return Ok(Some(event));
            }
            match next_piece(&mut self.body).await? {
                Some(piece) => self.decoder.push(&piece),
                None => return Err(LinkError::Lost),
            }
        }
        Ok(None)
    }

    /// Where to resume: the offsets after the last event, of stdout and stderr.
    pub fn offsets(&self) -> [u64; 2] {
        self.offsets
    }

    fn advance(&mut self, stream: Stream, offset: u64, bytes: usize) -> Result<(), LinkError> {
        let at = &mut self.offsets[stream as usize];
        if offset < *at {
            return Err(LinkError::Broken("output that goes back"));
        }
        *at = offset.checked_add(bytes as u64).ok_or(LinkError::Broken("an offset out of range"))?;
        Ok(())
    }
}
