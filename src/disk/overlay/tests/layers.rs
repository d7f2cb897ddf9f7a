//! What of disk and base is seen where both have something to say.

use std::{
    os::unix::fs::{PermissionsExt, symlink},
    time::{Duration, UNIX_EPOCH},
};

use super::*;

#[test]
fn files_come_from_either_side_and_the_disk_wins() {
    let lower = |tree: &Path| {
        make(tree, &["etc/base", "etc/both", "usr/lib/x", "workspace/hidden"]);
        fs::set_permissions(tree.join("etc"), fs::Permissions::from_mode(0o700)).unwrap();
    };
    let upper = |tree: &Path, _: &Erofs| {
        make(tree, &["root/etc/both", "root/etc/disk", "root/new/a", "workspace/src/main", "other"]);
        fs::set_permissions(tree.join("root/etc"), fs::Permissions::from_mode(0o1751)).unwrap();
        File::open(tree.join("root/new/a"))
            .unwrap()
            .set_modified(UNIX_EPOCH + Duration::from_secs(1_234_567_890))
            .unwrap();
    };
    let machine = Machine::new(
        lower,
        upper,
        "cd /workspace\nmknod white c 0 0\nset_inode_field /root/new/a mtime_extra 3950617284\n",
    );
    let view = machine.view();
    let expected = ["etc/", "etc/base", "etc/both", "etc/disk", "new/", "new/a", "usr/", "usr/lib/", "usr/lib/x"];
    let workspace = ["workspace/", "workspace/src/", "workspace/src/main", "workspace/white"];
    assert_eq!(listed(&view, "/"), [&expected[..], &workspace].concat());
    assert_eq!(content(&view, "/etc/base").unwrap(), "etc/base");
    assert_eq!(content(&view, "/etc/both").unwrap(), "root/etc/both");
    assert_eq!(content(&view, "/workspace/src/main").unwrap(), "workspace/src/main");
    assert_eq!(view.look(b"/etc", true).unwrap().entry.mode, 0o1751);
    let file = view.look(b"/new/a", true).unwrap().entry;
    assert_eq!((file.size, file.mtime_ns), (10, 1_234_567_890_987_654_321));
    assert_eq!(view.look(b"/workspace/white", true).unwrap().entry.kind, Kind::CharDevice);
    assert!(matches!(content(&view, "/etc"), Err(DiskError::NoSuchKind(_))));
    assert!(matches!(content(&view, "/workspace/hidden"), Err(DiskError::Missing)));
    let found = view.look(b"/", false).unwrap();
    assert_eq!((&found.path[..], &found.entry.path[..], found.entry.kind), (&b"/"[..], &b"/"[..], Kind::Directory));
}

#[test]
fn a_machine_that_never_booted_is_its_base() {
    let machine =
        Machine::new(|tree| make(tree, &["etc/a", "workspace/"]), |_, _| {}, "rmdir /root\nrmdir /workspace\n");
    let view = machine.view();
    assert_eq!(listed(&view, "/"), ["etc/", "etc/a", "workspace/"]);
    assert_eq!(content(&view, "/etc/a").unwrap(), "etc/a");
}

#[test]
fn what_the_disk_hides_is_gone() {
    let lower = |tree: &Path| {
        make(
            tree,
            &["d/gone", "d/here", "gone/x/y", "opaque/old", "half/old", "long/old", "file", "dir/in", "back/in"],
        );
    };
    let upper = |tree: &Path, _: &Erofs| {
        make(
            tree,
            &["root/d/", "root/opaque/new", "root/half/", "root/long/", "root/file/now", "root/dir", "root/back"],
        );
    };
    let machine = Machine::new(
        lower,
        upper,
        "cd /root/d\nmknod gone c 0 0\nmknod kept c 1 3\nmknod large c 300 7000\nmknod block b 0 0\n\
         cd /root\nmknod gone c 0 0\nea_set opaque trusted.overlay.opaque y\nea_set half trusted.overlay.opaque x\n\
         ea_set long trusted.overlay.opaque yy\nrm back\nmkdir back\nea_set back trusted.overlay.opaque y\n",
    );
    let view = machine.view();
    let expected =
        ["back/", "d/", "d/block", "d/here", "d/kept", "d/large", "dir", "file/", "file/now", "half/", "half/old"];
    let more = ["long/", "long/old", "opaque/", "opaque/new", "workspace/"];
    assert_eq!(listed(&view, "/"), [&expected[..], &more].concat());
    for path in ["/d/gone", "/gone", "/gone/x/y", "/opaque/old", "/back/in"] {
        assert!(matches!(content(&view, path), Err(DiskError::Missing)), "{path}");
    }
    assert!(matches!(content(&view, "/dir/in"), Err(DiskError::NoSuchKind(_))));
    assert_eq!(view.look(b"/d/kept", true).unwrap().entry.kind, Kind::CharDevice);
}

#[test]
fn renamed_directories_show_what_they_held() {
    let lower = |tree: &Path| {
        make(tree, &["a/b/c/deep", "a/b/file", "a/sibling/s", "top/t/x", "nowhere", "a/b/same/m"]);
        symlink("a", tree.join("link")).unwrap();
    };
    let upper = |tree: &Path, _: &Erofs| {
        make(tree, &["root/moved/added", "root/moved/inner/", "root/a/renamed/", "root/pure/far/", "root/pure/near/"]);
        make(tree, &["root/lost/own", "root/tofile/own", "root/vialink/own", "root/both/own", "root/moved/same/n"]);
    };
    let set = |name: &str, what: &str, value: &str| format!("ea_set {name} trusted.overlay.{what} {value}\n");
    let changes = [
        "cd /root\n".to_owned(),
        set("moved", "redirect", "/a/b"),
        // Beside what shows through its parent, which is called a/b in the base.
        set("moved/inner", "redirect", "c"),
        set("a/renamed", "redirect", "sibling"),
        set("pure", "opaque", "y"),
        set("pure/far", "redirect", "/top/t"),
        set("pure/near", "redirect", "t"),
        set("lost", "redirect", "/a/none/x"),
        set("tofile", "redirect", "/nowhere"),
        set("vialink", "redirect", "/link/b"),
        set("both", "redirect", "/top"),
        set("both", "opaque", "y"),
    ];
    let machine = Machine::new(lower, upper, &changes.concat());
    let view = machine.view();
    assert_eq!(
        listed(&view, "/moved"),
        ["added", "c/", "c/deep", "file", "inner/", "inner/deep", "same/", "same/m", "same/n"]
    );
    assert_eq!(listed(&view, "/a/renamed"), ["s"]);
    assert_eq!(listed(&view, "/pure"), ["far/", "far/x", "near/"]);
    for name in ["/lost", "/tofile", "/vialink", "/both"] {
        assert_eq!(listed(&view, name), ["own"], "{name}");
    }
    assert_eq!(content(&view, "/moved/c/deep").unwrap(), "a/b/c/deep");
    assert_eq!(view.look(b"/moved/inner/../c/deep", false).unwrap().path, b"/moved/c/deep");
}

#[test]
fn redirects_that_no_kernel_follows_are_refused() {
    for redirect in ["/../etc", "a/b", "..", ".", "/", "//a", "/a/", "/a/./b", "/a\\0b"] {
        let upper = |tree: &Path, _: &Erofs| make(tree, &["root/odd/own", "root/zebra"]);
        let machine = Machine::new(|tree| make(tree, &["a/b/c", "etc/x"]), upper, "");
        let value = machine.folder.path().join("value");
        fs::write(&value, redirect.replace("\\0", "\0")).unwrap();
        machine.change(&format!("ea_set -f {} /root/odd trusted.overlay.redirect\n", value.display()));
        let view = machine.view();
        let refused = view.look(b"/odd", true).unwrap_err();
        assert!(matches!(refused, DiskError::Damaged("a directory's redirect")), "{redirect}: {refused}");
        let mut walk = view.walk(&view.look(b"/", true).unwrap(), WalkOptions::default());
        assert_eq!(walk.by_ref().last().unwrap().unwrap().path, "zebra");
        assert_eq!(walk.skipped(), 1);
    }
}

#[test]
fn a_file_whose_content_stayed_in_the_base_is_refused_in_words() {
    let upper = |tree: &Path, _: &Erofs| make(tree, &["root/file"]);
    let machine = Machine::new(|tree| make(tree, &["file"]), upper, "ea_set /root/file trusted.overlay.metacopy x\n");
    let refused = machine.view().look(b"/file", true).unwrap_err().to_string();
    assert!(refused.contains("overlay.metacopy"), "{refused}");
}

#[test]
fn a_change_through_one_name_shows_under_the_others() {
    let lower = |tree: &Path| {
        make(tree, &["one", "alone", "workspace/"]);
        fs::hard_link(tree.join("one"), tree.join("two")).unwrap();
    };
    for wide in [false, true] {
        let upper = |tree: &Path, base: &Erofs| {
            let root = base.root().unwrap();
            let number = base.find(&root, b"two", &mut { 1 << 20 }).unwrap().unwrap() as u32;
            let alone = base.find(&root, b"alone", &mut { 1 << 20 }).unwrap().unwrap() as u32;
            for (number, text) in [(number, "changed"), (alone, "not for one name alone")] {
                let [low, id] = [format!("{:08x}", number.swap_bytes()), UUID.replace('-', "")];
                let name = match wide {
                    false => format!("00fb1d0001{id}{low}00000000"),
                    true => format!("00fb210081{id}00000000{low}00000000"),
                };
                fs::write(tree.join("work/index").join(name), text).unwrap();
            }
        };
        let view = Machine::new(lower, upper, "").view();
        assert_eq!(content(&view, "/one").unwrap(), "changed");
        assert_eq!(content(&view, "/two").unwrap(), "changed");
        assert_eq!(content(&view, "/alone").unwrap(), "alone");
    }
}
