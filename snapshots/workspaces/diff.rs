//! What changed in a workspace, and that its patch says so to git.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use serde_json::{Value, json};

use super::trees::{everything, git, seen, write};
use crate::bench::{Bench, bench};

async fn diff(bench: &Bench, id: &str, mut input: Value) -> Value {
    input["workspace_id"] = json!(id);
    bench.ok("workspace_diff", input).await
}

/// `status path` of each entry.
fn told(diff: &Value) -> Vec<String> {
    let entries = diff["entries"].as_array().unwrap().iter();
    entries.map(|entry| format!("{} {}", entry["status"].as_str().unwrap(), entry["path"].as_str().unwrap())).collect()
}

fn seed(at: &Path) {
    write(at, "same.txt", "same\n", 0o644);
    write(at, "modified.txt", "a\nb\nc\n", 0o644);
    write(at, "deleted.txt", "gone", 0o644);
    write(at, "script.sh", "echo\n", 0o644);
    write(at, "picture.png", b"\x89PNG\0\x01", 0o644);
    write(at, "swap/inside", "x\n", 0o644);
    write(at, "becomes-link", "text\n", 0o644);
    symlink("same.txt", at.join("link")).unwrap();
}

fn change(at: &Path) {
    write(at, "modified.txt", "a\nB\nc", 0o644);
    fs::remove_file(at.join("deleted.txt")).unwrap();
    fs::set_permissions(at.join("script.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    write(at, "new dir/added ü.txt", "new\n", 0o644);
    write(at, "empty", "", 0o644);
    fs::remove_dir_all(at.join("swap")).unwrap();
    write(at, "swap", "now a file\n", 0o644);
    fs::remove_file(at.join("becomes-link")).unwrap();
    symlink("/etc/hostname", at.join("becomes-link")).unwrap();
    fs::remove_file(at.join("link")).unwrap();
    symlink("modified.txt", at.join("link")).unwrap();
}

#[tokio::test]
async fn every_change_is_told_and_its_patch_applies_with_git() {
    let bench = bench();
    let host = bench.dir("seed");
    seed(&host);
    let id = bench.seeded(&host).await;
    let unchanged = diff(&bench, &id, json!({})).await;
    assert_eq!(
        (&unchanged["changed"], &unchanged["patch"], &unchanged["entries"]),
        (&json!(false), &json!(""), &json!([]))
    );
    assert_eq!(unchanged["summary"]["total"], 0);
    change(&bench.tree(&id));
    let whole = bench.path("whole.patch");
    let changed = diff(&bench, &id, json!({"output_path": whole})).await;
    assert_eq!(
        told(&changed),
        [
            "type_changed becomes-link",
            "deleted deleted.txt",
            "added empty",
            "modified link",
            "modified modified.txt",
            "added new dir/added ü.txt",
            "mode_changed script.sh",
            "type_changed swap",
            "deleted swap/inside",
        ]
    );
    assert_eq!(fs::read_to_string(&whole).unwrap(), changed["patch"].as_str().unwrap());
    git(&host, &["init", "-q"]);
    git(&host, &["apply", whole.to_str().unwrap()]);
    fs::remove_dir_all(host.join(".git")).unwrap();
    let contents = |root: &Path| {
        let all = seen(root).into_iter();
        all.map(|(path, (mode, _, content, _))| (path, mode & 0o170_100, content)).collect::<Vec<_>>()
    };
    assert_eq!(contents(&host), contents(&bench.tree(&id)));
    // Binary files are told beside the patch, which git takes all the same.
    write(&bench.tree(&id), "picture.png", b"\x89PNG\0\x02", 0o644);
    let binary = diff(&bench, &id, json!({"paths": ["*.png"]})).await;
    let entry = &binary["entries"][0];
    assert_eq!((&entry["binary"], &entry["patched"], &entry["note"]), (&json!(true), &json!(false), &json!("binary")));
    assert_eq!((&binary["patch"], &binary["summary"]["non_text"]), (&json!(""), &json!(1)));
}

#[tokio::test]
async fn what_is_only_touched_is_unchanged() {
    let bench = bench();
    let host = bench.dir("seed");
    everything(&host);
    let id = bench.seeded(&host).await;
    bench.exec(&id, "touch bin/run src src/main.c; mv private p; cp -p p private; mv p private").await;
    for full in [false, true] {
        assert_eq!(diff(&bench, &id, json!({"full": full})).await["changed"], false, "full: {full}");
    }
    // Times that lie are seen through where every file is read.
    let path = bench.tree(&id).join("src/main.c");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    let text = fs::read_to_string(&path).unwrap().replace("return 0", "return 1");
    fs::write(&path, text).unwrap();
    fs::File::open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(told(&diff(&bench, &id, json!({"full": true})).await), ["modified src/main.c"]);
}

#[tokio::test]
async fn a_diff_is_narrowed_by_paths_and_looks_into_git_when_asked() {
    let bench = bench();
    let host = bench.dir("seed");
    write(&host, "src/a.rs", "a\n", 0o644);
    write(&host, "docs/a.md", "a\n", 0o644);
    git(&host, &["init", "-q"]);
    let id = bench.seeded(&host).await;
    bench.exec(&id, "echo b > src/a.rs; echo b > docs/a.md; echo b > top.rs; echo x > .git/marker").await;
    for (paths, found) in [
        (json!([]), &["modified docs/a.md", "modified src/a.rs", "added top.rs"][..]),
        (json!(["src"]), &["modified src/a.rs"]),
        (json!(["/workspace/docs/", "top.rs"]), &["modified docs/a.md", "added top.rs"]),
        (json!(["*.rs"]), &["modified src/a.rs", "added top.rs"]),
        (json!(["none"]), &[]),
    ] {
        assert_eq!(told(&diff(&bench, &id, json!({"paths": paths})).await), found, "{paths}");
    }
    let inside = diff(&bench, &id, json!({"include_git": true, "paths": [".git"]})).await;
    assert_eq!(told(&inside), ["added .git/marker"]);
    for wrong in [json!(["../x"]), json!(["/etc"]), json!(["[a"])] {
        let input = json!({"workspace_id": id, "paths": wrong});
        assert_eq!(bench.refused("workspace_diff", input).await.code, pyro_mcp::Code::Invalid);
    }
}

#[tokio::test]
async fn after_a_push_it_shows_and_after_a_reset_it_is_empty() {
    let bench = bench();
    let host = bench.dir("seed");
    seed(&host);
    let id = bench.seeded(&host).await;
    let pushed = bench.dir("pushed");
    write(&pushed, "modified.txt", "pushed\n", 0o644);
    write(&pushed, "more/new.txt", "new\n", 0o644);
    bench.ok("workspace_sync_push", json!({"workspace_id": id, "source_path": pushed})).await;
    assert_eq!(told(&diff(&bench, &id, json!({})).await), ["modified modified.txt", "added more/new.txt"]);
    bench.ok("workspace_reset", json!({"workspace_id": id})).await;
    assert_eq!(diff(&bench, &id, json!({})).await["changed"], false);
}
