//! Commands in a workspace, to their end.

use std::time::{Duration, Instant};

use pyro_mcp::{
    Code,
    vm::{Death, death::Cause},
};
use serde_json::{Value, json};

use crate::bench::{Bench, bench, listening};

async fn run(bench: &Bench, id: &str, mut input: Value) -> Value {
    input["workspace_id"] = json!(id);
    bench.ok("workspace_exec", input).await
}

/// Waits until a process is no more, within a bound.
pub(super) async fn ends(pid: &str) {
    let stat = format!("/proc/{}/stat", pid.trim());
    let gone = async {
        // One that nobody has reaped yet is as good as gone.
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.rsplit(") ").next().unwrap().starts_with('Z')) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), gone).await.unwrap_or_else(|_| panic!("{pid} lives on"));
}

#[tokio::test]
async fn results_hold_head_and_tail_and_true_counts() {
    let bench = bench();
    let id = bench.workspace().await;
    let command = "seq 1 200000; echo trouble >&2; exit 3";
    let ran = run(&bench, &id, json!({"command": command, "output_bytes": 1000})).await;
    assert_eq!((&ran["exit_code"], &ran["exit_reason"], &ran["state"]), (&json!(3), &json!("exited"), &json!("ended")));
    assert_eq!((&ran["stdout_bytes"], &ran["stderr_bytes"]), (&json!(1_288_895), &json!(8)));
    assert_eq!((&ran["truncated"], &ran["stderr"]), (&json!(true), &json!("trouble\n")));
    let text = ran["stdout"].as_str().unwrap();
    assert!(text.starts_with("1\n2\n") && text.ends_with("\n200000\n") && text.len() < 1100, "{text}");
    assert!(text.contains("[... 1287895 bytes left out ...]"), "{text}");
    let none = run(&bench, &id, json!({"command": "echo out", "output_bytes": 0})).await;
    assert_eq!((&none["stdout_bytes"], &none["truncated"]), (&json!(4), &json!(true)));
    let odd = run(&bench, &id, json!({"command": r"printf 'a\377b\033[31mred\033[0m'"})).await;
    assert_eq!(odd["stdout"], "a\u{fffd}bred");
    let ansi = run(&bench, &id, json!({"command": r"printf '\033[31mred'", "ansi": true})).await;
    assert_eq!(ansi["stdout"], "\u{1b}[31mred");
}

#[tokio::test]
async fn a_command_has_its_directory_variables_and_input() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "mkdir -p sub/deep; touch file").await;
    for (cwd, end) in [
        ("sub", "/workspace/sub"),
        ("/workspace/sub/deep", "/workspace/sub/deep"),
        (".", "/workspace"),
        ("sub/..", "/workspace"),
    ] {
        let ran = run(&bench, &id, json!({"command": "pwd -P", "cwd": cwd})).await;
        assert!(ran["stdout"].as_str().unwrap().trim_end().ends_with(end), "{cwd}: {ran}");
        assert_eq!(ran["cwd"], cwd);
    }
    for cwd in ["missing", "file", "/workspace/sub/none"] {
        let input = json!({"workspace_id": id, "command": "true", "cwd": cwd});
        let refused = bench.refused("workspace_exec", input).await;
        assert!(matches!(refused.code, Code::Missing | Code::Conflict), "{cwd}: {refused:?}");
        assert!(refused.message.contains(cwd), "{refused}");
    }
    let ran = run(&bench, &id, json!({"command": "echo \"$A|$B\"", "env": {"A": "b  c", "B": "$HOME"}})).await;
    assert_eq!(ran["stdout"], "b  c|$HOME\n");
    for name in ["", "A=B", "A\0"] {
        let mut input = json!({"workspace_id": id, "command": "true", "env": {}});
        input["env"][name] = json!("x");
        assert_eq!(bench.refused("workspace_exec", input).await.code, Code::Invalid, "{name:?}");
    }
    assert_eq!(run(&bench, &id, json!({"command": "cat", "stdin": "héllo"})).await["stdout"], "héllo");
    assert_eq!(run(&bench, &id, json!({"command": "cat"})).await["stdout"], "", "nothing to read");
    let much = "x".repeat(1024 * 1024);
    assert_eq!(run(&bench, &id, json!({"command": "wc -c", "stdin": much})).await["stdout"], "1048576\n");
    assert_eq!(run(&bench, &id, json!({"command": "true", "stdin": much})).await["exit_code"], 0, "it reads nothing");
    let more = json!({"workspace_id": id, "command": "cat", "stdin": much + "x"});
    assert_eq!(bench.refused("workspace_exec", more).await.code, Code::Invalid);
    // Refused commands never began.
    let count = bench.ok("workspace_logs", json!({"workspace_id": id})).await["count"].clone();
    let last = bench.exec(&id, "true").await["sequence"].as_u64().unwrap();
    assert!(count.as_u64().unwrap() < last, "{count} {last}");
}

#[tokio::test]
async fn a_timeout_keeps_output_and_ends_the_whole_group() {
    let bench = bench();
    let id = bench.workspace().await;
    let stubborn = "trap '' TERM; sleep 600 & echo $!; echo late > mark; sleep 600; echo never > mark";
    let ran = run(&bench, &id, json!({"command": stubborn, "timeout_seconds": 1})).await;
    assert_eq!((&ran["exit_reason"], &ran["exit_code"]), (&json!("timed_out"), &json!(124)));
    ends(ran["stdout"].as_str().unwrap()).await;
    assert_eq!(std::fs::read_to_string(bench.tree(&id).join("mark")).unwrap(), "late\n");
    let killed = bench.exec(&id, "echo out; kill -9 $$").await;
    assert_eq!((&killed["exit_reason"], &killed["exit_code"]), (&json!("signaled"), &json!(137)));
    assert_eq!(killed["stdout"], "out\n");
}

#[tokio::test]
async fn a_background_child_holds_nobody() {
    let bench = bench();
    let id = bench.workspace().await;
    let ran = tokio::time::timeout(Duration::from_secs(20), bench.exec(&id, "sleep 600 & echo $!")).await.unwrap();
    let child: i32 = ran["stdout"].as_str().unwrap().trim().parse().unwrap();
    assert_eq!(ran["exit_code"], 0);
    // A machine would have ended it with itself, this one leaves that to us.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child), nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn canceling_ends_the_group_within_a_second() {
    let bench = bench();
    let id = bench.workspace().await;
    for dropped in [false, true] {
        let (scope, heard) = listening();
        let canceled = scope.canceled.clone();
        let input = json!({"workspace_id": id, "command": "sleep 600 & echo $! > pid; echo on; wait"});
        let mut call = Box::pin(bench.call_in("workspace_exec", input, scope));
        tokio::select! {
            _ = &mut call => panic!("it ended by itself"),
            () = heard.notified() => {}
        }
        let begun = Instant::now();
        if dropped {
            drop(call);
        } else {
            canceled.cancel();
            assert_eq!(call.await.unwrap_err().code, Code::Canceled);
        }
        ends(&std::fs::read_to_string(bench.tree(&id).join("pid")).unwrap()).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    let wait = json!({"workspace_id": id, "sequence": 2, "wait_seconds": 5});
    assert_eq!(bench.ok("workspace_logs", wait).await["entries"][0]["exit_reason"], "canceled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_commands_at_once_keep_apart() {
    let bench = bench();
    let id = bench.workspace().await;
    let runs = (0..20).map(|number| {
        let command = format!("echo {number}; echo {number} >&2; exit {number}");
        let ran = bench.ok("workspace_exec", json!({"workspace_id": id, "command": command}));
        async move { (number, ran.await) }
    });
    let mut sequences = Vec::new();
    for (number, ran) in futures_util::future::join_all(runs).await {
        let line = json!(format!("{number}\n"));
        assert_eq!((&ran["stdout"], &ran["stderr"], &ran["exit_code"]), (&line, &line, &json!(number)));
        let sequence = ran["sequence"].as_u64().unwrap();
        let logged = bench.ok("workspace_logs", json!({"workspace_id": id, "sequence": sequence})).await;
        assert_eq!(logged["entries"][0]["stdout"], line);
        sequences.push(sequence);
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=20).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_broken_link_loses_neither_command_nor_output() {
    let bench = bench();
    let id = bench.workspace().await;
    let (scope, heard) = listening();
    // It goes on as soon as what it said was heard and the link cut.
    let command = "for i in 1 2 3; do echo $i; until [ -e cut$i ]; do sleep 0.01; done; done; echo end";
    let input = json!({"workspace_id": id, "command": command});
    let cruel = async {
        for number in 1..=3 {
            heard.notified().await;
            bench.fake.last().cut();
            std::fs::write(bench.tree(&id).join(format!("cut{number}")), "").unwrap();
        }
    };
    let (ran, ()) = tokio::join!(bench.call_in("workspace_exec", input, scope), cruel);
    let ran = ran.unwrap();
    assert_eq!((&ran["stdout"], &ran["exit_code"]), (&json!("1\n2\n3\nend\n"), &json!(0)));
    let logged = bench.ok("workspace_logs", json!({"workspace_id": id, "sequence": 1})).await["entries"][0].clone();
    assert_eq!((&logged["stdout"], &logged["lost_bytes"]), (&json!("1\n2\n3\nend\n"), &Value::Null));
}

#[tokio::test]
async fn a_machine_that_dies_is_told_by_result_and_history() {
    let bench = bench();
    let id = bench.workspace().await;
    let (scope, heard) = listening();
    let input = json!({"workspace_id": id, "command": "echo before; sleep 600"});
    let cruel = async {
        heard.notified().await;
        bench.fake.last().die(Death::new(Cause::KernelPanic, "the guest's kernel panicked: test"));
    };
    let (ran, ()) = tokio::join!(bench.call_in("workspace_exec", input, scope), cruel);
    bench.stopped(&id).await;
    let ran = ran.unwrap();
    let logged = bench.ok("workspace_logs", json!({"workspace_id": id, "sequence": 1})).await["entries"][0].clone();
    for told in [&ran, &logged] {
        assert_eq!((&told["exit_reason"], &told["exit_code"]), (&json!("vm_died"), &json!(125)));
        assert_eq!((&told["stdout"], &told["state"]), (&json!("before\n"), &json!("ended")));
        assert_eq!(told["detail"], "the guest's kernel panicked: test");
    }
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!((&status["state"], &status["ended"]["cause"]), (&json!("stopped"), &json!("kernel_panic")));
    assert_eq!(bench.exec(&id, "true").await["resumed"], true);
}

#[tokio::test]
async fn a_caller_that_leaves_before_a_command_has_begun_leaves_nothing_running() {
    let bench = bench();
    let id = bench.workspace().await;
    let running = async || bench.ok("workspace_status", json!({"workspace_id": id})).await["running_commands"].clone();
    bench.fake.last().deafen(true);
    let command = json!({"workspace_id": id, "command": "sleep 600", "timeout_seconds": 600});
    {
        let call = std::pin::pin!(bench.call("workspace_exec", command));
        tokio::select! {
            answered = call => panic!("{answered:?}"),
            () = async { while running().await == json!([]) {} } => {}
        }
    }
    // The supervisor has noticed by the time it has answered others.
    for _ in 0..10 {
        assert_eq!(running().await, json!([1]));
    }
    bench.fake.last().deafen(false);
    let over = async { while running().await != json!([]) {} };
    tokio::time::timeout(Duration::from_secs(10), over).await.expect("it is not told as running for ever");
    let logs = bench.ok("workspace_logs", json!({"workspace_id": id, "sequence": 1})).await;
    assert_eq!(logs["entries"][0]["exit_reason"], "canceled", "{logs}");
}
