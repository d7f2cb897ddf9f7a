//! What services say.

use pyro_mcp::Code;
use serde_json::{Value, json};

use crate::bench::{Bench, bench};

async fn logs(bench: &Bench, id: &str, mut input: Value) -> Value {
    input["workspace_id"] = json!(id);
    input["service_name"] = json!("web");
    bench.ok("workspace_service_logs", input).await
}

/// A service that has said all it will.
async fn said(bench: &Bench, command: &str) -> String {
    let id = bench.workspace().await;
    bench.start(&id, "web", command, json!({})).await;
    bench.until(&id, "web", |service| service["state"] == "exited").await;
    id
}

#[tokio::test]
async fn output_is_read_from_its_end_or_anywhere() {
    let bench = bench();
    let id = said(&bench, "seq 1000; echo problem: one >&2; echo fine >&2; echo problem: two >&2").await;
    let all = logs(&bench, &id, json!({})).await;
    let last: String = (801..=1000).map(|number| format!("{number}\n")).collect();
    assert_eq!((&all["stdout"], &all["tail_lines"], &all["truncated"]), (&json!(last), &json!(200), &json!(true)));
    let some = logs(&bench, &id, json!({"tail_lines": 1})).await;
    assert_eq!((&some["stdout"], &some["stderr"]), (&json!("1000\n"), &json!("problem: two\n")));
    let all = logs(&bench, &id, json!({"all": true})).await;
    assert_eq!((&all["truncated"], &all["tail_lines"]), (&json!(false), &Value::Null));
    assert_eq!(all["stdout"].as_str().unwrap().lines().count(), 1000);
    let cut = logs(&bench, &id, json!({"all": true, "output_bytes": 10})).await;
    assert!(cut["truncated"] == true && cut["stdout"].as_str().unwrap().contains("bytes left out"), "{cut}");
    let page = logs(&bench, &id, json!({"offset": 0, "output_bytes": 4})).await;
    assert_eq!((&page["page"]["text"], &page["page"]["next_offset"]), (&json!("1\n2\n"), &json!(4)));
    assert_eq!((&page["stdout"], &page["truncated"]), (&Value::Null, &json!(true)));
    let end = logs(&bench, &id, json!({"stream": "stderr", "offset": -4})).await["page"].clone();
    assert_eq!((&end["text"], &end["stream"]), (&json!("two\n"), &json!("stderr")));
    let grep = json!({"stream": "stderr", "grep": "^problem", "tail_lines": 1});
    let found = logs(&bench, &id, grep).await["page"].clone();
    assert_eq!(found["matches"], json!([{"offset": 0, "text": "problem: one"}]));
    let more = json!({"stream": "stderr", "grep": "^problem", "offset": found["next_offset"]});
    assert_eq!(logs(&bench, &id, more).await["page"]["matches"][0]["text"], "problem: two");
    for wrong in [json!({"all": true, "offset": 0}), json!({"grep": "("}), json!({"tail_lines": 0})] {
        let mut input = wrong;
        input["workspace_id"] = json!(id);
        input["service_name"] = json!("web");
        assert_eq!(bench.refused("workspace_service_logs", input.clone()).await.code, Code::Invalid, "{input}");
    }
}

#[tokio::test]
async fn output_is_text_whatever_a_service_says() {
    let bench = bench();
    let id = said(&bench, r"printf '\033[31mred\033[0m\r\nprogress 1\rprogress 2\n\377\376ok\n\033]0;title\007done\n'")
        .await;
    for input in [json!({}), json!({"all": true})] {
        let text = logs(&bench, &id, input).await["stdout"].as_str().unwrap().to_owned();
        assert_eq!(text, "red\nprogress 1\nprogress 2\n\u{fffd}\u{fffd}ok\ndone\n");
    }
    let page = logs(&bench, &id, json!({"grep": "^red"})).await;
    assert_eq!(page["page"]["matches"][0]["text"], "red");
}

#[tokio::test]
async fn a_flood_is_bounded_and_the_loss_is_told() {
    let bench = bench();
    let total = 20_000_000u64;
    let id = said(&bench, "seq -f %019.0f 1 1000000").await;
    let kept = std::fs::metadata(bench.home(&id).join("services/web.out")).unwrap().len();
    assert!(kept <= 16 * 1024 * 1024, "{kept}");
    let logs = logs(&bench, &id, json!({"tail_lines": 10000, "output_bytes": 98304})).await;
    assert_eq!((&logs["stdout_bytes"], &logs["lost_bytes"]), (&json!(total), &json!(total - 16 * 1024 * 1024)));
    let text = logs["stdout"].as_str().unwrap();
    assert!(text.ends_with("0000000000001000000\n") && text.len() <= 98304, "{}", text.len());
}

#[tokio::test]
async fn all_starts_of_a_service_write_one_stream() {
    let bench = bench();
    let id = bench.workspace().await;
    let command = "echo start >> starts; wc -l < starts; [ $(wc -l < starts) -gt 1 ] || exit 1; exec sleep 600";
    bench.start(&id, "web", command, json!({"restart": "on-failure"})).await;
    bench.until(&id, "web", |service| service["restart_count"] == 1 && service["stdout_bytes"] == 4).await;
    let said = logs(&bench, &id, json!({})).await;
    assert_eq!((&said["stdout"], &said["truncated"]), (&json!("1\n2\n"), &json!(false)), "read while it runs");
}
