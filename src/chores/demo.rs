//! `pyro demo`: one command asked for as a chat host would, over MCP, and run in a machine of its own.

use clap::ArgMatches;
use serde_json::{Value, json};
use tokio::process::Command;

use super::McpHost;
use crate::{
    failure::Failure,
    host,
    registry::{CallScope, Human},
    smoke::Caller,
};

/// What the demo's caller asks for.
const ENVIRONMENT: &str = "debian:12";
const COMMAND: &str = "git --version && uname -sr";

pub(super) fn command() -> clap::Command {
    clap::Command::new("demo")
        .about("Runs git in a microVM, asked for over MCP as a chat host would")
        .arg(super::json())
}

pub(super) fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    let output = super::runtime()?.block_on(called())?;
    let stdout = if matches.get_flag("json") {
        serde_json::to_string_pretty(&output).map_err(|error| Failure::internal(error.to_string()))? + "\n"
    } else {
        format!(
            "tools/call vm_run {ENVIRONMENT}: {COMMAND}\n{}exit_code {} in {} ms, execution_mode {}, machine deleted: {}\n",
            output["stdout"].as_str().unwrap_or_default(),
            output["exit_code"],
            output["duration_ms"],
            output["execution_mode"].as_str().unwrap_or_default(),
            output["cleanup"]["deleted"],
        )
    };
    let ran =
        output["exit_code"] == json!(0) && output["stdout"].as_str().is_some_and(|text| text.contains("git version"));
    Ok(Human { stdout, stderr: String::new(), exit: u8::from(!ran) })
}

async fn called() -> Result<Value, Failure> {
    let mut host = McpHost::start(Command::new(host::binary("pyro")?), "vm-run").await?;
    let scope = CallScope { progress: Some(super::progress("pyro: ")), ..CallScope::default() };
    let output = host.call("vm_run", json!({"environment": ENVIRONMENT, "command": COMMAND}), scope).await;
    host.end().await;
    output
}
