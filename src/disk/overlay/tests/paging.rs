//! Walks that begin anywhere, of every size and depth, and bytes from anywhere.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use pyro_tree::compare_paths;

use super::*;

fn walked(view: &View, path: &str, depth: Option<u32>, after: Option<&[u8]>) -> Vec<Entry> {
    let top = view.look(path.as_bytes(), true).unwrap();
    let walk = view.walk(&top, WalkOptions { depth, after: after.map(<[u8]>::to_vec) });
    walk.map(Result::unwrap).collect()
}

fn machine() -> Machine {
    let lower = |tree: &Path| {
        (0..600).for_each(|number| make(tree, &[&format!("many/lower-{number:03}")]));
        make(
            tree,
            &["a/b c/x", "a/b/x", "a/b-/x", "a/b.d/x", "a/new\nline", "deep/", "a/.pyro-apply-1", ".pyro-apply-2"],
        );
        fs::write(tree.join(OsStr::from_bytes(b"a/\xff\xfe")), "").unwrap();
        make(tree, &[&format!("{}end", "deep/".repeat(300))]);
    };
    let upper = |tree: &Path, _: &Erofs| {
        (0..600).for_each(|number| make(tree, &[&format!("root/many/{:03}-upper", number)]));
        (0..600).step_by(7).for_each(|number| make(tree, &[&format!("root/many/lower-{number:03}")]));
        make(tree, &["root/a/b c/y", "root/a/b/", "workspace/x/y", "workspace/.pyro-apply-3"]);
    };
    let whiteouts: String = (3..600).step_by(9).map(|number| format!("mknod upper-{number:03} c 0 0\n")).collect();
    let whiteouts = whiteouts.replace("upper-", "lower-");
    let hidden = whiteouts.lines().filter(|line| !number(line).is_multiple_of(7)).map(|line| format!("{line}\n"));
    Machine::new(lower, upper, &format!("cd /root/many\n{}", hidden.collect::<String>()))
}

fn number(line: &str) -> u32 {
    line[12..15].parse().unwrap()
}

#[test]
fn pages_from_anywhere_are_the_rest_of_the_walk() {
    let machine = machine();
    let view = machine.view();
    for (top, depth) in [("/", None), ("/many", None), ("/a", Some(1)), ("/", Some(2)), ("/workspace", None)] {
        let whole = walked(&view, top, depth, None);
        assert!(whole.is_sorted_by(|a, b| compare_paths(&a.path, &b.path).is_lt()));
        let step = if whole.len() > 1200 { 5 } else { 1 };
        for place in (0..whole.len()).step_by(step) {
            let page = walked(&view, top, depth, Some(&whole[place].path));
            assert_eq!(page, whole[place + 1..], "{top} after {:?}", whole[place].path);
        }
        // Behind what is not there, and behind what is within a file.
        for after in ["a/b0", "lower-300x", "many/lower-003", "many/lower-014/x/y", "zzz", "a/b c/x/"] {
            let page = walked(&view, top, depth, Some(after.as_bytes()));
            let after = after.trim_end_matches('/').as_bytes();
            let rest: Vec<_> =
                whole.iter().filter(|entry| compare_paths(&entry.path, after).is_gt()).cloned().collect();
            assert_eq!(page, rest, "{top} after {after:?}");
        }
    }
}

#[test]
fn walks_go_as_deep_as_wanted_and_leave_out_the_agents_own() {
    let machine = machine();
    let view = machine.view();
    let hidden = (3..600).step_by(9).filter(|number| number % 7 != 0).count();
    assert_eq!(walked(&view, "/many", None, None).len(), 1200 - hidden);
    assert!(walked(&view, "/", Some(0), None).is_empty());
    let top: Vec<_> = walked(&view, "/", Some(1), None).into_iter().map(|entry| entry.path).collect();
    assert_eq!(top, ["a", "deep", "many", "workspace"]);
    assert_eq!(walked(&view, "/deep", None, None).len(), 300);
    assert_eq!(listed(&view, "/workspace"), ["x/", "x/y"]);
    assert!(walked(&view, "/", None, None).iter().any(|entry| entry.path == "workspace/.pyro-apply-3"));
    let names: Vec<_> = walked(&view, "/a", Some(1), None).into_iter().map(|entry| entry.path).collect();
    assert_eq!(names, [&b"b"[..], b"b c", b"b-", b"b.d", b"new\nline", b"\xff\xfe"]);
    let file = view.look(b"/many/lower-001", true).unwrap();
    assert!(matches!(view.walk(&file, WalkOptions::default()).next(), Some(Err(DiskError::NoSuchKind(_)))));
}

#[test]
fn bytes_come_from_anywhere_in_a_file() {
    let sizes = [0, 1, 100, 4000, 4095, 4096, 4097, 8192, 12_000, 3_000_001];
    let bytes = |size: usize| (0..size).map(|place| (place % 251) as u8).collect::<Vec<u8>>();
    let fill = |tree: &Path, name: &str| {
        sizes.iter().for_each(|size| fs::write(tree.join(format!("{name}-{size}")), bytes(*size)).unwrap());
    };
    let machine = Machine::new(|tree| fill(tree, "base"), |tree, _| fill(&tree.join("root"), "disk"), "");
    let view = machine.view();
    for size in sizes {
        for name in ["base", "disk"] {
            let found = view.look(format!("/{name}-{size}").as_bytes(), true).unwrap();
            assert_eq!(found.entry.size, size as u64);
            for offset in [0, 1, 4090, 4096, 8190, size.saturating_sub(1), size, size + 1, usize::MAX] {
                for length in [0, 1, 100, 5000, 400_000] {
                    let mut read = vec![7; length];
                    let count = view.read(&found, offset as u64, &mut read).unwrap();
                    let whole = bytes(size);
                    let rest = whole.get(offset..).unwrap_or_default();
                    assert_eq!(&read[..count], &rest[..length.min(rest.len())], "{name}-{size} {offset} {length}");
                }
            }
        }
    }
}
