//! Lines of stored output that a pattern matches, in one pass and bounded memory.

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::page;
use crate::{failure::Failure, supervisor::history::Stored, workspace::output::HeadTail};

/// As much of one line as is matched and shown; what is longer is no line for people.
const LINE_BYTES_MAX: usize = 64 * 1024;
const SHOWN_CHARS: usize = 500;

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Match {
    /// Of its first byte.
    pub offset: u64,
    /// Cut at 500 characters.
    pub text: String,
}

pub(super) struct Found {
    pub(super) matches: Vec<Match>,
    pub(super) next_offset: Option<u64>,
}

/// Compiles a caller's pattern.
pub fn pattern(text: &str) -> Result<Regex, Failure> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|error| {
        let last = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        Failure::invalid(format!("grep is no regular expression: {last}"))
            .hint("syntax is that of Rust's regex crate: like PCRE, without look-around and back references")
    })
}

/// Looks from `from` on, until so many lines or bytes are found.
pub(super) fn grep(
    stored: &Stored,
    from: u64,
    pattern: &Regex,
    max_lines: usize,
    max_bytes: usize,
) -> Result<Found, Failure> {
    let mut lines = Lines { begin: from, line: Vec::new(), pattern, matches: Vec::new(), bytes: 0 };
    let mut next_offset = None;
    page::each(stored, from, |at, bytes| {
        if at != lines.begin + lines.line.len() as u64 && lines.line.is_empty() {
            // Behind a gap a new line begins as far as anybody knows.
            lines.begin = at;
        }
        for (index, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' {
                lines.end(at + index as u64 + 1);
                if lines.matches.len() >= max_lines || lines.bytes >= max_bytes {
                    next_offset = Some(lines.begin);
                    return false;
                }
            } else if lines.line.len() < LINE_BYTES_MAX {
                lines.line.push(*byte);
            }
        }
        true
    })?;
    if next_offset.is_none() && !lines.line.is_empty() {
        lines.end(stored.written());
    }
    Ok(Found { matches: lines.matches, next_offset: next_offset.filter(|next| *next < stored.written()) })
}

struct Lines<'a> {
    begin: u64,
    line: Vec<u8>,
    pattern: &'a Regex,
    matches: Vec<Match>,
    bytes: usize,
}

impl Lines<'_> {
    fn end(&mut self, next: u64) {
        let mut plain = HeadTail::new(usize::MAX, true);
        plain.push(&self.line);
        let text = plain.finish(self.line.len() as u64).text;
        if self.pattern.is_match(&text) {
            let text: String = text.chars().take(SHOWN_CHARS).collect();
            self.bytes += text.len() * 2;
            self.matches.push(Match { offset: self.begin, text });
        }
        self.line.clear();
        self.begin = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_match_are_found_with_their_place_and_the_search_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let text = "ok\n\u{1b}[31merror\u{1b}[0m: one\nok\nerror: two\nerror: three";
        std::fs::write(&path, text).unwrap();
        let stored = Stored::open(&path, text.len() as u64);
        let found = grep(&stored, 0, &pattern("^error").unwrap(), 2, 1000).unwrap();
        let shown: Vec<&str> = found.matches.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(shown, ["error: one", "error: two"]);
        let at = found.matches[1].offset as usize;
        assert!(text[at..].starts_with("error: two"));
        let rest = grep(&stored, found.next_offset.unwrap(), &pattern("^error").unwrap(), 9, 1000).unwrap();
        assert_eq!((rest.matches.len(), rest.next_offset), (1, None));
        assert!(pattern("(").is_err());
    }
}
