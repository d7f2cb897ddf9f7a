//! MCP over stdio against real processes, in raw JSON-RPC and both protocol eras.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{OWN_TOOLS, PYRO, dirs, program};

const PATIENCE: Duration = Duration::from_secs(20);

struct Session {
    place: TempDir,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<Value>,
}

impl Session {
    fn start(path: impl AsRef<Path>, profile: &str) -> Self {
        let (place, _) = dirs();
        let mut command = program(path, &place);
        command.args(["mcp", "serve", "--profile", profile]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let line = line.unwrap();
                let message: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
                assert_eq!(message["jsonrpc"], "2.0");
                let _ = sender.send(message);
            }
        });
        Self { place, stdin: child.stdin.take(), child, lines }
    }

    fn opened(path: impl AsRef<Path>, profile: &str) -> Self {
        let mut session = Self::start(path, profile);
        session.say(&initialize("2025-06-18"));
        session.next();
        session.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        session
    }

    fn raw(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn say(&mut self, message: &Value) {
        self.raw(&message.to_string());
    }

    fn request(&mut self, id: u32, method: &str, params: &Value) {
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
    }

    fn call(&mut self, id: u32, arguments: &Value) {
        self.request(id, "tools/call", &json!({"name": "toy_wait", "arguments": arguments}));
    }

    /// Calls, and waits until the tool runs.
    fn begin(&mut self, id: u32, arguments: &Value) {
        let params = json!({"_meta": {"progressToken": id}, "name": "toy_wait", "arguments": arguments});
        self.request(id, "tools/call", &params);
        assert_eq!(self.next()["method"], "notifications/progress");
    }

    fn next(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// So many answers, by their id; what is said to garbage has none.
    fn answers(&self, count: usize) -> BTreeMap<u64, Value> {
        let answers = std::iter::repeat_with(|| self.next());
        answers.filter_map(|answer| Some((answer["id"].as_u64()?, answer))).take(count).collect()
    }

    /// Waits for the process; answers its exit status and what it said last.
    fn ended(mut self) -> (Option<i32>, Vec<Value>, TempDir) {
        let status = self.child.wait().unwrap();
        (status.code(), self.lines.iter().collect(), self.place)
    }
}

fn initialize(version: &str) -> Value {
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

#[test]
fn the_session_era() {
    let mut session = Session::start(PYRO, "workspace-core");
    session.say(&initialize("2025-06-18"));
    let hello = session.next();
    assert_eq!(hello["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(hello["result"]["capabilities"], json!({"tools": {}}));
    assert_eq!(hello["result"]["serverInfo"]["name"], "pyro");
    assert!(hello["result"]["instructions"].as_str().unwrap().contains("virtual machines"));
    session.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    session.raw("garbage");
    session.raw("{\"jsonrpc\": \"2.0\"");
    session.raw("[]");
    session.request(1, "tools/list", &json!({}));
    session.request(2, "prompts/list", &json!({}));
    session.request(3, "resources/list", &json!({}));
    session.request(4, "no/such", &json!({}));
    session.request(5, "ping", &json!({}));
    let complete = json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": "b"}});
    session.request(6, "completion/complete", &complete);
    session.request(7, "resources/templates/list", &json!({}));
    session.request(8, "tools/call", &json!({"name": "vm_run", "arguments": "ls"}));
    let answers = session.answers(8);
    let tool = &answers[&1]["result"]["tools"][0];
    assert_eq!(tool["name"], "vm_run");
    assert!(tool["title"].is_string() && tool["outputSchema"]["type"] == "object");
    assert_eq!(tool["annotations"].as_object().unwrap().len(), 5);
    for id in [2, 3, 4, 6, 7] {
        assert_eq!(answers[&id]["error"]["code"], -32601, "{:?}", answers[&id]);
    }
    assert_eq!(answers[&5]["result"], json!({}));
    assert_eq!(answers[&8]["error"]["code"], -32602, "{:?}", answers[&8]);
}

#[test]
fn the_stateless_era() {
    let mut session = Session::start(PYRO, "vm-run");
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    session.request(1, "server/discover", &json!({"_meta": meta}));
    let hello = session.next();
    let found = &hello["result"];
    assert!(found["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{hello}");
    assert_eq!((&found["ttlMs"], &found["cacheScope"]), (&json!(3_600_000), &json!("public")));
    assert_eq!(found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "pyro");
    session.request(2, "tools/list", &json!({"_meta": meta}));
    let list = session.next();
    assert_eq!(list["result"]["resultType"], "complete");
    assert_eq!((&list["result"]["ttlMs"], &list["result"]["cacheScope"]), (&json!(3_600_000), &json!("public")));
    session.request(3, "tools/call", &json!({"_meta": meta, "name": "vm_run", "arguments": {}}));
    let refused = session.next();
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    session.request(4, "ping", &json!({"_meta": meta}));
    assert_eq!(session.next()["error"]["code"], -32601);
}

#[test]
fn an_opening_from_the_future_is_negotiated_down() {
    let mut session = Session::start(PYRO, "workspace-full");
    session.say(&initialize("2031-01-01"));
    let version = session.next()["result"]["protocolVersion"].as_str().unwrap().to_owned();
    assert!(version.as_str() >= "2025-11-25" && version.as_str() < "2031", "{version}");
}

#[test]
fn answers_are_structured_and_failures_readable() {
    let mut session = Session::opened(&*OWN_TOOLS, "workspace-full");
    session.call(1, &json!({"say": "hi"}));
    session.call(2, &json!({"say": "hi", "end": "failure"}));
    session.call(3, &json!({"say": "hi", "end": "panic"}));
    session.request(4, "tools/call", &json!({"name": "toy_wiat", "arguments": {}}));
    session.request(5, "tools/call", &json!({"name": "toy_run", "arguments": {"place": "x", "command": "x"}}));
    session.request(6, "tools/call", &json!({"name": "toy_wait"}));
    let answers = session.answers(6);
    let good = &answers[&1]["result"];
    assert_eq!(good["structuredContent"]["said"], "hi");
    let text: Value = serde_json::from_str(good["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, good["structuredContent"]);
    let failure = |id: u64| -> Value {
        let result = &answers[&id]["result"];
        assert_eq!((&result["isError"], &result["structuredContent"]), (&json!(true), &Value::Null));
        serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
    };
    assert_eq!(failure(2), json!({"code": "missing", "message": "nothing to say", "hint": "say something"}));
    assert_eq!(failure(3)["code"], "internal");
    assert_eq!(failure(5)["code"], "denied");
    assert_eq!(failure(6)["code"], "invalid");
    let unknown = &answers[&4]["error"];
    assert_eq!((&unknown["code"], unknown["message"].as_str().unwrap().contains("`toy_wait`")), (&json!(-32602), true));
}

#[test]
fn calls_run_beside_each_other() {
    let mut session = Session::opened(&*OWN_TOOLS, "sdk");
    let begun = Instant::now();
    for id in 1..=20 {
        session.call(id, &json!({"say": id.to_string(), "wait_ms": 500}));
    }
    let answers = session.answers(20);
    assert!(begun.elapsed() < Duration::from_secs(5));
    for id in 1..=20_u64 {
        assert_eq!(answers[&id]["result"]["structuredContent"]["said"], id.to_string());
    }
}

#[test]
fn progress_comes_before_the_answer() {
    let mut session = Session::opened(&*OWN_TOOLS, "sdk");
    let params = json!({
        "_meta": {"progressToken": "p"}, "name": "toy_wait", "arguments": {"say": "hi", "wait_ms": 100}
    });
    session.request(1, "tools/call", &params);
    let progress = session.next();
    assert_eq!(progress["method"], "notifications/progress");
    let expected = json!({"progressToken": "p", "progress": 50.0, "total": 100.0, "message": "waiting"});
    assert_eq!(progress["params"], expected);
    assert_eq!(session.next()["id"], 1);
}

#[test]
fn a_canceled_call_ends_and_the_session_goes_on() {
    let mut session = Session::opened(&*OWN_TOOLS, "sdk");
    let mark = session.place.path().join("mark");
    session.begin(1, &json!({"say": "hi", "wait_ms": 30000, "mark_path": mark}));
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    session.say(&cancel);
    session.call(2, &json!({"say": "on", "wait_ms": 300}));
    assert_eq!(session.next()["id"], 2);
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
}

#[test]
fn the_end_of_input_grants_a_second_and_then_takes_calls_back() {
    let mut session = Session::opened(&*OWN_TOOLS, "sdk");
    let mark = session.place.path().join("mark");
    session.begin(2, &json!({"say": "late", "wait_ms": 30000, "mark_path": mark}));
    session.begin(1, &json!({"say": "soon", "wait_ms": 400}));
    session.stdin = None;
    let begun = Instant::now();
    let (status, said, _place) = session.ended();
    assert_eq!(status, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(said[0]["result"]["structuredContent"]["said"], "soon");
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
}

#[test]
fn a_signal_takes_calls_back_at_once() {
    let mut session = Session::opened(&*OWN_TOOLS, "sdk");
    let mark = session.place.path().join("mark");
    session.begin(1, &json!({"say": "late", "wait_ms": 30000, "mark_path": mark}));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(session.child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let begun = Instant::now();
    let (status, _, _place) = session.ended();
    assert_eq!(status, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
}

#[test]
fn no_input_at_all_is_no_failure() {
    let mut session = Session::start(PYRO, "workspace-core");
    session.stdin = None;
    let (status, said, _place) = session.ended();
    assert_eq!((status, said.len()), (Some(0), 0));
}
