//! Changes that fail, or die, after each of their steps.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use super::*;

/// How a change ends early.
#[derive(Clone, Copy)]
enum End {
    Fails,
    Dies,
}

/// Applies a change that ends before step `last`; answers false when it has no such step.
fn interrupted(root: &Path, tar: &[u8], last: usize, end: End) -> bool {
    let opened = open(root);
    let staged = stage(&opened, Path::new(""), tar, &ALL).unwrap();
    let mut step = 0;
    let mut go_on = || {
        step += 1;
        match end {
            _ if step <= last => Ok(()),
            End::Fails => Err(io::Error::other("no further")),
            // Nothing is undone on the way out of a panic, as when the machine dies.
            End::Dies => resume_unwind(Box::new("dead")),
        }
    };
    let done = catch_unwind(AssertUnwindSafe(|| {
        staged.apply_step_by_step(&deleting(&["doomed", "src/doomed"]), &mut go_on).is_ok()
    }));
    !done.unwrap_or(false)
}

#[test]
fn a_failure_after_any_step_is_undone() {
    let (root, tar) = (old_tree(), packed(new_tree().path()));
    let before = facts(root.path());
    let mut steps = 0;
    while interrupted(root.path(), &tar, steps, End::Fails) {
        assert_eq!(facts(root.path()), before, "after {steps} steps");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3);
        steps += 1;
    }
    // Two deletions, three exchanges, three moves; then modes, disk and journal.
    assert_eq!(steps, 8 + 3);
}

#[test]
fn a_death_after_any_step_is_recovered_from() {
    let (root, tar) = (old_tree(), packed(new_tree().path()));
    let before = facts(root.path());
    let opened = open(root.path());
    let mut steps = 0;
    while interrupted(root.path(), &tar, steps, End::Dies) {
        assert_eq!(fs::read_dir(root.path()).unwrap().filter(is_staging).count(), 1, "after {steps} steps");
        assert_eq!(recover(&opened).unwrap(), 1);
        assert_eq!(facts(root.path()), before, "after {steps} steps");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3);
        assert_eq!(recover(&opened).unwrap(), 0);
        steps += 1;
    }
    assert_eq!(steps, 8 + 3);
    assert_eq!(fs::read(root.path().join("src/a")).unwrap(), b"new src/a");
}

#[test]
fn a_recovery_that_died_goes_on() {
    let (root, tar) = (old_tree(), packed(new_tree().path()));
    let before = facts(root.path());
    interrupted(root.path(), &tar, 10, End::Dies);
    // As if one rename had been taken back already.
    let staging = fs::read_dir(root.path()).unwrap().find(is_staging).unwrap().unwrap().path();
    fs::rename(root.path().join("top"), staging.join("new/top")).unwrap();
    assert_eq!(recover(&open(root.path())).unwrap(), 1);
    assert_eq!(facts(root.path()), before);
}

#[test]
fn what_was_written_after_a_death_stays() {
    let (root, tar) = (old_tree(), packed(new_tree().path()));
    interrupted(root.path(), &tar, 10, End::Dies);
    fs::remove_file(root.path().join("src/a")).unwrap();
    fs::write(root.path().join("src/a"), "later").unwrap();
    fs::remove_file(root.path().join("src/link")).unwrap();
    assert_eq!(recover(&open(root.path())).unwrap(), 1);
    assert_eq!(fs::read(root.path().join("src/a")).unwrap(), b"later");
    assert_eq!(fs::read_link(root.path().join("src/link")).unwrap(), Path::new("kept/k"));
    assert_eq!(fs::read(root.path().join("src/b")).unwrap(), b"old src/b");
}

#[test]
fn leftovers_without_a_journal_are_removed_and_strange_ones_kept() {
    let root = old_tree();
    let before = facts(root.path());
    fs::create_dir_all(root.path().join(".pyro-apply-0/new/half")).unwrap();
    fs::write(root.path().join(".pyro-apply-0/journal.tmp"), "half").unwrap();
    fs::create_dir_all(root.path().join(".pyro-apply-1")).unwrap();
    fs::write(root.path().join(".pyro-apply-1/journal"), "nonsense").unwrap();
    fs::write(root.path().join(".pyro-apply-file"), "somebody's").unwrap();
    let told = message(recover(&open(root.path())));
    assert!(told.contains(".pyro-apply-1: its journal cannot be read"), "{told}");
    assert!(!root.path().join(".pyro-apply-0").exists());
    assert!(root.path().join(".pyro-apply-1/journal").exists() && root.path().join(".pyro-apply-file").exists());
    assert_eq!(facts(root.path()), before);
    // And the next change finds a name of its own.
    let opened = open(root.path());
    apply(&opened, Path::new(""), &deleting(&["doomed"]), &tar_of_nothing()[..], &ALL).unwrap();
}

fn is_staging(entry: &io::Result<fs::DirEntry>) -> bool {
    entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".pyro-apply-")
}
