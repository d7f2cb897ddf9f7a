//! Running one command in a machine and collecting what it says.

use std::collections::BTreeMap;

use pyro_protocol::{
    exec::{ExecEnded, ExecRequest, ExitReason, Stdin},
    frame::{Event, Stream},
};

use super::output::{Captured, HeadTail};
use crate::{failure::Failure, supervisor::Client};

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
    pub sink: Option<&'a Sink>,
}

/// Takes raw output as it comes; `true` = stdout.
pub(super) type Sink = dyn Fn(bool, &[u8]) + Send + Sync;

/// A command as tools ask for it: in /workspace, nothing to read.
pub fn shell(command: &str, timeout_seconds: u32) -> ExecRequest {
    ExecRequest {
        command: command.to_owned(),
        cwd: None,
        env: BTreeMap::new(),
        stdin: Stdin::Null,
        timeout_ms: Some(u64::from(timeout_seconds) * 1000),
    }
}

/// Runs it to its end. Dropping the future cancels the command.
pub(super) async fn run(client: &Client, request: &ExecRequest, capture: Capture<'_>) -> Result<Finished, Failure> {
    let mut events = client.exec(request).await?;
    let (mut stdout, mut stderr) = (HeadTail::new(capture.cap_bytes, true), HeadTail::new(capture.cap_bytes, true));
    let (mut stdout_bytes, mut stderr_bytes) = (0, 0);
    let ended = loop {
        match events.next().await {
            Ok(Some(Event::Started(_))) => {}
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
            Ok(None) => break vm_died("the supervisor's answer ended early".into(), stdout_bytes, stderr_bytes),
            Err(error) => break vm_died(format!("the supervisor is gone: {error}"), stdout_bytes, stderr_bytes),
        }
    };
    Ok(Finished { stdout: stdout.finish(ended.stdout_bytes), stderr: stderr.finish(ended.stderr_bytes), ended })
}

/// The end of a command whose supervisor vanished: what came until then is kept.
fn vm_died(detail: String, stdout_bytes: u64, stderr_bytes: u64) -> ExecEnded {
    ExecEnded {
        reason: ExitReason::VmDied,
        exit_code: 125,
        signal: None,
        duration_ms: 0,
        stdout_bytes,
        stderr_bytes,
        conditions: vec![],
        detail: Some(detail),
    }
}
