//! Back to how a workspace began.

use std::sync::Arc;

use pyro_mcp::{Code, registry::CallScope};
use serde_json::json;
use tokio::sync::Notify;

use super::trees::{everything, seen, write};
use crate::bench::bench;

#[tokio::test]
async fn a_reset_brings_the_files_back_and_keeps_the_history() {
    let bench = bench();
    let seed = bench.dir("seed");
    everything(&seed);
    let id = bench.seeded(&seed).await;
    let began = seen(&bench.tree(&id));
    bench.ok("workspace_update", json!({"workspace_id": id, "name": "kept", "labels": {"a": "b"}})).await;
    bench.exec(&id, "rm -rf src bin; chmod 777 private; echo new > new.txt; ln -sfn /tmp inner").await;
    for count in 1..=2 {
        let reset = bench.ok("workspace_reset", json!({"workspace_id": id})).await;
        assert_eq!((&reset["reset_count"], &reset["state"]), (&json!(count), &json!("started")));
        assert!(reset["last_reset_at"].is_string());
        assert_eq!((&reset["name"], &reset["labels"]), (&json!("kept"), &json!({"a": "b"})));
        assert_eq!(seen(&bench.tree(&id)), began);
        assert_eq!(bench.ok("workspace_diff", json!({"workspace_id": id, "full": true})).await["changed"], false);
    }
    let logs = bench.ok("workspace_logs", json!({"workspace_id": id})).await;
    assert_eq!((&logs["count"], &logs["entries"][0]["sequence"]), (&json!(1), &json!(1)));
    assert_eq!(bench.exec(&id, "bin/run").await["stdout"], "run\n");
    assert_eq!(bench.ok("workspace_status", json!({"workspace_id": id})).await["last_command"]["sequence"], 2);
    bench.machine_dies(&id).await;
    assert_eq!(bench.ok("workspace_reset", json!({"workspace_id": id})).await["reset_count"], 3, "a stopped one, too");
}

#[tokio::test]
async fn a_reset_without_its_baseline_changes_nothing() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo mine > notes.txt").await;
    let baseline = bench.home(&id).join("baseline/tree");
    std::fs::rename(&baseline, bench.path("gone")).unwrap();
    let refused = bench.refused("workspace_reset", json!({"workspace_id": id})).await;
    assert!(!refused.message.contains(bench.dirs.home.to_str().unwrap()), "no path of ours: {refused}");
    let ran = bench.exec(&id, "cat notes.txt").await;
    assert_eq!((&ran["stdout"], &ran["resumed"]), (&json!("mine\n"), &serde_json::Value::Null), "on the same machine");
    std::fs::rename(bench.path("gone"), &baseline).unwrap();
    let reset = bench.ok("workspace_reset", json!({"workspace_id": id})).await;
    assert_eq!(reset["reset_count"], 1, "the one that failed does not count");
    assert!(!bench.tree(&id).join("notes.txt").exists());
}

#[tokio::test]
async fn a_reset_ends_commands_and_exports_and_leaves_no_half() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "truncate -s 2G big").await;
    let (started, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (heard, exporting) = (started.clone(), told.clone());
    let running = CallScope { output: Some(Arc::new(move |_, _: &[u8]| heard.notify_one())), ..CallScope::default() };
    let moving = CallScope { progress: Some(Arc::new(move |_| exporting.notify_one())), ..CallScope::default() };
    let out = bench.path("out");
    let export = json!({"workspace_id": id, "path": "big", "output_path": out});
    let command = json!({"workspace_id": id, "command": "echo on; sleep 600"});
    let reset = async {
        tokio::join!(started.notified(), told.notified());
        bench.ok("workspace_reset", json!({"workspace_id": id})).await
    };
    let (exported, ran, reset) = tokio::join!(
        bench.call_in("workspace_export", export, moving),
        bench.call_in("workspace_exec", command, running),
        reset,
    );
    assert_eq!(ran.unwrap()["exit_reason"], "vm_died");
    assert!(matches!(exported.unwrap_err().code, Code::VmDied | Code::Internal));
    assert!(!out.exists());
    let aside = |name: &str| name.starts_with(".pyro-export");
    let left: Vec<_> = std::fs::read_dir(bench.path("")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| aside(&name.to_string_lossy())), "{left:?}");
    assert_eq!(reset["reset_count"], 1);
    assert!(!bench.tree(&id).join("big").exists());
}

#[tokio::test]
async fn a_reset_killed_between_its_renames_is_mended() {
    let bench = bench();
    let seed = bench.dir("seed");
    write(&seed, "notes.txt", "hello\n", 0o644);
    let id = bench.seeded(&seed).await;
    bench.machine_dies(&id).await;
    let home = bench.home(&id);
    std::fs::rename(home.join("workspace"), home.join("workspace.old")).unwrap();
    std::fs::create_dir(home.join("workspace.new")).unwrap();
    std::fs::copy(seed.join("notes.txt"), home.join("workspace.new/notes.txt")).unwrap();
    assert_eq!(bench.exec(&id, "cat notes.txt").await["stdout"], "hello\n");
}
