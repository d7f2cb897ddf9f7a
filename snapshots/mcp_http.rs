//! MCP over HTTP: who is let in, what is refused and how, and how calls end with their connections.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    http::{self, Answer},
    mcp_session::{Session, Transport, headers, initialize, stateless},
    support::{OWN_TOOLS, PYRO, dirs, program},
};

fn list() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": stateless()}})
}

/// Sends a list request with one header exchanged for another, or one more.
fn asked(address: SocketAddr, path: &str, more: &[&str]) -> Answer {
    let mut headers = headers(&list());
    for header in more {
        let (name, _) = header.split_once(':').unwrap();
        headers.retain(|other| !other.starts_with(&format!("{name}:")));
    }
    let headers: Vec<&str> = headers.iter().map(String::as_str).chain(more.iter().copied()).collect();
    posted(address, path, &headers, list().to_string().as_bytes())
}

fn posted(address: SocketAddr, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let stream = http::connect(address);
    // A refusal may come before all was taken.
    let _ = http::send(&stream, &format!("POST {path}"), headers, body);
    http::receive(&stream).unwrap()
}

fn tools(answer: Answer) -> Vec<String> {
    assert_eq!(answer.status, 200);
    let listed = answer.json();
    listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn private(path: &Path, mode: u32, content: &str) {
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true).mode(mode).open(path).unwrap().write_all(content.as_bytes()).unwrap();
}

/// A failure to serve at all: exit status and what standard error says.
fn refused(arguments: &[&str], token: Option<&str>) -> (Option<i32>, String) {
    let (place, _) = dirs();
    let mut command = program(PYRO, &place);
    command.args(["mcp", "serve"]).args(arguments);
    token.map(|token| command.env("PYRO_TOKEN", token));
    let output = command.output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn each_profile_has_its_path() {
    let session = Session::spawn(&*OWN_TOOLS, &["--http", "[::1]:0"]);
    assert_eq!(session.address().ip().to_string(), "::1");
    let listed = |path| tools(asked(session.address(), path, &[]));
    assert_eq!(listed("/mcp/vm-run"), ["vm_run"]);
    let core = listed("/mcp/workspace-core");
    assert!(core.contains(&"workspace_exec".into()) && core.contains(&"toy_wait".into()), "{core:?}");
    assert_eq!(listed("/mcp"), core);
    assert!(listed("/mcp/workspace-full").len() > core.len());
    for path in ["/", "/mcp/", "/mcp/sdk", "/mcp/../mcp", "/mcp/vm-run/x", "/.well-known/oauth-protected-resource"] {
        let answer = asked(session.address(), path, &[]);
        assert_eq!(answer.status, 404, "{path}");
        let failure = answer.json();
        assert_eq!(failure["code"], "missing");
        let hint = "served here: /mcp, /mcp/vm-run, /mcp/workspace-core, /mcp/workspace-full";
        assert_eq!(failure["hint"], hint);
    }
}

#[test]
fn a_profile_asked_for_is_a_ceiling() {
    let session = Session::start(Transport::Http, PYRO, "vm-run");
    assert_eq!(tools(asked(session.address(), "/mcp", &[])), ["vm_run"]);
    let failure = asked(session.address(), "/mcp/workspace-core", &[]).json();
    assert_eq!(failure["hint"], "served here: /mcp, /mcp/vm-run");
}

#[test]
fn only_local_names_and_origins_are_let_in() {
    let session = Session::spawn(PYRO, &["--http", "127.0.0.1:0"]);
    let status = |header| asked(session.address(), "/mcp", &[header]).status;
    for good in ["host: 127.0.0.1:1", "host: [::1]", "origin: http://localhost:3000"] {
        assert_eq!(status(good), 200, "{good}");
    }
    for bad in ["host: evil.com", "host: localhost.evil.com:80", "origin: http://evil.com", "origin: null"] {
        assert_eq!(status(bad), 403, "{bad}");
    }
    let failure = asked(session.address(), "/mcp", &["host: evil.com"]).json();
    assert_eq!(failure["code"], "denied");
}

#[test]
fn the_token_is_wanted_where_there_is_one() {
    let (place, _) = dirs();
    let file = place.path().join("token");
    private(&file, 0o600, "s3cret\n");
    let session = Session::spawn(PYRO, &["--http", "127.0.0.1:0", "--token-file", file.to_str().unwrap()]);
    let asked = |path, more: &[&str]| asked(session.address(), path, more);
    assert_eq!(tools(asked("/mcp", &["authorization: Bearer s3cret"]))[0], "vm_run");
    for more in [&[][..], &["authorization: Bearer s3cre"], &["authorization: Basic s3cret"]] {
        let answer = asked("/mcp", more);
        assert_eq!((answer.status, answer.headers["www-authenticate"].as_str()), (401, "Bearer"), "{more:?}");
        assert_eq!(answer.json()["code"], "denied");
    }
    assert_eq!(asked("/mcp?token=s3cret", &[]).status, 401);
    assert_eq!(asked("/mcp?token=s3cret", &["authorization: Bearer s3cret"]).status, 401);
    assert_eq!(asked("/mcp/vm-run", &[]).status, 401);
    // A page that guesses is refused for what it is, before its token is looked at.
    assert_eq!(asked("/mcp", &["origin: http://evil.com", "authorization: Bearer s3cret"]).status, 403);
}

#[test]
fn what_cannot_be_served_is_refused_with_the_reason() {
    let (status, said) = refused(&["--http", "0.0.0.0:0"], None);
    assert_eq!(status, Some(1));
    assert!(said.contains("0.0.0.0:0 is reached from elsewhere") && said.contains("pyro token create"), "{said}");
    let (status, said) = refused(&["--http", "8931"], None);
    assert!(status == Some(2) && said.contains("127.0.0.1:8931"), "{said}");
    let (status, said) = refused(&["--token-file", "/x"], None);
    assert!(status == Some(2) && said.contains("--http"), "{said}");
    let (status, said) = refused(&["--http", "127.0.0.1:0"], Some(""));
    assert!(status == Some(1) && said.contains("PYRO_TOKEN is empty"), "{said}");
    let (place, _) = dirs();
    let file = place.path().join("token");
    private(&file, 0o644, "s3cret");
    let (status, said) = refused(&["--http", "127.0.0.1:0", "--token-file", file.to_str().unwrap()], None);
    assert!(status == Some(1) && said.contains("chmod 600") && !said.contains("s3cret"), "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (status, said) = refused(&["--http", &taken.local_addr().unwrap().to_string()], None);
    assert!(status == Some(1) && said.contains("is in use") && said.contains("port 0"), "{said}");
}

#[test]
fn hostile_bodies_are_bounded_and_told() {
    let session = Session::spawn(PYRO, &["--http", "127.0.0.1:0"]);
    let shape = ["host: localhost", "content-type: application/json", "accept: application/json, text/event-stream"];
    let posted = |body: &[u8]| posted(session.address(), "/mcp", &shape, body);
    let answer = posted(&vec![b' '; 4 * 1024 * 1024 + 1]);
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["code"], "limit");
    // Without a length announced, it is counted as it comes.
    let stream = http::connect(session.address());
    let mut writing = &stream;
    let head = format!("POST /mcp HTTP/1.1\r\n{}\r\ntransfer-encoding: chunked\r\n\r\n", shape.join("\r\n"));
    writing.write_all(head.as_bytes()).unwrap();
    for _ in 0..100 {
        let chunk = [&b"10000\r\n"[..], &[b' '; 0x10000], b"\r\n"].concat();
        if writing.write_all(&chunk).is_err() {
            break;
        }
    }
    assert_eq!(http::receive(&stream).unwrap().status, 413);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for body in [deep.as_bytes(), b"", b"garbage", b"[]", b"{\"jsonrpc\":\"2.0\"", b"\xff\xfe"] {
        let answer = posted(body);
        assert!((400..500).contains(&answer.status), "{}", answer.status);
        assert_eq!(answer.json()["code"], "invalid");
    }
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    assert_eq!(posted(ping.to_string().as_bytes()).json()["result"], json!({}));
}

#[test]
fn other_methods_and_types_are_refused_in_json() {
    let session = Session::spawn(PYRO, &["--http", "127.0.0.1:0"]);
    for method in ["GET", "DELETE", "PUT"] {
        let stream = http::connect(session.address());
        http::send(&stream, &format!("{method} /mcp"), &["host: localhost", "accept: text/event-stream"], b"").unwrap();
        let answer = http::receive(&stream).unwrap();
        assert_eq!((answer.status, answer.headers["allow"].as_str()), (405, "POST"));
        assert_eq!(answer.json()["code"], "invalid");
    }
    assert_eq!(asked(session.address(), "/mcp", &["accept: text/html"]).status, 406);
    assert_eq!(asked(session.address(), "/mcp", &["content-type: text/plain"]).status, 415);
}

#[test]
fn headers_that_contradict_the_body_are_refused() {
    let session = Session::spawn(PYRO, &["--http", "127.0.0.1:0"]);
    for header in ["mcp-method: tools/call", "mcp-protocol-version: 2025-06-18"] {
        let answer = asked(session.address(), "/mcp", &[header]);
        assert_eq!(answer.status, 400, "{header}");
        assert_eq!(answer.json()["error"]["code"], -32020, "{header}");
    }
    let answer = asked(session.address(), "/mcp", &["mcp-protocol-version: 2031-01-01"]);
    assert_eq!(answer.status, 400);
    let mut opening = headers(&initialize("2025-06-18"));
    opening.push("mcp-protocol-version: 2025-11-25".into());
    let opening: Vec<&str> = opening.iter().map(String::as_str).collect();
    let answer = posted(session.address(), "/mcp", &opening, initialize("2025-06-18").to_string().as_bytes());
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(-32600)));
}

#[test]
fn a_client_that_leaves_takes_its_call_back_without_progress_too() {
    let mut session = Session::start(Transport::Http, &*OWN_TOOLS, "sdk");
    let mark = session.place.path().join("mark");
    session.call(1, &json!({"say": "hi", "wait_ms": 30000, "mark_path": mark}));
    // Sent later and answered: by then the first one runs.
    session.call(2, &json!({"say": "on", "wait_ms": 500}));
    assert_eq!(session.next()["id"], 2);
    session.take_back(1);
    appears(&mark);
}

/// Waits for a file.
pub(crate) fn appears(path: &Path) {
    let until = Instant::now() + Duration::from_secs(10);
    while !path.exists() {
        assert!(Instant::now() < until, "the call goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_notification_takes_back_calls_of_its_own_session_alone() {
    let session = Session::start(Transport::Http, &*OWN_TOOLS, "sdk");
    let address = session.address();
    let said = |message: &Value, name: Option<&str>| {
        let name = name.map(|name| format!("mcp-session-id: {name}"));
        let headers: Vec<String> = headers(message).into_iter().chain(name).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let stream = http::connect(address);
        http::send(&stream, "POST /mcp", &headers, message.to_string().as_bytes()).unwrap();
        stream
    };
    let opened = || {
        let answer = http::receive(&said(&initialize("2025-06-18"), None)).unwrap();
        answer.headers["mcp-session-id"].clone()
    };
    let (ours, theirs) = (opened(), opened());
    let mark = |name: &str| session.place.path().join(name);
    let call = |name: &str, progress: bool| {
        let meta = if progress { json!({"progressToken": 1}) } else { json!({}) };
        let arguments = json!({"say": "hi", "wait_ms": 1500, "mark_path": mark(name)});
        let params = json!({"_meta": meta, "name": "toy_wait", "arguments": arguments});
        json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
    };
    let running = |stream: &TcpStream| {
        let mut answer = http::receive(stream).unwrap();
        assert_eq!(answer.event().unwrap()["method"], "notifications/progress");
        answer
    };
    for progress in [true, false] {
        let (canceled, goes_on) = (format!("canceled {progress}"), format!("goes on {progress}"));
        let ours_runs = said(&call(&canceled, progress), Some(&ours));
        let streaming = progress.then(|| running(&ours_runs));
        // Begun later and running: by then the other one is as well.
        let mut other = running(&said(&call(&goes_on, true), Some(&theirs)));
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}});
        assert_eq!(http::receive(&said(&cancel, Some(&ours))).unwrap().status, 202);
        match streaming {
            Some(mut answer) => assert_eq!(answer.event(), None),
            None => assert_eq!(http::receive(&ours_runs).unwrap().status, 202),
        }
        appears(&mark(&canceled));
        assert_eq!(other.event().unwrap()["result"]["structuredContent"]["said"], "hi");
        assert!(!mark(&goes_on).exists());
    }
}

#[test]
fn leaving_lets_calls_answer_and_takes_nobody_new() {
    let mut session = Session::opened(Transport::Http, &*OWN_TOOLS, "sdk");
    let address = session.address();
    let mut idle = http::connect(address);
    session.begin(1, &json!({"say": "soon", "wait_ms": 400}));
    session.signal(Signal::SIGTERM);
    let begun = Instant::now();
    assert_eq!(session.next()["result"]["structuredContent"]["said"], "soon");
    let (status, said) = session.ended();
    assert_eq!((status, said.len()), (Some(0), 0));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_call_whose_client_left_still_cleans_up_before_the_end() {
    let mut session = Session::opened(Transport::Http, &*OWN_TOOLS, "sdk");
    // The journal is written only where there is a home.
    let home = session.place.path().join("home");
    std::fs::create_dir(&home).unwrap();
    session.begin(1, &json!({"say": "hi", "wait_ms": 700, "end": "deaf"}));
    session.take_back(1);
    session.signal(Signal::SIGTERM);
    assert_eq!(session.ended().0, Some(0));
    let journal = std::fs::read_to_string(home.join("journal.jsonl")).unwrap();
    assert!(journal.lines().any(|line| line.contains("toy_wait")), "{journal}");
}
