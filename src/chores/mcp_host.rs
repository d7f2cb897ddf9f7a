//! A chat host's side of MCP over stdio, as small as it can be: a server of its own, called one call after the other.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use tokio_util::sync::CancellationToken;

use crate::{
    failure::{Code, Failure},
    progress::{Progress, ProgressSink},
    registry::CallScope,
    smoke::Caller,
};

/// A server whose input has ended takes its calls back and ends within about three seconds.
const END_GRACE: Duration = Duration::from_secs(10);

/// A child that serves MCP, and the pipes to it. Dropped without [`McpHost::end`], it is killed.
pub struct McpHost {
    server: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    next_id: u64,
}

impl McpHost {
    /// Starts `pyro mcp serve --profile PROFILE`, where `pyro` is any program with that command, and greets it.
    pub async fn start(mut pyro: Command, profile: &str) -> Result<Self, Failure> {
        let mut server = pyro
            .args(["mcp", "serve", "--profile", profile])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A terminal's Ctrl-C is for us: what runs is taken back and cleaned up over MCP.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failure::io("start the MCP server", &error))?;
        let pipes = server.stdin.take().zip(server.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| Failure::internal("the MCP server has no pipes"))?;
        let mut host = Self { server, requests, answers: BufReader::new(answers).lines(), next_id: 1 };
        let us = json!({ "name": "pyro", "version": env!("CARGO_PKG_VERSION") });
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": us });
        host.request("initialize", hello, &CallScope::default()).await?;
        host.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await?;
        Ok(host)
    }

    /// Ends the server by ending its input.
    pub async fn end(self) {
        let Self { mut server, requests, answers, .. } = self;
        drop((requests, answers));
        let _ = tokio::time::timeout(END_GRACE, server.wait()).await;
    }

    /// Waits for the answer, or takes the request back.
    async fn request(&mut self, method: &str, params: Value, scope: &CallScope) -> Result<Value, Failure> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await?;
        loop {
            let Some(message) = self.next(&scope.canceled).await? else {
                let params = json!({ "requestId": id });
                self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params })).await?;
                return Err(Failure::new(Code::Canceled, format!("{method} was taken back")));
            };
            if message["method"] == "notifications/progress" {
                scope.progress.iter().for_each(|sink| tell(sink, &message["params"]));
            } else if message["id"] == id {
                return match message.get("error") {
                    Some(error) => Err(Failure::internal(format!("{method} failed: {error}"))),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    /// The next message; none when the call is taken back before.
    async fn next(&mut self, canceled: &CancellationToken) -> Result<Option<Value>, Failure> {
        let line = tokio::select! {
            line = self.answers.next_line() => line.map_err(|error| Failure::io("read from the MCP server", &error))?,
            () = canceled.cancelled() => return Ok(None),
        };
        let line = line.ok_or_else(|| Failure::internal("the MCP server ended in mid-call"))?;
        let message = serde_json::from_str(&line);
        message.map(Some).map_err(|error| Failure::internal(format!("the MCP server sent no JSON: {error}")))
    }

    async fn send(&mut self, message: &Value) -> Result<(), Failure> {
        let sent = self.requests.write_all(format!("{message}\n").as_bytes()).await;
        sent.map_err(|error| Failure::io("write to the MCP server", &error))
    }
}

impl Caller for McpHost {
    async fn call(&mut self, tool: &str, input: Value, scope: CallScope) -> Result<Value, Failure> {
        let mut params = json!({ "name": tool, "arguments": input });
        if scope.progress.is_some() {
            params["_meta"] = json!({ "progressToken": self.next_id });
        }
        let mut result = self.request("tools/call", params, &scope).await?;
        if result["isError"] == true {
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            return Err(serde_json::from_str(text).unwrap_or_else(|_| Failure::internal(text)));
        }
        match result["structuredContent"].take() {
            Value::Null => Err(Failure::internal(format!("{tool} answered no structuredContent"))),
            answer => Ok(answer),
        }
    }
}

fn tell(sink: &ProgressSink, params: &Value) {
    let step = params["message"].as_str().unwrap_or_default().to_owned();
    let fraction = params["progress"].as_f64().zip(params["total"].as_f64()).map(|(done, total)| done / total);
    sink(Progress { step, fraction });
}
