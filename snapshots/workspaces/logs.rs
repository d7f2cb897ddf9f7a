//! The history of a workspace and the output it keeps.

use pyro_mcp::Code;
use serde_json::{Value, json};

use crate::bench::{Bench, bench};

const KEPT_HALF: u64 = 8 * 1024 * 1024;

async fn page(bench: &Bench, id: &str, mut input: Value) -> Value {
    input["workspace_id"] = json!(id);
    input["sequence"] = json!(1);
    bench.ok("workspace_logs", input).await["page"].clone()
}

#[tokio::test]
async fn the_history_is_paged_newest_first() {
    let bench = bench();
    let id = bench.workspace().await;
    assert_eq!(bench.ok("workspace_logs", json!({"workspace_id": id})).await["entries"], json!([]));
    for number in 1..=5 {
        bench.exec(&id, &format!("echo {number}; exit {number}")).await;
    }
    let (mut input, mut listed) = (json!({"workspace_id": id, "limit": 2}), Vec::new());
    loop {
        let page = bench.ok("workspace_logs", input.clone()).await;
        assert_eq!(page["count"], 5);
        for entry in page["entries"].as_array().unwrap() {
            assert_eq!(entry["exit_code"], entry["sequence"]);
            assert_eq!(entry["stdout"], Value::Null, "output only where one command is asked for");
            listed.push(entry["sequence"].as_u64().unwrap());
        }
        match &page["next_before"] {
            Value::Null => break,
            before => input["before"] = before.clone(),
        }
    }
    assert_eq!(listed, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn output_is_paged_by_bytes_and_lines_and_searched() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "seq 1 1000; printf 'grüße'; echo problem: one >&2; echo fine >&2; echo problem: two >&2").await;
    let first = page(&bench, &id, json!({"offset": 0, "output_bytes": 10})).await;
    assert_eq!((&first["text"], &first["next_offset"]), (&json!("1\n2\n3\n4\n5\n"), &json!(10)));
    let lines = page(&bench, &id, json!({"line": 999, "limit": 1})).await;
    assert_eq!(lines["text"], "999\n");
    let last = page(&bench, &id, json!({"line": -2})).await;
    assert_eq!((&last["text"], &last["next_offset"]), (&json!("1000\ngrüße"), &Value::Null));
    let end = page(&bench, &id, json!({"offset": -3, "output_bytes": 100})).await;
    assert_eq!((&end["text"], &end["offset"]), (&json!("ße"), &json!(3897)));
    let found = page(&bench, &id, json!({"stream": "stderr", "grep": "^problem", "limit": 1})).await;
    assert_eq!(found["matches"], json!([{"offset": 0, "text": "problem: one"}]));
    let more = json!({"stream": "stderr", "grep": "^problem", "offset": found["next_offset"]});
    assert_eq!(page(&bench, &id, more).await["matches"][0]["text"], "problem: two");
    let (mut text, mut offset) = (String::new(), json!(0));
    while offset != Value::Null {
        let next = page(&bench, &id, json!({"offset": offset, "output_bytes": 100})).await;
        text.push_str(next["text"].as_str().unwrap());
        offset = next["next_offset"].clone();
    }
    let expected: String = (1..=1000).map(|number| format!("{number}\n")).chain(["grüße".to_owned()]).collect();
    assert_eq!(text, expected);
    for wrong in [json!({"offset": 0, "line": 1}), json!({"grep": "("}), json!({"grep": "x", "line": 1})] {
        let mut input = wrong;
        input["workspace_id"] = json!(id);
        input["sequence"] = json!(1);
        assert_eq!(bench.refused("workspace_logs", input.clone()).await.code, Code::Invalid, "{input}");
    }
}

#[tokio::test]
async fn of_endless_output_head_and_tail_are_kept_and_the_gap_is_told() {
    let bench = bench();
    let id = bench.workspace().await;
    let total = 20_000_000u64;
    let ran = bench.exec(&id, "seq -f %019.0f 1 1000000").await;
    assert_eq!((&ran["stdout_bytes"], &ran["truncated"]), (&json!(total), &json!(true)));
    let look = json!({"workspace_id": id, "sequence": 1, "output_bytes": 100});
    let entry = bench.ok("workspace_logs", look).await["entries"][0].clone();
    let lost = total - 2 * KEPT_HALF;
    assert_eq!((&entry["stdout_bytes"], &entry["lost_bytes"]), (&json!(total), &json!(lost)));
    assert!(entry["stdout"].as_str().unwrap().contains(&format!("[... {} bytes left out ...]", total - 100)));
    let before = page(&bench, &id, json!({"offset": KEPT_HALF - 8, "output_bytes": 100})).await;
    assert_eq!((before["text"].as_str().unwrap().len(), &before["next_offset"]), (8, &json!(KEPT_HALF)), "to the gap");
    let behind = page(&bench, &id, json!({"offset": KEPT_HALF, "output_bytes": 100})).await;
    assert_eq!((&behind["offset"], &behind["skipped_bytes"]), (&json!(total - KEPT_HALF), &json!(lost)));
    let last = page(&bench, &id, json!({"line": -1})).await;
    assert_eq!(last["text"], "0000000000001000000\n");
    let found = page(&bench, &id, json!({"grep": "^0000000000001000000$"})).await;
    assert_eq!(found["matches"][0]["offset"], total - 20);
    let hidden = json!({"workspace_id": id, "sequence": 1, "line": 500_000});
    let refused = bench.refused("workspace_logs", hidden).await;
    assert!(refused.message.contains("not kept") && refused.hint.is_some(), "{refused}");
    let file = std::fs::metadata(bench.home(&id).join("commands/000001.out")).unwrap();
    assert!(file.len() <= 2 * KEPT_HALF);
}

#[tokio::test]
async fn history_is_read_without_a_machine() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo one; exit 3").await;
    bench.exec(&id, "echo two").await;
    bench.machine_dies(&id).await;
    // As a supervisor that was killed leaves it.
    let record = bench.home(&id).join("commands/000002.json");
    let mut lost: Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    lost.as_object_mut().unwrap().remove("ended").unwrap();
    std::fs::write(&record, lost.to_string()).unwrap();
    let listed = bench.ok("workspace_logs", json!({"workspace_id": id})).await;
    let [two, one] = [0, 1].map(|at| listed["entries"][at].clone());
    assert_eq!((&one["exit_code"], &one["state"]), (&json!(3), &json!("ended")));
    assert_eq!((&two["exit_reason"], &two["state"]), (&json!("vm_died"), &json!("ended")));
    assert_eq!(two["detail"], "its supervisor was killed while it ran");
    let look = json!({"workspace_id": id, "sequence": 2, "wait_seconds": 30});
    assert_eq!(bench.ok("workspace_logs", look).await["entries"][0]["stdout"], "two\n");
    // A torn record hides itself alone, and a number is never used twice.
    std::fs::write(&record, "{").unwrap();
    let listed = bench.ok("workspace_logs", json!({"workspace_id": id})).await;
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1);
    let torn = bench.refused("workspace_logs", json!({"workspace_id": id, "sequence": 2})).await;
    assert_eq!(torn.code, Code::Conflict);
    assert_eq!(bench.exec(&id, "true").await["sequence"], 3);
    assert_eq!(bench.ok("workspace_status", json!({"workspace_id": id})).await["state"], "started");
}
