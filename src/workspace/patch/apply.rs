//! One file's hunks put into its content: each at its place or not at all.

use super::{
    Action, FilePatch, Hunk, HunkFailure, Line, Side,
    report::{Reason, report},
    search::{Found, Index, Text, Wanted, nearest},
};
use crate::limits::{HUNK_FAILURES_MAX, PATCH_SEARCH_BYTES_MAX, PATCHED_BYTES_MAX};

/// A file after its hunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The whole content; a symbolic link's target. Empty for a deleted file.
    pub content: Vec<u8>,
    /// For each hunk, how many lines later than its header says it was found; negative is earlier.
    pub offsets: Vec<i64>,
}

/// Why a file's hunks cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Those that do not fit, in order, up to `HUNK_FAILURES_MAX`.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Hunks(Vec<HunkFailure>),
    /// A deletion whose hunk is not all of the file.
    #[error("the file is to be deleted, but {lines} of its lines are not in the patch: read it again")]
    Leftover { lines: usize },
    /// Before or after.
    #[error("the file has or would have {bytes} bytes; a patch changes files of up to {PATCHED_BYTES_MAX}")]
    TooLarge { bytes: usize },
}

/// Applies one file's hunks to its old content; a file to be added has none, a symbolic link's is its target.
///
/// Context and removed lines must match byte for byte. Looked at first is the line that the header names, moved by what
/// the hunk before was moved; then the file's beginning or end for a hunk with context on one side only; then the
/// nearest place behind the hunk before. A hunk without old lines has nothing to look for and stays where it is.
///
/// Time is bounded by the sizes of file and patch and by `PATCH_SEARCH_BYTES_MAX`.
///
/// # Errors
///
/// All that does not fit, and what is there instead; limits.
pub fn apply(file: &FilePatch, old: &[u8]) -> Result<Applied, ApplyError> {
    if old.len() > PATCHED_BYTES_MAX {
        return Err(ApplyError::TooLarge { bytes: old.len() });
    }
    let mut target = Target::new(&file.hunks, old);
    let mut content = Vec::with_capacity(old.len());
    let (mut offsets, mut failures) = (Vec::new(), Vec::new());
    for (number, hunk) in (1..).zip(&file.hunks) {
        let wanted: Vec<&[u8]> = hunk.old_lines().collect();
        let stated = stated(hunk, wanted.len());
        let placed = target.place(hunk, &wanted, stated).and_then(|at| {
            content.extend_from_slice(target.text.span(target.free, at));
            // Lines put behind a last line without an end would become a part of it.
            if content.last().is_none_or(|byte| *byte == b'\n') { Ok(at) } else { Err(Reason::FinalNewline) }
        });
        match placed {
            Ok(at) => {
                hunk.new_lines().for_each(|line| content.extend_from_slice(line));
                target.free = at + wanted.len();
                target.drift = at as i64 - stated as i64;
                offsets.push(target.drift);
            }
            Err(reason) => failures.push(report(&mut target, number, hunk, reason)),
        }
        if failures.len() == HUNK_FAILURES_MAX {
            break;
        }
    }
    if !failures.is_empty() {
        return Err(ApplyError::Hunks(failures));
    }
    content.extend_from_slice(target.text.span(target.free, target.text.len()));
    if file.action == Action::Delete && !content.is_empty() {
        return Err(ApplyError::Leftover { lines: Text::new(&content).len() });
    }
    if content.len() > PATCHED_BYTES_MAX {
        return Err(ApplyError::TooLarge { bytes: content.len() });
    }
    Ok(Applied { content, offsets })
}

/// The index of the line that a hunk's header names; with no old lines, it names the line before.
pub(super) fn stated(hunk: &Hunk, old_lines: usize) -> usize {
    if old_lines == 0 { hunk.old_start } else { hunk.old_start.saturating_sub(1) }
}

/// A file while hunks are put in, front to back.
pub(super) struct Target<'a> {
    pub(super) text: Text<'a>,
    hunks: &'a [Hunk],
    /// Made when first needed: most hunks are where they say.
    index: Option<Index<'a>>,
    /// The first line behind the hunk before.
    pub(super) free: usize,
    /// How far the hunk before was moved.
    pub(super) drift: i64,
    allowance: usize,
}

impl<'a> Target<'a> {
    fn new(hunks: &'a [Hunk], old: &'a [u8]) -> Self {
        Self { text: Text::new(old), hunks, index: None, free: 0, drift: 0, allowance: PATCH_SEARCH_BYTES_MAX }
    }

    /// Where a hunk is expected.
    pub(super) fn expected(&self, stated: usize) -> usize {
        (stated as i64).saturating_add(self.drift).max(self.free as i64) as usize
    }

    /// The index of the first line of the hunk's place.
    fn place(&mut self, hunk: &Hunk, wanted: &[&[u8]], stated: usize) -> Result<usize, Reason> {
        let (near, len) = (self.expected(stated), self.text.len());
        // What is written without a line end must be the file's last line.
        let last = hunk.new_lines().last().is_some_and(|line| !line.ends_with(b"\n"));
        if wanted.is_empty() {
            return match () {
                () if near > len => Err(Reason::BeyondEnd),
                () if last && near < len => Err(Reason::FinalNewline),
                () => Ok(near),
            };
        }
        let fits =
            |at: usize| (!last || at + wanted.len() == len) && at >= self.free && self.text.holds(at, wanted, &mut 0);
        let context = |line: Option<&Line>| line.is_some_and(|line| line.side == Side::Both);
        let edge = match (context(hunk.lines.first()), context(hunk.lines.last())) {
            (false, true) if hunk.old_start <= 1 => Some(0),
            (true, false) => len.checked_sub(wanted.len()),
            _ => None,
        };
        if let Some(at) = [Some(near), edge].into_iter().flatten().find(|&at| fits(at)) {
            return Ok(at);
        }
        match self.find(Wanted { lines: wanted, near, from: self.free, last }) {
            Found::At(at) => Ok(at),
            Found::Nowhere => Err(Reason::NotFound),
            Found::Exhausted => Err(Reason::TooRepetitive),
        }
    }

    pub(super) fn find(&mut self, wanted: Wanted) -> Found {
        let index = self.index.get_or_insert_with(|| Index::new(&self.text, self.hunks));
        nearest(&self.text, index, wanted, &mut self.allowance)
    }

    /// Lines that nearly equal this one.
    pub(super) fn places(&self, line: &[u8]) -> &[u32] {
        self.index.as_ref().map(|index| index.places(line)).unwrap_or_default()
    }
}
