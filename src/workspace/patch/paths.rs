//! The files of a patch together: no two sections may want the same path.

use std::collections::BTreeMap;

use super::{Action, FilePatch, PatchError};

/// What a patch does to one path.
#[derive(Default)]
struct Uses<'a> {
    written: Option<&'a FilePatch>,
    freed: Option<&'a FilePatch>,
}

/// Refuses sections that contradict each other. A path may be freed by one and written by another: git writes a change
/// of type as a deletion followed by an addition, and files may trade places.
pub(super) fn check(files: &[FilePatch]) -> Result<(), PatchError> {
    let mut paths: BTreeMap<&str, Uses> = BTreeMap::new();
    for file in files {
        let twice = |path: &str, first: &FilePatch| {
            PatchError::new(
                file.line,
                format!("{path} has a section at line {} already", first.line),
                "put all hunks of a file in one section; apply patches that follow each other one by one",
            )
        };
        if let Some(path) = file.new_path.as_deref() {
            let uses = paths.entry(path).or_default();
            if let Some(first) = uses.written.or(uses.freed.filter(|_| file.action == Action::Modify)) {
                return Err(twice(path, first));
            }
            uses.written = Some(file);
        }
        if let Some(path) = file.old_path.as_deref().filter(|_| matches!(file.action, Action::Delete | Action::Rename))
        {
            let uses = paths.entry(path).or_default();
            let changed = |written: &&FilePatch| file.action == Action::Delete || written.action == Action::Modify;
            if let Some(first) = uses.freed.or(uses.written.filter(changed)) {
                return Err(twice(path, first));
            }
            uses.freed = Some(file);
        }
    }
    for (path, file) in paths.iter().filter_map(|(path, uses)| Some((path, uses.written?))) {
        for (at, _) in path.match_indices('/') {
            if paths.get(&path[..at]).is_some_and(|uses| uses.written.is_some()) {
                let what = format!("{path} is to be within {}, which is to be a file", &path[..at]);
                return Err(PatchError::new(file.line, what, "rename one of the two"));
            }
        }
    }
    Ok(())
}
