//! `pyro demo`: what pyro is for, shown over MCP as a chat host would ask for it.

mod endpoint;
mod ollama;
mod reply;
#[cfg(test)]
mod scripted;
mod talk;
mod vm;

use clap::{ArgMatches, Command as Cli};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::McpHost;
use crate::{
    failure::Failure,
    host,
    registry::{CallScope, Human},
};

/// What is run, and where.
const ENVIRONMENT: &str = "debian:12";
const COMMAND: &str = "git --version";
/// What a run that worked has written.
const PROOF: &str = "git version";

pub(super) fn command() -> Cli {
    Cli::new("demo")
        .about("Creates, starts, uses and deletes a microVM, asked for over MCP as a chat host would")
        .arg(super::json().global(true))
        .subcommand(ollama::command())
}

pub(super) fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    super::runtime()?.block_on(async {
        match matches.subcommand() {
            Some(("ollama", matches)) => ollama::run(matches).await,
            _ => vm::run(matches.get_flag("json")).await,
        }
    })
}

/// A server of our own to call, and what its calls have in common.
async fn host(profile: &str, canceled: CancellationToken) -> Result<(McpHost, CallScope), Failure> {
    let host = McpHost::start(Command::new(host::binary("pyro")?), profile).await?;
    Ok((host, CallScope { canceled, progress: Some(super::progress("pyro: ")), ..CallScope::default() }))
}

fn pretty(report: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(report).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(text + "\n")
}

/// A failure as it stands below what was printed before it.
fn told(failure: &Failure) -> String {
    let failure = failure.clone().bounded();
    let hint = failure.hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
    format!("error: {}\n{hint}", failure.message)
}
