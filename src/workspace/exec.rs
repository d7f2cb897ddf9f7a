//! Running one command in a machine and collecting what it says.

use pyro_protocol::{
    exec::{ExecEnded, ExecRequest, ExitReason},
    frame::{Event, Stream},
};

use super::output::{Captured, HeadTail};
use crate::{
    failure::{Code, Failure},
    limits,
    link::ExecStream,
    supervisor::Client,
};

/// A command that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    pub stdout: Captured,
    pub stderr: Captured,
    pub ended: ExecEnded,
}

/// How much of the output a result keeps, and who else sees it.
pub struct Capture<'a> {
    /// Per stream.
    pub cap_bytes: usize,
    /// Control sequences stay in what is kept.
    pub ansi: bool,
    pub sink: Option<&'a Sink>,
}

/// Takes raw output as it comes; `true` = stdout.
pub(super) type Sink = dyn Fn(bool, &[u8]) + Send + Sync;

/// A command as tools ask for it: in /workspace, nothing to read.
pub fn shell(command: &str, timeout_seconds: u32) -> ExecRequest {
    ExecRequest {
        command: command.to_owned(),
        timeout_ms: Some(u64::from(timeout_seconds) * 1000),
        ..ExecRequest::default()
    }
}

/// A command must fit one argument of a process.
pub(super) fn check_command(command: &str) -> Result<(), Failure> {
    let limit = limits::COMMAND_BYTES_MAX;
    if command.len() > limit {
        let message = format!("command is {} bytes long, more than {limit}", command.len());
        return Err(Failure::invalid(message).hint("write it to a file, or split it into several commands"));
    }
    if command.contains('\0') {
        return Err(Failure::invalid("command contains a NUL character, which no command line can"));
    }
    Ok(())
}

/// As much of a command as a result repeats.
pub(super) fn shown(command: &str) -> String {
    command.chars().take(limits::COMMAND_SHOWN_CHARS).collect()
}

/// What became of a command while its caller waited.
pub(super) enum Heard {
    Ended(Finished),
    /// It goes on; this is what it said so far.
    HandedBack {
        stdout: Captured,
        stderr: Captured,
        pgid: u32,
    },
}

/// Runs it to its end. Dropping the future cancels the command.
pub(super) async fn run(client: &Client, request: &ExecRequest, capture: Capture<'_>) -> Result<Finished, Failure> {
    match listen(client.exec(request).await?, capture).await {
        Heard::Ended(finished) => Ok(finished),
        Heard::HandedBack { .. } => Err(Failure::new(Code::Internal, "a command without history was handed back")),
    }
}

/// Collects a command's events until it ends or is handed back.
pub(super) async fn listen(mut events: ExecStream, capture: Capture<'_>) -> Heard {
    let head_tail = || HeadTail::new(capture.cap_bytes, !capture.ansi);
    let (mut stdout, mut stderr) = (head_tail(), head_tail());
    let (mut stdout_bytes, mut stderr_bytes, mut pgid) = (0, 0, 0);
    let ended = loop {
        match events.next().await {
            Ok(Some(Event::Started(started))) => pgid = started.pgid,
            Ok(Some(Event::Output { stream, offset, bytes })) => {
                if let Some(sink) = capture.sink {
                    sink(stream == Stream::Stdout, &bytes);
                }
                let end = offset + bytes.len() as u64;
                match stream {
                    Stream::Stdout => (stdout.push(&bytes), stdout_bytes = end),
                    Stream::Stderr => (stderr.push(&bytes), stderr_bytes = end),
                };
            }
            Ok(Some(Event::Ended(ended))) => break ended,
            Ok(Some(Event::HandedBack)) => {
                let (stdout, stderr) = (stdout.finish(stdout_bytes), stderr.finish(stderr_bytes));
                return Heard::HandedBack { stdout, stderr, pgid };
            }
            Ok(None) => break vm_died("the supervisor's answer ended early".into(), stdout_bytes, stderr_bytes),
            Err(error) => break vm_died(format!("the supervisor is gone: {error}"), stdout_bytes, stderr_bytes),
        }
    };
    let (stdout, stderr) = (stdout.finish(ended.stdout_bytes), stderr.finish(ended.stderr_bytes));
    Heard::Ended(Finished { stdout, stderr, ended })
}

/// The end of a command whose supervisor vanished: what came until then is kept.
pub(super) fn vm_died(detail: String, stdout_bytes: u64, stderr_bytes: u64) -> ExecEnded {
    ExecEnded { stdout_bytes, stderr_bytes, detail: Some(detail), ..ExecEnded::new(ExitReason::VmDied, 125) }
}
