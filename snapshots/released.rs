//! What was released stays: the surface is held against the last release of the same major version, and every file that
//! names the version against the one place where it is decided, `Cargo.toml`.
//!
//! `snapshots/released/VERSION.json` is written by `make record-release` until the changelog gives that version a date.

use std::fs;

use crate::{
    released_compare::broken,
    released_surface::Surface,
    support::{dirs, line, root},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PYTHON: &str = "sdk/python/src/pyro_mcp/__init__.py";

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `4.0.0` as numbers, which sort.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_else(|_| panic!("{version} is no version"))).collect()
}

/// The releases of this major version, the oldest first.
fn releases() -> Vec<String> {
    let names = fs::read_dir(root().join("snapshots/released")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut versions: Vec<String> =
        names.filter_map(|name| Some(name.to_str()?.strip_suffix(".json")?.to_owned())).collect();
    versions.retain(|version| numbers(version)[0] == numbers(VERSION)[0]);
    versions.sort_by_key(|version| numbers(version));
    versions
}

/// What stands behind this version in the changelog's heading: a date, or `unreleased`.
fn heading() -> String {
    let changelog = read("CHANGELOG.md");
    let start = format!("## [{VERSION}] - ");
    let line = changelog.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("CHANGELOG.md has no section `{start}…`")).to_owned()
}

#[test]
fn nothing_that_was_released_is_gone_or_changed() {
    let now = Surface::of_this_build(&read(PYTHON));
    if std::env::var_os("RECORD_RELEASE").is_some_and(|value| value == "1") {
        assert_eq!(heading(), "unreleased", "{VERSION} is released; raise the version in Cargo.toml first");
        fs::write(root().join(format!("snapshots/released/{VERSION}.json")), now.to_text()).unwrap();
        return;
    }
    let releases = releases();
    assert!(!releases.is_empty(), "no release of this major version is recorded; `make record-release` does");
    for version in releases {
        let then: Surface = serde_json::from_str(&read(&format!("snapshots/released/{version}.json"))).unwrap();
        let broken = broken(&then, &now);
        assert!(
            broken.is_empty(),
            "callers of {version} would break. Keep what it had, or, while it is unreleased, `make record-release`; \
             else this is a new major version: {broken:#?}"
        );
    }
}

#[test]
fn every_file_names_the_one_version() {
    for (path, start, end) in [
        ("Cargo.toml", "[workspace.package]\nversion = \"", "\""),
        ("sdk/python/pyproject.toml", "\nversion = \"", "\""),
        (PYTHON, "\n__version__ = \"", "\""),
        ("sdk/typescript/package.json", "\n  \"version\": \"", "\""),
        ("packaging/wheel/pyproject.toml", "\nversion = \"", "\""),
        ("packaging/npm/package.json", "\n  \"version\": \"", "\""),
    ] {
        let Ok(text) = fs::read_to_string(root().join(path)) else {
            // Parts that another package is made of may not be there, or take the version from elsewhere.
            assert!(!["Cargo.toml", PYTHON].contains(&path), "{path} is not there");
            continue;
        };
        let Some((_, after)) = text.split_once(start) else {
            assert!(text.contains("dynamic") || path.starts_with("packaging/"), "{path} names no version");
            continue;
        };
        assert_eq!(after.split_once(end).unwrap().0, VERSION, "{path}");
    }
    for member in ["Cargo.toml", "guest/protocol/Cargo.toml", "guest/tree/Cargo.toml", "guest/agent/Cargo.toml"] {
        assert!(
            read(member).contains("\nversion.workspace = true\n"),
            "{member} does not take the workspace's version"
        );
    }
    let install = read("docs/install.md");
    for file in [format!("pyro-mcp_{VERSION}_amd64.deb"), format!("pyro-{VERSION}-x86_64-linux.tar.gz")] {
        assert!(install.contains(&file), "docs/install.md does not name {file}");
    }
    let man = line(&dirs().1, &["man"]).1;
    assert!(man.contains(&format!("\"pyro {VERSION}\"")), "the man page does not say {VERSION}");
}

#[test]
fn the_changelog_tells_of_this_version_first() {
    let date = heading();
    let is_date = date.len() == 10 && date.split('-').map(str::len).eq([4, 2, 2]);
    assert!(is_date || date == "unreleased", "{date:?} is neither a date nor `unreleased`");
    let changelog = read("CHANGELOG.md");
    let first = changelog.lines().find(|line| line.starts_with("## [")).unwrap();
    assert!(first.starts_with(&format!("## [{VERSION}]")), "the first section is {first}");
    let (_, section) = changelog.split_once(first).unwrap();
    let entries = section.lines().take_while(|line| !line.starts_with("## [")).filter(|line| line.starts_with("- "));
    assert!(entries.count() > 0, "{first} says nothing");
}
