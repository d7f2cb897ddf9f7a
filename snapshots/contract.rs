//! What was promised by name: tools, commands, flags, methods and defaults, each found on our surfaces. The list is
//! `contract.toml`.

use std::collections::BTreeMap;

use pyro_mcp::{app, chores, door::command, registry::Entry};
use serde::Deserialize;

#[derive(Deserialize)]
struct Contract {
    tool: Vec<Promised>,
    command: Vec<Line>,
}

#[derive(Deserialize)]
struct Promised {
    name: String,
    command: String,
    method: String,
    /// Given by position.
    words: Vec<String>,
    flags: Vec<String>,
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
struct Line {
    name: String,
    flags: Vec<String>,
}

const REQUIRED: &str = "(required)";
/// A parameter that may be left out and has no default.
const OPTIONAL: &str = "(optional)";

fn contract() -> Contract {
    toml::from_str(include_str!("contract.toml")).unwrap()
}

/// A command of the tree, by its words.
fn found<'a>(root: &'a clap::Command, words: &str) -> Option<&'a clap::Command> {
    words.split(' ').try_fold(root, |command, word| command.find_subcommand(word))
}

fn has_flag(command: &clap::Command, flag: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_long_and_visible_aliases().unwrap_or_default().contains(&flag))
}

fn broken(entry: &Entry, promised: &Promised, root: &clap::Command) -> Vec<String> {
    let mut broken = Vec::new();
    if entry.sdk_name() != promised.method {
        broken.push(format!("method {} is {}", promised.method, entry.sdk_name()));
    }
    for (name, promised) in &promised.parameters {
        let Some(property) = entry.properties().into_iter().find(|property| property.name == *name) else {
            broken.push(format!("no parameter {name}"));
            continue;
        };
        let required = promised.as_str() == Some(REQUIRED);
        let default =
            (!required && promised.as_str() != Some(OPTIONAL)).then(|| serde_json::to_value(promised).unwrap());
        if property.required != required || property.default().cloned() != default {
            broken.push(format!("{name} is required: {}, by default {:?}", property.required, property.default()));
        }
    }
    for property in entry.properties().iter().filter(|property| property.required) {
        if !promised.parameters.contains_key(property.name) {
            broken.push(format!("{} is required now", property.name));
        }
    }
    let Some(leaf) = found(root, &promised.command) else {
        broken.push(format!("no command `pyro {}`", promised.command));
        return broken;
    };
    let words: Vec<&str> = leaf.get_positionals().map(|arg| arg.get_id().as_str()).collect();
    if words != promised.words {
        broken.push(format!("words are {words:?}"));
    }
    broken.extend(promised.flags.iter().filter(|flag| !has_flag(leaf, flag)).map(|flag| format!("no flag --{flag}")));
    broken
}

#[test]
fn every_promised_tool_is_there_under_all_its_names() {
    let (registry, root) = (app::registry(), command(&app::registry(), &chores::all()));
    let mut wrong = Vec::new();
    for promised in contract().tool {
        match registry.get(&promised.name) {
            None => wrong.push(format!("no tool {}", promised.name)),
            Some(entry) => {
                wrong
                    .extend(broken(entry, &promised, &root).into_iter().map(|one| format!("{}: {one}", promised.name)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_tool_is_promised() {
    let promised = contract().tool;
    let registry = app::registry();
    let unsaid: Vec<&str> = registry
        .on_host()
        .map(|entry| entry.name)
        .filter(|name| !promised.iter().any(|one| one.name == *name))
        .collect();
    assert!(unsaid.is_empty(), "{unsaid:?} are not in contract.toml");
}

#[test]
fn every_promised_command_is_there() {
    let contract = contract();
    let root = command(&app::registry(), &chores::all());
    for line in contract.command {
        let leaf = found(&root, &line.name).unwrap_or_else(|| panic!("no command `pyro {}`", line.name));
        for flag in &line.flags {
            assert!(has_flag(leaf, flag), "pyro {} --{flag}", line.name);
        }
    }
}

#[test]
fn the_widest_profile_has_its_forty_four_tools() {
    use pyro_mcp::registry::Profile;
    let counts = ["vm-run", "workspace-core", "workspace-full"].map(|name| {
        let profile = Profile::named(name).unwrap();
        app::registry().shown(&profile).count()
    });
    assert_eq!(counts, [1, 16, 44]);
}

#[test]
fn flags_stand_anywhere_and_under_either_name() {
    let root = || command(&app::registry(), &chores::all());
    for line in [
        "workspace export app notes.txt --output out",
        "workspace export --output-path out app notes.txt",
        "workspace diff app --output out",
        "workspace diff --output-path out app",
    ] {
        let matches = root().try_get_matches_from(["pyro"].into_iter().chain(line.split(' ')));
        let (_, group) = matches.as_ref().unwrap_or_else(|error| panic!("{line}: {error}")).subcommand().unwrap();
        let (_, leaf) = group.subcommand().unwrap();
        assert_eq!(leaf.get_one::<String>("output_path").map(String::as_str), Some("out"), "{line}");
    }
    for line in [
        "workspace exec app --timeout-seconds 5 -- true",
        "workspace service start app web --ready-file .ready -- sh serve.sh",
        "workspace service start --ready-file .ready app web -- sh serve.sh",
    ] {
        assert!(root().try_get_matches_from(["pyro"].into_iter().chain(line.split(' '))).is_ok(), "{line}");
    }
}
