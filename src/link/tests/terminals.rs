//! Commands on a terminal.

use std::path::Path;

use bytes::Bytes;
use futures_util::stream;
use nix::sys::signal::Signal;
use pyro_protocol::{
    GuestErrorCode,
    exec::{ExecRequest, ExitReason, Signaled, TerminalSize, Typed},
    frame::Event,
};

use super::{ExecStream, Guest, LinkError, Ran, alive, finish, request};

/// Says that it is there, without the text standing in what a terminal echoes of the command.
const READY: &str = "printf 'rea%s' dy";

/// A command on a terminal, and what it has written so far.
struct Shell<'a> {
    guest: &'a Guest,
    events: ExecStream,
    exec: u64,
    leader: u32,
    seen: Vec<u8>,
}

impl<'a> Shell<'a> {
    async fn start(guest: &'a Guest, command: &str) -> Self {
        Self::of(guest, on_terminal(command)).await
    }

    async fn of(guest: &'a Guest, request: ExecRequest) -> Self {
        let mut events = guest.link.exec(&request).await.unwrap();
        let Some(Event::Started(started)) = events.next().await.unwrap() else { panic!("not started") };
        Self { guest, events, exec: started.exec, leader: started.pid, seen: Vec::new() }
    }

    async fn enter(&self, text: &str) -> Typed {
        let text = Bytes::from(text.to_owned());
        self.guest.link.exec_type(self.exec, stream::iter([Ok(text)])).await.unwrap()
    }

    /// Reads on until the text has come since the last call, and forgets everything up to its end.
    async fn expect(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.seen.windows(text.len()).position(|window| window == text.as_bytes()) {
                return String::from_utf8(self.seen.drain(..at + text.len()).collect()).unwrap();
            }
            let event = tokio::time::timeout(super::DEADLINE, self.events.next()).await;
            let event = event.unwrap_or_else(|_| panic!("no {text:?} in {}", String::from_utf8_lossy(&self.seen)));
            match event.unwrap().unwrap() {
                Event::Output { bytes, .. } => self.seen.extend_from_slice(&bytes),
                other => panic!("no {text:?} in {}: {other:?}", String::from_utf8_lossy(&self.seen)),
            }
        }
    }

    async fn end(self) -> Ran {
        tokio::time::timeout(super::DEADLINE, finish(self.events)).await.unwrap()
    }
}

fn on_terminal(command: &str) -> ExecRequest {
    ExecRequest { terminal: Some(TerminalSize { cols: 80, rows: 24 }), ..request(command) }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, LinkError>) -> GuestErrorCode {
    match answer.unwrap_err() {
        LinkError::Refused(error) => error.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_three_ends_are_the_terminal_of_that_size() {
    let guest = Guest::start().await;
    let command = "for fd in 0 1 2; do test -t $fd || echo no $fd; done; stty size; echo $TERM ${LINES-unset} >&2";
    let asked = ExecRequest {
        terminal: Some(TerminalSize { cols: 133, rows: 41 }),
        env: [("COLUMNS".into(), "7".into())].into(),
        ..request(&format!("{command}; echo $COLUMNS; tty; echo of > /dev/tty; exit 3"))
    };
    let run = finish(guest.link.exec(&asked).await.unwrap()).await;
    assert_eq!((run.ended.reason, run.ended.exit_code, run.stderr), (ExitReason::Exited, 3, vec![]));
    assert_eq!(run.ended.stdout_bytes, run.stdout.len() as u64);
    let text = String::from_utf8(run.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["41 133", "xterm-256color unset", "7"], "{text}");
    assert!(Path::new(lines[3]).starts_with("/dev/pts"), "{text}");
    assert_eq!(lines[4..], ["of"], "{text}");

    let asked = ExecRequest { env: [("TERM".into(), "vt100".into())].into(), ..on_terminal("echo $TERM") };
    assert_eq!(finish(guest.link.exec(&asked).await.unwrap()).await.stdout, b"vt100\r\n");
}

#[tokio::test]
async fn what_is_typed_is_echoed_and_read() {
    let guest = Guest::start().await;
    let mut shell =
        Shell::start(&guest, "read line; echo got $line; stty -echo; echo; read line; echo and $line").await;
    assert_eq!(shell.enter("one two\n").await, Typed { bytes: 8 });
    shell.expect("one two\r\ngot one two\r\n\r\n").await;
    shell.enter("th").await;
    shell.enter("ree\n").await;
    assert_eq!(shell.end().await.stdout, b"and three\r\n");
}

#[tokio::test]
async fn the_foreground_job_is_interrupted_and_the_shell_lives() {
    let guest = Guest::start().await;
    let mut shell = Shell::start(&guest, "PS1='> ' exec bash --norc -i").await;
    for interrupt in [true, false] {
        shell.expect("> ").await;
        shell.enter(&format!("sh -c \"{READY}; exec sleep 60\"\n")).await;
        shell.expect("ready").await;
        if interrupt {
            let Signaled { pgid } = guest.link.exec_signal(shell.exec, Signal::SIGINT as i32).await.unwrap();
            assert_ne!(pgid, shell.leader);
        } else {
            shell.enter("\x03").await;
        }
    }
    shell.expect("> ").await;
    shell.enter("echo code $?\n").await;
    shell.expect("code 130").await;
    shell.enter("exit 5\n").await;
    let ended = shell.end().await.ended;
    assert_eq!((ended.reason, ended.exit_code), (ExitReason::Exited, 5));
}

#[tokio::test]
async fn a_program_is_told_of_its_new_size() {
    let guest = Guest::start().await;
    let command = format!("trap 'stty size; exit 0' WINCH; {READY}; while :; do sleep 60 & wait; done");
    let mut shell = Shell::start(&guest, &command).await;
    shell.expect("ready").await;
    let exec = shell.exec;
    for size in [TerminalSize { cols: 0, rows: 9 }, TerminalSize { cols: 10, rows: 501 }] {
        assert_eq!(refused(guest.link.exec_resize(exec, size).await), GuestErrorCode::Invalid);
        let asked = ExecRequest { terminal: Some(size), ..request("true") };
        assert_eq!(refused(guest.link.exec(&asked).await), GuestErrorCode::Invalid);
    }
    guest.link.exec_resize(exec, TerminalSize { cols: 500, rows: 1 }).await.unwrap();
    shell.expect("1 500\r\n").await;
    assert_eq!(shell.end().await.ended.exit_code, 0);
    let again = guest.link.exec_resize(exec, TerminalSize { cols: 80, rows: 24 }).await;
    assert_eq!(refused(again), GuestErrorCode::Conflict);
}

#[tokio::test]
async fn an_end_of_file_is_a_key() {
    let guest = Guest::start().await;
    let mut shell = Shell::start(&guest, &format!("{READY}; cat; echo over")).await;
    shell.expect("ready").await;
    shell.enter("a\n\x04").await;
    assert_eq!(String::from_utf8(shell.end().await.stdout).unwrap(), "a\r\na\r\nover\r\n");
}

#[tokio::test]
async fn cancel_hangs_up_on_every_job() {
    let guest = Guest::start().await;
    let mut shell = Shell::start(&guest, "PS1='> ' exec bash --norc -i").await;
    shell.expect("> ").await;
    let stubborn = format!("sh -c \"trap '' HUP TERM; {READY}; sleep 60; sleep 60\"");
    shell.enter(&format!("sleep 60 & {stubborn} &\n")).await;
    shell.expect("ready").await;
    shell.enter("echo pids $(jobs -p) end\n").await;
    shell.expect("pids ").await; // the echo
    shell.expect("pids ").await;
    let jobs = shell.expect(" end").await;
    let jobs: Vec<u32> = jobs.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(jobs.len(), 2);
    assert!(jobs.iter().all(|job| alive(*job)));
    guest.link.exec_cancel(shell.exec).await.unwrap();
    let ended = shell.end().await.ended;
    assert_eq!((ended.reason, ended.forced), (ExitReason::Canceled, true));
    assert!(!jobs.iter().any(|job| alive(*job)));
}

#[tokio::test]
async fn a_shell_at_its_prompt_is_ended_without_force() {
    let guest = Guest::start().await;
    let asked = ExecRequest { grace_ms: Some(10_000), ..on_terminal("PS1='> ' exec bash --norc -i") };
    let mut shell = Shell::of(&guest, asked).await;
    shell.expect("> ").await;
    guest.link.exec_cancel(shell.exec).await.unwrap();
    let ended = shell.end().await.ended;
    assert_eq!((ended.reason, ended.forced), (ExitReason::Canceled, false));
}

#[tokio::test]
async fn a_job_that_holds_the_terminal_does_not_hold_the_end() {
    let guest = Guest::start().await;
    let mut shell = Shell::start(&guest, "(trap '' HUP; exec sleep 60) & echo pid $! end").await;
    let pid = shell.expect(" end\r\n").await;
    let pid = pid.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    let ended = shell.end().await.ended;
    assert_eq!((ended.reason, ended.exit_code), (ExitReason::Exited, 0));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn a_terminal_closed_and_opened_again_is_the_same() {
    let guest = Guest::start().await;
    let command = "exec 3>&1 </dev/null >/dev/null 2>&1 3>&-; sleep 0.1; exec >/dev/tty; echo back";
    let run = finish(guest.link.exec(&on_terminal(command)).await.unwrap()).await;
    assert_eq!((run.stdout.as_slice(), run.ended.exit_code), (&b"back\r\n"[..], 0));
}

#[tokio::test]
async fn ten_megabytes_come_through_whole() {
    let guest = Guest::start().await;
    let command = "stty raw; seq 1400000 | head -c 10000000; exit 4";
    let run = finish(guest.link.exec(&on_terminal(command)).await.unwrap()).await;
    let wanted: String = (1..=1_400_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(run.ended.exit_code, 4);
    assert!(run.stdout == wanted.as_bytes()[..10_000_000]);
}

#[tokio::test]
async fn a_megabyte_is_typed_whole_and_two_never_mix() {
    let guest = Guest::start().await;
    let command = format!("stty raw -echo; {READY}; head -c 1000000 | tr -s ab");
    let mut shell = Shell::start(&guest, &command).await;
    shell.expect("ready").await;
    let body = |byte| stream::iter((0..50).map(move |_| Ok(Bytes::from(vec![byte; 10_000]))));
    let (a, b) =
        tokio::join!(guest.link.exec_type(shell.exec, body(b'a')), guest.link.exec_type(shell.exec, body(b'b')));
    assert_eq!((a.unwrap(), b.unwrap()), (Typed { bytes: 500_000 }, Typed { bytes: 500_000 }));
    let stdout = shell.end().await.stdout;
    assert!(stdout == b"ab" || stdout == b"ba", "{}", String::from_utf8_lossy(&stdout));
}

#[tokio::test]
async fn a_program_that_reads_nothing_takes_little() {
    let guest = Guest::start().await;
    let mut shell = Shell::start(&guest, &format!("stty raw -echo; {READY}; exec sleep 60")).await;
    shell.expect("ready").await;
    let body = stream::iter((0..100).map(|_| Ok(Bytes::from_static(&[b'x'; 10_000]))));
    let Typed { bytes } = guest.link.exec_type(shell.exec, body).await.unwrap();
    assert!(bytes < 200_000, "{bytes}");
    guest.link.exec_cancel(shell.exec).await.unwrap();
    let exec = shell.exec;
    assert_eq!(shell.end().await.ended.reason, ExitReason::Canceled);
    let again = guest.link.exec_type(exec, stream::iter([])).await;
    assert_eq!(refused(again), GuestErrorCode::Conflict);
}

#[tokio::test]
async fn a_command_without_a_terminal_is_not_typed_into() {
    let guest = Guest::start().await;
    let shell = Shell::of(&guest, request("sleep 60")).await;
    let typed = guest.link.exec_type(shell.exec, stream::iter([])).await;
    assert_eq!(refused(typed), GuestErrorCode::Conflict);
    assert_eq!(refused(guest.link.exec_type(99, stream::iter([])).await), GuestErrorCode::Missing);
    let signaled = guest.link.exec_signal(shell.exec, Signal::SIGKILL as i32).await.unwrap();
    assert_eq!(signaled, Signaled { pgid: shell.leader });
    assert_eq!(shell.end().await.ended.exit_code, 137);
}

#[tokio::test]
async fn the_agents_end_is_the_end_of_its_terminals() {
    let guest = Guest::start().await;
    let mut shell = Shell::start(&guest, &format!("trap '' HUP TERM; {READY}; sleep 60; sleep 60")).await;
    shell.expect("ready").await;
    guest.agent.stop(std::time::Duration::from_millis(100)).await;
    guest.link.closed().await;
    let gone = tokio::time::timeout(super::DEADLINE, async {
        while alive(shell.leader) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    gone.await.unwrap();
}
