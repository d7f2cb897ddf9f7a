//! Contained commands, where there is no cgroup for them: their session stands in.

use std::time::{Duration, Instant};

use pyro_protocol::exec::{ExecRequest, ExitReason};

use super::{Guest, alive, finish, first_output, request};

fn contained(command: &str) -> ExecRequest {
    ExecRequest { contained: true, ..request(command) }
}

fn numbers(text: &[u8]) -> Vec<u32> {
    String::from_utf8_lossy(text).split_whitespace().map(|word| word.parse().unwrap()).collect()
}

#[tokio::test]
async fn what_is_left_behind_is_ended_and_counted() {
    let guest = Guest::start().await;
    let command = "exec bash -mc 'sleep 60 & echo $!; sleep 60 & echo $!; exit 3' 2>/dev/null";
    let run = finish(guest.link.exec(&contained(command)).await.unwrap()).await;
    let ended = run.ended;
    assert_eq!((ended.reason, ended.exit_code, ended.left_behind), (ExitReason::Exited, 3, 2));
    assert!(!ended.forced);
    assert!(numbers(&run.stdout).iter().all(|pid| !alive(*pid)));
}

#[tokio::test]
async fn output_of_those_left_behind_is_kept_to_their_end() {
    let guest = Guest::start().await;
    let fifo =
        "mkfifo ready; (trap 'sleep 0.2; echo last words; exit' TERM; echo >ready; while :; do sleep 0.05; done) &";
    let request = ExecRequest { grace_ms: Some(10_000), ..contained(&format!("{fifo} read x <ready; echo first")) };
    let run = finish(guest.link.exec(&request).await.unwrap()).await;
    assert_eq!(String::from_utf8(run.stdout).unwrap(), "first\nlast words\n");
    assert!(run.ended.left_behind > 0 && !run.ended.forced, "{:?}", run.ended);
}

#[tokio::test]
async fn cancel_ends_every_group_and_tells_of_force() {
    let guest = Guest::start().await;
    let command = "exec bash -mc '(trap \"\" TERM; echo $BASHPID; sleep 60; sleep 60) & wait' 2>/dev/null";
    for (grace_ms, least) in [(None, 500), (Some(50), 50)] {
        let request = ExecRequest { grace_ms, ..contained(command) };
        let mut events = guest.link.exec(&request).await.unwrap();
        let (exec, _, pid) = first_output(&mut events).await;
        let begun = Instant::now();
        guest.link.exec_cancel(exec).await.unwrap();
        let ended = finish(events).await.ended;
        assert_eq!((ended.reason, ended.forced, ended.left_behind), (ExitReason::Canceled, true, 0));
        assert!(begun.elapsed() >= Duration::from_millis(least));
        assert!(!alive(numbers(&pid)[0]));
    }
}

#[tokio::test]
async fn what_heeds_term_within_its_grace_is_not_forced() {
    let guest = Guest::start().await;
    let command = "trap 'sleep 1; echo saved; exit 7' TERM; echo; while :; do sleep 0.05; done";
    let request = ExecRequest { grace_ms: Some(10_000), ..request(command) };
    for contained in [false, true] {
        let request = ExecRequest { contained, ..request.clone() };
        let mut events = guest.link.exec(&request).await.unwrap();
        let (exec, ..) = first_output(&mut events).await;
        guest.link.exec_cancel(exec).await.unwrap();
        let run = finish(events).await;
        assert_eq!((run.ended.reason, run.ended.exit_code, run.ended.forced), (ExitReason::Canceled, 7, false));
        assert_eq!(run.stdout, b"saved\n");
    }
}

#[tokio::test]
async fn stopped_ones_are_ended_too() {
    let guest = Guest::start().await;
    let command = "exec bash -mc 'sleep 60 & kill -STOP $!; echo; kill -STOP $$' 2>/dev/null";
    let mut events = guest.link.exec(&contained(command)).await.unwrap();
    let (exec, ..) = first_output(&mut events).await;
    guest.link.exec_cancel(exec).await.unwrap();
    let ended = finish(events).await.ended;
    assert_eq!((ended.reason, ended.forced), (ExitReason::Canceled, false));
}

#[tokio::test]
async fn a_contained_command_alone_ends_as_any_other() {
    let guest = Guest::start().await;
    let contained = finish(guest.link.exec(&contained("echo a; echo b >&2; exit 9")).await.unwrap()).await;
    assert_eq!(contained, guest.run("echo a; echo b >&2; exit 9").await);
}
