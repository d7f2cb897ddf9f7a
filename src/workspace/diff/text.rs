//! The patch text of one change, as git writes it.

use std::{borrow::Cow, fmt::Write, time::Instant};

use pyro_protocol::tree::{Entry, Kind};
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline, group_diff_ops};

use super::{
    change::Change,
    git::{self, name},
};

/// Lines told around a difference.
const CONTEXT_LINES: usize = 3;
/// Where git looks for a NUL byte to tell binary files.
const BINARY_LOOK_BYTES: usize = 8000;

/// Why a change has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoText {
    /// A NUL byte early on, or not UTF-8.
    Binary,
    /// Directories and special files.
    NoFile,
    /// Something stands there that no patch can remove.
    InTheWay,
    /// Git keeps only whether the owner may execute.
    Permissions,
    /// A path that makes `git apply` refuse the whole patch.
    Refused,
    /// The content was not given.
    Unread,
}

impl NoText {
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::NoFile => "no file",
            Self::InTheWay => "replaces what no patch can remove",
            Self::Permissions => "permissions that no patch can tell",
            Self::Refused => "a path that git apply refuses",
            Self::Unread => "not read",
        }
    }
}

/// A file or symlink on one side.
struct Side<'a> {
    mode: &'static str,
    text: Cow<'a, str>,
}

/// Whether git would take these bytes for binary, or they cannot stand in a text.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content.iter().take(BINARY_LOOK_BYTES).any(|byte| *byte == 0) || std::str::from_utf8(content).is_err()
}

/// Writes a change as a patch. `old` and `new` are the contents of regular files. After `deadline`, larger differences
/// than necessary are told, which are as true.
pub(super) fn text(
    change: &Change,
    old: Option<&[u8]>,
    new: Option<&[u8]>,
    deadline: Instant,
) -> Result<String, NoText> {
    let is_link = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| entry.kind == Kind::Symlink);
    if git::refuses(&change.path, is_link(&change.old) || is_link(&change.new)) {
        return Err(NoText::Refused);
    }
    let (before, after) = (side(change.old.as_ref(), old)?, side(change.new.as_ref(), new)?);
    let special = |entry: &Entry| !matches!(entry.kind, Kind::File | Kind::Symlink | Kind::Directory);
    if after.is_some() && change.old.as_ref().is_some_and(special) {
        return Err(NoText::InTheWay);
    }
    let section = Section { path: &change.path, deadline };
    match (before, after) {
        (None, None) => Err(NoText::NoFile),
        (Some(before), Some(after)) if (before.mode == git::SYMLINK) != (after.mode == git::SYMLINK) => {
            // Git tells another type as one file gone and another come.
            Ok(section.write(Some(&before), None) + &section.write(None, Some(&after)))
        }
        (Some(before), Some(after)) if before.mode == after.mode && before.text == after.text => {
            Err(NoText::Permissions)
        }
        (before, after) => Ok(section.write(before.as_ref(), after.as_ref())),
    }
}

fn side<'a>(entry: Option<&'a Entry>, content: Option<&'a [u8]>) -> Result<Option<Side<'a>>, NoText> {
    let Some((entry, mode)) = entry.and_then(|entry| git::mode(entry).map(|mode| (entry, mode))) else {
        return Ok(None);
    };
    let bytes = if mode == git::SYMLINK { &entry.target } else { content.ok_or(NoText::Unread)? };
    if is_binary(bytes) {
        return Err(NoText::Binary);
    }
    Ok(Some(Side { mode, text: String::from_utf8_lossy(bytes) }))
}

fn lines<'a>(side: Option<&'a Side<'_>>) -> Vec<&'a str> {
    side.into_iter().flat_map(|side| side.text.split_inclusive('\n')).collect()
}

struct Section<'a> {
    path: &'a [u8],
    deadline: Instant,
}

impl Section<'_> {
    /// One `diff --git` section; at least one side is there.
    fn write(&self, before: Option<&Side<'_>>, after: Option<&Side<'_>>) -> String {
        let (a, b) = (name("a/", self.path), name("b/", self.path));
        let mut to = format!("diff --git {a} {b}\n");
        match (before, after) {
            (None, Some(after)) => to += &format!("new file mode {}\n", after.mode),
            (Some(before), None) => to += &format!("deleted file mode {}\n", before.mode),
            // A link's mode is told although it stays: without it, nothing says that the text is a target.
            (Some(before), Some(after)) if before.mode != after.mode || after.mode == git::SYMLINK => {
                to += &format!("old mode {}\nnew mode {}\n", before.mode, after.mode);
            }
            _ => {}
        }
        let (old, new) = (lines(before), lines(after));
        if old != new {
            // Names with a space end in a tab, so that nothing takes what follows for a time.
            let label = |name: String, side: Option<&Side<'_>>| match side {
                None => "/dev/null".to_owned(),
                Some(_) if name.contains(' ') => name + "\t",
                Some(_) => name,
            };
            to += &format!("--- {}\n+++ {}\n", label(a, before), label(b, after));
            self.hunks(&old, &new, &mut to);
        }
        to
    }

    fn hunks(&self, old: &[&str], new: &[&str], to: &mut String) {
        let changes = capture_diff_slices_deadline(Algorithm::Myers, old, new, Some(self.deadline));
        for group in group_diff_ops(changes, CONTEXT_LINES) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            let old_range = range(first.old_range().start, last.old_range().end);
            let new_range = range(first.new_range().start, last.new_range().end);
            // Writing to a string cannot fail.
            let _ = writeln!(to, "@@ -{old_range} +{new_range} @@");
            for op in group {
                if let DiffOp::Equal { .. } = op {
                    push(to, ' ', &old[op.old_range()]);
                } else {
                    push(to, '-', &old[op.old_range()]);
                    push(to, '+', &new[op.new_range()]);
                }
            }
        }
    }
}

/// A range of lines as a hunk's header tells it: counted from 1, an empty one by the line before it.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{end}"),
        count => format!("{},{count}", start + 1),
    }
}

fn push(to: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        to.push(sign);
        to.push_str(line);
        if !line.ends_with('\n') {
            to.push_str("\n\\ No newline at end of file\n");
        }
    }
}
