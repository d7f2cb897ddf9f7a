//! What to run, made of what was asked for.

use std::{ffi::OsString, os::fd::OwnedFd, time::Duration};

use nix::fcntl::OFlag;
use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ExecRequest, KILL_GRACE_MS, Stdin, TerminalSize},
};
use pyro_tree::refusal;

use super::terminal;
use crate::{Agent, login::Environment};

/// The model that the host keeps of every terminal.
const TERM: &str = "xterm-256color";
/// A terminal tells its size itself, and a fixed one would hide its changes.
const SIZE: [&str; 2] = ["COLUMNS", "LINES"];

/// What to run.
pub(crate) struct Spec {
    /// Arguments of `/bin/sh`.
    pub(crate) argv: Vec<OsString>,
    pub(crate) environment: Environment,
    /// The agent's own when absent.
    pub(crate) cwd: Option<OwnedFd>,
    pub(crate) stdin: Stdin,
    /// Instead of pipes.
    pub(crate) terminal: Option<TerminalSize>,
    /// Nothing it starts outlives it.
    pub(crate) contained: bool,
    pub(crate) timeout: Option<Duration>,
    /// From asking its processes to end to killing them.
    pub(crate) grace: Duration,
}

impl Spec {
    /// Checks a request and finds its directory and environment.
    pub(crate) async fn of(agent: &Agent, request: ExecRequest) -> Result<Self, GuestError> {
        let invalid = |message: &str| Err(GuestError::new(GuestErrorCode::Invalid, message));
        if request.command.contains('\0') {
            return invalid("command has a NUL byte");
        }
        if request.env.iter().any(|(name, value)| name.is_empty() || name.contains(['=', '\0']) || value.contains('\0'))
        {
            return invalid("a variable of env has no name, '=' in its name, or a NUL byte");
        }
        request.terminal.map_or(Ok(()), terminal::check)?;
        let cwd = agent.root.absolute(request.cwd.as_deref().unwrap_or(".").as_bytes())?;
        let opened = agent.root.open(&cwd, OFlag::O_PATH | OFlag::O_DIRECTORY);
        let opened = opened.map_err(|error| refusal("run in", cwd.as_os_str(), &error))?;
        let mut environment = agent.login.environment(agent).await.clone();
        if request.terminal.is_some() {
            environment.insert("TERM".into(), TERM.into());
            environment.retain(|name, _| !SIZE.iter().any(|size| name == size));
        }
        environment.extend(request.env.into_iter().map(|(name, value)| (name.into(), value.into())));
        Ok(Self {
            argv: vec!["-c".into(), request.command.into()],
            environment,
            cwd: Some(opened),
            stdin: request.stdin,
            terminal: request.terminal,
            contained: request.contained,
            timeout: request.timeout_ms.map(Duration::from_millis),
            grace: Duration::from_millis(request.grace_ms.unwrap_or(KILL_GRACE_MS)),
        })
    }
}
