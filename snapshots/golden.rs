//! Compares text with accepted files; `UPDATE_GOLDENS=1` writes them anew.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::root;

fn bless() -> bool {
    std::env::var_os("UPDATE_GOLDENS").is_some_and(|value| value == "1")
}

/// Holds a generated file of the repository to what generates it.
pub(crate) fn file(path: &str, text: &str) {
    let full = root().join(path);
    let found = fs::read_to_string(&full).unwrap_or_default();
    if found == text {
        return;
    }
    if bless() {
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
        return;
    }
    let first = found.lines().zip(text.lines()).find(|(old, new)| old != new);
    panic!("{path} is not what pyro generates; `make bless` accepts it. First difference: {first:?}");
}

/// Compares with `snapshots/FOLDER/NAME.snap`.
pub(crate) fn snap(folder: &str, name: &str, text: &str) {
    if bless() {
        let path = root().join("snapshots").join(folder).join(format!("{name}.snap"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let head = format!("---\nsource: snapshots/golden.rs\nexpression: {name}\n---\n");
        fs::write(path, format!("{head}{}\n", text.trim_end())).unwrap();
        return;
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Fails for, or on blessing removes, goldens in `snapshots/FOLDER` that describe nothing.
pub(crate) fn no_orphans(folder: &str, described: &[&str]) {
    let described: BTreeSet<&str> = described.iter().copied().collect();
    for entry in fs::read_dir(root().join("snapshots").join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        // insta leaves what it would accept beside what it refused.
        let snap = name.strip_suffix(".snap");
        if name.ends_with(".new") || snap.is_some_and(|name| described.contains(name)) {
            continue;
        }
        assert!(bless(), "{folder}/{name} describes nothing; `make bless` removes it");
        fs::remove_file(Path::new(&path)).unwrap();
    }
}
