//! A part of a command's stored output: from a byte or a line on, counted from either end. Offsets count raw bytes.

use pyro_protocol::frame::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::search::{self, Match};
use crate::{
    failure::Failure,
    supervisor::history::Stored,
    workspace::output::{self, HeadTail},
};

/// Read at once while looking for lines.
const PIECE_BYTES: usize = 256 * 1024;

/// Where a page begins.
#[derive(Clone, Debug)]
pub enum At {
    /// A byte; from the end where negative.
    Offset { stream: Stream, offset: i64, max_lines: Option<usize> },
    /// A line, from 1; from the end where negative.
    Line { stream: Stream, line: i64, max_lines: Option<usize> },
    /// The lines from a byte on that a pattern matches.
    Grep { stream: Stream, offset: i64, pattern: regex::Regex, max_lines: usize },
}

impl At {
    pub(in crate::workspace) fn stream(&self) -> Stream {
        match self {
            Self::Offset { stream, .. } | Self::Line { stream, .. } | Self::Grep { stream, .. } => *stream,
        }
    }
}

/// A part of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Page {
    /// `stdout` or `stderr`.
    pub stream: String,
    /// Of the first byte looked at.
    pub offset: u64,
    /// Where the next page begins; absent at the end of what there is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
    /// UTF-8; empty where a pattern was looked for.
    pub text: String,
    /// Lines that the pattern matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
    /// Bytes before `offset` that are not kept any more, where the page was to begin among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_bytes: Option<u64>,
}

pub(in crate::workspace) fn read(stored: &Stored, at: &At, max_bytes: usize, ansi: bool) -> Result<Page, Failure> {
    let written = stored.written();
    let (wanted, max_lines) = match at {
        At::Offset { offset, max_lines, .. } => (from_either_end(*offset, written), *max_lines),
        At::Line { line, max_lines, .. } if *line < 0 => (line_from_end(stored, line.unsigned_abs())?, *max_lines),
        At::Line { line, max_lines, .. } => (line_from_start(stored, line.unsigned_abs().max(1))?, *max_lines),
        At::Grep { offset, pattern, max_lines, .. } => {
            let from = from_either_end(*offset, written);
            let found = search::grep(stored, from, pattern, *max_lines, max_bytes)?;
            return Ok(page(at.stream(), from, found.next_offset, String::new(), found.matches, None));
        }
    };
    let (offset, mut bytes) = stored.read(wanted, max_bytes).map_err(unreadable)?;
    if let Some(most) = max_lines {
        let end = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(most.saturating_sub(1));
        bytes.truncate(end.map_or(bytes.len(), |(at, _)| at + 1));
    }
    loop {
        if offset + (bytes.len() as u64) < written {
            let end = output::char_end(&bytes);
            // A stretch without any character's end is no text, and goes as it is.
            bytes.truncate(if end == 0 { bytes.len() } else { end });
        }
        let mut text = HeadTail::new(usize::MAX, !ansi);
        text.push(&bytes);
        let text = text.finish(bytes.len() as u64);
        if text.truncated && bytes.len() > 1 {
            // JSON writes these bytes longer than a result may be: a shorter page, and nothing left out.
            bytes.truncate(bytes.len() / 2);
            continue;
        }
        let end = offset + bytes.len() as u64;
        let skipped = (offset > wanted).then(|| offset - wanted);
        return Ok(page(at.stream(), offset, (end < written).then_some(end), text.text, vec![], skipped));
    }
}

fn page(
    stream: Stream,
    offset: u64,
    next_offset: Option<u64>,
    text: String,
    matches: Vec<Match>,
    skipped_bytes: Option<u64>,
) -> Page {
    let stream = if stream == Stream::Stdout { "stdout" } else { "stderr" }.to_owned();
    Page { stream, offset, next_offset, text, matches, skipped_bytes }
}

fn from_either_end(offset: i64, written: u64) -> u64 {
    if offset < 0 { written.saturating_sub(offset.unsigned_abs()) } else { offset.unsigned_abs().min(written) }
}

/// Hands out all that is kept from `offset` on, piece by piece, until `each` answers false.
pub(in crate::workspace) fn each(
    stored: &Stored,
    offset: u64,
    mut each: impl FnMut(u64, &[u8]) -> bool,
) -> Result<(), Failure> {
    let mut at = offset;
    loop {
        let (from, bytes) = stored.read(at, PIECE_BYTES).map_err(unreadable)?;
        if bytes.is_empty() || !each(from, &bytes) {
            return Ok(());
        }
        at = from + bytes.len() as u64;
    }
}

fn line_from_start(stored: &Stored, line: u64) -> Result<u64, Failure> {
    let (mut left, mut found, gap) = (line - 1, None, stored.gap());
    if left == 0 {
        return Ok(0);
    }
    let mut into_gap = false;
    each(stored, 0, |from, bytes| {
        into_gap |= from >= gap.end && !gap.is_empty();
        if into_gap {
            return false;
        }
        for (index, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            left -= 1;
            if left == 0 {
                found = Some(from + index as u64 + 1);
                return false;
            }
        }
        true
    })?;
    if into_gap {
        let message = format!("line {line} lies behind {} bytes that are not kept", gap.end - gap.start);
        return Err(Failure::invalid(message).hint("count lines from the end (line: -200), or page by offset"));
    }
    Ok(found.unwrap_or(stored.written()))
}

/// Where the last `lines` lines begin; an unfinished one counts.
pub(super) fn line_from_end(stored: &Stored, lines: u64) -> Result<u64, Failure> {
    let written = stored.written();
    let gap = stored.gap();
    let first_kept = if gap.is_empty() { 0 } else { gap.end };
    let (mut end, mut left) = (written, lines);
    while end > first_kept {
        let from = end.saturating_sub(PIECE_BYTES as u64).max(first_kept);
        let (_, bytes) = stored.read(from, (end - from) as usize).map_err(unreadable)?;
        for (index, _) in bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let at = from + index as u64 + 1;
            if at == written {
                continue;
            }
            left -= 1;
            if left == 0 {
                return Ok(at);
            }
        }
        end = from;
    }
    Ok(first_kept)
}

pub(in crate::workspace) fn unreadable(error: std::io::Error) -> Failure {
    Failure::io("read the stored output", &error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> (tempfile::TempDir, Stored) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        std::fs::write(&path, text).unwrap();
        let stored = Stored::open(&path, text.len() as u64);
        (dir, stored)
    }

    fn text(stored: &Stored, at: At, max: usize) -> (u64, String, Option<u64>) {
        let page = read(stored, &at, max, false).unwrap();
        (page.offset, page.text, page.next_offset)
    }

    const OUT: Stream = Stream::Stdout;

    #[test]
    fn pages_follow_each_other() {
        let (_dir, stored) = stored("one\ntwo ü\nthree");
        let at = |offset| At::Offset { stream: OUT, offset, max_lines: None };
        assert_eq!(text(&stored, at(0), 4), (0, "one\n".into(), Some(4)));
        assert_eq!(text(&stored, at(4), 5), (4, "two ".into(), Some(8)), "no character is cut");
        assert_eq!(text(&stored, at(8), 100), (8, "ü\nthree".into(), None));
        assert_eq!(text(&stored, at(-5), 100), (11, "three".into(), None));
        assert_eq!(text(&stored, at(99), 100), (16, String::new(), None));
    }

    #[test]
    fn lines_count_from_either_end() {
        let (_dir, stored) = stored("one\ntwo\nthree\n");
        let at = |line, max_lines| At::Line { stream: OUT, line, max_lines: Some(max_lines) };
        assert_eq!(text(&stored, at(1, 1), 100), (0, "one\n".into(), Some(4)));
        assert_eq!(text(&stored, at(3, 9), 100), (8, "three\n".into(), None));
        assert_eq!(text(&stored, at(-1, 9), 100), (8, "three\n".into(), None));
        assert_eq!(text(&stored, at(-2, 1), 100), (4, "two\n".into(), Some(8)));
        assert_eq!(text(&stored, at(-9, 1), 100), (0, "one\n".into(), Some(4)));
        assert_eq!(text(&stored, at(9, 1), 100), (14, String::new(), None));
    }

    #[test]
    fn a_page_that_json_would_blow_up_is_shorter_and_whole() {
        let noise = "\u{1}".repeat(100_000);
        let (_dir, stored) = stored(&noise);
        let page = read(&stored, &At::Offset { stream: OUT, offset: 0, max_lines: None }, 98_304, true).unwrap();
        assert!(page.text.len() > 10_000 && page.next_offset == Some(page.text.len() as u64));
    }
}
