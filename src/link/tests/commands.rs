//! Commands, from start to end.

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::{
    GuestErrorCode,
    exec::{ENDED_KEPT, ExecEnded, ExecRequest, ExitReason, RUNNING_MAX, Stdin},
};

use super::{Guest, LinkError, Ran, finish, first_output, request};

fn ended(reason: ExitReason, exit_code: i32) -> ExecEnded {
    ExecEnded::new(reason, exit_code)
}

fn ran(stdout: &[u8], stderr: &[u8], facts: ExecEnded) -> Ran {
    let (stdout_bytes, stderr_bytes) = (stdout.len() as u64, stderr.len() as u64);
    Ran { stdout: stdout.into(), stderr: stderr.into(), ended: ExecEnded { stdout_bytes, stderr_bytes, ..facts } }
}

#[tokio::test]
async fn output_and_code_are_the_commands_own() {
    let guest = Guest::start().await;
    let run = guest.run("echo out; echo err >&2; exit 3").await;
    assert_eq!(run, ran(b"out\n", b"err\n", ended(ExitReason::Exited, 3)));
    let run = guest.run("printf '\\377\\376'").await;
    assert_eq!(run, ran(b"\xff\xfe", b"", ended(ExitReason::Exited, 0)));
}

#[tokio::test]
async fn directory_and_variables_are_as_asked() {
    let guest = Guest::start().await;
    std::fs::create_dir(guest.workspace("sub")).unwrap();
    let request = ExecRequest {
        cwd: Some("sub".into()),
        env: [("GREETING".to_owned(), "hello".to_owned())].into(),
        ..request("basename $PWD; echo $GREETING $LANG; cat")
    };
    let run = finish(guest.link.exec(&request).await.unwrap()).await;
    assert_eq!(run, ran(b"sub\nhello C.UTF-8\n", b"", ended(ExitReason::Exited, 0)));
}

#[tokio::test]
async fn a_signal_is_told_from_a_code() {
    let guest = Guest::start().await;
    let facts = ExecEnded {
        signal: Some(9),
        detail: Some("ended by signal SIGKILL".into()),
        ..ended(ExitReason::Signaled, 137)
    };
    assert_eq!(guest.run("kill -9 $$").await, ran(b"", b"", facts));
}

#[tokio::test]
async fn a_timeout_keeps_the_output_and_kills_what_ignores_term() {
    let guest = Guest::start().await;
    let request = ExecRequest { timeout_ms: Some(100), ..request("trap '' TERM; echo begun; sleep 60; sleep 60") };
    let facts = ExecEnded {
        signal: Some(9),
        detail: Some("ended at its limit of 100 ms".into()),
        forced: true,
        ..ended(ExitReason::TimedOut, 124)
    };
    assert_eq!(finish(guest.link.exec(&request).await.unwrap()).await, ran(b"begun\n", b"", facts));
}

#[tokio::test]
async fn a_background_child_does_not_hold_the_call() {
    let guest = Guest::start().await;
    let run = guest.run("sleep 60 & echo $!").await;
    assert_eq!((run.ended.reason, run.ended.exit_code), (ExitReason::Exited, 0));
    let pid: i32 = String::from_utf8(run.stdout).unwrap().trim().parse().unwrap();
    // It lives on, with its output pipe still read.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn a_hundred_megabytes_arrive_whole_in_bounded_memory() {
    let guest = Guest::start().await;
    let resident_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = resident_kib();
    let mut events = guest.link.exec(&request("head -c 100000000 /dev/zero")).await.unwrap();
    let (mut received, mut most) = (0, 0);
    while let Some(event) = events.next().await.unwrap() {
        if let super::Event::Output { offset, bytes, .. } = event {
            assert_eq!(offset, received);
            received += bytes.len() as u64;
            most = most.max(resident_kib());
        }
    }
    assert_eq!(received, 100_000_000);
    assert!(most < before + 64 * 1024, "{before} KiB grew to {most} KiB");
}

#[tokio::test]
async fn a_dropped_stream_is_resumed_where_it_was() {
    let guest = Guest::start().await;
    let request = ExecRequest { stdin: Stdin::Stream, ..request("echo one; read x; echo $x; echo end") };
    let mut events = guest.link.exec(&request).await.unwrap();
    let (exec, _, bytes) = first_output(&mut events).await;
    assert_eq!(bytes, b"one\n");
    let [stdout, stderr] = events.offsets();
    drop(events);
    guest.link.exec_stdin(exec, stream::iter([Ok(Bytes::from("two\n"))])).await.unwrap();
    let resumed = finish(guest.link.exec_resume(exec, stdout, stderr).await.unwrap()).await;
    let facts = ExecEnded { stdout_bytes: 12, ..ended(ExitReason::Exited, 0) };
    assert_eq!(resumed, Ran { stdout: b"two\nend\n".into(), stderr: Vec::new(), ended: facts.clone() });
    // Ended, it can be read again from the start.
    let again = finish(guest.link.exec_resume(exec, 0, 0).await.unwrap()).await;
    assert_eq!(again, Ran { stdout: b"one\ntwo\nend\n".into(), stderr: Vec::new(), ended: facts });
    let beyond = guest.link.exec_resume(exec, 13, 0).await.unwrap_err();
    assert!(matches!(beyond, LinkError::Refused(error) if error.code == GuestErrorCode::Invalid));
}

#[tokio::test]
async fn cancel_ends_grandchildren_of_the_group() {
    let guest = Guest::start().await;
    let mut events = guest.link.exec(&request("(trap '' TERM; sleep 60; sleep 60) & echo $!; wait")).await.unwrap();
    let (exec, _, bytes) = first_output(&mut events).await;
    let pid = String::from_utf8(bytes).unwrap();
    guest.link.exec_cancel(exec).await.unwrap();
    let run = finish(events).await;
    assert_eq!(run.ended.reason, ExitReason::Canceled);
    // Killed before the end was told: what is left is a zombie at most.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    guest.link.exec_cancel(exec).await.unwrap();
}

#[tokio::test]
async fn a_signal_reaches_the_group() {
    let guest = Guest::start().await;
    let command = "trap 'echo caught; exit 4' USR1; echo ready; while :; do sleep 60 & wait; done";
    let mut events = guest.link.exec(&request(command)).await.unwrap();
    let (exec, ..) = first_output(&mut events).await;
    guest.link.exec_signal(exec, 10).await.unwrap();
    let facts = ExecEnded { stdout_bytes: 13, ..ended(ExitReason::Exited, 4) };
    assert_eq!(finish(events).await, Ran { stdout: b"caught\n".into(), stderr: Vec::new(), ended: facts });
    let over = guest.link.exec_signal(exec, 10).await.unwrap_err();
    assert!(matches!(over, LinkError::Refused(error) if error.code == GuestErrorCode::Conflict));
}

#[tokio::test]
async fn input_is_closed_by_its_end_and_may_be_more_than_is_read() {
    let guest = Guest::start().await;
    let piece = Bytes::from(vec![b'x'; 1_000_000]);
    for (command, count) in [("wc -c", "5000000\n"), ("head -c 3 | wc -c", "3\n")] {
        let request = ExecRequest { stdin: Stdin::Stream, ..request(&format!("echo; {command}")) };
        let mut events = guest.link.exec(&request).await.unwrap();
        let (exec, ..) = first_output(&mut events).await;
        let pieces: Vec<_> = (0..5).map(|_| Ok(piece.clone())).collect();
        guest.link.exec_stdin(exec, stream::iter(pieces)).await.unwrap();
        assert_eq!(String::from_utf8(finish(events).await.stdout).unwrap(), count);
    }
}

#[tokio::test]
async fn what_cannot_be_run_is_refused() {
    let guest = Guest::start().await;
    let refused = async |request: ExecRequest| match guest.link.exec(&request).await {
        Err(LinkError::Refused(error)) => error.code,
        other => panic!("{other:?}"),
    };
    let missing = ExecRequest { cwd: Some("nowhere".into()), ..request("true") };
    assert_eq!(refused(missing).await, GuestErrorCode::Missing);
    let escape = ExecRequest { cwd: Some("../../../../../../usr".into()), ..request("true") };
    assert_eq!(refused(escape).await, GuestErrorCode::Missing);
    assert_eq!(refused(request("true\0")).await, GuestErrorCode::Invalid);
    assert_eq!(refused(request(&"x".repeat(200_000))).await, GuestErrorCode::Invalid);
    let nameless = ExecRequest { env: [(String::new(), String::new())].into(), ..request("true") };
    assert_eq!(refused(nameless).await, GuestErrorCode::Invalid);
}

#[tokio::test]
async fn ended_commands_are_forgotten_oldest_first() {
    let guest = Guest::start().await;
    for _ in 0..=ENDED_KEPT {
        guest.run("true").await;
    }
    let gone = guest.link.exec_resume(1, 0, 0).await.unwrap_err();
    assert!(matches!(gone, LinkError::Refused(error) if error.code == GuestErrorCode::Missing));
    guest.link.exec_resume(2, 0, 0).await.unwrap();
    guest.link.exec_forget(2).await.unwrap();
    guest.link.exec_resume(2, 0, 0).await.unwrap_err();
}

#[tokio::test]
async fn too_many_at_once_are_refused() {
    let guest = Guest::start().await;
    for _ in 0..RUNNING_MAX {
        let request = ExecRequest { stdin: Stdin::Stream, ..request("read x") };
        // Dropped at once: it is the command that counts, not the stream.
        guest.link.exec(&request).await.unwrap();
    }
    let more = guest.link.exec(&request("true")).await.unwrap_err();
    assert!(matches!(more, LinkError::Refused(error) if error.code == GuestErrorCode::Limit));
    guest.agent.stop(super::DEADLINE).await;
    guest.link.closed().await;
}
