//! `pyro demo`: one command asked for as a chat host would, over MCP, and run in a machine of its own.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::{
    failure::{Code, Failure},
    host,
    registry::Human,
};

/// What the demo's caller asks for.
const ENVIRONMENT: &str = "debian:12";
const COMMAND: &str = "git --version && uname -sr";

pub(super) fn command() -> Command {
    Command::new("demo").about("Runs git in a microVM, asked for over MCP as a chat host would").arg(super::json())
}

pub(super) fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    let mut host = Host::start()?;
    let result = host.call("vm_run", json!({"environment": ENVIRONMENT, "command": COMMAND}));
    host.end();
    let output = result?;
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

/// A chat host's side of MCP over stdio, as small as it can be.
struct Host {
    server: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    next_id: u64,
}

impl Host {
    fn start() -> Result<Self, Failure> {
        let start = |error: std::io::Error| Failure::io("start the MCP server", &error);
        let mut server = std::process::Command::new(host::binary("pyro")?)
            .args(["mcp", "serve", "--profile", "vm-run"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(start)?;
        let pipes = server.stdin.take().zip(server.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| Failure::internal("the MCP server has no pipes"))?;
        let mut host = Self { server, requests, answers: BufReader::new(answers), next_id: 1 };
        host.request(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "pyro-demo", "version": "4"}}),
        )?;
        host.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        Ok(host)
    }

    /// Calls a tool; progress goes to standard error as it comes.
    fn call(&mut self, tool: &str, arguments: Value) -> Result<Value, Failure> {
        let params = json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": "demo"}});
        let result = self.request("tools/call", params)?;
        if result["isError"] == json!(true) {
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            return Err(serde_json::from_str(text).unwrap_or_else(|_| Failure::internal(text)));
        }
        Ok(result["structuredContent"].clone())
    }

    fn request(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        let mut last_step = String::new();
        loop {
            let mut line = String::new();
            let count =
                self.answers.read_line(&mut line).map_err(|error| Failure::io("read from the MCP server", &error))?;
            if count == 0 {
                return Err(Failure::new(Code::Internal, "the MCP server ended in mid-call"));
            }
            let message: Value = serde_json::from_str(&line)
                .map_err(|error| Failure::internal(format!("the MCP server sent no JSON: {error}")))?;
            if message["method"] == json!("notifications/progress") {
                let step = message["params"]["message"].as_str().unwrap_or_default();
                if step != last_step {
                    // Progress is a courtesy; a closed stderr is no reason to fail.
                    let _ = writeln!(std::io::stderr(), "pyro: {step}");
                    step.clone_into(&mut last_step);
                }
            } else if message["id"] == json!(id) {
                return match message.get("error") {
                    Some(error) => Err(Failure::internal(format!("{method} failed: {error}"))),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<(), Failure> {
        writeln!(self.requests, "{message}")
            .and_then(|()| self.requests.flush())
            .map_err(|error| Failure::io("write to the MCP server", &error))
    }

    /// Closing its input ends the server.
    fn end(mut self) {
        drop(self.requests);
        let _ = self.server.wait();
    }
}
