//! Finding workspaces again: names, ids, labels, pages.

use pyro_mcp::Code;
use serde_json::{Value, json};

use crate::bench::{Bench, bench, id};

async fn named(bench: &Bench, name: &str, labels: Value) -> String {
    id(&bench.ok("workspace_create", json!({"environment": "debian:12", "name": name, "labels": labels})).await)
}

/// Pages through a list; the ids of each page.
async fn pages(bench: &Bench, mut input: Value) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    loop {
        let page = bench.ok("workspace_list", input.clone()).await;
        let listed = page["workspaces"].as_array().unwrap();
        assert_eq!(page["count"], listed.len());
        pages.push(listed.iter().map(id).collect());
        match &page["next_cursor"] {
            Value::Null => return pages,
            cursor => input["cursor"] = cursor.clone(),
        }
    }
}

#[tokio::test]
async fn lists_are_paged_and_filtered_in_the_order_of_activity() {
    let bench = bench();
    let mut ids = Vec::new();
    for number in 0..25 {
        let parity = if number % 2 == 0 { "even" } else { "odd" };
        ids.push(named(&bench, &format!("w{number}"), json!({"parity": parity, "suite": "pages"})).await);
    }
    ids.reverse();
    let paged = pages(&bench, json!({"limit": 10})).await;
    assert_eq!(paged.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
    assert_eq!(paged.concat(), ids, "the last active first");
    let even = pages(&bench, json!({"limit": 5, "labels": {"parity": "even", "suite": "pages"}})).await;
    assert_eq!(even.concat(), ids.iter().step_by(2).cloned().collect::<Vec<_>>());
    assert_eq!(pages(&bench, json!({"name": "w7"})).await.concat(), [ids[25 - 1 - 7].clone()]);
    assert_eq!(pages(&bench, json!({"labels": {"parity": "neither"}})).await, [Vec::<String>::new()]);
    bench.machine_dies(&ids[0]).await;
    assert_eq!(pages(&bench, json!({"state": "stopped"})).await.concat(), [ids[0].clone()]);
    assert_eq!(pages(&bench, json!({"state": "started", "limit": 10})).await.concat(), ids[1..]);
    for cursor in ["", "x", "1.2.ws-short", "../../x"] {
        let refused = bench.refused("workspace_list", json!({"cursor": cursor})).await;
        assert_eq!(refused.code, Code::Invalid, "{cursor:?}");
    }
}

#[tokio::test]
async fn only_what_changes_a_workspace_moves_it_up() {
    let bench = bench();
    let (alpha, beta) = (bench.workspace().await, bench.workspace().await);
    let push = bench.dir("push");
    std::fs::write(push.join("pushed.txt"), "x").unwrap();
    let first = async || pages(&bench, json!({})).await.concat()[0].clone();
    let with = |id: &str, mut more: Value| {
        more["workspace_id"] = json!(id);
        more
    };
    bench.ok("workspace_file_write", with(&alpha, json!({"path": "notes.txt", "text": "hello\n"}))).await;
    bench.ok("workspace_file_write", with(&beta, json!({"path": "notes.txt", "text": "hello\n"}))).await;
    for (tool, more) in [
        ("workspace_file_read", json!({"path": "notes.txt"})),
        ("workspace_file_list", json!({})),
        ("workspace_diff", json!({})),
        ("workspace_status", json!({})),
        ("workspace_logs", json!({})),
        ("workspace_service_list", json!({})),
        ("workspace_export", json!({"path": "notes.txt", "output_path": bench.path("out")})),
    ] {
        bench.ok(tool, with(&alpha, more)).await;
        assert_eq!(first().await, beta, "{tool} only reads");
    }
    for (tool, more) in [
        ("workspace_exec", json!({"command": "true"})),
        ("workspace_file_write", json!({"path": "other.txt", "text": "x"})),
        ("workspace_patch_apply", json!({"patch": "--- a/notes.txt\n+++ b/notes.txt\n@@ -1 +1 @@\n-hello\n+bye\n"})),
        ("workspace_sync_push", json!({"source_path": push})),
        ("workspace_update", json!({"labels": {"a": "b"}})),
        ("workspace_service_start", json!({"service_name": "web", "command": "exec sleep 600"})),
        ("workspace_service_stop", json!({"service_name": "web"})),
        ("workspace_reset", json!({})),
    ] {
        bench.exec(&beta, "true").await;
        assert_eq!(first().await, beta, "before {tool}");
        bench.ok(tool, with(&alpha, more)).await;
        assert_eq!(first().await, alpha, "{tool}");
    }
}

#[tokio::test]
async fn names_and_ids_are_found_or_told_apart() {
    let bench = bench();
    let (one, two) = (named(&bench, "twin", json!({})).await, named(&bench, "twin", json!({})).await);
    let status = async |reference: &str| bench.call("workspace_status", json!({"workspace_id": reference})).await;
    let ambiguous = status("twin").await.unwrap_err();
    assert_eq!(ambiguous.code, Code::Conflict);
    assert!(ambiguous.message.contains(&one) && ambiguous.message.contains(&two), "{ambiguous}");
    bench.ok("workspace_update", json!({"workspace_id": two, "name": "  other  "})).await;
    assert_eq!(id(&status("twin").await.unwrap()), one);
    assert_eq!(id(&status(" other ").await.unwrap()), two);
    bench.ok("workspace_update", json!({"workspace_id": one, "clear_name": true})).await;
    for unknown in ["twin", "ws-aaaaaaaaaaaa", "nothing"] {
        let missing = status(unknown).await.unwrap_err();
        assert_eq!(missing.code, Code::Missing, "{unknown}");
        assert!(missing.hint.unwrap().contains("workspace_list"));
    }
}

#[tokio::test]
async fn what_is_no_id_is_no_path() {
    let bench = bench();
    let real = bench.workspace().await;
    std::fs::create_dir_all(bench.dirs.home.join("x")).unwrap();
    for reference in ["../x", "../../x", "/etc", ".", "..", "", "ws-../../../x", "ws-ABCDEFGH2345"] {
        for tool in
            ["workspace_status", "workspace_delete", "workspace_reset", "workspace_logs", "workspace_service_list"]
        {
            let refused = bench.refused(tool, json!({"workspace_id": reference})).await;
            assert!(matches!(refused.code, Code::Missing | Code::Invalid), "{tool} {reference:?}: {refused}");
        }
    }
    assert!(bench.dirs.home.join("x").is_dir());
    bench.exec(&real, "true").await;
}

#[tokio::test]
async fn labels_are_set_kept_and_cleared() {
    let bench = bench();
    let id = named(&bench, "labeled", json!({"keep": "1", "drop": "2"})).await;
    let change = json!({"workspace_id": id, "labels": {"new": "3", "drop": "4"}, "clear_labels": ["drop", "never"]});
    assert_eq!(bench.ok("workspace_update", change).await["labels"], json!({"keep": "1", "new": "3"}));
    for wrong in [
        json!({}),
        json!({"name": "a", "clear_name": true}),
        json!({"labels": {"": "x"}}),
        json!({"labels": {"a": "b\nc"}}),
        json!({"name": "vm-x"}),
    ] {
        let mut input = wrong;
        input["workspace_id"] = json!(id);
        assert_eq!(bench.refused("workspace_update", input.clone()).await.code, Code::Invalid, "{input}");
    }
    let status = bench.ok("workspace_status", json!({"workspace_id": "labeled"})).await;
    assert_eq!(status["labels"], json!({"keep": "1", "new": "3"}));
}

#[tokio::test]
async fn updates_of_two_servers_lose_nothing() {
    let bench = bench();
    let other = bench.another();
    let id = bench.workspace().await;
    let (scope, heard) = crate::bench::listening();
    let canceled = scope.canceled.clone();
    let running = json!({"workspace_id": id, "command": "echo on; sleep 600"});
    let updating = async {
        heard.notified().await;
        let updates = (0..20).map(|number| {
            let server = if number % 2 == 0 { &bench } else { &other };
            let mut labels = json!({});
            labels[format!("k{number}")] = json!("v");
            server.ok("workspace_update", json!({"workspace_id": id, "labels": labels}))
        });
        futures_util::future::join_all(updates).await;
        let seen = other.ok("workspace_status", json!({"workspace_id": id})).await;
        assert_eq!(seen["running_commands"], json!([1]), "both see what runs");
        canceled.cancel();
    };
    let (ran, ()) = tokio::join!(bench.call_in("workspace_exec", running, scope), updating);
    assert_eq!(ran.unwrap_err().code, Code::Canceled);
    let labels = bench.ok("workspace_status", json!({"workspace_id": id})).await["labels"].clone();
    assert_eq!(labels.as_object().unwrap().len(), 20);
}
