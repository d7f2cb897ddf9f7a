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

/// What a reset leaves where it is killed: as far as it got, and what must be found then.
#[tokio::test]
async fn a_reset_killed_at_any_step_is_old_or_new() {
    let bench = bench();
    let seed = bench.dir("seed");
    write(&seed, "notes.txt", "old\n", 0o644);
    let id = bench.seeded(&seed).await;
    let mut resets = 0;
    for (step, expected) in
        [("copying", "old\n"), ("copied", "old\n"), ("noted", "old\n"), ("exchanged", "new\n"), ("cleared", "new\n")]
    {
        bench.exec(&id, "echo old > notes.txt").await;
        bench.ok("workspace_stop", json!({"workspace_id": id})).await;
        let home = bench.home(&id);
        let (current, aside, note) = (home.join("workspace"), home.join("workspace.new"), home.join("reset.json"));
        std::fs::create_dir(&aside).unwrap();
        write(&aside, "notes.txt", if step == "copying" { "ne" } else { "new\n" }, 0o644);
        if !step.starts_with("cop") {
            let inode = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&aside).unwrap());
            let noted = json!({"inode": inode, "reset_count": resets + 1, "at": 1_795_252_500});
            std::fs::write(&note, noted.to_string()).unwrap();
        }
        if matches!(step, "exchanged" | "cleared") {
            std::fs::rename(&current, home.join("old")).unwrap();
            std::fs::rename(&aside, &current).unwrap();
            std::fs::rename(home.join("old"), &aside).unwrap();
            resets += 1;
        }
        if step == "cleared" {
            std::fs::remove_dir_all(&aside).unwrap();
        }
        assert_eq!(bench.exec(&id, "cat notes.txt").await["stdout"], expected, "{step}");
        let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
        assert_eq!(status["reset_count"], resets, "{step}: counted if it took place, and once");
        assert!(!aside.exists() && !note.exists(), "{step}");
    }
}

#[tokio::test]
async fn a_reset_whose_machine_does_not_start_takes_itself_back() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo kept > notes.txt").await;
    bench.fake.fail_next("the kernel panicked");
    let refused = bench.refused("workspace_reset", json!({"workspace_id": id})).await;
    assert!(refused.message.contains("was not reset to snapshot baseline"), "{refused}");
    assert!(refused.hint.unwrap().contains("as it was"));
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!((&status["state"], &status["reset_count"]), (&json!("stopped"), &json!(0)));
    assert!(!bench.home(&id).join("workspace.new").exists() && !bench.home(&id).join("reset.json").exists());
    let ran = bench.exec(&id, "cat notes.txt").await;
    assert_eq!((&ran["stdout"], &ran["resumed"]), (&json!("kept\n"), &json!(true)));
}

#[tokio::test]
async fn nobody_takes_a_reset_under_way_for_done() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo kept > notes.txt").await;
    bench.fake.hold(true);
    bench.fake.fail_next("the kernel panicked");
    let (refused, (ran, status)) = tokio::join!(bench.refused("workspace_reset", json!({"workspace_id": id})), async {
        bench.fake.waits().await;
        // Both stands of the tree are there now, and others come: one that only looks, one that needs the machine.
        let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
        assert!(bench.home(&id).join("workspace.new").exists());
        let ran = bench.exec(&id, "cat notes.txt");
        let (ran, ()) = tokio::join!(ran, async { bench.fake.hold(false) });
        (ran, status)
    });
    assert_eq!(status["reset_count"], 0);
    assert!(refused.message.contains("was not reset"), "{refused}");
    assert_eq!(ran["stdout"], "kept\n");
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!(status["reset_count"], 0, "neither during the reset nor after it");
}
