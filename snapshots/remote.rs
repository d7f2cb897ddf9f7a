//! The Rust SDK's client of other hosts, against the real server.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use pyro_mcp::{
    Code, Remote, input,
    progress::Progress,
    registry::CallScope,
    token::{Allowance, NewToken, Tokens},
    tools::{workspace_create, workspace_list, workspace_upload_open},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    mcp_http::appears,
    mcp_session::Session,
    support::{OWN_TOOLS, PYRO, dirs},
};

fn at(session: &Session, path: &str, token: Option<&str>) -> Remote {
    Remote::at(&format!("http://{}{path}", session.address()), token).unwrap()
}

#[tokio::test]
async fn it_calls_by_type_and_is_told_failures() {
    let session = Session::spawn(PYRO, &["--http", "127.0.0.1:0"]);
    let remote = at(&session, "/mcp", None);
    let list = remote.call(input::<workspace_list::Input>(json!({})).unwrap()).await.unwrap();
    assert_eq!(list.count, 0);
    let create = json!({"environment": "debian:12", "network_policy": "egress"});
    let refused = remote.call(input::<workspace_create::Input>(create).unwrap()).await.unwrap_err();
    assert_eq!(refused.code, Code::Denied, "{refused:?}");
    assert!(refused.message.contains("network_policy"), "{refused:?}");
    let unknown = remote.call_json("vm_rum", json!({}), CallScope::default()).await.unwrap_err();
    assert!(unknown.message.contains("vm_run"), "{unknown:?}");
    let elsewhere =
        at(&session, "/other", None).call_json("vm_run", json!({}), CallScope::default()).await.unwrap_err();
    assert_eq!(elsewhere.code, Code::Missing);
}

#[tokio::test]
async fn its_token_opens_what_it_may() {
    let (place, _) = dirs();
    let tokens = Tokens::below(&place.path().join("home"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let new = NewToken {
        principal: "ann".parse().unwrap(),
        profile: "workspace-core".into(),
        allowance: Allowance::default(),
        expires_in: None,
    };
    let token = tokens.create(new, i64::try_from(now).unwrap()).unwrap().1;
    let session = Session::spawn_in(place, PYRO, &["--http", "127.0.0.1:0"]);
    let open = || input::<workspace_upload_open::Input>(json!({})).unwrap();
    let opened = at(&session, "/mcp", Some(&token)).call(open()).await.unwrap();
    assert!(opened.url.starts_with(&format!("http://{}/", session.address())), "{}", opened.url);
    for wrong in [None, Some("pyro_wrong")] {
        let refused = at(&session, "/mcp", wrong).call(open()).await.unwrap_err();
        assert_eq!(refused.code, Code::Denied, "{refused:?}");
        assert!(refused.hint.is_some());
    }
}

#[tokio::test]
async fn it_is_told_how_far_a_call_is_and_ends_it_by_leaving() {
    let session = Session::spawn(&*OWN_TOOLS, &["--http", "127.0.0.1:0"]);
    let remote = at(&session, "/mcp", None);
    let (hear, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let scope = |canceled| {
        let hear = hear.clone();
        let progress = move |progress: Progress| hear.send(progress).unwrap();
        CallScope { progress: Some(Arc::new(progress)), canceled, ..CallScope::default() }
    };
    let said = remote.call_json("toy_wait", json!({"say": "hi"}), scope(CancellationToken::new())).await.unwrap();
    assert_eq!(said["said"], "hi");
    assert_eq!(heard.recv().await.unwrap(), Progress { step: "waiting".into(), fraction: Some(0.5) });

    let mark = session.place.path().join("mark");
    let long = json!({"say": "hi", "wait_ms": 30_000, "mark_path": mark});
    let canceled = CancellationToken::new();
    let calling = remote.call_json("toy_wait", long, scope(canceled.clone()));
    let leaving = async {
        heard.recv().await.unwrap();
        canceled.cancel();
    };
    let (answered, ()) = tokio::join!(calling, leaving);
    assert_eq!(answered.unwrap_err().code, Code::Canceled);
    tokio::task::spawn_blocking(move || appears(&mark)).await.unwrap();
}
