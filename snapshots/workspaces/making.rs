//! Creation: whole, or nothing is left of it.

use std::{io::Write, path::PathBuf, sync::Arc};

use pyro_mcp::{Code, host::lock, registry::CallScope};
use serde_json::json;
use tokio::sync::Notify;

use super::trees::tar;
use crate::bench::{Bench, bench};

#[tokio::test]
async fn a_creation_that_fails_leaves_nothing() {
    let bench = bench();
    let archive = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = bench.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar(&[("good.txt", &[7; 100_000])])).unwrap();
    let gzip = gzip.finish().unwrap();
    for (seed, code) in [
        (bench.path("nothing-here"), Code::Missing),
        (archive("notes.txt", b"no archive"), Code::Invalid),
        (archive("text.tar", b"no archive"), Code::Invalid),
        (archive("half.tar", &tar(&[("good.txt", &[7; 100_000])])[..50_000]), Code::Invalid),
        (archive("half.tgz", &gzip[..gzip.len() / 2]), Code::Invalid),
        (archive("dots.tar", &tar(&[("good.txt", b"x"), ("../x", b"evil")])), Code::Invalid),
        (archive("deep.tar", &tar(&[("a/../../../x", b"evil")])), Code::Invalid),
        (archive("root.tar", &tar(&[("/x", b"evil")])), Code::Invalid),
    ] {
        let refused = bench.refused("workspace_create", json!({"environment": "debian:12", "seed_path": seed})).await;
        assert_eq!(refused.code, code, "{}: {refused}", seed.display());
        bench.left_empty("workspaces").await;
    }
    assert!(!bench.path("x").exists() && !bench.dirs.home.join("x").exists());
    for (field, value) in [("environment", "debian:99"), ("name", "a\nb"), ("name", "ws-x")] {
        let mut input = json!({"environment": "debian:12"});
        input[field] = json!(value);
        let code = bench.refused("workspace_create", input).await.code;
        assert!(matches!(code, Code::Invalid | Code::Missing), "{field}: {code:?}");
    }
    assert_eq!(bench.left("workspaces"), Vec::<String>::new());
}

#[tokio::test]
async fn a_dropped_creation_leaves_nothing() {
    let bench = bench();
    // Before its machine is there...
    for canceled in [false, true] {
        bench.fake.hold(true);
        let scope = CallScope::default();
        let token = scope.canceled.clone();
        let mut creating = Box::pin(bench.call_in("workspace_create", json!({"environment": "debian:12"}), scope));
        tokio::select! {
            _ = &mut creating => panic!("it ended by itself"),
            () = bench.fake.waits() => {}
        }
        if canceled {
            token.cancel();
            assert_eq!(creating.await.unwrap_err().code, Code::Canceled);
        } else {
            drop(creating);
        }
        bench.fake.hold(false);
        bench.left_empty("workspaces").await;
    }
    // ...and while its files are copied.
    let (scope, copying) = telling("taking the baseline");
    let input = json!({"environment": "debian:12", "seed_path": seed(&bench)});
    let mut creating = Box::pin(bench.call_in("workspace_create", input, scope));
    tokio::select! {
        _ = &mut creating => panic!("it ended by itself"),
        () = copying.notified() => drop(creating),
    }
    bench.left_empty("workspaces").await;
}

/// As many files as take a moment.
fn seed(bench: &Bench) -> PathBuf {
    let seed = bench.dir("seed");
    for number in 0..200 {
        std::fs::write(seed.join(format!("{number}.txt")), "x").unwrap();
    }
    seed
}

/// A scope that tells when a step is reached.
fn telling(step: &'static str) -> (CallScope, Arc<Notify>) {
    let reached = Arc::new(Notify::new());
    let told = reached.clone();
    let progress: pyro_mcp::progress::ProgressSink = Arc::new(move |progress| {
        if progress.step.starts_with(step) {
            told.notify_one();
        }
    });
    (CallScope { progress: Some(progress), ..CallScope::default() }, reached)
}

/// A workspace as its maker leaves it when killed before there was a baseline.
async fn half_made(bench: &Bench) -> String {
    let id = bench.workspace().await;
    bench.machine_dies(&id).await;
    let path = bench.home(&id).join("workspace.json");
    let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    record.as_object_mut().unwrap().remove("baseline").unwrap();
    std::fs::write(&path, record.to_string()).unwrap();
    id
}

#[tokio::test]
async fn a_half_made_workspace_is_told_and_can_be_deleted() {
    let bench = bench();
    let id = half_made(&bench).await;
    let making = lock::hold(&bench.home(&id).join("making.lock")).unwrap();
    for (tool, more) in
        [("workspace_exec", json!({"command": "true"})), ("workspace_diff", json!({})), ("workspace_reset", json!({}))]
    {
        let mut input = more;
        input["workspace_id"] = json!(id);
        let refused = bench.refused(tool, input).await;
        assert_eq!(refused.code, Code::Conflict, "{tool}");
        assert!(refused.message.ends_with("is still being created"), "{tool}: {refused}");
    }
    assert_eq!(bench.ok("workspace_list", json!({})).await["count"], 0, "only whole ones are listed");
    assert_eq!(bench.ok("workspace_status", json!({"workspace_id": id})).await["command_count"], 0);
    assert_eq!(bench.ok("workspace_delete", json!({"workspace_id": id})).await["deleted"], true);
    assert_eq!(bench.left("workspaces"), Vec::<String>::new());
    drop(making);
}

#[tokio::test]
async fn what_a_killed_maker_left_goes_with_the_next_creation() {
    let bench = bench();
    let (abandoned, making) = (half_made(&bench).await, half_made(&bench).await);
    let held = lock::hold(&bench.home(&making).join("making.lock")).unwrap();
    let another = bench.workspace().await;
    let left = bench.left("workspaces");
    assert!(!left.contains(&abandoned) && left.contains(&making) && left.contains(&another), "{left:?}");
    drop(held);
}

#[tokio::test]
async fn a_damaged_record_is_told_and_in_nobodys_way() {
    let bench = bench();
    let (bad, good) = (bench.workspace().await, bench.workspace().await);
    let record = bench.home(&bad).join("workspace.json");
    let whole = std::fs::read(&record).unwrap();
    let future = String::from_utf8(whole.clone()).unwrap().replacen("\"version\": 1", "\"version\": 99", 1);
    for content in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", &whole[..whole.len() / 2], future.as_bytes()] {
        let shown = String::from_utf8_lossy(content);
        std::fs::write(&record, content).unwrap();
        let list = bench.ok("workspace_list", json!({})).await;
        assert_eq!((&list["count"], &list["workspaces"][0]["workspace_id"]), (&json!(1), &json!(good)), "{shown}");
        assert_eq!(list["damaged"][0]["workspace_id"], json!(bad), "{shown}");
        assert_eq!(bench.refused("workspace_status", json!({"workspace_id": bad})).await.code, Code::Conflict);
        let input = json!({"workspace_id": bad, "command": "true"});
        assert_eq!(bench.refused("workspace_exec", input).await.code, Code::Conflict, "{shown}");
        bench.exec(&good, "true").await;
    }
    let another = bench.workspace().await;
    assert_eq!(bench.ok("workspace_delete", json!({"workspace_id": bad})).await["deleted"], true);
    let list = bench.ok("workspace_list", json!({})).await;
    assert_eq!((&list["count"], &list["damaged"]), (&json!(2), &serde_json::Value::Null));
    bench.exec(&another, "true").await;
}
