//! Makes the result of a diff, change by change, within bounded memory.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use super::{
    change::{Change, Status},
    summary::{ChangedEntry, Diff, Summary},
    text::{NoText, is_binary, text},
};
use crate::{
    failure::Failure,
    limits::{
        DIFF_ENTRIES_JSON_BYTES_MAX, DIFF_ENTRIES_MAX, DIFF_FILE_BYTES_MAX, DIFF_FILE_TIME, DIFF_PATCH_BYTES_MAX,
        DIFF_TIME,
    },
    workspace::output::json_bytes,
};

/// Unreadable directories that are named.
const UNREADABLE_MAX: usize = 10;
/// Of a path that is listed beside the changes, characters.
const SHOWN_CHARS: usize = 300;

/// What is known of the contents of a change.
#[derive(Clone, Copy, Debug)]
pub enum Contents<'a> {
    /// Whole; `None` where a side is no regular file.
    Read { old: Option<&'a [u8]>, new: Option<&'a [u8]> },
    /// Too large for text. `equal` if both sides were compared piece by piece and are the same.
    TooLarge { equal: bool },
    /// A side could not be read, for this reason; the file counts as changed.
    Unread { why: &'a str },
}

/// A result in the making.
pub struct Builder<'a> {
    summary: Summary,
    entries: Vec<ChangedEntry>,
    entries_json_bytes: usize,
    patch: String,
    /// What the result still holds of the patch, bytes as JSON.
    room: usize,
    patch_bytes: u64,
    patches_omitted: u64,
    unreadable: Vec<String>,
    /// Left of the time for finding short differences.
    time: Duration,
    whole: Option<&'a mut (dyn Write + Send)>,
}

impl<'a> Builder<'a> {
    /// Begins a result with at most `max_patch_bytes` of patch, bytes as JSON writes them.
    pub fn new(max_patch_bytes: u32) -> Self {
        Self {
            summary: Summary::default(),
            entries: Vec::new(),
            entries_json_bytes: 0,
            patch: String::new(),
            room: max_patch_bytes.min(DIFF_PATCH_BYTES_MAX) as usize,
            patch_bytes: 0,
            patches_omitted: 0,
            unreadable: Vec::new(),
            time: DIFF_TIME,
            whole: None,
        }
    }

    /// Writes the whole patch to `to` as well, without a cap.
    pub fn with_whole_patch(mut self, to: &'a mut (dyn Write + Send)) -> Self {
        self.whole = Some(to);
        self
    }

    /// Adds the next change with what its files hold. A file that turns out unchanged is left out.
    pub fn add(&mut self, mut change: Change, contents: Contents<'_>) -> Result<(), Failure> {
        let Some(status) = settle(&change, &contents) else { return Ok(()) };
        change.status = status;
        let (written, note) = match self.write(&change, &contents) {
            Ok(written) => (Some(written), None),
            Err(note) => (None, Some(note)),
        };
        let binary = match contents {
            Contents::Read { old, new } => [old, new].into_iter().flatten().any(is_binary),
            _ => false,
        };
        self.summary.count(status, written.is_some());
        let (patched, note) = match written {
            Some(written) => self.keep(&written)?,
            None => (false, note),
        };
        self.list(ChangedEntry::new(&change, binary, patched, note));
        Ok(())
    }

    /// Notes a directory that could not be read.
    pub fn unreadable(&mut self, path: &[u8]) {
        if self.unreadable.len() < UNREADABLE_MAX {
            self.unreadable.push(String::from_utf8_lossy(path).chars().take(SHOWN_CHARS).collect());
        }
    }

    /// Ends the result.
    pub fn finish(self, workspace_id: impl Into<String>) -> Diff {
        let entries_omitted = self.summary.total - self.entries.len() as u64;
        Diff {
            workspace_id: workspace_id.into(),
            changed: self.summary.total > 0,
            summary: self.summary,
            entries: self.entries,
            entries_omitted,
            patch: self.patch,
            patch_bytes: self.patch_bytes,
            patches_omitted: self.patches_omitted,
            unreadable: self.unreadable,
            truncated: entries_omitted > 0 || self.patches_omitted > 0,
            execution_mode: None,
            output_path: None,
            download: None,
        }
    }

    fn write(&mut self, change: &Change, contents: &Contents<'_>) -> Result<String, String> {
        let (old, new) = match *contents {
            Contents::Read { old, new } => (old, new),
            // Equal contents need not be known to tell another mode.
            Contents::TooLarge { equal: true } => (Some(&b""[..]), Some(&b""[..])),
            Contents::TooLarge { equal: false } => return Err(format!("larger than {DIFF_FILE_BYTES_MAX} bytes")),
            Contents::Unread { why } => return Err(why.chars().take(SHOWN_CHARS).collect()),
        };
        let began = Instant::now();
        let written = text(change, old, new, began + self.time.min(DIFF_FILE_TIME));
        self.time = self.time.saturating_sub(began.elapsed());
        written.map_err(|why: NoText| why.note().to_owned())
    }

    /// Takes one file's text in where there is room for all of it.
    fn keep(&mut self, written: &str) -> Result<(bool, Option<String>), Failure> {
        self.patch_bytes += written.len() as u64;
        if let Some(whole) = &mut self.whole {
            whole.write_all(written.as_bytes()).map_err(|error| Failure::io("write the patch", &error))?;
        }
        let cost = json_bytes(written);
        if cost > self.room {
            self.patches_omitted += 1;
            return Ok((false, Some("left out: the patch's cap".to_owned())));
        }
        self.room -= cost;
        self.patch.push_str(written);
        Ok((true, None))
    }

    fn list(&mut self, entry: ChangedEntry) {
        // Once one entry is left out all that follow are: a list with gaps would mislead.
        let omitted = self.summary.total - 1 > self.entries.len() as u64;
        let cost = serde_json::to_vec(&entry).map_or(usize::MAX, |json| json.len() + 1);
        let room = DIFF_ENTRIES_JSON_BYTES_MAX - self.entries_json_bytes;
        if !omitted && self.entries.len() < DIFF_ENTRIES_MAX && cost <= room {
            self.entries_json_bytes += cost;
            self.entries.push(entry);
        }
    }
}

/// What became of an entry, now that its contents are known; `None` if nothing did.
fn settle(change: &Change, contents: &Contents<'_>) -> Option<Status> {
    let equal = match contents {
        Contents::Read { old: Some(old), new: Some(new) } => old == new,
        Contents::TooLarge { equal } => *equal,
        _ => false,
    };
    let modes = (change.old.as_ref().map(|old| old.mode), change.new.as_ref().map(|new| new.mode));
    match change.status {
        Status::Modified if equal && modes.0 == modes.1 => None,
        Status::Modified if equal => Some(Status::ModeChanged),
        status => Some(status),
    }
}
