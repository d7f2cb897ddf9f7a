//! Single files: read in pieces, written whole and guarded.

use pyro_mcp::Code;
use serde_json::{Value, json};

use super::trees::write;
use crate::bench::{Bench, bench};

async fn read(bench: &Bench, id: &str, path: &str, mut input: Value) -> Value {
    input["workspace_id"] = json!(id);
    input["path"] = json!(path);
    bench.ok("workspace_file_read", input).await
}

#[tokio::test]
async fn a_large_file_is_read_anywhere() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "seq -f %049.0f 1 1000000 > big").await;
    let line = |number: u64| format!("{number:049}\n");
    let middle = read(&bench, &id, "big", json!({"offset": 25_000_000, "max_bytes": 50})).await;
    assert_eq!((&middle["content"], &middle["size_bytes"]), (&json!(line(500_001)), &json!(50_000_000)));
    assert_eq!((&middle["next_offset"], &middle["truncated"]), (&json!(25_000_050), &json!(true)));
    let lines = read(&bench, &id, "big", json!({"line": 900_000, "lines": 2})).await;
    assert_eq!((&lines["content"], &lines["line"]), (&json!(line(900_000) + &line(900_001)), &json!(900_000)));
    let last = read(&bench, &id, "big", json!({"line": -1})).await;
    assert_eq!((&last["content"], &last["next_offset"]), (&json!(line(1_000_000)), &Value::Null));
    let end = read(&bench, &id, "big", json!({"offset": -50})).await;
    assert_eq!((&end["content"], &end["offset"]), (&json!(line(1_000_000)), &json!(49_999_950)));
    let beyond = read(&bench, &id, "big", json!({"offset": 60_000_000})).await;
    assert_eq!((&beyond["content"], &beyond["next_offset"]), (&json!(""), &Value::Null));
}

#[tokio::test]
async fn text_is_whole_characters_and_binary_is_told() {
    let bench = bench();
    let id = bench.workspace().await;
    let text = "aäß€😀\r\n".repeat(20);
    write(&bench.tree(&id), "text.txt", &text, 0o640);
    for max_bytes in [4, 5, 7, 11, 1000] {
        let (mut whole, mut offset) = (String::new(), json!(0));
        while offset != Value::Null {
            let piece = read(&bench, &id, "text.txt", json!({"offset": offset, "max_bytes": max_bytes})).await;
            assert_eq!(piece["binary"], false, "{piece}");
            whole.push_str(piece["content"].as_str().unwrap());
            offset = piece["next_offset"].clone();
        }
        assert_eq!(whole, text, "in pieces of {max_bytes}");
    }
    for (offset, content) in [(-3, "\r\n"), (-5, "\r\n"), (-6, "😀\r\n"), (-8, "😀\r\n"), (-9, "€😀\r\n"), (-2, "\r\n")]
    {
        let end = read(&bench, &id, "text.txt", json!({"offset": offset})).await;
        assert_eq!((&end["content"], &end["binary"]), (&json!(content), &json!(false)), "{offset}");
        let begin = end["size_bytes"].as_u64().unwrap() - content.len() as u64;
        assert_eq!(end["offset"], begin, "{offset}");
    }
    let whole = read(&bench, &id, "text.txt", json!({})).await;
    let sum = bench.exec(&id, "sha256sum text.txt | cut -d' ' -f1").await["stdout"].clone();
    assert_eq!(whole["sha256"].as_str().unwrap(), sum.as_str().unwrap().trim());
    assert_eq!((&whole["truncated"], &whole["mode"]), (&json!(false), &json!("0640")));
    for (name, bytes) in [("nul", &b"a\0b"[..]), ("latin", b"gr\xfc\xdfe\n"), ("cut", "ä".as_bytes().split_at(1).0)] {
        write(&bench.tree(&id), name, bytes, 0o644);
        let piece = read(&bench, &id, name, json!({})).await;
        assert_eq!((&piece["binary"], &piece["content"], &piece["sha256"]), (&json!(true), &json!(""), &Value::Null));
    }
    write(&bench.tree(&id), "empty", "", 0o644);
    let empty = read(&bench, &id, "empty", json!({})).await;
    assert_eq!(
        (&empty["binary"], &empty["truncated"], &empty["size_bytes"]),
        (&json!(false), &json!(false), &json!(0))
    );
    for (path, more, code) in [
        ("missing", json!({}), Code::Missing),
        (".", json!({}), Code::Conflict),
        ("empty/x", json!({}), Code::Conflict),
        ("empty", json!({"line": 1, "offset": 1}), Code::Invalid),
        ("empty", json!({"lines": 1, "offset": 1}), Code::Invalid),
        ("empty", json!({"line": 0}), Code::Invalid),
    ] {
        let mut input = more;
        input["workspace_id"] = json!(id);
        input["path"] = json!(path);
        assert_eq!(bench.refused("workspace_file_read", input.clone()).await.code, code, "{input}");
    }
}

#[tokio::test]
async fn writing_keeps_modes_makes_parents_and_leaves_no_rest() {
    let bench = bench();
    let id = bench.workspace().await;
    write(&bench.tree(&id), "run.sh", "#!/bin/sh\nexit 1\n", 0o755);
    let put = async |more: Value| {
        let mut input = more;
        input["workspace_id"] = json!(id);
        bench.call("workspace_file_write", input).await
    };
    let written = put(json!({"path": "run.sh", "text": "#!/bin/sh\necho ran\n"})).await.unwrap();
    assert_eq!((&written["created"], &written["mode"]), (&json!(false), &json!("0755")));
    assert_eq!(bench.exec(&id, "./run.sh").await["stdout"], "ran\n", "still executable");
    let new = put(json!({"path": "a/b/new.txt", "text": "grün", "mode": "600"})).await.unwrap();
    assert_eq!((&new["created"], &new["mode"], &new["bytes_written"]), (&json!(true), &json!("0600"), &json!(5)));
    assert_eq!(new["sha256"], read(&bench, &id, "a/b/new.txt", json!({})).await["sha256"]);
    for (input, code) in [
        (json!({"path": "a/b/new.txt", "text": "x", "create_only": true}), Code::Conflict),
        (json!({"path": "a", "text": "x"}), Code::Conflict),
        (json!({"path": "run.sh/below", "text": "x"}), Code::Conflict),
        (json!({"path": "a/b/new.txt", "text": "x", "expected_sha256": "0".repeat(64)}), Code::Conflict),
        (json!({"path": "none.txt", "text": "x", "expected_sha256": "0".repeat(64)}), Code::Conflict),
        (json!({"path": "none.txt", "text": "x", "expected_sha256": "abc"}), Code::Invalid),
        (json!({"path": "none.txt", "text": "x", "mode": "9"}), Code::Invalid),
        (json!({"path": "../none.txt", "text": "x"}), Code::Invalid),
    ] {
        let refused = put(input.clone()).await.unwrap_err();
        assert_eq!(refused.code, code, "{input}: {refused}");
    }
    let left = bench.exec(&id, "find . -type f | sort").await;
    assert_eq!(left["stdout"], "./a/b/new.txt\n./run.sh\n");
    assert_eq!(read(&bench, &id, "a/b/new.txt", json!({})).await["content"], "grün");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_writers_at_once_exactly_one_wins() {
    let bench = bench();
    let other = bench.another();
    let id = bench.workspace().await;
    for round in 0..5 {
        let old = bench.ok("workspace_file_write", json!({"workspace_id": id, "path": "f", "text": round.to_string()}));
        let old = old.await["sha256"].clone();
        let writers = (0..6).map(|writer| {
            let text = format!("{round} by {writer}");
            let input = json!({"workspace_id": id, "path": "f", "text": text, "expected_sha256": old});
            let server = if writer % 2 == 0 { &bench } else { &other };
            async move { (text, server.call("workspace_file_write", input).await) }
        });
        let done = futures_util::future::join_all(writers).await;
        let winners: Vec<&String> = done.iter().filter(|(_, done)| done.is_ok()).map(|(text, _)| text).collect();
        assert_eq!(winners.len(), 1, "{done:?}");
        assert!(done.iter().filter_map(|(_, done)| done.as_ref().err()).all(|lost| lost.code == Code::Conflict));
        assert_eq!(&read(&bench, &id, "f", json!({})).await["content"], winners[0]);
    }
}

#[tokio::test]
async fn paths_stay_inside() {
    let bench = bench();
    let id = bench.workspace().await;
    let secret = bench.path("secret");
    std::fs::write(&secret, "of the host").unwrap();
    let tree = bench.tree(&id);
    std::os::unix::fs::symlink(&secret, tree.join("absolute")).unwrap();
    std::os::unix::fs::symlink("../../../../../../../../etc", tree.join("up")).unwrap();
    std::os::unix::fs::symlink(bench.path(""), tree.join("parent")).unwrap();
    for path in ["absolute", "up/hostname", "parent/secret", "parent/new", "up/passwd"] {
        let input = json!({"workspace_id": id, "path": path});
        let refused = bench.refused("workspace_file_read", input).await;
        assert!(matches!(refused.code, Code::Missing | Code::Conflict), "{path}: {refused}");
        let input = json!({"workspace_id": id, "path": path, "text": "evil", "expected_sha256": "0".repeat(64)});
        bench.refused("workspace_file_write", input).await;
    }
    let listed = bench.ok("workspace_file_list", json!({"workspace_id": id, "recursive": true})).await;
    assert_eq!(listed["count"], 3, "no link is followed: {listed}");
    for path in ["/etc/passwd", "../x", "a/../../x", "", "a\0b"] {
        for (tool, more) in [
            ("workspace_file_read", json!({})),
            ("workspace_file_list", json!({})),
            ("workspace_file_write", json!({"text": "x"})),
            ("workspace_export", json!({"output_path": bench.path("out")})),
        ] {
            let mut input = more;
            input["workspace_id"] = json!(id);
            input["path"] = json!(path);
            assert_eq!(bench.refused(tool, input).await.code, Code::Invalid, "{tool} {path:?}");
        }
    }
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "of the host");
    assert!(!bench.path("out").exists() && !bench.path("new").exists());
}
