//! Shells: opened, typed into, read on from anywhere, signaled and closed.

use base64::{Engine, engine::general_purpose::STANDARD};
use pyro_mcp::Code;
use serde_json::{Value, json};

use super::exec::ends;
use crate::bench::{Bench, bench};

/// A shell and how far it was read.
pub(super) struct Seat<'a> {
    pub(super) bench: &'a Bench,
    pub(super) workspace: String,
    pub(super) shell: String,
    cursor: u64,
}

impl<'a> Seat<'a> {
    pub(super) async fn open(bench: &'a Bench) -> Self {
        let workspace = bench.workspace().await;
        Self::open_in(bench, &workspace, json!({})).await
    }

    pub(super) async fn open_in(bench: &'a Bench, workspace: &str, mut input: Value) -> Self {
        input["workspace_id"] = json!(workspace);
        let opened = bench.ok("workspace_shell_open", input).await;
        assert_eq!(opened["state"], "running");
        let shell = opened["shell_id"].as_str().unwrap().to_owned();
        let mut seat = Self { bench, workspace: workspace.to_owned(), shell, cursor: 0 };
        seat.until("$ ").await;
        seat
    }

    pub(super) fn input(&self, mut more: Value) -> Value {
        more["workspace_id"] = json!(self.workspace);
        more["shell_id"] = json!(self.shell);
        more
    }

    pub(super) async fn call(&self, tool: &str, more: Value) -> Value {
        self.bench.ok(tool, self.input(more)).await
    }

    /// Types a line and reads until `end` is what the output ends with.
    pub(super) async fn line(&mut self, line: &str, end: &str) -> String {
        self.call("workspace_shell_write", json!({"input": line})).await;
        self.until(end).await
    }

    /// Reads on, plain, until the text read ends so.
    pub(super) async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        for _ in 0..100 {
            let page = self.plain().await;
            text.push_str(page["output"].as_str().unwrap());
            if text.trim_end().ends_with(end.trim_end()) && !text.trim().is_empty() {
                return text;
            }
        }
        panic!("{end:?} never came: {text:?}");
    }

    pub(super) async fn plain(&mut self) -> Value {
        let page = self
            .call(
                "workspace_shell_read",
                json!({"cursor": self.cursor, "plain": true, "max_chars": 98_304, "wait_for_idle_ms": 30}),
            )
            .await;
        self.cursor = page["next_cursor"].as_u64().unwrap();
        page
    }

    pub(super) async fn raw(&self, cursor: u64, max: u64) -> Value {
        self.call("workspace_shell_read", json!({"cursor": cursor, "max_chars": max})).await
    }
}

#[tokio::test]
async fn what_is_typed_runs_and_reading_on_tells_only_what_is_new() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    let first = seat.line("x=41; echo sum $((x + 1))", "$ ").await;
    assert!(first.contains("\nsum 42\n"), "{first:?}");
    let second = seat.line("echo again $x", "$ ").await;
    assert!(second.contains("\nagain 41\n") && !second.contains("sum"), "{second:?}");
    let nothing = seat.plain().await;
    assert_eq!(
        (&nothing["output"], &nothing["idle"], &nothing["truncated"]),
        (&json!(""), &json!(true), &json!(false))
    );
}

#[tokio::test]
async fn raw_reads_are_exact_in_pieces_of_any_size() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    seat.line(r"printf '\033[1mbold\033[0m ü€😀 \377\300 end\n'", "$ ").await;
    let whole = seat.raw(0, 98_304).await;
    let all = STANDARD.decode(whole["output_base64"].as_str().unwrap()).unwrap();
    assert_eq!(whole["next_cursor"], all.len());
    let printed = b"\x1b[1mbold\x1b[0m \xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80 \xff\xc0 end\r\n";
    assert!(all.windows(printed.len()).any(|bytes| bytes == printed), "{whole}");
    for size in [1, 2, 3, 7, 64] {
        let (mut cursor, mut read) = (0, Vec::new());
        while cursor < all.len() as u64 {
            let page = seat.raw(cursor, size).await;
            assert_eq!(page["cursor"], cursor);
            match page["output_base64"].as_str() {
                Some(bytes) => read.extend(STANDARD.decode(bytes).unwrap()),
                None => read.extend(page["output"].as_str().unwrap().bytes()),
            }
            cursor = page["next_cursor"].as_u64().unwrap();
        }
        assert_eq!(read, all, "in pieces of {size}");
    }
}

#[tokio::test]
async fn a_shell_is_found_again_by_another_server() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    seat.line("cd /tmp; kept=yes", "$ ").await;
    let other = bench.another();
    let status = other.ok("workspace_status", json!({"workspace_id": seat.workspace})).await;
    let found = &status["shells"][0];
    assert_eq!((&found["shell_id"], &found["state"]), (&json!(seat.shell), &json!("running")));
    let mut again = Seat { bench: &other, cursor: found["written_bytes"].as_u64().unwrap(), ..seat };
    let told = again.line("echo kept=$kept in $PWD", "$ ").await;
    assert!(told.contains("\nkept=yes in /tmp\n"), "{told:?}");
}

#[tokio::test]
async fn an_interrupt_reaches_the_job_in_front_and_leaves_the_shell() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    let told = seat.line("bash -c 'echo $$; echo begun; exec sleep 600'", "\nbegun").await;
    let pid = told.lines().find(|line| line.parse::<u32>().is_ok()).unwrap().to_owned();
    let sent = seat.call("workspace_shell_signal", json!({})).await;
    assert_eq!((&sent["signal"], sent["pgid"].to_string()), (&json!("INT"), pid.clone()));
    ends(&pid).await;
    let told = seat.line("echo code $?", "$ ").await;
    assert!(told.contains("code 130"), "{told:?}");
    let wrong = bench.refused("workspace_shell_signal", seat.input(json!({"signal_name": "FOO"}))).await;
    assert!(wrong.code == Code::Invalid && wrong.hint.unwrap().contains("INT"));
}

#[tokio::test]
async fn programs_are_told_of_a_new_size() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    assert!(seat.line("stty size", "$ ").await.contains("\n30 120\n"));
    let wrote = seat.call("workspace_shell_write", json!({"input": "stty size", "cols": 40, "rows": 10})).await;
    assert_eq!((&wrote["cols"], &wrote["rows"], &wrote["written_bytes"]), (&json!(40), &json!(10), &json!(10)));
    assert!(seat.until("$ ").await.contains("\n10 40\n"));
    let half = bench.refused("workspace_shell_write", seat.input(json!({"input": "", "cols": 40}))).await;
    assert_eq!(half.code, Code::Invalid);
}

#[tokio::test]
async fn a_shell_that_ends_tells_its_code_and_can_still_be_read() {
    let bench = bench();
    let seat = Seat::open(&bench).await;
    seat.call("workspace_shell_write", json!({"input": "echo last words; exit 7"})).await;
    let read = json!({"plain": true, "wait_for_idle_ms": 10_000});
    let page = seat.call("workspace_shell_read", read).await;
    assert_eq!((&page["state"], &page["exit_code"]), (&json!("stopped"), &json!(7)));
    assert!(page["output"].as_str().unwrap().contains("\nlast words\n"), "{page}");
    let refused = bench.refused("workspace_shell_write", seat.input(json!({"input": "x"}))).await;
    assert_eq!(refused.code, Code::Conflict, "{refused}");
    let closed = seat.call("workspace_shell_close", json!({})).await;
    assert_eq!((&closed["closed"], &closed["exit_code"]), (&json!(true), &json!(7)));
}

#[tokio::test]
async fn closing_ends_all_that_ran_in_it_and_the_shell_is_no_more() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    let text = seat.line("sleep 601 & bash -c 'trap \"\" HUP TERM; sleep 602' & jobs -p; echo --", "$ ").await;
    let pids: Vec<&str> = text.lines().filter(|line| line.parse::<u32>().is_ok()).collect();
    assert_eq!(pids.len(), 2, "{text:?}");
    let closed = seat.call("workspace_shell_close", json!({})).await;
    assert_eq!((&closed["closed"], &closed["state"]), (&json!(true), &json!("stopped")));
    for pid in pids {
        ends(pid).await;
    }
    let refused = bench.refused("workspace_shell_read", seat.input(json!({}))).await;
    assert_eq!(refused.code, Code::Missing);
    assert!(refused.hint.unwrap().contains("workspace_status"));
    let status = bench.ok("workspace_status", json!({"workspace_id": seat.workspace})).await;
    assert_eq!(status["shells"], json!([]));
}

#[tokio::test]
async fn a_shell_survives_a_broken_link_and_ends_with_its_machine() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    bench.fake.last().cut();
    let told = seat.line("echo still here", "$ ").await;
    assert!(told.contains("\nstill here\n"), "{told:?}");
    bench.machine_dies(&seat.workspace).await;
    let refused = bench.refused("workspace_shell_read", seat.input(json!({}))).await;
    assert_eq!(refused.code, Code::Missing);
    assert!(refused.message.contains("stopped"), "{refused}");
    let status = bench.ok("workspace_status", json!({"workspace_id": seat.workspace})).await;
    assert_eq!((&status["shells"], &status["state"]), (&json!([]), &json!("stopped")));
    let again = Seat::open_in(&bench, &seat.workspace.clone(), json!({"cwd": "/"})).await;
    assert_ne!(again.shell, seat.shell, "a new machine's shells are new ones");
}
