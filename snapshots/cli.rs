//! The command line as shells see it: exit statuses, streams, signals.

use std::{
    io::Read,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::support::{OWN_TOOLS, PYRO, dirs, line, program};

fn run(path: impl AsRef<std::path::Path>, words: &[&str]) -> Output {
    let (place, _) = dirs();
    program(path, &place).args(words).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn check(words: &[&str], status: i32, stdout: &str, stderr: &str) {
    let output = run(&*OWN_TOOLS, words);
    let seen = (output.status.code(), String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(seen, (Some(status), stdout.into(), stderr.into()), "{words:?}");
}

#[test]
fn a_command_passes_through() {
    check(&["toy", "run", "here", "--", "sh", "-c", "echo out; echo err >&2; exit 7"], 7, "out\n", "err\n");
    check(&["toy", "run", "here", "--", "printf", "%s|", "a b", "", "c'd", "$HOME"], 0, "a b||c'd|$HOME|", "");
    check(&["toy", "run", "--deadline-ms", "9000", "here", "--", "true"], 0, "", "");
    check(&["toy", "run", "here", "--deadline-ms", "9000", "--", "true"], 0, "", "");
    check(&["toy", "run", "here", "--", "ls", "--json", "-d", "/"], 2, "", &bad_ls());
    check(&["toy", "run", "here", "--", "sh", "-c", "kill -9 $$"], 137, "", "Killed\n");
    let late = "error: toy_run did not end within 0.1 s and was stopped\n";
    check(&["toy", "run", "here", "--deadline-ms", "100", "--", "sleep", "30"], 124, "", late);
}

/// What this host's `ls` says to a flag it does not know.
fn bad_ls() -> String {
    let output = Command::new("ls").args(["--json", "-d", "/"]).output().unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn json_is_the_result_and_the_status_still_the_commands() {
    let output = run(&*OWN_TOOLS, &["toy", "run", "here", "--json", "--", "sh", "-c", "echo out; exit 3"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["stdout"], &answer["exit_code"]), (&"out\n".into(), &3.into()));
    assert_eq!((output.status.code(), output.stderr.len()), (Some(3), 0));
}

#[test]
fn failures_say_what_to_do() {
    let waiting = "pyro: waiting\n";
    let said = format!("{waiting}error: nothing to say\nhint: say something\n");
    check(&["toy", "wait", "hi", "--end", "failure"], 1, "", &said);
    let json = "{\n  \"code\": \"missing\",\n  \"message\": \"nothing to say\",\n  \"hint\": \"say something\"\n}\n";
    check(&["toy", "wait", "hi", "--end", "failure", "--json"], 1, json, waiting);
    let answer = "said: hi\nlabels: a=1\nparts:\n  - end=answer\n";
    check(&["toy", "wait", "hi", "--label", "a=1"], 0, answer, waiting);
}

#[test]
fn a_wrong_line_is_usage() {
    let (_place, dirs) = dirs();
    for (words, part) in [
        (&["run"][..], "required arguments"),
        (&["run", "debian:12", "ls", "-l"], "hint: the command stands after `--`"),
        (&["run", "debian:12", "--vcpu-count", "99", "--", "ls"], "99 is not in 1..=8"),
        (&["toy", "wait", "hi", "--end", "panik"], "similar value exists: 'panic'"),
        (&["toy", "wait", "hi", "--label", "x"], "expected KEY=VALUE"),
        (&["toy", "wait", "hi", "--waitms", "1"], "similar argument exists: '--wait-ms'"),
        (&["mcp", "serve", "--profile", "core"], "workspace-core"),
        (&["completion"], "similar subcommand exists: 'completions'"),
    ] {
        let (exit, out, err) = line(&dirs, words);
        assert_eq!((exit, out.as_str()), (2, ""), "{words:?}");
        assert!(err.contains(part), "{words:?}: {err}");
    }
    let (exit, out, _) = line(&dirs, &["--version"]);
    assert_eq!((exit, out.as_str()), (0, "pyro 4.0.0\n"));
}

#[test]
fn a_reader_that_leaves_ends_the_command() {
    let (place, _) = dirs();
    let mut command = program(&*OWN_TOOLS, &place);
    command.args(["toy", "run", "here", "--", "yes"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 2];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(141), ""));
}

#[test]
fn signals_take_the_call_back() {
    for (signal, status) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let (place, _) = dirs();
        let mark = place.path().join("mark");
        let mut command = program(&*OWN_TOOLS, &place);
        command.args(["toy", "wait", "hi", "--wait-ms", "30000", "--mark-path"]).arg(&mark);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = [0; "pyro: waiting".len()];
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_exact(&mut said).unwrap();
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        let begun = Instant::now();
        assert_eq!(child.wait().unwrap().code(), Some(status));
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(std::fs::read_to_string(&mark).unwrap(), "canceled\n");
    }
}

#[test]
fn the_real_binary_introduces_itself() {
    for words in [&["--help"][..], &["run", "--help"], &["completions", "bash"], &["completions", "zsh"], &["man"]] {
        let output = run(PYRO, words);
        assert!(output.status.success() && !output.stdout.is_empty() && output.stderr.is_empty(), "{words:?}");
    }
    let output = run(PYRO, &["tools", "export", "--format", "json"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list["tools"][0]["name"], "vm_run");
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("tools.md");
    let to_page = |format, more: &[&str]| {
        let words = ["tools", "export", "--format", format, "--output", page.to_str().unwrap()];
        run(PYRO, &[&words[..], more].concat()).status.code()
    };
    assert_eq!(to_page("markdown", &[]), Some(0));
    assert_eq!(to_page("markdown", &["--check"]), Some(0));
    assert_eq!(to_page("json", &["--check"]), Some(1));
}
