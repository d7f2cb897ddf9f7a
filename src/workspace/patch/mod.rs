//! Patches as `git diff` and `diff -u` write them: parsed whole, applied to bytes in memory. Pure.

mod apply;
mod file;
mod header;
mod hunk;
mod lines;
mod names;
mod parse;
mod paths;
mod report;
mod search;
#[cfg(test)]
mod tests;

pub use apply::{Applied, ApplyError, apply};
pub use parse::parse;
pub use report::{FoundLine, HunkFailure, Reason};

use crate::failure::Failure;

/// A parsed patch. All its files change at once: every `old_path` means what is there before any of them is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// As in the patch, never empty. A path is written at most once. Where a path is both freed (deleted, renamed away)
    /// and written, as in a change of type, these are two entries.
    pub files: Vec<FilePatch>,
}

/// What happens to one file. Paths are relative to the workspace, without `.`, `..` or empty parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePatch {
    /// The file whose content the hunks refer to; none when the file is added.
    pub old_path: Option<String>,
    /// The file that is written; none when the file is deleted.
    pub new_path: Option<String>,
    pub action: Action,
    /// Type and permissions as git writes them, e.g. `0o100755` or `0o120000`, where the patch tells them.
    pub old_mode: Option<u32>,
    /// The mode to set; none leaves it as it is, or is the default for a new file.
    pub new_mode: Option<u32>,
    /// None for an empty file, a mere rename, copy or change of mode.
    pub hunks: Vec<Hunk>,
    /// Where the file's section begins in the patch, from 1.
    pub line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A file that must not exist yet.
    Add,
    /// A file that stays where it is; without hunks, only its mode changes.
    Modify,
    /// A file that goes; its hunks hold all of its content.
    Delete,
    /// A file that moves, perhaps edited; the target must be free.
    Rename,
    /// A second file made from one that stays, perhaps edited.
    Copy,
}

/// One place of a file that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Where its header stands in the patch, from 1.
    pub line: usize,
    /// The header line, e.g. `@@ -1,3 +1,4 @@ fn main()`.
    pub header: String,
    /// Its first line in the old file, from 1; with no old lines, the line it follows.
    pub old_start: usize,
    pub new_start: usize,
    pub lines: Vec<Line>,
}

/// One line of a hunk, with its line end; a line without one ends its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub side: Side,
    pub text: String,
}

/// The file versions a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Context: in both.
    Both,
    /// Removed.
    Old,
    /// Added.
    New,
}

impl FilePatch {
    /// The path to name in a report: the new one, else the old one.
    pub fn path(&self) -> &str {
        self.new_path.as_deref().or(self.old_path.as_deref()).unwrap_or_default()
    }

    /// Whether the patch says that this is a symbolic link; its content is then the target.
    pub fn is_symlink(&self) -> bool {
        self.new_mode.or(self.old_mode).is_some_and(|mode| mode & file::TYPE_MASK == file::SYMLINK)
    }

    /// Whether it may also be applied where there is no such file: `diff -N` and many authors write a new file as a
    /// change of an empty one.
    pub fn may_create(&self) -> bool {
        self.action == Action::Modify
            && matches!(&self.hunks[..], [hunk] if hunk.old_start == 0 && hunk.old_lines().next().is_none())
    }
}

impl Hunk {
    /// What the old file must hold: context and removed lines.
    pub fn old_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().filter(|line| line.side != Side::New).map(|line| line.text.as_bytes())
    }

    /// What the new file will hold: context and added lines.
    pub fn new_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().filter(|line| line.side != Side::Old).map(|line| line.text.as_bytes())
    }
}

/// Why a patch cannot be read; nothing was applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the patch: {what}")]
pub struct PatchError {
    /// Line of the patch, from 1.
    pub line: usize,
    pub what: String,
    /// What to do instead.
    pub hint: String,
}

impl PatchError {
    fn new(line: usize, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line, what: what.into(), hint: hint.into() }
    }
}

impl From<PatchError> for Failure {
    fn from(error: PatchError) -> Self {
        Self::invalid(error.to_string()).hint(error.hint)
    }
}
