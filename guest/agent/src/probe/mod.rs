//! One look at whether something is ready: a file, a port, a page, a command's verdict.

mod command;
mod network;
mod page;

use nix::fcntl::OFlag;
use pyro_protocol::{
    GuestError, GuestErrorCode,
    probe::{Probe, Probed},
};

use crate::{
    Agent,
    http::Call,
    reply::{self, Reply},
};

pub(crate) async fn probe(call: Call) -> Reply {
    let agent = call.agent.clone();
    let seen = match call.json().await? {
        Probe::File { path } => file(&agent, &path)?,
        Probe::Tcp { address } => network::tcp(&address).await?,
        Probe::Http { url } => network::http(&url).await?,
        Probe::Command { command, cwd, env } => command::run(&agent, command, cwd, env).await?,
    };
    let (ready, detail) = match seen {
        Ok(()) => (true, String::new()),
        Err(detail) => (false, detail),
    };
    reply::json(&Probed { ready, detail })
}

/// Ready, or why not.
type Seen = Result<(), String>;

fn file(agent: &Agent, path: &str) -> Result<Seen, GuestError> {
    let path = agent.root.absolute(path.as_bytes())?;
    Ok(match agent.root.open(&path, OFlag::O_PATH) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("no such file".to_owned()),
        Err(error) => Err(error.kind().to_string()),
    })
}

fn invalid(message: String) -> GuestError {
    GuestError::new(GuestErrorCode::Invalid, message)
}
