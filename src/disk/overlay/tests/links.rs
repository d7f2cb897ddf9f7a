//! Links are followed as the kernel would, and never out of the view.

use std::os::unix::fs::symlink;

use super::*;

fn machine() -> Machine {
    let lower = |tree: &Path| {
        make(tree, &["usr/bin/sh", "etc/passwd", "moved/from/f", "d/e/"]);
        let links = [("usr/bin", "bin"), ("/etc/passwd", "absolute"), ("../../etc", "d/e/up"), ("loop", "loop")];
        let more = [("a2", "a1"), ("a1", "a2"), ("nothing", "dangling"), ("etc/", "slash"), ("../../../../..", "out")];
        links.iter().chain(&more).for_each(|(target, name)| symlink(target, tree.join(name)).unwrap());
        (0..41).for_each(|step| symlink(format!("c{}", step + 1), tree.join(format!("c{step}"))).unwrap());
        make(tree, &["c41"]);
    };
    let upper = |tree: &Path, _: &Erofs| {
        make(tree, &["root/to/", "workspace/w"]);
        symlink("/to/f", tree.join("workspace/far")).unwrap();
        symlink("../to/f", tree.join("root/to/near")).unwrap();
        symlink(format!("{}etc/passwd", "../".repeat(900)), tree.join("workspace/long")).unwrap();
    };
    Machine::new(lower, upper, "cd /root\nea_set to trusted.overlay.redirect /moved/from\n")
}

#[test]
fn paths_resolve_as_in_the_guest() {
    let machine = machine();
    let view = machine.view();
    let follow = [
        ("/bin/sh", "/usr/bin/sh"),
        ("/absolute", "/etc/passwd"),
        ("/d/e/up/passwd", "/etc/passwd"),
        ("/d/e/../../../..//./etc", "/etc"),
        ("/slash/passwd", "/etc/passwd"),
        ("/slash", "/etc"),
        ("/out", "/"),
        ("/..", "/"),
        ("", "/"),
        ("etc", "/etc"),
        ("/workspace/..", "/"),
        ("/workspace/far", "/to/f"),
        ("/workspace/long", "/etc/passwd"),
        ("/to/near", "/to/f"),
        ("/bin/../bin", "/usr/bin"),
        ("/c1", "/c41"),
    ];
    for (path, resolved) in follow {
        assert_eq!(String::from_utf8(view.look(path.as_bytes(), true).unwrap().path).unwrap(), resolved, "{path}");
    }
    for (path, resolved) in [("/bin", "/bin"), ("/bin/", "/usr/bin"), ("/bin/.", "/usr/bin"), ("/loop", "/loop")] {
        assert_eq!(view.look(path.as_bytes(), false).unwrap().path, resolved.as_bytes(), "{path}");
    }
    let link = view.look(b"/d/e/up", false).unwrap().entry;
    assert_eq!(
        (link.kind, &link.target[..], &link.path[..], link.size),
        (Kind::Symlink, &b"../../etc"[..], &b"up"[..], 0)
    );
    assert_eq!(content(&view, "/workspace/far").unwrap(), "moved/from/f");
}

#[test]
fn paths_that_lead_nowhere_say_why() {
    let machine = machine();
    let view = machine.view();
    let refused = |path: &str| view.look(path.as_bytes(), true).unwrap_err();
    for path in ["/dangling", "/none", "/none/x", "/etc/none", "/none/..", "/etc\0", "/dangling/"] {
        assert!(matches!(refused(path), DiskError::Missing), "{path}");
    }
    for path in ["/etc/passwd/", "/etc/passwd/.", "/etc/passwd/..", "/absolute/x"] {
        assert!(matches!(refused(path), DiskError::NoSuchKind(_)), "{path}");
    }
    for path in ["/loop", "/a1", "/a2/x", "/c0"] {
        assert!(matches!(refused(path), DiskError::Limit("links on the way", 40)), "{path}");
    }
    assert!(matches!(refused(&"/d/..".repeat(820)), DiskError::Limit(..)));
    assert_eq!(view.look("/d/..".repeat(819).as_bytes(), true).unwrap().path, b"/");
}
