//! The one path of a call: refusals, deadline, cancellation, defects, the cap, the journal.

use std::time::{Duration, Instant};

use pyro_mcp::{
    Code, Failure,
    registry::{CallScope, Profile},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{dirs, own_calls};

fn call(tool: &str, arguments: Value) -> Result<Value, Failure> {
    call_until(tool, arguments, Duration::from_secs(60))
}

/// Takes the call back after a while.
fn call_until(tool: &str, arguments: Value, patience: Duration) -> Result<Value, Failure> {
    let (_place, dirs) = dirs();
    let canceled = CancellationToken::new();
    let scope = CallScope { canceled: canceled.clone(), door: "test", ..CallScope::default() };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            canceled.cancel();
        });
        own_calls(&dirs).call(tool, arguments, &Profile::everything(), scope).await
    })
}

#[track_caller]
fn refused(tool: &str, arguments: Value, message: &str, hint: &str) {
    let failure = call(tool, arguments).unwrap_err();
    assert_eq!(failure.message, message);
    assert!(failure.hint.clone().unwrap_or_default().contains(hint), "{failure:?}");
}

#[test]
fn everything_wrong_is_said_at_once() {
    refused(
        "toy_wait",
        json!({"wait_ms": "20", "time": 3, "times": 0, "end": "panik", "labels": {"a": 1}, "xyz": null}),
        "invalid arguments for toy_wait: `say` is missing (What to say); \
         `wait_ms` must be a whole number, not the text \"20\": write 20 without quotes; \
         `times` must be at least 1, not 0; \
         `end` must be one of answer, failure, panic, deaf, not \"panik\" (did you mean panic?); \
         `labels.a` must be text, not the number 1; \
         unknown argument `time` (did you mean `times`?); unknown argument `xyz`",
        "its arguments are: say (required), wait_ms, deadline_ms",
    );
    refused("toy_wait", json!([1]), "the arguments of toy_wait must be a JSON object, not a list", "say (required)");
    refused("toy_wait", Value::Null, "invalid arguments for toy_wait: `say` is missing (What to say)", "");
    refused("toy_wiat", json!({}), "unknown tool `toy_wiat`", "did you mean `toy_wait`?");
}

#[test]
fn what_hosts_add_is_no_fault() {
    let output = call("toy_wait", json!({"say": "hi", "wait_for_previous": true, "mark_path": null})).unwrap();
    assert_eq!(output["said"], "hi");
}

#[test]
fn a_deadline_ends_the_call() {
    let begun = Instant::now();
    let failure = call("toy_wait", json!({"say": "hi", "wait_ms": 30000, "deadline_ms": 100})).unwrap_err();
    assert_eq!(failure.code, Code::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn canceling_lets_the_tool_end_itself_but_not_for_long() {
    let place = tempfile::tempdir().unwrap();
    let mark = place.path().join("mark");
    let patience = Duration::from_millis(100);
    let failure =
        call_until("toy_wait", json!({"say": "hi", "wait_ms": 30000, "mark_path": mark}), patience).unwrap_err();
    assert_eq!(failure.code, Code::Canceled);
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
    let begun = Instant::now();
    let deaf = call_until("toy_wait", json!({"say": "hi", "wait_ms": 30000, "end": "deaf"}), patience);
    assert_eq!(deaf.unwrap_err().code, Code::Canceled);
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_defect_ends_only_its_call() {
    let failure = call("toy_wait", json!({"say": "hi", "end": "panic"})).unwrap_err();
    assert_eq!(failure.code, Code::Internal);
}

#[test]
fn results_have_a_limit() {
    let failure = call("toy_wait", json!({"say": "0123456789", "times": 30000})).unwrap_err();
    assert_eq!(failure.code, Code::Limit);
    assert!(failure.message.contains("300"), "{failure}");
}

#[test]
fn calls_at_once_have_a_limit_and_the_journal_counts_them() {
    let (_place, dirs) = dirs();
    std::fs::create_dir(&dirs.home).unwrap();
    let calls = own_calls(&dirs);
    let limit = pyro_mcp::limits::CALLS_AT_ONCE;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused = runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..=limit {
            let calls = calls.clone();
            running.spawn(async move {
                let scope = CallScope { door: "test", ..CallScope::default() };
                calls.call("toy_wait", json!({"say": "hi", "wait_ms": 1000}), &Profile::everything(), scope).await
            });
        }
        let outcomes = running.join_all().await;
        outcomes.into_iter().filter_map(Result::err).collect::<Vec<_>>()
    });
    assert_eq!(refused.iter().map(|failure| failure.code).collect::<Vec<_>>(), [Code::Limit]);
    let journal = std::fs::read_to_string(dirs.home.join("journal.jsonl")).unwrap();
    assert_eq!(journal.lines().count(), limit + 1);
    assert_eq!(journal.matches(r#""door":"test","tool":"toy_wait""#).count(), limit + 1);
    assert_eq!(journal.matches(r#""outcome":"limit""#).count(), 1);
}

#[test]
fn a_journal_that_cannot_be_written_fails_no_call() {
    let (place, dirs) = dirs();
    std::fs::write(place.path().join("home"), "no directory").unwrap();
    let call = async {
        own_calls(&dirs).call("toy_wait", json!({"say": "hi"}), &Profile::everything(), CallScope::default()).await
    };
    tokio::runtime::Runtime::new().unwrap().block_on(call).unwrap();
}
