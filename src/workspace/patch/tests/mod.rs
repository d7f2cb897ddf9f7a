//! Patches of every kind, made by hand and by git.

mod bodies;
mod git;
mod headers;
mod hostile;
mod places;
mod refusals;

use std::collections::BTreeMap;

use super::*;

/// Paths, each with mode and content.
type Tree = BTreeMap<String, (u32, Vec<u8>)>;

fn one(text: &str) -> FilePatch {
    let patch = parse(text).unwrap();
    assert_eq!(patch.files.len(), 1);
    patch.files.into_iter().next().unwrap()
}

/// The section of a file `x` with these hunks.
fn section(hunks: &str) -> String {
    format!("--- a/x\n+++ b/x\n{hunks}")
}

/// What becomes of `old`.
fn patched(text: &str, old: &str) -> String {
    String::from_utf8(apply(&one(text), old.as_bytes()).unwrap().content).unwrap()
}

fn failures(text: &str, old: &str) -> Vec<HunkFailure> {
    match apply(&one(text), old.as_bytes()) {
        Err(ApplyError::Hunks(failures)) => failures,
        other => panic!("{other:?}"),
    }
}

/// Applies a whole patch: everything is read before anything is written.
fn patched_tree(patch: &Patch, old: &Tree) -> Tree {
    let mut new = old.clone();
    for file in patch.files.iter().filter(|file| matches!(file.action, Action::Delete | Action::Rename)) {
        new.remove(file.old_path.as_ref().unwrap()).unwrap();
    }
    for file in &patch.files {
        let (mode, content) = file.old_path.as_ref().map_or((0o100_644, Vec::new()), |path| old[path].clone());
        let applied = apply(file, &content).unwrap_or_else(|error| panic!("{}: {error}", file.path()));
        if let Some(path) = &file.new_path {
            if file.action != Action::Modify {
                assert!(!new.contains_key(path), "{path}: {patch:#?}");
            }
            new.insert(path.clone(), (file.new_mode.unwrap_or(mode), applied.content));
        }
    }
    new
}
