//! Stopped when idle, started again by whatever needs it, deleted whatever runs.

use std::os::unix::fs::PermissionsExt;

use pyro_mcp::Code;
use serde_json::{Value, json};

use crate::bench::{bench, bench_with, id, listening};

#[tokio::test]
async fn idle_workspaces_stop_and_come_back_with_files_and_history() {
    let bench = bench();
    let id = bench.sleepy().await;
    bench.exec(&id, "echo kept > notes.txt").await;
    bench.stopped(&id).await;
    let status = bench.ok("workspace_status", json!({"workspace_id": "sleepy"})).await;
    assert_eq!((&status["state"], &status["ended"]["cause"]), (&json!("stopped"), &json!("stopped")));
    assert_eq!(status["ended"]["detail"], "its idle time was over");
    assert_eq!((&status["command_count"], &status["expires_at"]), (&json!(1), &Value::Null));
    let ran = bench.exec(&id, "cat notes.txt").await;
    assert_eq!((&ran["resumed"], &ran["stdout"], &ran["sequence"]), (&json!(true), &json!("kept\n"), &json!(2)));
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!((&status["state"], &status["ended"]), (&json!("started"), &Value::Null));
}

#[tokio::test]
async fn whatever_needs_the_machine_starts_it() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo hello > notes.txt").await;
    let seed = bench.dir("seed");
    let patch = "--- a/notes.txt\n+++ b/notes.txt\n@@ -1 +1 @@\n-hello\n+bye\n";
    for (tool, more) in [
        ("workspace_exec", json!({"command": "true"})),
        ("workspace_file_list", json!({})),
        ("workspace_file_read", json!({"path": "notes.txt"})),
        ("workspace_file_write", json!({"path": "other.txt", "text": "x"})),
        ("workspace_patch_apply", json!({"patch": patch})),
        ("workspace_start", json!({})),
        ("workspace_sync_push", json!({"source_path": seed})),
        ("workspace_export", json!({"path": ".", "output_path": bench.path("out")})),
        ("workspace_service_start", json!({"service_name": "web", "command": "exec sleep 600"})),
    ] {
        bench.machine_dies(&id).await;
        let mut input = more;
        input["workspace_id"] = json!(id);
        assert_eq!(bench.ok(tool, input.clone()).await["resumed"], true, "{tool}");
        let state = bench.ok("workspace_status", json!({"workspace_id": id})).await["state"].clone();
        assert_eq!(state, "started", "{tool}");
    }
    // What needs no machine starts none.
    bench.machine_dies(&id).await;
    let service = json!({"workspace_id": id, "service_name": "web"});
    for (tool, input) in [
        ("workspace_list", json!({})),
        ("workspace_logs", json!({"workspace_id": id})),
        ("workspace_status", json!({"workspace_id": id})),
        ("workspace_stop", json!({"workspace_id": id})),
        ("workspace_diff", json!({"workspace_id": id})),
        ("workspace_snapshot_create", json!({"workspace_id": id, "snapshot_name": "at-rest"})),
        ("workspace_snapshot_list", json!({"workspace_id": id})),
        ("workspace_snapshot_delete", json!({"workspace_id": id, "snapshot_name": "at-rest"})),
        ("workspace_service_list", json!({"workspace_id": id})),
        ("workspace_service_status", service.clone()),
        ("workspace_service_logs", service.clone()),
        ("workspace_service_stop", service),
    ] {
        bench.ok(tool, input).await;
    }
    bench.ok("workspace_update", json!({"workspace_id": id, "name": "asleep"})).await;
    assert_eq!(bench.ok("workspace_status", json!({"workspace_id": id})).await["state"], "stopped");
}

#[tokio::test]
async fn deleting_ends_what_runs() {
    let bench = bench();
    let id = bench.workspace().await;
    let (scope, heard) = listening();
    let running = json!({"workspace_id": id, "command": "echo on; sleep 600"});
    let deleting = async {
        heard.notified().await;
        bench.ok("workspace_delete", json!({"workspace_id": id})).await
    };
    let (ran, deleted) = tokio::join!(bench.call_in("workspace_exec", running, scope), deleting);
    let ran = ran.unwrap();
    assert_eq!((&ran["exit_reason"], &ran["stdout"]), (&json!("vm_died"), &json!("on\n")));
    assert_eq!(deleted, json!({"workspace_id": id, "deleted": true}));
    assert_eq!(bench.left("workspaces"), Vec::<String>::new());
    for tool in [
        "workspace_status",
        "workspace_delete",
        "workspace_logs",
        "workspace_reset",
        "workspace_file_list",
        "workspace_service_list",
    ] {
        let refused = bench.refused(tool, json!({"workspace_id": id})).await;
        assert_eq!(refused.code, Code::Missing, "{tool}: {refused}");
        assert!(refused.hint.is_some(), "{tool}");
    }
}

#[tokio::test]
async fn calls_do_not_wait_for_each_other() {
    let bench = bench();
    let busy = bench.workspace().await;
    let (scope, heard) = listening();
    let canceled = scope.canceled.clone();
    let running = json!({"workspace_id": busy, "command": "echo on; sleep 600"});
    bench.fake.hold(true);
    let others = async {
        heard.notified().await;
        // One workspace is being started, and a command runs in another.
        bench.fake.waits().await;
        assert_eq!(bench.exec(&busy, "echo meanwhile").await["stdout"], "meanwhile\n");
        let list = bench.ok("workspace_list", json!({})).await;
        assert_eq!(
            (&list["count"], &list["workspaces"][0]["workspace_id"]),
            (&json!(1), &json!(busy)),
            "finished ones"
        );
        bench.ok("workspace_status", json!({"workspace_id": busy})).await;
        bench.fake.hold(false);
        canceled.cancel();
    };
    let (ran, starting, ()) = tokio::join!(bench.call_in("workspace_exec", running, scope), bench.workspace(), others);
    assert_eq!(ran.unwrap_err().code, Code::Canceled);
    bench.exec(&starting, "true").await;
}

#[tokio::test]
async fn stopped_workspaces_cost_no_memory() {
    let bench = bench_with(1500);
    let first = bench.workspace().await;
    let refused = bench.refused("workspace_create", json!({"environment": "debian:12"})).await;
    assert_eq!(refused.code, Code::Limit);
    assert_eq!(bench.left("workspaces"), std::slice::from_ref(&first), "what does not fit leaves nothing");
    bench.machine_dies(&first).await;
    let second = bench.workspace().await;
    let full = bench.refused("workspace_exec", json!({"workspace_id": first, "command": "true"})).await;
    assert_eq!(full.code, Code::Limit, "{full}");
    bench.ok("workspace_delete", json!({"workspace_id": second})).await;
    assert_eq!(bench.exec(&first, "true").await["resumed"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_created_at_once_neither_collide_nor_exceed() {
    let bench = std::sync::Arc::new(bench_with(4096));
    let creating = (0..8).map(|number| {
        let bench = bench.clone();
        tokio::spawn(async move {
            bench.call("workspace_create", json!({"environment": "debian:12", "name": format!("w{number}")})).await
        })
    });
    let mut ids = Vec::new();
    for one in creating.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(made) => ids.push(id(&made)),
            Err(failure) => assert_eq!(failure.code, Code::Limit, "{failure}"),
        }
    }
    let mut left = bench.left("workspaces");
    left.sort();
    ids.sort();
    assert_eq!((ids.len(), &ids), (4, &left));
}

#[tokio::test]
async fn what_a_workspace_keeps_is_its_owners_alone() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo secret").await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o077;
    bench.start(&id, "web", "exec sleep 600", json!({})).await;
    let kept = ["commands", "services", "baseline"].map(|folder| bench.home(&id).join(folder));
    for path in kept.into_iter().chain([bench.dirs.home.join("workspaces")]) {
        assert_eq!(mode(&path), 0, "{}", path.display());
    }
}
