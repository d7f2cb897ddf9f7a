//! Commands that take longer than their caller waits.

use std::time::Duration;

use pyro_mcp::{Code, registry::CallScope};
use serde_json::{Value, json};

use super::exec::ends;
use crate::bench::{Bench, bench};

/// Runs until the file is there, and is handed back at once.
const UNTIL_GO: &str = "echo one; until [ -e go ]; do sleep 0.01; done; echo two >&2; exit 5";

async fn handed_back(bench: &Bench, id: &str, command: &str, timeout: u32) -> Value {
    let input = json!({"workspace_id": id, "command": command, "yield_seconds": 0, "timeout_seconds": timeout});
    let ran = bench.ok("workspace_exec", input).await;
    assert_eq!(
        (&ran["state"], &ran["exit_code"], &ran["exit_reason"]),
        (&json!("running"), &Value::Null, &Value::Null)
    );
    assert!(ran["pgid"].as_u64().unwrap() > 1, "{ran}");
    ran
}

async fn wait(bench: &Bench, id: &str, sequence: u64) -> Value {
    let input = json!({"workspace_id": id, "sequence": sequence, "wait_seconds": 30});
    bench.ok("workspace_logs", input).await["entries"][0].clone()
}

#[tokio::test]
async fn a_command_is_handed_back_and_waited_for() {
    let bench = bench();
    let id = bench.workspace().await;
    let ran = handed_back(&bench, &id, UNTIL_GO, 60).await;
    assert_eq!(ran["sequence"], 1);
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!((&status["running_commands"], &status["last_command"]["exit_code"]), (&json!([1]), &Value::Null));
    let now = bench.ok("workspace_logs", json!({"workspace_id": id, "sequence": 1})).await["entries"][0].clone();
    assert_eq!((&now["state"], &now["pgid"], &now["exit_code"]), (&json!("running"), &ran["pgid"], &Value::Null));
    let (ended, _) = tokio::join!(wait(&bench, &id, 1), bench.exec(&id, "touch go"));
    assert_eq!((&ended["state"], &ended["exit_code"], &ended["pgid"]), (&json!("ended"), &json!(5), &Value::Null));
    assert_eq!((&ended["stdout"], &ended["stderr"]), (&json!("one\n"), &json!("two\n")));
    let stderr = json!({"workspace_id": id, "sequence": 1, "stream": "stderr", "offset": 0});
    assert_eq!(bench.ok("workspace_logs", stderr).await["page"]["text"], "two\n");
}

#[tokio::test]
async fn what_ends_in_time_is_not_handed_back() {
    let bench = bench();
    let id = bench.workspace().await;
    let ran = bench.ok("workspace_exec", json!({"workspace_id": id, "command": "echo a", "yield_seconds": 30})).await;
    assert_eq!((&ran["state"], &ran["exit_code"], &ran["pgid"]), (&json!("ended"), &json!(0), &Value::Null));
}

#[tokio::test]
async fn one_handed_back_ends_by_its_limit_or_by_a_signal() {
    let bench = bench();
    let id = bench.workspace().await;
    let limited = handed_back(&bench, &id, "echo $$ > limited; sleep 600", 1).await;
    let signaled = handed_back(&bench, &id, "sleep 600 & echo $! > signaled; wait", 60).await;
    let child = async {
        loop {
            let pid = std::fs::read_to_string(bench.tree(&id).join("signaled")).unwrap_or_default();
            if pid.ends_with('\n') {
                break pid;
            }
            tokio::task::yield_now().await;
        }
    };
    let child = tokio::time::timeout(Duration::from_secs(5), child).await.unwrap();
    bench.exec(&id, &format!("kill -- -{}", signaled["pgid"])).await;
    let ended = wait(&bench, &id, 2).await;
    assert_eq!((&ended["exit_reason"], &ended["exit_code"]), (&json!("signaled"), &json!(143)));
    ends(&child).await;
    let ended = wait(&bench, &id, 1).await;
    assert_eq!((&ended["exit_reason"], &ended["exit_code"]), (&json!("timed_out"), &json!(124)));
    ends(&limited["pgid"].to_string()).await;
}

#[tokio::test]
async fn callers_that_would_give_up_get_their_answers_in_time() {
    let bench = bench();
    let id = bench.workspace().await;
    let hasty = || CallScope { patience: Some(Duration::from_millis(50)), ..CallScope::default() };
    let input = json!({"workspace_id": id, "command": UNTIL_GO, "timeout_seconds": 60});
    let ran = bench.call_in("workspace_exec", input, hasty()).await.unwrap();
    assert_eq!(ran["state"], "running");
    let look = json!({"workspace_id": id, "sequence": 1, "wait_seconds": 3600});
    let looked = bench.call_in("workspace_logs", look, hasty()).await.unwrap();
    assert_eq!(looked["entries"][0]["state"], "running");
    let patient = json!({"workspace_id": id, "command": "touch go; sleep 0.2", "yield_seconds": 20});
    let ran = bench.call_in("workspace_exec", patient, hasty()).await.unwrap();
    assert_eq!(ran["state"], "ended", "what is asked for counts more");
    wait(&bench, &id, 1).await;
}

#[tokio::test]
async fn one_handed_back_outlives_a_dropped_wait_and_another_server_finds_it() {
    let bench = bench();
    let id = bench.workspace().await;
    handed_back(&bench, &id, UNTIL_GO, 60).await;
    let waiting = wait(&bench, &id, 1);
    assert!(tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err());
    let other = bench.another();
    other.exec(&id, "touch go").await;
    assert_eq!(wait(&other, &id, 1).await["exit_code"], 5);
}

#[tokio::test]
async fn waiting_wants_a_command_that_exists() {
    let bench = bench();
    let id = bench.workspace().await;
    let unknown = json!({"workspace_id": id, "sequence": 7, "wait_seconds": 1});
    assert_eq!(bench.refused("workspace_logs", unknown).await.code, Code::Missing);
    let nameless = json!({"workspace_id": id, "wait_seconds": 1});
    assert_eq!(bench.refused("workspace_logs", nameless).await.code, Code::Invalid);
}

#[tokio::test]
async fn as_many_as_can_run_leave_room_for_other_calls() {
    let bench = bench();
    let id = bench.workspace().await;
    let long = json!({"workspace_id": id, "command": "sleep 600", "yield_seconds": 0, "timeout_seconds": 600});
    let refused = async {
        loop {
            if let Err(failure) = bench.call("workspace_exec", long.clone()).await {
                return failure;
            }
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(30), refused).await.expect("none is left hanging");
    assert!(refused.code == Code::Limit && refused.message.contains("are running"), "{refused}");
    let write = json!({"workspace_id": id, "path": "a", "text": "b"});
    let write = bench.ok("workspace_file_write", write);
    tokio::time::timeout(Duration::from_secs(10), write).await.expect("files are read and written meanwhile");
    bench.ok("workspace_delete", json!({"workspace_id": id})).await;
}
