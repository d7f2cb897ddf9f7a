//! Trees of the host on their way into a workspace.

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
};

use pyro_mcp::Code;
use serde_json::{Value, json};

use super::trees::{everything, seen, tar, write};
use crate::bench::{Bench, bench};

async fn push(bench: &Bench, id: &str, source: &std::path::Path, dest: &str) -> Value {
    bench.ok("workspace_sync_push", json!({"workspace_id": id, "source_path": source, "dest": dest})).await
}

#[tokio::test]
async fn a_round_trip_keeps_modes_times_and_links() {
    let bench = bench();
    let host = bench.dir("host");
    everything(&host);
    let expected = seen(&host);
    let seeded = bench.seeded(&host).await;
    assert_eq!(seen(&bench.tree(&seeded)), expected, "seed");
    let pushed = bench.workspace().await;
    let sync = push(&bench, &pushed, &host, "/workspace").await["workspace_sync"].clone();
    assert_eq!((&sync["mode"], &sync["replaced"]), (&json!("directory"), &json!(0)));
    assert_eq!((&sync["entry_count"], &sync["destination"]), (&json!(expected.len()), &json!("/workspace")));
    assert_eq!(seen(&bench.tree(&pushed)), expected, "push");
    for (name, id) in [("out-seeded", &seeded), ("out-pushed", &pushed)] {
        let out = bench.path(name);
        let exported = bench.ok("workspace_export", json!({"workspace_id": id, "path": ".", "output_path": out})).await;
        assert_eq!((&exported["artifact_type"], &exported["skipped"]), (&json!("directory"), &Value::Null));
        assert_eq!(seen(&out), expected, "export");
    }
    assert_eq!(bench.exec(&pushed, "bin/run; cat inner src/up; find hollow").await["exit_code"], 0);
}

#[tokio::test]
async fn directories_merge_and_files_are_replaced() {
    let bench = bench();
    let id = bench.workspace().await;
    let tree = bench.tree(&id);
    write(&tree, "app/keep.txt", "kept\n", 0o644);
    write(&tree, "app/run.sh", "old\n", 0o755);
    symlink("keep.txt", tree.join("app/link")).unwrap();
    let host = bench.dir("host");
    write(&host, "run.sh", "new\n", 0o700);
    write(&host, "deep/er/new.txt", "new\n", 0o644);
    symlink("run.sh", host.join("link")).unwrap();
    for (replaced, dest) in [(2, "app"), (3, "/workspace/app/"), (0, "not/yet/there")] {
        let sync = push(&bench, &id, &host, dest).await["workspace_sync"].clone();
        assert_eq!(sync["replaced"], replaced, "{dest}");
    }
    let now =
        bench.exec(&id, "cd app; cat keep.txt run.sh; stat -c %a run.sh; readlink link; cat deep/er/new.txt").await;
    assert_eq!(now["stdout"], "kept\nnew\n700\nrun.sh\nnew\n");
    assert!(tree.join("not/yet/there/deep/er/new.txt").exists());
    let archive = bench.path("more.tar");
    fs::write(&archive, tar(&[("./from-tar.txt", b"x"), ("run.sh", b"y")])).unwrap();
    let sync = push(&bench, &id, &archive, "app").await["workspace_sync"].clone();
    assert_eq!((&sync["mode"], &sync["bytes_written"]), (&json!("tar_archive"), &json!(2)));
}

#[tokio::test]
async fn a_conflict_changes_nothing() {
    let bench = bench();
    let id = bench.workspace().await;
    let tree = bench.tree(&id);
    write(&tree, "directory/inside", "x\n", 0o644);
    write(&tree, "file", "x\n", 0o644);
    let outside = bench.dir("outside");
    symlink(&outside, tree.join("way")).unwrap();
    let before = seen(&tree);
    let source = |name: &str, path: &str| {
        let host = bench.dir(name);
        write(&host, "aaa-first.txt", "new\n", 0o644);
        write(&host, path, "new\n", 0o644);
        host
    };
    for (host, what) in [
        (source("one", "directory"), "directory"),
        (source("two", "file/below.txt"), "file"),
        (source("three", "way/escape.txt"), "way"),
    ] {
        let input = json!({"workspace_id": id, "source_path": host});
        let refused = bench.refused("workspace_sync_push", input).await;
        assert_eq!(refused.code, Code::Conflict, "{what}: {refused}");
        assert!(refused.message.contains(what), "{refused}");
        assert_eq!(seen(&tree), before, "{what}");
    }
    for (name, files) in [("up.tar", [("ok", "x"), ("../up", "x")]), ("abs.tar", [("ok", "x"), ("/abs", "x")])] {
        let archive = bench.path(name);
        let files = files.map(|(name, text)| (name, text.as_bytes()));
        fs::write(&archive, tar(&files)).unwrap();
        let input = json!({"workspace_id": id, "source_path": archive});
        assert_eq!(bench.refused("workspace_sync_push", input).await.code, Code::Invalid, "{name}");
        assert_eq!(seen(&tree), before, "{name}");
    }
    let dest = json!({"workspace_id": id, "source_path": outside, "dest": "../.."});
    assert_eq!(bench.refused("workspace_sync_push", dest).await.code, Code::Invalid);
    let dest = json!({"workspace_id": id, "source_path": bench.dir("one"), "dest": "file"});
    assert_eq!(bench.refused("workspace_sync_push", dest).await.code, Code::Conflict);
    let none = json!({"workspace_id": id, "source_path": bench.path("none")});
    let missing = bench.refused("workspace_sync_push", none).await;
    assert!(missing.message.starts_with("source_path "), "{missing}");
    assert_eq!(seen(&tree), before);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[tokio::test]
async fn special_files_are_skipped_and_listed() {
    let bench = bench();
    let host = bench.dir("host");
    write(&host, "plain.txt", "x", 0o644);
    nix::unistd::mkfifo(&host.join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(host.join("socket")).unwrap();
    let created =
        bench.ok("workspace_create", json!({"environment": "debian:12", "seed_path": host})).await["workspace_seed"]
            .clone();
    let id = bench.workspace().await;
    let pushed = push(&bench, &id, &host, "/workspace").await["workspace_sync"].clone();
    nix::unistd::mkfifo(&bench.tree(&id).join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let out = bench.path("out");
    let exported = bench.ok("workspace_export", json!({"workspace_id": id, "path": ".", "output_path": out})).await;
    for (told, names) in [(&created, &["fifo", "socket"][..]), (&pushed, &["fifo", "socket"]), (&exported, &["fifo"])] {
        let skipped = told["skipped"].to_string();
        assert!(names.iter().all(|name| skipped.contains(name)), "{told}");
        assert_eq!(told["entry_count"], 1, "{told}");
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}
