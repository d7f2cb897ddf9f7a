//! Asking a supervisor, from any process.

use std::{path::Path, time::Duration};

use http::{Method, Response};
use hyper::body::Incoming;
use pyro_protocol::{
    GuestErrorCode,
    exec::{ExecRequest, TerminalSize},
};
use tokio::time::timeout;

use super::{
    history::CommandStatus,
    services::ServiceRecord,
    shells::wire::{
        OpenShell, Reached, ReadShell, SHELL_ONE, SHELLS, ShellFacts, ShellPage, SignalShell, WriteShell, Wrote,
    },
    wire::{self, Command, Fork, Forked, StartService, Status, Stop},
};
use crate::{
    failure::{Code, Failure},
    host::socket,
    ids::{ServiceName, ShellId},
    limits,
    link::{Body, ByteStream, ExecStream, Held, Link, LinkError},
};

/// A connection to one machine's supervisor.
#[derive(Clone)]
pub struct Client {
    link: Link,
}

/// A supervisor that says nothing for this long is hung.
const ANSWER: Duration = Duration::from_secs(5);

impl Client {
    /// Connects to the supervisor of the machine in `dir`; `None` where none listens.
    pub async fn connect(dir: &Path) -> Option<Self> {
        let stream = socket::connect(dir, socket::SUPERVISOR).ok()?;
        stream.set_nonblocking(true).ok()?;
        let stream = tokio::net::UnixStream::from_std(stream).ok()?;
        let link = Link::open_plain(Box::new(stream) as ByteStream).await.ok()?;
        Some(Self { link })
    }

    pub async fn status(&self) -> Result<Status, Failure> {
        let asked = self.link.ask::<Status>(Method::GET, wire::STATUS);
        timeout(ANSWER, asked).await.map_err(|_| hung())?.map_err(failure)
    }

    /// Ends the machine and answers when it is gone; how it went is in its directory.
    pub async fn stop(&self, orderly: bool) -> Result<(), Failure> {
        let stop = Stop { orderly };
        let asked = self.link.call::<Stop, ()>(Method::POST, wire::STOP, &stop);
        timeout(limits::STOP_GRACE + ANSWER, asked).await.map_err(|_| hung())?.map_err(failure)
    }

    /// Tells that the network policy was changed.
    pub async fn network_changed(&self) -> Result<(), Failure> {
        timeout(ANSWER, self.link.ask::<()>(Method::POST, wire::NETWORK)).await.map_err(|_| hung())?.map_err(failure)
    }

    /// Saves the machine while it runs, its disk copied to a new file. What was saved lasts as long as the second value.
    pub async fn fork(&self, fork: &Fork) -> Result<(Forked, Held), Failure> {
        let asked = self.link.call_held(Method::POST, wire::FORK, fork, limits::FORK_DEADLINE);
        asked.await.map_err(failure)
    }

    /// Starts a command. Dropping the stream cancels it.
    pub async fn exec(&self, request: &ExecRequest) -> Result<ExecStream, Failure> {
        self.link.exec(request).await.map_err(failure)
    }

    /// Starts a command that is written down; answers its sequence. Dropping the stream cancels it, unless it was handed
    /// back before.
    pub async fn command(&self, command: &Command) -> Result<(u64, ExecStream), Failure> {
        let (head, stream) = self.link.events_of(Method::POST, wire::COMMANDS, command).await.map_err(failure)?;
        let sequence = head.get(wire::SEQUENCE_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
        let sequence = sequence.ok_or_else(|| Failure::internal("the supervisor names no sequence"))?;
        Ok((sequence, stream))
    }

    /// Waits up to `wait` for the end of a command that is written down.
    pub async fn wait(&self, sequence: u64, wait: Duration) -> Result<CommandStatus, Failure> {
        let path = format!("{}{sequence}?wait_ms={}", wire::COMMAND_ONE, wait.as_millis());
        let asked = self.link.wait::<CommandStatus>(&path, wait + ANSWER);
        asked.await.map_err(failure)
    }

    /// Starts a service and waits until it is ready or over, at most so long. Dropping the future before stops it.
    pub async fn start_service(&self, start: &StartService, within: Duration) -> Result<ServiceRecord, Failure> {
        let asked = self.link.call_within(Method::POST, wire::SERVICES, start, within + ANSWER);
        asked.await.map_err(failure)
    }

    /// Ends a service and answers when all of it is gone; `None` where no such service runs.
    pub async fn stop_service(&self, name: &ServiceName) -> Result<Option<ServiceRecord>, Failure> {
        let path = format!("{}/{name}/{}", wire::SERVICES, wire::SERVICE_STOP);
        running(self.link.ask(Method::POST, &path).await)
    }

    /// A service as it is now; `None` where no such service runs.
    pub async fn service(&self, name: &ServiceName) -> Result<Option<ServiceRecord>, Failure> {
        let path = format!("{}/{name}", wire::SERVICES);
        running(timeout(ANSWER, self.link.ask(Method::GET, &path)).await.map_err(|_| hung())?)
    }

    pub async fn open_shell(&self, open: &OpenShell) -> Result<ShellFacts, Failure> {
        self.link.call(Method::POST, SHELLS, open).await.map_err(failure)
    }

    /// What a shell wrote; waits as long as the read says.
    pub async fn read_shell(&self, shell: &ShellId, read: &ReadShell) -> Result<ShellPage, Failure> {
        let wait = Duration::from_millis(read.idle_ms.map_or(0, |_| read.wait_ms));
        let path = shell_path(shell, "/read");
        self.link.call_within(Method::POST, &path, read, wait + ANSWER).await.map_err(failure)
    }

    pub async fn write_shell(&self, shell: &ShellId, write: &WriteShell) -> Result<Wrote, Failure> {
        self.link.call(Method::POST, &shell_path(shell, "/write"), write).await.map_err(failure)
    }

    pub async fn signal_shell(&self, shell: &ShellId, signal: i32) -> Result<Reached, Failure> {
        self.link.call(Method::POST, &shell_path(shell, "/signal"), &SignalShell { signal }).await.map_err(failure)
    }

    pub async fn resize_shell(&self, shell: &ShellId, size: TerminalSize) -> Result<ShellFacts, Failure> {
        self.link.call(Method::POST, &shell_path(shell, "/resize"), &size).await.map_err(failure)
    }

    /// Ends a shell and answers when what ran in it is gone.
    pub async fn close_shell(&self, shell: &ShellId) -> Result<ShellFacts, Failure> {
        self.link.ask(Method::DELETE, &shell_path(shell, "")).await.map_err(failure)
    }

    /// Puts a person's terminal on a shell: what `typed` says goes in, the answer's body is what is to be shown.
    pub async fn attach_shell(
        &self,
        shell: &ShellId,
        size: TerminalSize,
        typed: Body,
    ) -> Result<Response<Incoming>, Failure> {
        let path = format!("{}?cols={}&rows={}", shell_path(shell, "/attach"), size.cols, size.rows);
        self.link.stream(Method::POST, &path, typed).await.map_err(failure)
    }

    /// The guest itself, for files and trees: the supervisor passes such calls on.
    pub fn guest(&self) -> &Link {
        &self.link
    }
}

fn running(answer: Result<ServiceRecord, LinkError>) -> Result<Option<ServiceRecord>, Failure> {
    match answer {
        Err(LinkError::Refused(refusal)) if refusal.code == GuestErrorCode::Missing => Ok(None),
        answer => answer.map(Some).map_err(failure),
    }
}

fn shell_path(shell: &ShellId, verb: &str) -> String {
    format!("{SHELL_ONE}{shell}{verb}")
}

fn hung() -> Failure {
    Failure::new(Code::VmDied, "the machine's supervisor does not answer").hint("delete the machine and create another")
}

/// What a broken or refused call to a supervisor means to its caller.
pub fn failure(error: LinkError) -> Failure {
    match error {
        LinkError::Refused(_) | LinkError::Upload(_) => Failure::from(error),
        LinkError::Timeout(_) => Failure::unavailable("the machine is still starting or does not answer")
            .hint("look at its status, and call again"),
        other => Failure::new(Code::VmDied, format!("the machine's supervisor is gone: {other}")),
    }
}
