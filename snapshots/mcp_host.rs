//! Our own host's side of MCP, against tools that obey; and a recipe that goes through it.

use std::time::Duration;

use pyro_mcp::{
    Code,
    chores::McpHost,
    registry::CallScope,
    smoke::{self, Caller, Outcome, Pack, StepReport, Watch},
};
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::{self, OWN_TOOLS, own_calls, own_registry};

/// A seed whose script leaves what an export and a diff would leave.
const RECIPE: &str = r###"
name = "x"
summary = "s"
needs = []
backends = ["qemu-tcg"]
limit_seconds = 30

[recipe]
profile = "sdk"
when = "w"
story = "s"

[seed]
"note.txt" = "one\n"
"work".executable = """
#!/bin/sh
out=$(dirname "$0")/../out
printf 'two\\n' >$out/note.txt
ln -s /etc/passwd $out/link
printf -- '--- a/note.txt\\n+++ b/note.txt\\n@@ -1 +1 @@\\n-one\\n+two\\n' >$out/fix.patch
echo done
"""

[[steps]]
title = "work"
tool = "toy_run"
input = { place = "$out", command = "$seed/work" }
keep = { said = "stdout" }
expect = { exit_code = 0, stdout = "done\n" }
git_apply = "$out/fix.patch"

[steps.host]
"$out/note.txt" = { text = "two\n", type = "file" }
"$out/link" = { type = "symlink", link_target = "/etc/passwd", text = { absent = true } }
"$patched/note.txt" = { text = "two\n" }
"$seed/note.txt" = { text = "one\n" }

[[steps]]
title = "refused"
tool = "toy_wait"
input = { say = "$said", end = "failure" }
fails = "missing"
expect = { hint = "say something" }
"###;

async fn host() -> (TempDir, McpHost) {
    let (place, _) = support::dirs();
    let program = support::program(&*OWN_TOOLS, &place);
    let host = McpHost::start(program.into(), "sdk").await.unwrap();
    (place, host)
}

async fn run(recipe: &str) -> (Outcome, Vec<StepReport>) {
    let pack: Pack = toml::from_str(recipe).unwrap();
    assert_eq!(smoke::faults(&pack, &own_registry()), Vec::<String>::new());
    let (_place, dirs) = support::dirs();
    let (_server, mut host) = host().await;
    let watch = Watch { canceled: &CancellationToken::new(), progress: None, step: &mut |_| {} };
    let report = smoke::run(&pack, &own_calls(&dirs), &mut host, watch).await;
    host.end().await;
    (report.outcome, report.steps)
}

#[tokio::test]
async fn answers_failures_and_progress_come_over_mcp() {
    let (_place, mut host) = host().await;
    let steps = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = steps.clone();
    let progress: pyro_mcp::progress::ProgressSink =
        std::sync::Arc::new(move |one| told.lock().unwrap().push(one.step));
    let scope = CallScope { progress: Some(progress), ..CallScope::default() };
    let answer = host.call("toy_wait", json!({"say": "hello"}), scope).await.unwrap();
    assert_eq!(answer["said"], "hello");
    assert_eq!(*steps.lock().unwrap(), ["waiting"]);
    let failure = host.call("toy_wait", json!({"say": "x", "end": "failure"}), CallScope::default()).await.unwrap_err();
    assert_eq!((failure.code, failure.hint.as_deref()), (Code::Missing, Some("say something")));
    let refused = host.call("toy_wait", json!({"say": 3}), CallScope::default()).await.unwrap_err();
    assert_eq!(refused.code, Code::Invalid);
    let unknown = host.call("toy_weight", json!({}), CallScope::default()).await.unwrap_err();
    assert!(unknown.message.contains("toy_wait"), "{}", unknown.message);
    host.end().await;
}

#[tokio::test]
async fn a_call_taken_back_ends_in_the_server_too() {
    let (place, mut host) = host().await;
    let mark = place.path().join("mark");
    let canceled = CancellationToken::new();
    let took_back = canceled.clone();
    // Its progress says that it runs.
    let progress: pyro_mcp::progress::ProgressSink = std::sync::Arc::new(move |_| took_back.cancel());
    let scope = CallScope { canceled, progress: Some(progress), ..CallScope::default() };
    let input = json!({"say": "late", "wait_ms": 60000, "mark_path": mark});
    assert_eq!(host.call("toy_wait", input, scope).await.unwrap_err().code, Code::Canceled);
    let next = host.call("toy_wait", json!({"say": "next", "wait_ms": 1}), CallScope::default()).await.unwrap();
    assert_eq!(next["said"], "next", "a late answer is not taken for the next one");
    tokio::time::timeout(Duration::from_secs(30), host.end()).await.unwrap();
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "canceled\n");
}

#[tokio::test]
async fn a_recipe_goes_through_mcp_and_looks_at_the_host() {
    let (outcome, steps) = run(RECIPE).await;
    assert_eq!((outcome, steps.len()), (Outcome::Passed, 2), "{steps:?}");
}

#[tokio::test]
async fn what_is_wrong_on_the_host_fails_the_step() {
    let cases = [
        ("\"$out/note.txt\" = { text = \"two", "\"$out/note.txt\" = { text = \"three", "$out/note.txt: text must be"),
        ("link_target = \"/etc/passwd\"", "link_target = \"/etc/shadow\"", "$out/link: link_target must be"),
        ("git_apply = \"$out/fix.patch\"", "git_apply = \"$out/no.patch\"", "git apply refused"),
        ("\"$patched/note.txt\"", "\"$patched/gone.txt\"", "$patched/gone.txt: text is not there"),
    ];
    for (right, wrong, words) in cases {
        assert!(RECIPE.contains(right), "{right}");
        let (outcome, _) = run(&RECIPE.replace(right, wrong)).await;
        assert!(matches!(&outcome, Outcome::Failed(why) if why.contains(words)), "{words}: {outcome:?}");
    }
}
