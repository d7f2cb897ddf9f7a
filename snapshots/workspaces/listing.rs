//! Lists of files, however odd those are.

use std::os::unix::net::UnixListener;

use pyro_mcp::Code;
use serde_json::{Value, json};

use super::trees::{odd, write};
use crate::bench::{Bench, bench};

async fn listed(bench: &Bench, id: &str, mut input: Value) -> Value {
    input["workspace_id"] = json!(id);
    bench.ok("workspace_file_list", input).await
}

fn paths(list: &Value) -> Vec<&str> {
    list["entries"].as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_go_as_deep_as_asked_and_match() {
    let bench = bench();
    let id = bench.workspace().await;
    for name in ["README", "src/a.py", "src/deep/b.py", "src/deep/er/c.rs", "src-x"] {
        write(&bench.tree(&id), name, name, 0o644);
    }
    let top = listed(&bench, &id, json!({})).await;
    assert_eq!(paths(&top), ["/workspace/README", "/workspace/src", "/workspace/src-x"]);
    assert_eq!((&top["path"], &top["count"], &top["next_cursor"]), (&json!("/workspace"), &json!(3), &Value::Null));
    let two = listed(&bench, &id, json!({"path": "src", "depth": 2})).await;
    assert_eq!(
        paths(&two),
        ["/workspace/src/a.py", "/workspace/src/deep", "/workspace/src/deep/b.py", "/workspace/src/deep/er"]
    );
    let all = listed(&bench, &id, json!({"recursive": true})).await;
    assert_eq!(all["count"], 8);
    for (glob, found) in
        [("*.py", &["a.py", "deep/b.py"][..]), ("src/deep/*", &["deep/b.py", "deep/er", "deep/er/c.rs"])]
    {
        let matching = listed(&bench, &id, json!({"recursive": true, "glob": glob})).await;
        let expected: Vec<String> = found.iter().map(|name| format!("/workspace/src/{name}")).collect();
        assert_eq!(paths(&matching), expected, "{glob}");
    }
    let (mut input, mut paged) = (json!({"recursive": true, "limit": 3}), Vec::new());
    loop {
        let page = listed(&bench, &id, input.clone()).await;
        paged.extend(page["entries"].as_array().unwrap().clone());
        match &page["next_cursor"] {
            Value::Null => break,
            cursor => input["cursor"] = cursor.clone(),
        }
    }
    assert_eq!(json!(paged), all["entries"], "pages are the whole list");
    let one = listed(&bench, &id, json!({"path": "src/a.py"})).await;
    assert_eq!((paths(&one), &one["entries"][0]["size_bytes"]), (vec!["/workspace/src/a.py"], &json!(8)));
    for (input, code) in [
        (json!({"path": "none"}), Code::Missing),
        (json!({"glob": "[a"}), Code::Invalid),
        (json!({"cursor": "zz"}), Code::Invalid),
        (json!({"path": "../.."}), Code::Invalid),
    ] {
        let mut input = input;
        input["workspace_id"] = json!(id);
        assert_eq!(bench.refused("workspace_file_list", input.clone()).await.code, code, "{input}");
    }
}

#[tokio::test]
async fn odd_entries_break_no_list() {
    let bench = bench();
    let id = bench.workspace().await;
    let tree = bench.tree(&id);
    nix::unistd::mkfifo(&tree.join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(tree.join("socket")).unwrap();
    write(&tree, odd(), "x", 0o4755);
    write(&tree, "sealed/inside", "x", 0o000);
    for (name, target) in [("a", "/etc/shadow"), ("b", "no/where"), ("c", "../../.."), ("loop", "loop")] {
        std::os::unix::fs::symlink(target, tree.join(name)).unwrap();
    }
    let list = listed(&bench, &id, json!({"recursive": true})).await;
    let kind = |path: &str| {
        let entry = list["entries"].as_array().unwrap().iter().find(|entry| entry["path"] == json!(path)).unwrap();
        (
            entry["artifact_type"].as_str().unwrap(),
            entry["link_target"].as_str().unwrap_or(""),
            entry["size_bytes"] == 0,
        )
    };
    assert_eq!(kind("/workspace/fifo"), ("other", "", true));
    assert_eq!(kind("/workspace/socket"), ("other", "", true));
    assert_eq!(kind("/workspace/odd\n\u{1b}[31m\u{fffd}"), ("file", "", false));
    assert_eq!(kind("/workspace/a"), ("symlink", "/etc/shadow", true));
    assert_eq!(kind("/workspace/b"), ("symlink", "no/where", true));
    assert_eq!(kind("/workspace/c"), ("symlink", "../../..", true));
    assert_eq!(kind("/workspace/loop"), ("symlink", "loop", true));
    assert_eq!(kind("/workspace/sealed/inside"), ("file", "", false));
    assert_eq!(list["count"], 9);
    // Each of them on its own, too, and a page may end at any.
    for at in 1..=9 {
        let page = listed(&bench, &id, json!({"recursive": true, "limit": at})).await;
        assert_eq!(page["count"], at);
        let mut rest = json!({"recursive": true});
        rest["cursor"] = page["next_cursor"].clone();
        if at < 9 {
            assert_eq!(listed(&bench, &id, rest).await["count"], 9 - at);
        }
    }
    let link = listed(&bench, &id, json!({"path": "a"})).await;
    assert_eq!((&link["count"], &link["entries"][0]["artifact_type"]), (&json!(1), &json!("symlink")));
}
