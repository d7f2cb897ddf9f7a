//! Patches that do not apply change nothing and say why.

use std::{fs, os::unix::fs::symlink};

use pyro_mcp::Code;
use serde_json::json;

use super::trees::{seen, write};
use crate::bench::bench;

#[tokio::test]
async fn a_failing_second_file_leaves_the_first_alone() {
    let bench = bench();
    let id = bench.workspace().await;
    let tree = bench.tree(&id);
    write(&tree, "one.txt", "a\n", 0o644);
    write(&tree, "two.txt", "1\n2\nthree\n4\n", 0o644);
    let before = seen(&tree);
    let patch = "--- a/one.txt\n+++ b/one.txt\n@@ -1 +1 @@\n-a\n+A\n\
                 --- a/two.txt\n+++ b/two.txt\n@@ -2,3 +2,3 @@ fn x\n 2\n-3\n+III\n 4\n\
                 --- a/none.txt\n+++ b/none.txt\n@@ -1 +1 @@\n-a\n+A\n";
    let refused = bench.refused("workspace_patch_apply", json!({"workspace_id": id, "patch": patch})).await;
    assert_eq!(refused.code, Code::Conflict);
    for part in
        ["nothing was changed", "two.txt: hunk 1 (`@@ -2,3 +2,3 @@ fn x`, line 8", "three", "none.txt is not there"]
    {
        assert!(refused.message.contains(part), "{part:?} not in {refused}");
    }
    assert!(refused.hint.unwrap().contains("workspace_file_read"));
    assert_eq!(seen(&tree), before);
}

#[tokio::test]
async fn what_stands_in_the_way_is_refused_as_a_whole() {
    let bench = bench();
    let id = bench.workspace().await;
    let tree = bench.tree(&id);
    write(&tree, "file", "a\n", 0o644);
    write(&tree, "directory/inside", "x\n", 0o644);
    let outside = bench.dir("outside");
    write(&outside, "victim", "a\n", 0o644);
    symlink(&outside, tree.join("way")).unwrap();
    symlink("directory", tree.join("inner")).unwrap();
    nix::unistd::mkfifo(&tree.join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let add = |path: &str| format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+new\n");
    let modify = |path: &str| format!("--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n");
    let delete = |path: &str| format!("--- a/{path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
    let first = modify("file");
    let before = seen(&tree);
    for patch in [
        add("file"),
        add("directory"),
        add("file/below"),
        add("way/new"),
        add("inner/new"),
        modify("way/victim"),
        modify("missing"),
        modify("fifo"),
        modify("directory"),
        delete("way/victim"),
        delete("missing"),
        delete("inner/inside"),
    ] {
        let patch = if patch.contains("b/file") { patch } else { first.clone() + &patch };
        let refused = bench.refused("workspace_patch_apply", json!({"workspace_id": id, "patch": patch})).await;
        assert_eq!(refused.code, Code::Conflict, "{patch}\n{refused}");
        assert!(refused.message.len() < 2100 && refused.hint.is_some(), "{refused}");
        assert_eq!(seen(&tree), before, "{patch}");
    }
    assert_eq!(fs::read_to_string(outside.join("victim")).unwrap(), "a\n");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[tokio::test]
async fn what_is_no_patch_of_a_workspace_is_refused() {
    let bench = bench();
    let id = bench.workspace().await;
    write(&bench.tree(&id), "f", "a\n", 0o644);
    let git = "diff --git a/f b/f\n";
    for patch in [
        String::new(),
        "no patch at all".into(),
        "--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-a\n+b\n".into(),
        "--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n".into(),
        "--- a/x/../../f\n+++ b/x/../../f\n@@ -1 +1 @@\n-a\n+b\n".into(),
        "--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n-a\n+b\n".into(),
        format!("{git}Binary files a/f and b/f differ\n"),
        format!("{git}GIT binary patch\nliteral 3\n"),
        format!("{git}new file mode 160000\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+Subproject commit 0\n"),
    ] {
        let refused = bench.refused("workspace_patch_apply", json!({"workspace_id": id, "patch": patch})).await;
        assert_eq!(refused.code, Code::Invalid, "{patch}: {refused}");
    }
    assert_eq!(fs::read_to_string(bench.tree(&id).join("f")).unwrap(), "a\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_patches_at_once_none_is_lost() {
    let bench = bench();
    let id = bench.workspace().await;
    let lines: String = (0..60).map(|line| format!("{line}\n")).collect();
    write(&bench.tree(&id), "f", &lines, 0o644);
    let patches = (0..6).map(|number| {
        let at = number * 10;
        let patch = format!("--- a/f\n+++ b/f\n@@ -{} +{} @@\n-{at}\n+patched {at}\n", at + 1, at + 1);
        let bench = &bench;
        let input = json!({"workspace_id": id, "patch": patch});
        async move { (at, bench.call("workspace_patch_apply", input).await) }
    });
    let done = futures_util::future::join_all(patches).await;
    let text = fs::read_to_string(bench.tree(&id).join("f")).unwrap();
    let mut applied = 0;
    for (at, done) in done {
        let there = text.contains(&format!("patched {at}\n"));
        match done {
            Ok(_) => assert!(there, "a patch that was answered is lost: {at}"),
            Err(failure) => {
                assert_eq!(failure.code, Code::Conflict, "{failure}");
                assert!(!there && failure.hint.is_some(), "{at}");
            }
        }
        applied += usize::from(there);
    }
    assert!(applied > 0);
    assert_eq!(text.lines().count(), 60);
}
