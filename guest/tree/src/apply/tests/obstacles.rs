//! What stands in the way, and that nothing happens then.

use nix::sys::stat::Mode;
use tar::EntryType;

use super::*;
use crate::tests::hostile::{header, tar_of};

/// Applies, expects a refusal, and that the tree is as it was.
fn refused(root: &TempDir, request: &ApplyRequest, tar: &[u8]) -> String {
    let before = facts(root.path());
    let refusal = message(applied(root.path(), "", request, tar));
    assert_eq!(facts(root.path()), before, "{refusal}");
    refusal
}

#[test]
fn every_obstacle_is_told_at_once() {
    let (root, new) = (old_tree(), TempDir::new().unwrap());
    let at = |name: &str| new.path().join(name);
    fs::write(at("kept"), "a file where a directory is").unwrap();
    fs::create_dir_all(at("src/a/below")).unwrap();
    fs::create_dir(at("src/link")).unwrap();
    fs::write(at("src/fifo"), "").unwrap();
    fs::write(at("innocent"), "").unwrap();
    nix::unistd::mkfifo(&root.path().join("src/fifo"), Mode::S_IRWXU).unwrap();
    let mut request = deleting(&["missing", "src"]);
    request.expect =
        expecting(&[("src/b", Some("else")), ("doomed", None), ("none", Some("")), ("src/fifo", Some(""))]).expect;
    let refusal = refused(&root, &request, &packed(new.path()));
    for told in [
        "nothing was changed: ",
        "src/b has changed, its SHA-256 is ",
        "doomed exists already; read it before replacing it",
        "none does not exist any more",
        "src/fifo is a special file now",
        "missing cannot be deleted, it does not exist",
        "src cannot be deleted, it is a directory",
        "kept is a directory, and the change has a file there",
        "src/a is a file, and the change has a directory there",
        "src/link is a symbolic link, and the change has a directory there",
        "src/fifo is a special file, and the change has a file there",
    ] {
        assert!(refusal.contains(told), "{told}: {refusal}");
    }
    request.delete.extend((0..90).map(|number| format!("missing{number}")));
    assert!(refused(&root, &request, &packed(new.path())).ends_with("; and 90 more"));
}

#[test]
fn no_path_of_a_request_leads_out() {
    let root = old_tree();
    let nothing = tar_of_nothing();
    for path in
        ["/etc/passwd", "..", "a/../../x", "src/link/x", "", ".", "a\0b", ".pyro-apply-0/journal", &"d/".repeat(9999)]
    {
        refused(&root, &deleting(&[path]), &nothing);
        refused(&root, &expecting(&[(path, Some("x"))]), &nothing);
    }
    symlink("kept", root.path().join("to-kept")).unwrap();
    let told = refused(&root, &deleting(&["to-kept/k"]), &nothing);
    assert!(told.contains("a link is on the way to to-kept/k"), "{told}");
    for destination in ["..", "/etc", "a/../..", ".pyro-apply-0"] {
        applied(root.path(), destination, &ApplyRequest::default(), &nothing).unwrap_err();
    }
    let through = applied(root.path(), "to-kept", &ApplyRequest::default(), &nothing);
    assert!(message(through).contains("to-kept is a symbolic link, and the change has a directory there"));
}

#[test]
fn a_hostile_tar_changes_nothing() {
    let root = old_tree();
    let outside = TempDir::new().unwrap();
    let file = |name: &[u8]| (header(EntryType::Regular, name, b"", 1), &b"x"[..]);
    let link = |kind, name: &[u8], to: &[u8]| (header(kind, name, to, 0), &b""[..]);
    let away = outside.path().as_os_str().as_encoded_bytes();
    for tar in [
        vec![file(b"src/a"), file(b"../up")],
        vec![file(b"src/a"), file(b"/absolute")],
        vec![file(b".pyro-apply-0/journal")],
        vec![link(EntryType::Symlink, b"d", away), file(b"d/f")],
        vec![link(EntryType::Symlink, b"src", away)],
        // Hard links lead to what the tar itself brings, not to what is in the tree.
        vec![link(EntryType::Link, b"hard", b"src/a")],
        vec![link(EntryType::Link, b"hard", b"../../../etc/passwd")],
    ] {
        refused(&root, &ApplyRequest::default(), &tar_of(&tar));
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    let broken = [&tar_of(&[file(b"src/a")])[..600], b""].concat();
    refused(&root, &ApplyRequest::default(), &broken);

    let device = (header(EntryType::Char, b"null", b"", 0), &b""[..]);
    let done =
        applied(root.path(), "", &ApplyRequest::default(), &tar_of(&[device, file(b"src/a\n\x1b\xff")])).unwrap();
    assert_eq!((done.skipped, done.entries), (vec!["null".to_owned()], 2));
}

#[test]
fn what_others_change_meanwhile_is_not_lost() {
    let (root, new) = (old_tree(), new_tree());
    let opened = open(root.path());
    let tar = packed(new.path());
    for (path, change) in [("src/a", "replaced"), ("doomed", "deleted"), ("top", "created")] {
        let before = contents(root.path());
        let staged = stage(&opened, Path::new(""), &tar[..], &ALL).unwrap();
        let mut first = true;
        let done = staged.apply_step_by_step(&deleting(&["doomed"]), &mut || {
            if std::mem::take(&mut first) {
                fs::write(root.path().join(path), "theirs")?;
            }
            Ok(())
        });
        assert!(matches!(done, Err(TreeError::Conflict(_))), "{change}: {done:?}");
        assert!(message(done).contains(path));
        let mut expected = before;
        expected.insert(path.into(), (0o100_644, b"theirs".to_vec()));
        assert_eq!(contents(root.path()), expected, "{change}");
        if path == "top" {
            fs::remove_file(root.path().join("top")).unwrap();
        }
    }
}

#[test]
fn a_link_swapped_in_leads_nowhere() {
    let (root, new) = (old_tree(), new_tree());
    let outside = TempDir::new().unwrap();
    let opened = open(root.path());
    let staged = stage(&opened, Path::new(""), &packed(new.path())[..], &ALL).unwrap();
    let mut first = true;
    let done = staged.apply_step_by_step(&ApplyRequest::default(), &mut || {
        if std::mem::take(&mut first) {
            fs::rename(root.path().join("src"), root.path().join("aside"))?;
            symlink(outside.path(), root.path().join("src"))?;
        }
        Ok(())
    });
    done.unwrap_err();
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(fs::read(root.path().join("aside/a")).unwrap(), b"old src/a");
}
