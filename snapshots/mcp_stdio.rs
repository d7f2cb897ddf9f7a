//! MCP over standard input and output: what only holds there.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    mcp_session::{Session, Transport, initialize},
    support::{OWN_TOOLS, PYRO},
};

#[test]
fn garbage_is_passed_over() {
    let mut session = Session::start(Transport::Stdio, PYRO, "workspace-core");
    session.say(&initialize("2025-06-18"));
    session.next();
    session.raw("garbage");
    session.raw("{\"jsonrpc\": \"2.0\"");
    session.raw("[]");
    session.request(1, "ping", &json!({}));
    assert_eq!(session.answers(1)[&1]["result"], json!({}));
}

#[test]
fn the_end_of_input_grants_a_second_and_then_takes_calls_back() {
    let mut session = Session::opened(Transport::Stdio, &*OWN_TOOLS, "sdk");
    let mark = session.place.path().join("mark");
    session.begin(2, &json!({"say": "late", "wait_ms": 30000, "mark_path": mark}));
    session.begin(1, &json!({"say": "soon", "wait_ms": 400}));
    session.hang_up();
    let begun = Instant::now();
    let (status, said) = session.ended();
    assert_eq!(status, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(said[0]["result"]["structuredContent"]["said"], "soon");
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
}

#[test]
fn no_input_at_all_is_no_failure() {
    let mut session = Session::start(Transport::Stdio, PYRO, "workspace-core");
    session.hang_up();
    let (status, said) = session.ended();
    assert_eq!((status, said.len()), (Some(0), 0));
}
