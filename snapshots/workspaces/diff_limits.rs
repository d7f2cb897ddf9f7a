//! Diffs of much: cut where that is said, counted where it is not shown.

use std::fs;

use serde_json::{Value, json};

use super::trees::{odd, write};
use crate::bench::bench;

#[tokio::test]
async fn caps_cut_between_files_and_counts_stay_honest() {
    let bench = bench();
    let id = bench.workspace().await;
    let line = "x".repeat(99) + "\n";
    for number in 0..600 {
        write(&bench.tree(&id), format!("f{number:03}"), &line, 0o644);
    }
    let whole = bench.path("whole.patch");
    let input = json!({"workspace_id": id, "max_patch_bytes": 10_000, "output_path": whole});
    let told = bench.ok("workspace_diff", input.clone()).await;
    let (listed, omitted) = (told["entries"].as_array().unwrap(), told["entries_omitted"].as_u64().unwrap());
    assert_eq!((&told["summary"]["added"], listed.len() as u64 + omitted), (&json!(600), 600));
    assert!(omitted >= 100 && told["truncated"] == true);
    let patch = told["patch"].as_str().unwrap();
    let files = patch.matches("diff --git ").count() as u64;
    assert!(serde_json::to_string(patch).unwrap().len() <= 10_002 && patch.ends_with('\n') && files > 0);
    assert_eq!(files + told["patches_omitted"].as_u64().unwrap(), 600);
    assert_eq!(listed.iter().filter(|entry| entry["patched"] == true).count() as u64, files);
    assert!(listed.last().unwrap()["note"].as_str().unwrap().contains("cap"));
    let text = fs::read_to_string(&whole).unwrap();
    assert_eq!(text.len() as u64, told["patch_bytes"].as_u64().unwrap());
    assert_eq!(text.matches("diff --git ").count(), 600);
    let taken = bench.refused("workspace_diff", input).await;
    assert_eq!(taken.code, pyro_mcp::Code::Conflict, "a file that is there stays as it is");
    assert_eq!(fs::read_to_string(&whole).unwrap(), text);
    let none = bench.ok("workspace_diff", json!({"workspace_id": id, "max_patch_bytes": 0})).await;
    assert_eq!((&none["patch"], &none["patches_omitted"]), (&json!(""), &json!(600)));
}

#[tokio::test]
async fn large_odd_and_special_files_break_no_diff() {
    let bench = bench();
    let seed = bench.dir("seed");
    write(&seed, "large", vec![b'a'; 3_000_000], 0o644);
    write(&seed, "same-size", vec![b'a'; 2_000_000], 0o644);
    write(&seed, odd(), "odd\n", 0o644);
    let id = bench.seeded(&seed).await;
    let tree = bench.tree(&id);
    // Rewritten, but nothing is different in the end.
    write(&tree, "large", vec![b'a'; 3_000_000], 0o644);
    write(&tree, "same-size", vec![b'b'; 2_000_000], 0o644);
    write(&tree, odd(), "odder\n", 0o644);
    nix::unistd::mkfifo(&tree.join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tree.join("socket")).unwrap();
    fs::create_dir_all(tree.join("hollow/below")).unwrap();
    let told = bench.ok("workspace_diff", json!({"workspace_id": id})).await;
    let entries: Vec<(&str, &str)> = told["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["path"].as_str().unwrap(), entry["artifact_type"].as_str().unwrap()))
        .collect();
    assert_eq!(
        entries,
        [
            ("fifo", "other"),
            ("hollow/below", "directory"),
            ("odd\n\u{1b}[31m\u{fffd}", "file"),
            ("same-size", "file"),
            ("socket", "other"),
        ]
    );
    assert_eq!(told["entries"][3]["note"], "larger than 1048576 bytes");
    assert!(told["patch"].as_str().unwrap().contains(r#"+++ "b/odd\n\033[31m\377""#), "{}", told["patch"]);
    assert_eq!(told["summary"]["text_patched"], 1);
    assert_eq!(told["unreadable"], Value::Null);
}
