//! A command's verdict.

use std::{collections::BTreeMap, sync::Arc};

use pyro_protocol::{
    GuestError,
    exec::{ExecEnded, ExecRequest, ExitReason},
    frame::Stream,
    probe::COMMAND_DEADLINE_MS,
};
use pyro_tree::shown;

use super::Seen;
use crate::{
    Agent,
    exec::{Exec, Spec},
};

/// Of a command's last line, characters.
const LINE_CHARS: usize = 200;

/// Whether it exits with 0. It leaves nothing behind, also where nobody waits for the answer any more.
pub(super) async fn run(
    agent: &Agent,
    command: String,
    cwd: Option<String>,
    env: BTreeMap<String, String>,
) -> Result<Seen, GuestError> {
    let timeout_ms = Some(COMMAND_DEADLINE_MS);
    let request = ExecRequest { command, cwd, env, timeout_ms, contained: true, ..ExecRequest::default() };
    let running = Running(agent.execs.start_unlisted(agent, Spec::of(agent, request).await?)?);
    let Running(exec) = &running;
    let ended = exec.output.ended().await;
    let outputs = [Stream::Stderr, Stream::Stdout].map(|stream| exec.output.kept(stream));
    Ok(verdict(&ended, &outputs))
}

/// Canceled when dropped; one that is over does not mind.
struct Running(Arc<Exec>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Tells a failure by the last line of the first output that has one.
fn verdict(ended: &ExecEnded, outputs: &[Vec<u8>]) -> Seen {
    let how = match (ended.reason, &ended.detail) {
        (ExitReason::Exited, _) if ended.exit_code == 0 => return Ok(()),
        (ExitReason::TimedOut, _) => format!("no end within {COMMAND_DEADLINE_MS} ms"),
        (ExitReason::Exited, _) | (_, None) => format!("exit code {}", ended.exit_code),
        (_, Some(detail)) => detail.clone(),
    };
    Err(match outputs.iter().find_map(|output| last_line(output)) {
        Some(line) => format!("{how}: {line}"),
        None => how,
    })
}

fn last_line(output: &[u8]) -> Option<String> {
    let line = output.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).rfind(|line| !line.is_empty())?;
    // No character has more than four bytes.
    let cut: String = shown(&line[..line.len().min(4 * LINE_CHARS)]).chars().take(LINE_CHARS).collect();
    Some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_its_last_line() {
        let told = |reason, code, stderr: &[u8], stdout: &[u8]| {
            verdict(&ExecEnded::new(reason, code), &[stderr.to_vec(), stdout.to_vec()])
        };
        let failed = |text: &str| Err(text.to_owned());
        assert_eq!(told(ExitReason::Exited, 0, b"warning", b""), Ok(()));
        assert_eq!(told(ExitReason::Exited, 1, b"", b""), failed("exit code 1"));
        assert_eq!(told(ExitReason::Exited, 1, b"a\nb \n\n", b"c\n"), failed("exit code 1: b"));
        assert_eq!(told(ExitReason::Exited, 2, b"\n", b"c\x1b\xff\r\n"), failed("exit code 2: c\\u{1b}\u{fffd}"));
        assert_eq!(told(ExitReason::TimedOut, 124, b"", b""), failed("no end within 10000 ms"));
        let long = told(ExitReason::Exited, 1, "ä".repeat(5_000).as_bytes(), b"");
        assert_eq!(long, failed(&format!("exit code 1: {}", "ä".repeat(LINE_CHARS))));
    }
}
