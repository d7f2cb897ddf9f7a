//! One line for every call: when, by which door, which tool, how long, how it ended. Never what was said.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::PathBuf,
    time::Duration,
};

use nix::fcntl::{Flock, FlockArg};
use serde::Serialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{failure::Failure, ids::Principal, limits};

/// An append-only file that any number of processes write to.
#[derive(Clone, Debug)]
pub struct Journal {
    file: PathBuf,
    bytes_max: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    door: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a Principal>,
    tool: &'a str,
    duration_ms: u64,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vm_id: Option<&'a str>,
}

impl Journal {
    /// Nothing is written before `home` is there: whoever keeps state makes it, and looking around makes nothing.
    pub fn below(home: &std::path::Path) -> Self {
        Self { file: home.join("journal.jsonl"), bytes_max: limits::JOURNAL_BYTES_MAX }
    }

    /// Writes one line. A journal that cannot be written costs no caller its answer.
    pub(super) fn record(
        &self,
        door: &str,
        principal: Option<&Principal>,
        tool: &str,
        took: Duration,
        outcome: &Result<Value, Failure>,
    ) {
        let line = Line {
            at: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            door,
            principal,
            tool,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            outcome: match outcome {
                Ok(_) => "ok".into(),
                Err(failure) => {
                    let code = serde_json::to_value(failure.code).unwrap_or_default();
                    code.as_str().unwrap_or("internal").to_owned()
                }
            },
            vm_id: outcome.as_ref().ok().and_then(|output| output.get("vm_id")?.as_str()),
        };
        let written = serde_json::to_vec(&line).map_err(io::Error::from).and_then(|line| self.append(line));
        drop(written);
    }

    fn append(&self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        let mut file = self.open()?;
        if file.metadata()?.len() >= self.bytes_max {
            file = self.start_anew(file)?;
        }
        file.write_all(&line)
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).mode(0o600).open(&self.file)
    }

    /// Moves the full file aside once, however many processes notice at the same time.
    fn start_anew(&self, full: File) -> io::Result<File> {
        let full = Flock::lock(full, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
        if std::fs::metadata(&self.file).is_ok_and(|now| full.metadata().is_ok_and(|was| was.ino() == now.ino())) {
            std::fs::rename(&self.file, self.file.with_extension("1.jsonl"))?;
        }
        self.open()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_name_the_outcome_and_a_full_file_is_kept_once() {
        let home = tempfile::tempdir().unwrap();
        Journal::below(&home.path().join("absent")).record("cli", None, "vm_run", Duration::ZERO, &Ok(json!({})));
        assert!(!home.path().join("absent").exists(), "a journal makes no state directory");
        let journal = Journal { bytes_max: 300, ..Journal::below(home.path()) };
        for _ in 0..9 {
            journal.record(
                "cli",
                None,
                "vm_run",
                Duration::from_millis(7),
                &Ok(json!({"vm_id": "vm-x", "stdout": "secret"})),
            );
        }
        journal.record("mcp", None, "vm_run", Duration::ZERO, &Err(Failure::missing("secret")));
        let text = std::fs::read_to_string(&journal.file).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&last["door"], &last["outcome"]), (&json!("mcp"), &json!("missing")));
        let older = std::fs::read_to_string(home.path().join("journal.1.jsonl")).unwrap();
        assert!(older.contains(r#""duration_ms":7,"outcome":"ok","vm_id":"vm-x""#), "{older}");
        assert!(!format!("{text}{older}").contains("secret"));
        assert!(text.len() as u64 <= 300 + 150 && older.len() as u64 <= 300 + 150);
    }
}
