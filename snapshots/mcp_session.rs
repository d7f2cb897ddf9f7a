//! A client of a real MCP server, over either transport, in raw JSON-RPC.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    path::Path,
    process::{Child, ChildStdin, Stdio},
    sync::mpsc,
    time::Duration,
};

use nix::{sys::signal, unistd::Pid};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    http,
    support::{dirs, program},
};

const PATIENCE: Duration = Duration::from_secs(20);
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Stdio,
    Http,
}

enum Wire {
    Stdio(ChildStdin),
    Http { address: SocketAddr, heard: mpsc::Sender<Value>, open: BTreeMap<u64, TcpStream> },
    Closed,
}

pub(crate) struct Session {
    pub(crate) place: TempDir,
    pub(crate) child: Child,
    wire: Wire,
    messages: mpsc::Receiver<Value>,
}

impl Session {
    pub(crate) fn start(transport: Transport, path: impl AsRef<Path>, profile: &str) -> Self {
        match transport {
            Transport::Stdio => Self::spawn(path, &["--profile", profile]),
            Transport::Http => {
                Self::spawn(path, &["--http", "127.0.0.1:0", "--drain-seconds", "1", "--profile", profile])
            }
        }
    }

    /// Starts `mcp serve` with these arguments and waits until it can be talked to.
    pub(crate) fn spawn(path: impl AsRef<Path>, arguments: &[&str]) -> Self {
        Self::spawn_in(dirs().0, path, arguments)
    }

    /// The same over a state that is there.
    pub(crate) fn spawn_in(place: TempDir, path: impl AsRef<Path>, arguments: &[&str]) -> Self {
        let mut command = program(path, &place);
        command.args(["mcp", "serve"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (heard, messages) = mpsc::channel();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let wire = if arguments.contains(&"--http") {
            let mut line = String::new();
            stderr.read_line(&mut line).unwrap();
            let url = line.strip_prefix("pyro: serving MCP on http://").unwrap_or_else(|| panic!("{line:?}"));
            let address = url.trim_end().strip_suffix("/mcp").unwrap().parse().unwrap();
            Wire::Http { address, heard, open: BTreeMap::new() }
        } else {
            let stdout = BufReader::new(child.stdout.take().unwrap());
            std::thread::spawn(move || {
                for line in stdout.lines() {
                    let line = line.unwrap();
                    hear(&heard, serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}")));
                }
            });
            Wire::Stdio(child.stdin.take().unwrap())
        };
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { place, child, wire, messages }
    }

    pub(crate) fn opened(transport: Transport, path: impl AsRef<Path>, profile: &str) -> Self {
        let mut session = Self::start(transport, path, profile);
        session.say(&initialize("2025-06-18"));
        session.next();
        session.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        session
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let Wire::Http { address, .. } = &self.wire else { panic!("not over HTTP") };
        *address
    }

    pub(crate) fn raw(&mut self, line: &str) {
        let Wire::Stdio(stdin) = &mut self.wire else { panic!("not over stdio") };
        writeln!(stdin, "{line}").unwrap();
    }

    pub(crate) fn say(&mut self, message: &Value) {
        let Wire::Http { address, heard, open } = &mut self.wire else { return self.raw(&message.to_string()) };
        let stream = http::connect(*address);
        let headers = headers(message);
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        http::send(&stream, "POST /mcp", &headers, message.to_string().as_bytes()).unwrap();
        if let Some(id) = message["id"].as_u64() {
            open.insert(id, stream.try_clone().unwrap());
        }
        let heard = heard.clone();
        std::thread::spawn(move || {
            let Ok(mut answer) = http::receive(&stream) else { return };
            match (answer.status, answer.is_stream()) {
                (202, _) => {}
                (_, true) => std::iter::from_fn(|| answer.event()).for_each(|event| hear(&heard, event)),
                (_, false) => hear(&heard, answer.json()),
            }
        });
    }

    pub(crate) fn request(&mut self, id: u32, method: &str, params: &Value) {
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
    }

    pub(crate) fn call(&mut self, id: u32, arguments: &Value) {
        self.request(id, "tools/call", &json!({"name": "toy_wait", "arguments": arguments}));
    }

    /// Calls, and waits until the tool runs.
    pub(crate) fn begin(&mut self, id: u32, arguments: &Value) {
        let params = json!({"_meta": {"progressToken": id}, "name": "toy_wait", "arguments": arguments});
        self.request(id, "tools/call", &params);
        assert_eq!(self.next()["method"], "notifications/progress");
    }

    /// Takes a call back, each transport in its way.
    pub(crate) fn take_back(&mut self, id: u32) {
        if let Wire::Http { open, .. } = &self.wire {
            return open[&id.into()].shutdown(Shutdown::Both).unwrap();
        }
        self.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    }

    pub(crate) fn next(&self) -> Value {
        self.messages.recv_timeout(PATIENCE).unwrap()
    }

    /// So many answers, by their id; what is said to garbage has none.
    pub(crate) fn answers(&self, count: usize) -> BTreeMap<u64, Value> {
        let answers = std::iter::repeat_with(|| self.next());
        answers.filter_map(|answer| Some((answer["id"].as_u64()?, answer))).take(count).collect()
    }

    /// Ends the server's input.
    pub(crate) fn hang_up(&mut self) {
        self.wire = Wire::Closed;
    }

    pub(crate) fn signal(&self, signal: signal::Signal) {
        signal::kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Waits for the process; answers its exit status and what it said last. Over HTTP, standard output stays empty.
    pub(crate) fn ended(&mut self) -> (Option<i32>, Vec<Value>) {
        let status = self.child.wait().unwrap();
        self.hang_up();
        let mut output = String::new();
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout.read_to_string(&mut output).unwrap();
        }
        assert_eq!(output, "");
        (status.code(), self.messages.iter().collect())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hear(heard: &mpsc::Sender<Value>, message: Value) {
    assert_eq!(message["jsonrpc"], "2.0", "{message}");
    let _ = heard.send(message);
}

pub(crate) fn initialize(version: &str) -> Value {
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

/// What requests of the stateless era carry.
pub(crate) fn stateless() -> Value {
    json!({VERSION: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}})
}

/// The headers that go with a message over HTTP.
pub(crate) fn headers(message: &Value) -> Vec<String> {
    let mut headers = vec![
        "host: localhost".to_owned(),
        "content-type: application/json".to_owned(),
        "accept: application/json, text/event-stream".to_owned(),
    ];
    let version = message["params"]["_meta"][VERSION].as_str();
    if message["method"] != "initialize" {
        headers.push(format!("mcp-protocol-version: {}", version.unwrap_or("2025-06-18")));
    }
    if version.is_some() {
        let named = message["params"]["name"].as_str().map(|name| format!("mcp-name: {name}"));
        headers
            .extend(message["method"].as_str().map(|method| format!("mcp-method: {method}")).into_iter().chain(named));
    }
    headers
}
