//! What a caller is told of a hunk that does not fit: what it wants, what is there, and why that may be.

use std::{collections::HashMap, fmt};

use super::{
    Hunk, Side,
    apply::{Target, stated},
    search::{Found, Wanted, key},
};

/// Lines shown from the place that comes nearest: some before the first difference, the rest from there.
const SHOWN_LINES: usize = 8;
const SHOWN_BEFORE: usize = 3;
/// Characters shown of a line.
const SHOWN_CHARS: usize = 200;
/// In search of the place that comes nearest: places tried for each line, and lines of the hunk looked at.
const PLACES_MAX: usize = 64;
const VOTERS_MAX: usize = 1000;

/// One hunk that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HunkFailure {
    /// Of this file, from 1.
    pub number: usize,
    /// The hunk's header, and its line in the patch, from 1.
    pub header: String,
    pub patch_line: usize,
    pub reason: Reason,
    /// The first old line of the hunk that differs at the nearest place; none when the hunk has none.
    pub wanted: Option<String>,
    /// Where it was compared, as a line of the old file from 1.
    pub line: usize,
    /// What the file has around it.
    pub found: Vec<FoundLine>,
    /// Old lines of the hunk that match there, and how many it has.
    pub matched: usize,
    pub of: usize,
}

/// One line of the old file; bytes that are not UTF-8 are replaced, long lines cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// From 1.
    pub line: usize,
    pub text: String,
}

/// Why a hunk does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its context and removed lines are nowhere in the file.
    NotFound,
    /// What it makes of them is there already, from this line on.
    AlreadyThere { line: usize },
    /// They are there, from this line on, but before the end of the hunk before.
    OutOfOrder { line: usize },
    /// They differ only in CRLF and LF; what the file has.
    LineEnds { file_has_crlf: bool },
    /// They differ only in whether the file's last line has a line end.
    FinalNewline,
    /// They differ only in blanks at beginnings and ends of lines.
    Blanks,
    /// It adds lines behind the end of the file.
    BeyondEnd,
    /// So many places look alike that the search was given up.
    TooRepetitive,
}

/// Describes a hunk that could not be placed.
pub(super) fn report(target: &mut Target, number: usize, hunk: &Hunk, reason: Reason) -> HunkFailure {
    let wanted: Vec<&[u8]> = hunk.old_lines().collect();
    let near = target.expected(stated(hunk, wanted.len()));
    let reason = if reason == Reason::NotFound { explain(target, hunk, &wanted, near) } else { reason };
    let place = most_alike(target, &wanted, near);
    let text = &target.text;
    let differs = |offset: &usize| text.line(place + offset) != wanted[*offset];
    let first = (0..wanted.len()).find(differs);
    let at = place + first.unwrap_or(0);
    let shown = at.saturating_sub(SHOWN_BEFORE).max(place)..text.len();
    HunkFailure {
        number,
        header: shorten(hunk.header.as_bytes()),
        patch_line: hunk.line,
        reason,
        wanted: first.or((!wanted.is_empty()).then_some(0)).map(|first| shorten(wanted[first])),
        line: at + 1,
        found: shown.take(SHOWN_LINES).map(|at| FoundLine { line: at + 1, text: shorten(text.line(at)) }).collect(),
        matched: (0..wanted.len()).filter(|offset| !differs(offset)).count(),
        of: wanted.len(),
    }
}

/// Why a hunk's lines are not found, as far as it can be told.
fn explain(target: &mut Target, hunk: &Hunk, wanted: &[&[u8]], near: usize) -> Reason {
    let free = target.free;
    let mut find = |lines, from| match target.find(Wanted { lines, near, from, last: false }) {
        Found::At(at) => Some(at + 1),
        _ => None,
    };
    if find(wanted, free).is_some() {
        return Reason::FinalNewline;
    }
    if let Some(line) = find(wanted, 0) {
        return Reason::OutOfOrder { line };
    }
    // A single line, or context alone, may be there for other reasons.
    let changed: Vec<&[u8]> = hunk.new_lines().collect();
    let telling = changed.len() > 1 && hunk.lines.iter().any(|line| line.side == Side::New);
    if let Some(line) = find(&changed, 0).filter(|_| telling) {
        return Reason::AlreadyThere { line };
    }
    let place = most_alike(target, wanted, near);
    let pairs = || wanted.iter().enumerate().map(|(offset, line)| (*line, target.text.line(place + offset)));
    let all_equal =
        |part: fn(&[u8]) -> &[u8]| pairs().all(|(wanted, found)| !found.is_empty() && part(wanted) == part(found));
    let crlf = |line: &[u8]| line.ends_with(b"\r\n");
    match () {
        () if all_equal(without_lf) => Reason::FinalNewline,
        () if all_equal(without_end) => Reason::LineEnds { file_has_crlf: pairs().any(|(_, found)| crlf(found)) },
        () if all_equal(key) => Reason::Blanks,
        () => Reason::NotFound,
    }
}

fn without_lf(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = without_lf(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The place where most lines are nearly equal, the one nearest to `near` if several are; `near` if none is.
fn most_alike(target: &Target, wanted: &[&[u8]], near: usize) -> usize {
    let mut votes: HashMap<usize, usize> = HashMap::new();
    for (offset, line) in wanted.iter().enumerate().take(VOTERS_MAX) {
        let places = target.places(line);
        let middle = places.partition_point(|&place| (place as usize) < near.saturating_add(offset));
        let around = middle.saturating_sub(PLACES_MAX / 2)..(middle + PLACES_MAX / 2).min(places.len());
        for start in places[around].iter().filter_map(|&place| (place as usize).checked_sub(offset)) {
            *votes.entry(start).or_default() += 1;
        }
    }
    let best =
        votes.into_iter().max_by_key(|&(start, count)| (count, std::cmp::Reverse((start.abs_diff(near), start))));
    best.map_or(near.min(target.text.len()), |(start, _)| start)
}

/// A line fit for a report, without its end.
fn shorten(line: &[u8]) -> String {
    let line = without_end(line);
    let cut = &line[..line.len().min(4 * SHOWN_CHARS)];
    let text: String = String::from_utf8_lossy(cut).chars().take(SHOWN_CHARS).collect();
    if text.len() < line.len() && text.chars().count() == SHOWN_CHARS { text + "…" } else { text }
}

impl fmt::Display for HunkFailure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { number, header, patch_line, reason, line, matched, of, .. } = self;
        write!(f, "hunk {number} (`{header}`, line {patch_line} of the patch) does not apply: {reason}")?;
        if let Some(wanted) = &self.wanted {
            write!(f, "\n  nearest is line {line}, {matched} of {of} lines match; wanted: {wanted:?}")?;
        }
        if !self.found.is_empty() {
            write!(f, "\n  the file has there:")?;
        }
        self.found.iter().try_for_each(|found| write!(f, "\n  {:>5}: {}", found.line, found.text))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "its context and removed lines are not in the file; read the file again"),
            Self::AlreadyThere { line } => write!(f, "its result is there already, from line {line} on; leave it out"),
            Self::OutOfOrder { line } => {
                write!(
                    f,
                    "its lines are at line {line}, not behind the hunk before; order hunks by line, without overlap"
                )
            }
            Self::LineEnds { file_has_crlf: true } => {
                write!(f, "its lines end in LF but the file's in CRLF; write them with CRLF")
            }
            Self::LineEnds { file_has_crlf: false } => {
                write!(f, "its lines end in CRLF but the file's in LF; write them with LF")
            }
            Self::FinalNewline => write!(
                f,
                "it differs at the end of the file, in the last line's line end; a last line without one is \
                 followed by `\\ No newline at end of file`, any other is not"
            ),
            Self::Blanks => write!(f, "its lines differ from the file's only in spaces or tabs at beginnings or ends"),
            Self::BeyondEnd => {
                write!(f, "it adds lines behind the end of the file; give context lines or another number")
            }
            Self::TooRepetitive => {
                write!(f, "it is not where its header says, and too many places look alike; correct the line numbers")
            }
        }
    }
}
