//! From text to files: sections found among whatever stands around them.

use super::{
    Patch, PatchError, file, header,
    hunk::{self, is_header},
    lines::Lines,
    paths,
};
use crate::limits::{PATCH_BYTES_MAX, PATCH_FILES_MAX};

const UNIFIED: &str = "send what `git diff` or `diff -u` writes";

/// Reads a patch: what `git diff`, `git format-patch` or `diff -u` writes, with any text before and between its files.
///
/// # Errors
///
/// The line that is wrong, and what to do: text that is no patch or exceeds a limit, binary files and submodules, paths
/// outside the workspace, hunks that do not add up, sections that contradict each other.
pub fn parse(text: &str) -> Result<Patch, PatchError> {
    if text.len() > PATCH_BYTES_MAX {
        let what = format!("the patch has {} bytes, more than {PATCH_BYTES_MAX}", text.len());
        return Err(PatchError::new(1, what, "split it by files and apply the parts one by one"));
    }
    let lines = Lines::new(text);
    let mut files = Vec::new();
    let mut at = 0;
    while let Some(start) = next_file(&lines, at, !files.is_empty())? {
        if files.len() == PATCH_FILES_MAX {
            let what = format!("the patch has more than {PATCH_FILES_MAX} files");
            return Err(PatchError::new(start + 1, what, "split it and apply the parts one by one"));
        }
        let (header, mut next) = header::read(&lines, start)?;
        let mut hunks = Vec::new();
        while lines.starts_hunk(next) {
            let (hunk, end) = hunk::read(&lines, next)?;
            hunks.push(hunk);
            let after = lines.after_blanks(end);
            next = if lines.starts_hunk(after) { after } else { end };
        }
        files.push(file::resolve(header, hunks)?);
        at = next;
    }
    if files.is_empty() {
        return Err(PatchError::new(1, "there is no file header (`--- a/PATH`, `+++ b/PATH`) in it", UNIFIED));
    }
    paths::check(&files)?;
    Ok(Patch { files })
}

/// Finds where the next file begins. Between files, lines that look like a part of a hunk are refused unless something
/// said that the file before is over: they would be lost without a word.
fn next_file(lines: &Lines, from: usize, follows: bool) -> Result<Option<usize>, PatchError> {
    let mut apart = !follows;
    for at in from..lines.len() {
        if lines.starts_file(at) {
            return Ok(Some(at));
        }
        refuse_foreign(lines, at)?;
        apart |= lines.separates(at);
        if is_header(lines.bare(at)) || !apart && !lines.blank(at) && lines.in_body(at) {
            return Err(PatchError::new(
                at + 1,
                "this line looks like a part of a hunk but belongs to none",
                "put hunks after `--- a/PATH` and `+++ b/PATH`, and keep other text out of them",
            ));
        }
    }
    Ok(None)
}

/// Refuses what changes files in forms other than unified patches; skipping it would apply only a part.
fn refuse_foreign(lines: &Lines, at: usize) -> Result<(), PatchError> {
    header::refuse_binary(lines, at, None)?;
    let starts = |words: &[&str]| words.iter().any(|word| lines.bare(at).starts_with(word));
    let (what, hint) = match () {
        () if starts(&["diff --cc ", "diff --combined ", "@@@ "]) => {
            ("a merge's combined diff cannot be applied", "diff against one parent: `git diff PARENT COMMIT`")
        }
        () if starts(&["*** Begin Patch", "*** Update File:", "*** Add File:", "*** Delete File:"]) => {
            ("this is not a unified patch", UNIFIED)
        }
        () if starts(&["Submodule "]) && lines.bare(at).contains("..") => {
            ("submodules cannot be patched", "leave it out; check the submodule out with a command in the workspace")
        }
        () => return Ok(()),
    };
    Err(PatchError::new(at + 1, what, hint))
}
