//! This repository's own rules, held as tests: which way imports point, how long files are, what no file may say.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The longest a source file may be, tests included.
const LINES_MAX: usize = 500;

/// Where each module stands; it imports only from lower places. What is not listed here is free to all.
const LAYERS: &[(&str, u8)] = &[
    ("host", 0),
    ("disk", 0),
    ("terminal", 0),
    ("redact", 0),
    ("link", 1),
    ("vm", 2),
    ("egress", 2),
    ("environment", 3),
    ("spool", 3),
    ("token", 3),
    ("template", 3),
    ("supervisor", 4),
    ("workspace", 5),
    ("registry", 6),
    ("smoke", 7),
    ("tools", 8),
    ("door", 9),
    ("remote", 9),
    ("app", 10),
    ("chores", 11),
    ("main", 12),
];

/// Free to all, and itself importing nothing but its like.
const FREE: &[&str] = &["failure", "limits", "ids", "key", "progress", "sys"];

/// The only files with `unsafe` code.
const UNSAFE: &[&str] = &["src/sys.rs", "guest/agent/src/sys.rs"];

struct Source {
    /// From the repository's root.
    path: String,
    text: String,
}

impl Source {
    /// The module of the host's crate that the file belongs to.
    fn module(&self) -> Option<&str> {
        if self.path.starts_with("tools/") {
            return Some("tools");
        }
        let below = self.path.strip_prefix("src/")?;
        Some(below.split_once('/').map_or_else(|| below.trim_end_matches(".rs"), |(folder, _)| folder))
    }

    /// Everything before the tests at the end of the file.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["src", "tools", "guest", "snapshots", "tests", "examples", "benches"]
        .map(|folder| root().join(folder))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let shown = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push(Source { path: shown, text: fs::read_to_string(path).unwrap() });
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// The modules of this crate that a piece of code names after `crate::`, grouped imports included.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let word = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
        let Some(group) = after.strip_prefix('{') else {
            found.insert(word(after));
            continue;
        };
        let (mut depth, mut fresh) = (0, true);
        for (place, char) in group.char_indices() {
            match char {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => fresh = true,
                char if fresh && depth == 0 && !char.is_whitespace() => {
                    found.insert(word(&group[place..]));
                    fresh = false;
                }
                _ => {}
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn imports_point_downwards() {
    let layer = |module: &str| LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer);
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(module) = source.module().filter(|module| !["lib", "tidy"].contains(module)) else { continue };
        let free = FREE.contains(&module);
        assert!(free || layer(module).is_some(), "{} belongs to no layer", source.path);
        for import in imports(source.code()) {
            let down = match (layer(module), layer(&import)) {
                (Some(own), Some(other)) => other < own || import == module,
                (None, Some(_)) => false,
                (_, None) => true,
            };
            if !down {
                wrong.push(format!("{} imports crate::{import}", source.path));
            }
        }
        if module == "tools" && source.code().contains("super::") {
            wrong.push(format!("{} reaches for another tool", source.path));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_short_and_introduce_themselves() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines, more than {LINES_MAX}", source.path);
        assert!(source.text.starts_with("//! "), "{} does not begin with what it is for", source.path);
    }
}

#[test]
fn every_tool_is_in_the_list() {
    let list = fs::read_to_string(root().join("tools/mod.rs")).unwrap();
    let (_, list) = list.split_once("\ntools! {").unwrap();
    let listed: BTreeSet<&str> = list.split([',', ' ', '\n', '}']).filter(|name| !name.is_empty()).collect();
    let files = sources();
    let files = files.iter().filter_map(|source| source.path.strip_prefix("tools/")?.strip_suffix(".rs"));
    assert_eq!(files.filter(|name| *name != "mod").collect::<BTreeSet<_>>(), listed);
}

#[test]
fn no_file_says_what_no_file_may_say() {
    // In pieces, because this file is a source too.
    let forbidden = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("super", "::super"),
        concat!("Mana", "ger"),
        concat!("mod ut", "ils"),
        concat!("mod com", "mon"),
        concat!("mod hel", "pers"),
    ];
    // What others named is theirs.
    let foreign = concat!("NeverSessionMana", "ger");
    for source in sources() {
        let text = source.text.replace(foreign, "");
        for words in forbidden {
            assert!(!text.contains(words), "{} says {words}", source.path);
        }
        let apart = concat!("unsa", "fe ");
        let code = source.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let named = code.into_iter().any(|line| line.contains(apart));
        assert!(!named || UNSAFE.contains(&source.path.as_str()), "{} has {apart}code", source.path);
    }
}

#[test]
fn imports_are_seen_in_every_form() {
    let code = "use crate::{\n    failure::Failure,\n    host::{Dirs, probe},\n    tools,\n};\nuse crate::door::x;\n";
    let expected = ["door", "failure", "host", "tools"].map(String::from);
    assert_eq!(imports(code), BTreeSet::from(expected));
}
