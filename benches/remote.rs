//! What a caller elsewhere pays: `cargo bench --bench remote`. The same call over HTTP with a token and over stdio, many
//! connections at once, a crowd of workspaces, a large upload; and what the server takes of memory for it. Prints medians
//! and ratios of runs taken in turn; judges nothing. Needs an installed `debian:12` and both binaries built (`make build`).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on has failed")]

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pyro_mcp::host;
use serde_json::{Value, json};

const CALLS: usize = 300;
const CONNECTIONS: usize = 64;
const CROWD: usize = 12;
const EXECS: usize = 200;
const UPLOAD_BYTES: usize = 1 << 30;
const VERSION: &str = "2026-07-28";

fn main() {
    // `cargo test --benches` only wants to see that it builds.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let home = place.path().join("home");
    let token = pyro(&home, &["token", "create", "--name", "bench", "--profile", "workspace-full"]);
    let server = Server::start(&home, token.trim());
    let mut http = server.connect();
    let mut stdio = Piped::start(&home);

    let workspace = http.call("workspace_create", json!({"environment": "debian:12", "mem_mib": 256}));
    let id = workspace["workspace_id"].as_str().unwrap().to_owned();
    for (what, prepare) in [("running", None), ("stopped", Some("workspace_stop"))] {
        if let Some(tool) = prepare {
            http.call(tool, json!({"workspace_id": id}));
        }
        let status = json!({"workspace_id": id});
        let (mut over_http, mut over_stdio) = (Vec::new(), Vec::new());
        for _ in 0..CALLS {
            over_http.push(timed(|| http.call("workspace_status", status.clone())));
            over_stdio.push(timed(|| stdio.call("workspace_status", status.clone())));
        }
        let (http_p50, stdio_p50) = (middle(over_http), middle(over_stdio));
        let ratio = http_p50.as_secs_f64() / stdio_p50.as_secs_f64();
        println!(
            "workspace_status of a {what} workspace: HTTP {http_p50:.2?}, stdio {stdio_p50:.2?}, ratio {ratio:.2}"
        );
        let begun = Instant::now();
        let seconds = Duration::from_secs(5);
        let counts: Vec<usize> = std::thread::scope(|scope| {
            let each = |_| {
                scope.spawn(|| {
                    let mut http = server.connect();
                    let mut count = 0;
                    while begun.elapsed() < seconds {
                        http.call("workspace_status", status.clone());
                        count += 1;
                    }
                    count
                })
            };
            let running: Vec<_> = (0..CONNECTIONS).map(each).collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let rate = counts.iter().sum::<usize>() as f64 / begun.elapsed().as_secs_f64();
        println!(
            "  {CONNECTIONS} connections at once: {rate:.0} calls/s; server's memory {:.1} MB",
            server.memory("VmRSS")
        );
    }
    http.call("workspace_delete", json!({"workspace_id": id}));
    crowd(&server);
    upload(&server, &mut http);
}

/// Many workspaces at once, each called as often as the others.
fn crowd(server: &Server) {
    let new = json!({"environment": "debian:12", "mem_mib": 256});
    let mut http = server.connect();
    let ids: Vec<String> = (0..CROWD)
        .map(|_| http.call("workspace_create", new.clone())["workspace_id"].as_str().unwrap().to_owned())
        .collect();
    let begun = Instant::now();
    let mut means: Vec<Duration> = std::thread::scope(|scope| {
        let each = |(number, id): (usize, &String)| {
            let (id, share) = (id.clone(), EXECS / CROWD + usize::from(number < EXECS % CROWD));
            scope.spawn(move || {
                let mut http = server.connect();
                let exec = json!({"workspace_id": id, "command": "echo $((6 * 7))"});
                let took = timed(|| {
                    (0..share).for_each(|_| assert_eq!(http.call("workspace_exec", exec.clone())["stdout"], "42\n"))
                });
                took / share as u32
            })
        };
        let running: Vec<_> = ids.iter().enumerate().map(each).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    means.sort();
    let (median, slowest) = (means[CROWD / 2], means[CROWD - 1]);
    println!(
        "{EXECS} execs over {CROWD} workspaces at once: {:.1?}, no error; a workspace waits {median:.0?} for one in the median, \
         {slowest:.0?} at most, ratio {:.2}",
        begun.elapsed(),
        slowest.as_secs_f64() / median.as_secs_f64()
    );
    for id in ids {
        http.call("workspace_delete", json!({"workspace_id": id}));
    }
}

fn upload(server: &Server, http: &mut Http) {
    let opened = http.call("workspace_upload_open", json!({}));
    let url = opened["url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let took = timed(|| {
        write!(stream, "PUT {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {UPLOAD_BYTES}\r\n\r\n", server.address)
            .unwrap();
        let piece = vec![7; 1 << 20];
        (0..UPLOAD_BYTES / piece.len()).for_each(|_| stream.write_all(&piece).unwrap());
        assert!(read_answer(&mut BufReader::new(&stream)).0 == 201);
    });
    println!("an upload of 1 GiB: {took:.1?}; the server's memory at its highest {:.1} MB", server.memory("VmHWM"));
}

struct Server {
    child: Child,
    address: String,
    token: String,
}

impl Server {
    fn start(home: &Path, token: &str) -> Self {
        let mut command = command(home);
        command.args(["mcp", "serve", "--http", "127.0.0.1:0", "--profile", "workspace-full"]).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("pyro: serving MCP on http://").unwrap().strip_suffix("/mcp").unwrap();
        Self { address: address.to_owned(), child, token: token.to_owned() }
    }

    fn connect(&self) -> Http {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\nmcp-protocol-version: {VERSION}\r\nmcp-method: tools/call\r\n",
            self.address, self.token
        );
        Http { reader: BufReader::new(stream), head }
    }

    /// MB, of what the kernel calls `field`.
    fn memory(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id() as i32), nix::sys::signal::SIGTERM);
        let _ = self.child.wait();
    }
}

struct Http {
    reader: BufReader<TcpStream>,
    head: String,
}

impl Http {
    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
        let request = format!("{}mcp-name: {tool}\r\ncontent-length: {}\r\n\r\n{body}", self.head, body.len());
        self.reader.get_mut().write_all(request.as_bytes()).unwrap();
        let (status, body) = read_answer(&mut self.reader);
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert!(status == 200 && answer["result"]["isError"] != true, "{tool}: {status} {answer}");
        answer["result"]["structuredContent"].clone()
    }
}

fn read_answer(reader: &mut impl BufRead) -> (u16, Vec<u8>) {
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the server closed the connection");
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        }
        if let Some(told) = line.strip_prefix("content-length: ") {
            length = told.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (status, body)
}

struct Piped {
    child: Child,
    reader: BufReader<std::process::ChildStdout>,
}

impl Piped {
    fn start(home: &Path) -> Self {
        let mut command = command(home);
        command.args(["mcp", "serve", "--profile", "workspace-full"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let reader = BufReader::new(child.stdout.take().unwrap());
        let mut client = Self { child, reader };
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}});
        client.say(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}));
        client.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    fn say(&mut self, message: Value) -> Value {
        writeln!(self.child.stdin.as_mut().unwrap(), "{message}").unwrap();
        let mut line = String::new();
        if message.get("id").is_some() {
            self.reader.read_line(&mut line).unwrap();
        }
        serde_json::from_str(&line).unwrap_or_default()
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.say(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
        assert!(answer["result"]["isError"] != true, "{tool}: {answer}");
        answer["result"]["structuredContent"].clone()
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn command(home: &Path) -> Command {
    let mut command = Command::new(host::binary("pyro").unwrap());
    command.env("PYRO_HOME", home).env_remove("PYRO_TOKEN").env("PYRO_POOL", "0");
    command
}

fn pyro(home: &Path, words: &[&str]) -> String {
    let output = command(home).args(words).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    drop(work());
    begun.elapsed()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
