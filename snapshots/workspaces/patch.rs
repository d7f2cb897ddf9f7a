//! Patches that apply: whatever git writes.

use std::{fs, os::unix::fs::symlink, path::Path};

use serde_json::{Value, json};

use super::trees::{git, seen, write};
use crate::bench::{Bench, bench};

async fn apply(bench: &Bench, id: &str, patch: &str) -> Value {
    bench.ok("workspace_patch_apply", json!({"workspace_id": id, "patch": patch})).await
}

/// A repository with one commit of these files.
fn repository(at: &Path) {
    let numbered: String = (1..=30).map(|line| format!("line {line}\n")).collect();
    write(at, "modified.txt", &numbered, 0o644);
    write(at, "deleted.txt", "gone\n", 0o644);
    write(at, "dir/renamed.txt", &numbered, 0o644);
    write(at, "script.sh", "echo\n", 0o644);
    write(at, "plain.sh", "echo\n", 0o755);
    write(at, "no-newline.txt", "a\nb", 0o644);
    write(at, "crlf.txt", "a\r\nb\r\n", 0o644);
    write(at, "feed.txt", "a\u{c}b\u{b}c\u{2028}d\n-- e\n", 0o644);
    write(at, "becomes-link", "text\n", 0o644);
    write(at, "with space \"quoted\" ü.txt", "x\n", 0o644);
    symlink("modified.txt", at.join("link")).unwrap();
    git(at, &["init", "-q"]);
    git(at, &["add", "-A"]);
    git(at, &["commit", "-qm", "first"]);
}

/// Everything that a patch of text can say, done by hand.
fn change(at: &Path) {
    let text = fs::read_to_string(at.join("modified.txt")).unwrap();
    write(at, "modified.txt", text.replace("line 3\n", "drei\n").replace("line 28\n", ""), 0o644);
    fs::remove_file(at.join("deleted.txt")).unwrap();
    fs::create_dir(at.join("other")).unwrap();
    fs::rename(at.join("dir/renamed.txt"), at.join("other/new name.txt")).unwrap();
    write(at, "other/new name.txt", text.replace("line 9\n", "nine\n"), 0o644);
    write(at, "script.sh", "echo\n", 0o755);
    write(at, "plain.sh", "echo plain\n", 0o644);
    write(at, "no-newline.txt", "a\nc", 0o644);
    write(at, "crlf.txt", "a\r\nc\r\n", 0o644);
    write(at, "feed.txt", "a\u{c}b\u{b}c\u{2028}D\n", 0o644);
    write(at, "new/file.txt", "new\nwithout end", 0o644);
    write(at, "new/run.sh", "#!/bin/sh\n", 0o755);
    write(at, "empty", "", 0o644);
    write(at, "with space \"quoted\" ü.txt", "y\n", 0o644);
    fs::remove_file(at.join("becomes-link")).unwrap();
    symlink("/etc/hostname", at.join("becomes-link")).unwrap();
    fs::remove_file(at.join("link")).unwrap();
    symlink("no-newline.txt", at.join("link")).unwrap();
}

/// Kinds, permissions as git knows them, and contents.
fn as_git_sees(root: &Path) -> Vec<(Vec<u8>, u32, Vec<u8>)> {
    let tracked =
        seen(root).into_iter().filter(|(path, (mode, ..))| !path.starts_with(b".git") && mode & 0o170_000 != 0o040_000);
    tracked.map(|(path, (mode, _, content, _))| (path, mode & 0o170_100, content)).collect()
}

#[tokio::test]
async fn whatever_git_diff_writes_applies() {
    for options in
        [&["diff", "HEAD"][..], &["diff", "-M", "-C", "--full-index", "HEAD"], &["diff", "--no-renames", "HEAD"]]
    {
        let bench = bench();
        let host = bench.dir("repository");
        repository(&host);
        let id = bench.seeded(&host).await;
        change(&host);
        git(&host, &["add", "-A"]);
        let patch = git(&host, options);
        let applied = apply(&bench, &id, &patch).await;
        assert_eq!(applied["changed"], true);
        assert_eq!(as_git_sees(&bench.tree(&id)), as_git_sees(&host), "{options:?}\n{patch}");
        let paths: Vec<&str> =
            applied["entries"].as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
        assert!(paths.contains(&"/workspace/new/file.txt") && paths.contains(&"/workspace/deleted.txt"), "{paths:?}");
        // And back again, as git would.
        let back = git(&host, &[&options[..options.len() - 1], &["-R", "HEAD"]].concat());
        apply(&bench, &id, &back).await;
        git(&host, &["reset", "-q", "--hard", "HEAD"]);
        assert_eq!(as_git_sees(&bench.tree(&id)), as_git_sees(&host), "{options:?} -R");
    }
}

#[tokio::test]
async fn a_patch_tells_what_it_did() {
    let bench = bench();
    let id = bench.workspace().await;
    write(&bench.tree(&id), "old.txt", "a\nb\nc\n", 0o600);
    write(&bench.tree(&id), "run.sh", "echo\n", 0o750);
    let patch = "diff --git a/old.txt b/moved/new.txt\nsimilarity index 90%\nrename from old.txt\n\
                 rename to moved/new.txt\n--- a/old.txt\n+++ b/moved/new.txt\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n\
                 diff --git a/run.sh b/run.sh\n--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-echo\n+echo hi\n\
                 diff --git a/add.txt b/add.txt\nnew file mode 100644\n--- /dev/null\n+++ b/add.txt\n@@ -0,0 +1 @@\n+new\n";
    let applied = apply(&bench, &id, patch).await;
    assert_eq!(
        applied["summary"],
        json!({"total": 3, "added": 1, "modified": 1, "deleted": 0, "renamed": 1, "copied": 0})
    );
    assert_eq!(
        applied["entries"],
        json!([
            {"path": "/workspace/moved/new.txt", "status": "renamed", "from_path": "/workspace/old.txt"},
            {"path": "/workspace/run.sh", "status": "modified"},
            {"path": "/workspace/add.txt", "status": "added"},
        ])
    );
    let modes = bench.exec(&id, "stat -c '%a %n' moved/new.txt run.sh add.txt; cat moved/new.txt").await;
    assert_eq!(modes["stdout"], "600 moved/new.txt\n750 run.sh\n644 add.txt\na\nB\nc\n", "permissions stay");
}

#[tokio::test]
async fn hunks_are_found_where_their_lines_moved_to() {
    let bench = bench();
    let id = bench.workspace().await;
    let moved: String = (1..=40).map(|line| format!("new {line}\n")).chain(["a\nb\nc\nd\n".to_owned()]).collect();
    write(&bench.tree(&id), "f", &moved, 0o644);
    let applied = apply(&bench, &id, "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n a\n-b\n+B\n c\n d\n").await;
    assert_eq!(applied["entries"][0]["offsets"], json!([40]));
    assert_eq!(fs::read_to_string(bench.tree(&id).join("f")).unwrap(), moved.replace("\nb\n", "\nB\n"));
    let absolute = apply(&bench, &id, "--- /workspace/f\n+++ /workspace/f\n@@ -41,2 +41,2 @@\n a\n-B\n+b\n").await;
    assert_eq!(absolute["entries"][0]["path"], "/workspace/f");
}
