//! The outer surface: schemas, profiles and their cost, help, generated documents; and rules over every tool.

use std::fmt::Write;

use pyro_mcp::{
    app,
    door::{as_models_see, command, docs, docs_recipes, python, typescript},
    registry::{ALLOWED_KEYWORDS, Entry, Kind, Profile, Property, keywords},
    smoke,
};
use serde_json::{Value, json};

use crate::{golden, support::own_registry};

#[test]
fn every_tool_is_as_accepted() {
    let everything = Profile::everything();
    let registry = app::registry();
    for entry in registry.all() {
        let shown = json!({
            "name": entry.name,
            "title": entry.title,
            "description": entry.description(),
            "effect": format!("{:?}", entry.effect),
            "idempotent": entry.idempotent,
            "open_world": entry.open_world,
            "profiles": format!("{:?}", entry.profiles),
            "command": format!("pyro {}", entry.cli_words().join(" ")),
            "method": entry.sdk_name(),
            "callers": format!("{:?}", entry.callers),
            "input": entry.input_for(&everything),
            "input_elsewhere": entry.input_for(&everything.clone().for_strangers()),
            "output": entry.output,
        });
        golden::snap("tools", entry.name, &pretty(&shown));
    }
    let names: Vec<&str> = registry.all().iter().map(|entry| entry.name).collect();
    golden::no_orphans("tools", &names);
}

#[test]
fn every_profile_is_as_accepted_and_within_its_budget() {
    let registry = app::registry();
    let bpe = tiktoken_rs::o200k_base().unwrap();
    let names = Profile::NAMES.map(|name| [name.to_owned(), format!("{name}-elsewhere")]).concat();
    for name in &names {
        let profile = match name.strip_suffix("-elsewhere") {
            Some(name) => Profile::named(name).unwrap().for_strangers(),
            None => Profile::named(name).unwrap(),
        };
        let mut tokens = 0;
        let mut tools = serde_json::Map::new();
        for entry in registry.shown(&profile) {
            let cost = bpe.encode_ordinary(&as_models_see(entry, &profile).to_string()).len();
            tokens += cost;
            tools.insert(entry.name.to_owned(), cost.into());
        }
        assert!(tokens <= profile.tokens_max, "{name} costs {tokens} tokens, over its {}", profile.tokens_max);
        let shown = json!({"instructions": profile.instructions, "tokens": tokens, "tools": tools});
        golden::snap("profiles", name, &pretty(&shown));
    }
    golden::no_orphans("profiles", &names.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn help_is_as_accepted() {
    let registry = app::registry();
    let mut root = command(&registry, &pyro_mcp::chores::all());
    root.build();
    let mut text = String::new();
    help(&mut root, "pyro", &mut text);
    golden::snap("cli", "help", &text);
    golden::no_orphans("cli", &["help"]);
}

fn help(command: &mut clap::Command, words: &str, text: &mut String) {
    let shown = command.render_long_help().to_string();
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let _ = writeln!(text, "=== {words}\n{}\n", shown.join("\n"));
    for below in command.get_subcommands_mut() {
        let words = format!("{words} {}", below.get_name());
        help(below, &words, text);
    }
}

#[test]
fn documents_and_the_sdks_modules_are_generated() {
    let registry = app::registry();
    golden::file("docs/tools.md", &docs::page(&registry));
    golden::file("sdk/python/src/pyro_mcp/_api.py", &python::module(&registry));
    golden::file("sdk/python/src/pyro_mcp/results.py", &python::results_module(&registry));
    golden::file("sdk/python/src/pyro_mcp/_async_api.py", &python::async_module(&registry));
    golden::file("sdk/typescript/src/api.ts", &typescript::module(&registry));
}

#[test]
fn the_npm_package_has_this_version() {
    let text = std::fs::read_to_string(crate::support::root().join("sdk/typescript/package.json")).unwrap();
    let package: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&package["name"], &package["version"]), (&json!("pyro-mcp"), &json!(env!("CARGO_PKG_VERSION"))));
    assert_eq!(package.get("dependencies"), None, "what it needs at run time is Node's");
}

#[test]
fn recipes_are_told_as_they_are_run() {
    let recipes = smoke::recipes().unwrap();
    golden::file("docs/recipes.md", &docs_recipes::index(&recipes));
    let pages = docs_recipes::pages(&recipes, &app::registry());
    for (name, page) in &pages {
        golden::file(&format!("docs/recipes/{name}.md"), page);
    }
    let found = std::fs::read_dir(crate::support::root().join("docs/recipes")).unwrap();
    assert_eq!(found.count(), pages.len(), "a page tells no recipe");
}

#[test]
fn schemas_hold_only_what_every_host_accepts() {
    for entry in own_registry().all() {
        for (which, schema) in [
            ("input", Value::Object(entry.input_for(&Profile::everything()))),
            ("output", Value::Object(entry.output.clone())),
        ] {
            let mut found = Vec::new();
            keywords(&schema, &format!("{} {which}", entry.name), &mut found);
            for (path, keyword) in found {
                assert!(ALLOWED_KEYWORDS.contains(&keyword.as_str()), "{path}: {keyword}");
            }
            assert_eq!(schema["type"], "object", "{} {which}", entry.name);
            assert!(schema.get("anyOf").is_none(), "{} {which}: combinator at the root", entry.name);
            types(&schema, &format!("{} {which}", entry.name));
        }
        assert_eq!(entry.input["additionalProperties"], json!(false), "{}", entry.name);
    }
}

/// Every schema says one type, or is `anyOf [one, null]`.
fn types(schema: &Value, path: &str) {
    let any = schema.get("anyOf").and_then(Value::as_array);
    assert!(any.is_some() || schema["type"].is_string(), "{path}: no single type in {schema}");
    any.into_iter().flatten().for_each(|one| types(one, path));
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().for_each(|(name, one)| types(one, &format!("{path}.{name}")));
    for key in ["items", "additionalProperties"] {
        schema.get(key).filter(|one| one.is_object()).into_iter().for_each(|one| types(one, path));
    }
}

#[test]
fn every_tool_keeps_the_registrys_rules() {
    let registry = own_registry();
    let broken: Vec<String> = registry.all().iter().flat_map(broken_rules).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let names = |name: fn(&Entry) -> String| registry.all().iter().map(name).collect::<Vec<_>>();
    for mut all in
        [names(|entry| entry.name.into()), names(Entry::sdk_name), names(|entry| entry.cli_words().join(" "))]
    {
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "a name is taken twice");
    }
    command(&registry, &pyro_mcp::chores::all()).debug_assert();
}

fn broken_rules(entry: &Entry) -> Vec<String> {
    let mut broken = Vec::new();
    let mut rule = |kept: bool, what: String| {
        if !kept {
            broken.push(format!("{}: {what}", entry.name));
        }
    };
    let (summary, title) = (&entry.summary, entry.title);
    rule(summary.ends_with('.') && summary.len() <= 120, format!("summary {summary:?}"));
    rule((2..=4).contains(&title.split(' ').count()), format!("title {title:?}"));
    for property in entry.properties() {
        rule(!property.description().is_empty(), format!("{} has no description", property.name));
        rule(sayable(&property.kind()), format!("{} has a shape no command line can say", property.name));
    }
    for place in entry.cli.positionals {
        let place = place.trim_end_matches("...");
        rule(entry.properties().iter().any(|one| one.name == place), format!("no property {place}"));
    }
    for (name, _) in entry.cli.aliases {
        rule(entry.properties().iter().any(|one| one.name == *name), format!("no property {name} to give an alias"));
    }
    for name in entry.cli.short_pairs {
        let is_map = |one: &Property<'_>| one.name == *name && matches!(one.kind(), Kind::Map(_));
        rule(entry.properties().iter().any(is_map), format!("no map {name} to shorten"));
    }
    let example: Value = serde_json::from_str(&entry.shown_example()).unwrap_or_default();
    let refused = jsonschema::validate(&Value::Object(entry.input.clone()), &example).err();
    rule(refused.is_none(), format!("its example is refused: {refused:?}"));
    broken
}

fn sayable(kind: &Kind<'_>) -> bool {
    let flat = |kind: &Kind<'_>| !matches!(kind, Kind::Object(_) | Kind::Nullable(_) | Kind::Map(_) | Kind::List(_));
    match kind {
        Kind::List(inner) | Kind::Map(inner) => flat(inner),
        kind => flat(kind),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}
