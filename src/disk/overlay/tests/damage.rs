//! Disks and bases damaged at random or on purpose: everything ends, and nothing panics.

use std::os::unix::fs::{FileExt, symlink};

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;

fn machine() -> Machine {
    let lower = |tree: &Path| {
        make(tree, &["etc/a", "etc/b", "usr/lib/x/y", "usr/lib/z", "gone", "old/in/side"]);
        (0..60).for_each(|number| make(tree, &[&format!("many/{}-{number}", "name".repeat(20))]));
        fs::write(tree.join("large"), "large".repeat(5000)).unwrap();
        fs::hard_link(tree.join("large"), tree.join("also")).unwrap();
        symlink("usr/lib", tree.join("lib")).unwrap();
    };
    let upper = |tree: &Path, _: &Erofs| {
        make(
            tree,
            &["root/etc/b", "root/etc/c", "root/new/more", "root/usr/lib/x/w", "workspace/a/b/c", "work/index/00"],
        );
        symlink("../etc", tree.join("root/new/link")).unwrap();
        fs::write(tree.join("root/size"), "size".repeat(5000)).unwrap();
    };
    let changes = "cd /root\nmknod gone c 0 0\nea_set new trusted.overlay.redirect /old/in\n\
                   ea_set usr/lib/x trusted.overlay.opaque y\n";
    Machine::new(lower, upper, changes)
}

/// Walks, looks at and reads everything; answers how many entries there were.
fn read_everything(machine: &Machine) -> usize {
    let Ok(view) = View::open(&machine.disk, &machine.base) else { return 0 };
    let Ok(top) = view.look(b"/", true) else { return 0 };
    let mut count = 0;
    // A loop of directories may be as long as a path may be.
    for entry in view.walk(&top, WalkOptions::default()).take(20_000) {
        let Ok(entry) = entry else { break };
        count += 1;
        if count > 1000 && count % 100 != 0 {
            continue;
        }
        let path = [b"/", &entry.path[..]].concat();
        let Ok(found) = view.look(&path, true) else { continue };
        let mut piece = [0; 5000];
        for offset in [0, 4000, entry.size.saturating_sub(3), u64::MAX] {
            let _ = view.read(&found, offset, &mut piece).is_ok_and(|read| read <= piece.len());
        }
    }
    for path in ["/new/link/a", "/lib/x/../../../lib/z", "/workspace/a/b/c", "/also"] {
        let _ = content(&view, path).is_ok_and(|text| text.len() <= 1 << 20);
    }
    count
}

fn damaged(machine: &Machine, path: &Path) {
    let cases = std::env::var("PYRO_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
    let whole = read_everything(machine);
    let original = fs::read(path).unwrap();
    // Damage where there is something, and rather where that says much.
    let used: Vec<usize> = (0..original.len()).filter(|place| original[*place] != 0).collect();
    let telling: Vec<usize> = used.iter().copied().filter(|place| !original[*place].is_ascii_lowercase()).collect();
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..60);
    let file = File::options().write(true).open(path).unwrap();
    let check = |damage: Vec<(prop::sample::Index, u8, bool)>| {
        let places: Vec<_> = damage
            .iter()
            .map(|(place, byte, some)| (*place.get(if *some { &telling } else { &used }), *byte))
            .collect();
        places.iter().for_each(|(place, byte)| file.write_all_at(&[*byte], *place as u64).unwrap());
        let read = read_everything(machine);
        places.iter().for_each(|(place, _)| file.write_all_at(&original[*place..=*place], *place as u64).unwrap());
        prop_assert!(read <= 20_000);
        Ok(())
    };
    TestRunner::new(ProptestConfig::with_cases(cases)).run(&damage, check).unwrap();
    assert_eq!(read_everything(machine), whole, "the damage was taken back");
}

#[test]
fn damage_to_the_disk_never_breaks_the_view() {
    let machine = machine();
    damaged(&machine, &machine.disk);
}

#[test]
fn damage_to_the_base_never_breaks_the_view() {
    let machine = machine();
    damaged(&machine, &machine.base);
}

#[test]
fn either_image_cut_off_anywhere_is_seen_as_far_as_it_goes() {
    for cut in [|machine: &Machine| machine.disk.clone(), |machine: &Machine| machine.base.clone()] {
        let machine = machine();
        let (path, mut last) = (cut(&machine), read_everything(&machine));
        let whole = fs::metadata(&path).unwrap().len();
        assert!(last > 80);
        for share in (0..32).rev() {
            File::options().write(true).open(&path).unwrap().set_len(whole * share / 32).unwrap();
            let read = read_everything(&machine);
            assert!(read <= last, "less image, more entries");
            last = read;
        }
        assert_eq!(last, 0);
    }
}

#[test]
fn a_directory_within_itself_is_flagged() {
    let upper = |tree: &Path, _: &Erofs| make(tree, &["root/a/b/", "root/a/z", "workspace/w/"]);
    let changes = "ln /root/a /root/a/b/loop\nln /root /workspace/w/all\n";
    let machine = Machine::new(|tree| make(tree, &["a/b/loop/x", "etc/x"]), upper, changes);
    let view = machine.view();
    let top = view.look(b"/", true).unwrap();
    let entries: Vec<Entry> = view.walk(&top, WalkOptions::default()).map(Result::unwrap).collect();
    let flagged = entries.iter().filter(|entry| entry.unreadable).map(|entry| &entry.path[..]);
    assert_eq!(flagged.collect::<Vec<_>>(), [&b"a/b/loop"[..], b"workspace/w/all"]);
    // A path may go round as often as it has room for.
    assert!(view.look(format!("/a{}", "/b/loop".repeat(300)).as_bytes(), true).is_ok());
}

#[test]
fn a_disk_that_is_laid_out_otherwise_is_refused() {
    let base = |tree: &Path| make(tree, &["x"]);
    let machine = Machine::new(base, |tree, _| symlink("/etc", tree.join("odd")).unwrap(), "");
    for changes in ["rmdir /root\nln /odd /root\n", "rmdir /workspace\nln /odd /workspace\n"] {
        machine.change(changes);
        assert!(matches!(View::open(&machine.disk, &machine.base), Err(DiskError::NoSuchKind(_))));
    }
    assert!(matches!(View::open(&machine.base, &machine.disk), Err(DiskError::Damaged(_))));
}
