//! What a section means: header and hunks judged together.

use super::{
    Action, FilePatch, Hunk, PatchError, Side,
    header::{Header, Moved},
    names::{self, clean},
};

pub(super) const TYPE_MASK: u32 = 0o170_000;
pub(super) const REGULAR: u32 = 0o100_000;
pub(super) const SYMLINK: u32 = 0o120_000;
pub(super) const SUBMODULE: u32 = 0o160_000;

/// Makes one file's change of its section; every contradiction in it is refused.
pub(super) fn resolve(header: Header, hunks: Vec<Hunk>) -> Result<FilePatch, PatchError> {
    let line = header.line;
    let (action, old, new) = names_and_action(&header, &hunks)?;
    let path = |name: Option<String>| name.map(|name| clean(&name, line)).transpose();
    let (old_path, new_path) = (path(old)?, path(new)?);
    if matches!(action, Action::Rename | Action::Copy) && old_path == new_path {
        return Err(PatchError::new(line, "a file is to be moved to where it is", "give two names, or no move"));
    }
    let (old_mode, new_mode) = (header.old_mode, header.new_mode);
    let file = FilePatch { old_path, new_path, action, old_mode, new_mode, hunks, line };
    check_modes(&file)?;
    check_hunks(&file)?;
    Ok(file)
}

type Named = (Action, Option<String>, Option<String>);

fn names_and_action(header: &Header, hunks: &[Hunk]) -> Result<Named, PatchError> {
    let line = header.line;
    let moved = [(Action::Rename, &header.renamed), (Action::Copy, &header.copied)]
        .into_iter()
        .filter(|(_, moved)| moved.from.is_some() || moved.to.is_some());
    let moved: Vec<(Action, &Moved)> = moved.collect();
    if moved.len() + usize::from(header.added) + usize::from(header.deleted) > 1 {
        let what = "the section says two things of its file, e.g. that it is new and renamed";
        return Err(PatchError::new(line, what, "write one section for each file"));
    }
    if let [(action, moved)] = moved[..] {
        return moved_names(header, action, moved);
    }
    let unnamed =
        || PatchError::new(line, "the header does not tell which file it is for", "add `--- a/PATH` and `+++ b/PATH`");
    let known = header.name.as_deref();
    let (name, old_missing, new_missing) = match &header.labels {
        None => (header.name.clone().ok_or_else(unnamed)?, false, false),
        Some((old, new)) => match (&old.name, &new.name) {
            (None, None) => return Err(unnamed()),
            (None, Some(new)) => (names::lone(new, "b/", known), true, false),
            (Some(old), None) => (names::lone(old, "a/", known), false, true),
            (Some(old_name), Some(new_name)) => {
                let name = names::same_file(old_name, new_name).ok_or_else(|| {
                    PatchError::new(
                        line,
                        format!("the header names two files, {old_name:?} and {new_name:?}"),
                        "name one file in both lines; to rename, use git's `rename from` and `rename to` lines",
                    )
                })?;
                let none = |side| hunks.iter().flat_map(|hunk| &hunk.lines).all(|line| line.side == side);
                (name, old.epoch && none(Side::New), new.epoch && none(Side::Old))
            }
        },
    };
    if let Some(known) = known.filter(|known| *known != name) {
        let what = format!("the `diff --git` line names {known:?}, the labels below it {name:?}");
        return Err(PatchError::new(line, what, "name one file in all header lines of a section"));
    }
    match (header.added || old_missing, header.deleted || new_missing) {
        (true, true) => Err(PatchError::new(line, "the file is both new and deleted", "say only one of the two")),
        (true, false) => Ok((Action::Add, None, Some(name))),
        (false, true) => Ok((Action::Delete, Some(name), None)),
        (false, false) => Ok((Action::Modify, Some(name.clone()), Some(name))),
    }
}

/// The names of a rename or copy stand without prefix; labels may only agree.
fn moved_names(header: &Header, action: Action, moved: &Moved) -> Result<Named, PatchError> {
    let (Some(from), Some(to)) = (&moved.from, &moved.to) else {
        let what = "a rename or copy has only one of its two names";
        return Err(PatchError::new(header.line, what, "give both `rename from PATH` and `rename to PATH`"));
    };
    let agree = header.labels.as_ref().is_none_or(|(old, new)| {
        let means = |label: &Option<String>, name| label.as_ref().is_some_and(|label| names::means(label, name));
        means(&old.name, from) && means(&new.name, to)
    });
    if !agree {
        let what = format!("the names of the move from {from:?} to {to:?} contradict each other");
        return Err(PatchError::new(header.line, what, "let `---` and `+++` name the same two files"));
    }
    Ok((action, Some(from.clone()), Some(to.clone())))
}

fn check_modes(file: &FilePatch) -> Result<(), PatchError> {
    let kind = |mode: Option<u32>| mode.map(|mode| mode & TYPE_MASK);
    let (Some(old), Some(new)) = (kind(file.old_mode), kind(file.new_mode)) else { return Ok(()) };
    if old != new {
        return Err(PatchError::new(
            file.line,
            format!("{} changes between file and symbolic link in one section", file.path()),
            "write two, as git does: one that deletes it, then one that adds it",
        ));
    }
    Ok(())
}

fn check_hunks(file: &FilePatch) -> Result<(), PatchError> {
    let refused = |line, what: &str, hint| Err(PatchError::new(line, format!("{} {what}", file.path()), hint));
    let foreign = match file.action {
        Action::Add => Some(Side::New),
        Action::Delete => Some(Side::Old),
        _ => None,
    };
    if let Some(side) = foreign {
        let alien = |hunk: &&Hunk| hunk.lines.iter().any(|line| line.side != side);
        if let Some(hunk) = file.hunks.get(1).or(file.hunks.iter().find(alien)) {
            return match side {
                Side::New => refused(
                    hunk.line,
                    "is new, but is not given as one hunk of `+` lines",
                    "to change a file that exists, name it in the `---` line too",
                ),
                _ => refused(
                    hunk.line,
                    "is deleted, but is not given as one hunk of `-` lines",
                    "to keep a part of it, name it in the `+++` line too",
                ),
            };
        }
    }
    if file.action == Action::Modify && file.hunks.is_empty() && file.new_mode.is_none() {
        return refused(file.line, "has a section that changes nothing", "give its hunks, or leave the section out");
    }
    // A link with a line end in its target points nowhere.
    let target = file.hunks.last().and_then(|hunk| hunk.new_lines().last());
    if file.is_symlink() && target.is_some_and(|target| target.ends_with(b"\n")) {
        return refused(
            file.line,
            "is a symbolic link whose target ends in a line end",
            "put `\\ No newline at end of file` after the target",
        );
    }
    Ok(())
}
