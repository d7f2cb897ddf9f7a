//! MCP against real processes, in raw JSON-RPC and both protocol eras: what holds over either transport.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    mcp_session::{Session, Transport, initialize, stateless},
    support::{OWN_TOOLS, PYRO},
};

macro_rules! over_both {
    ($($test:ident),* $(,)?) => {
        mod over_stdio {
            $(#[test] fn $test() { super::$test(super::Transport::Stdio) })*
        }
        mod over_http {
            $(#[test] fn $test() { super::$test(super::Transport::Http) })*
        }
    };
}

over_both! {
    the_session_era,
    the_stateless_era,
    an_opening_from_the_future_is_negotiated_down,
    answers_are_structured_and_failures_readable,
    calls_run_beside_each_other,
    progress_comes_before_the_answer,
    a_canceled_call_ends_and_the_session_goes_on,
    a_signal_takes_calls_back_in_time,
}

fn the_session_era(transport: Transport) {
    let mut session = Session::start(transport, PYRO, "workspace-core");
    session.say(&initialize("2025-06-18"));
    let hello = session.next();
    assert_eq!(hello["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(hello["result"]["capabilities"], json!({"tools": {}}));
    assert_eq!(hello["result"]["serverInfo"]["name"], "pyro");
    assert!(hello["result"]["instructions"].as_str().unwrap().contains("virtual machines"));
    session.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
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

fn the_stateless_era(transport: Transport) {
    let mut session = Session::start(transport, PYRO, "vm-run");
    let meta = stateless();
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

fn an_opening_from_the_future_is_negotiated_down(transport: Transport) {
    let mut session = Session::start(transport, PYRO, "workspace-full");
    session.say(&initialize("2031-01-01"));
    let version = session.next()["result"]["protocolVersion"].as_str().unwrap().to_owned();
    assert!(version.as_str() >= "2025-11-25" && version.as_str() < "2031", "{version}");
}

fn answers_are_structured_and_failures_readable(transport: Transport) {
    let mut session = Session::opened(transport, &*OWN_TOOLS, "workspace-full");
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

fn calls_run_beside_each_other(transport: Transport) {
    let mut session = Session::opened(transport, &*OWN_TOOLS, "sdk");
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

fn progress_comes_before_the_answer(transport: Transport) {
    let mut session = Session::opened(transport, &*OWN_TOOLS, "sdk");
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

fn a_canceled_call_ends_and_the_session_goes_on(transport: Transport) {
    let mut session = Session::opened(transport, &*OWN_TOOLS, "sdk");
    let mark = session.place.path().join("mark");
    session.begin(1, &json!({"say": "hi", "wait_ms": 30000, "mark_path": mark}));
    session.take_back(1);
    session.call(2, &json!({"say": "on", "wait_ms": 300}));
    assert_eq!(session.next()["id"], 2);
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
}

fn a_signal_takes_calls_back_in_time(transport: Transport) {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut session = Session::opened(transport, &*OWN_TOOLS, "sdk");
        let mark = session.place.path().join("mark");
        session.begin(1, &json!({"say": "late", "wait_ms": 30000, "mark_path": mark}));
        session.signal(signal);
        let begun = Instant::now();
        let (status, _) = session.ended();
        assert_eq!(status, Some(0));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
    }
}
