//! The tools' reference for people, `docs/tools.md`. Pure.

use std::fmt::Write;

use serde_json::Value;

use super::{cli_example, python, typescript};
use crate::registry::{Callers, Effect, Entry, Kind, Profiles, Property, Registry};

const HEAD: &str = "\
<!-- Written by `pyro tools export --format markdown` from the files in tools/; `make bless` writes it anew. -->

# Tools

Every tool is an MCP tool, a command and an SDK method at once. A failure is always `{code, message, hint}`; the codes
are `invalid`, `missing`, `conflict`, `denied`, `limit`, `unavailable`, `timed_out`, `canceled`, `vm_died` and `internal`.
Every command takes `--json`.
";

/// The page `docs/tools.md`.
pub fn page(registry: &Registry) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n| tool | command | what it does | profiles |\n|---|---|---|---|\n");
    for entry in registry.all() {
        let command = match entry.callers {
            Callers::Elsewhere => "over HTTP with a token".to_owned(),
            _ => format!("`pyro {}`", entry.cli_words().join(" ")),
        };
        let (name, profiles) = (entry.name, profiles(entry.profiles));
        row(&mut text, &[&format!("[`{name}`](#{name})"), &command, &entry.summary, profiles]);
    }
    registry.all().iter().for_each(|entry| section(&mut text, entry));
    text
}

fn section(text: &mut String, entry: &Entry) {
    let mut say = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    say(&format!("\n## {}\n", entry.name));
    say(&entry.description());
    say(&format!("\n{} In MCP: {}{}.", effect(entry), profiles(entry.profiles), callers(entry.callers)));
    let properties = entry.properties();
    if !properties.is_empty() {
        say("\n| parameter | type | default | |\n|---|---|---|---|");
        properties.iter().for_each(|property| parameter(text, property));
    }
    text.push_str("\n| result | type | |\n|---|---|---|\n");
    fields(text, "", &entry.fields());
    if entry.callers != Callers::Elsewhere {
        let _ = write!(text, "\n```sh\n{}\n```\n", cli_example::line(entry));
    }
    let (python, typescript) = (python::example(entry), typescript::example(entry));
    let _ = write!(text, "\n```python\npyro.{python}\n```\n\n```ts\npyro.{typescript}\n```\n");
    let _ = write!(text, "\n```json\n{}\n```\n", entry.shown_example());
}

fn parameter(text: &mut String, property: &Property<'_>) {
    let default = match property.default() {
        _ if property.required => "required".to_owned(),
        Some(value) if !matches!(value, Value::Object(_) | Value::Array(_)) => format!("`{value}`"),
        _ => String::new(),
    };
    let mut about = property.description().to_owned();
    if let Some(from) = property.from_profile() {
        let _ = write!(about, " Only in {}.", profiles(from));
    }
    if property.is_remote() {
        about.push_str(" Only over HTTP with a token.");
    }
    if let Some(instead) = property.instead() {
        let _ = write!(about, " Not over HTTP with a token: {instead}.");
    }
    let kind = match property.range() {
        Some(range) => format!("{}, {range}", kind(&property.kind())),
        None => kind(&property.kind()),
    };
    row(text, &[&format!("`{}`", property.name), &kind, &default, &about]);
}

fn fields(text: &mut String, prefix: &str, all: &[Property<'_>]) {
    for field in all {
        let shown = format!("{prefix}{}", field.name);
        let optional = if field.required { "" } else { ", optional" };
        row(text, &[&format!("`{shown}`"), &format!("{}{optional}", kind(&field.kind())), field.description()]);
        nested(text, &shown, &field.kind());
    }
}

fn nested(text: &mut String, shown: &str, kind: &Kind<'_>) {
    match kind {
        Kind::Object(inner) => fields(text, &format!("{shown}."), inner),
        Kind::List(item) => nested(text, &format!("{shown}[]"), item),
        Kind::Map(value) => nested(text, &format!("{shown}.*"), value),
        Kind::Nullable(some) => nested(text, shown, some),
        _ => {}
    }
}

fn row(text: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn kind(kind: &Kind<'_>) -> String {
    match kind {
        Kind::Text => "text".into(),
        Kind::Integer { .. } => "integer".into(),
        Kind::Number => "number".into(),
        Kind::Flag => "true or false".into(),
        Kind::Choice(choices) => choices.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "),
        Kind::List(item) => format!("list of {}", self::kind(item)),
        Kind::Map(value) => format!("map of names to {}", self::kind(value)),
        Kind::Object(_) => "object".into(),
        Kind::Nullable(some) => format!("{} or null", self::kind(some)),
    }
}

fn effect(entry: &Entry) -> &'static str {
    match (entry.effect, entry.idempotent) {
        (Effect::Reads, _) => "Changes nothing.",
        (Effect::Changes, false) => "Adds or changes.",
        (Effect::Changes, true) => "Adds or changes; again is the same as once.",
        (Effect::Destroys, false) => "May destroy what cannot be brought back.",
        (Effect::Destroys, true) => "May destroy what cannot be brought back; again is the same as once.",
    }
}

fn callers(callers: Callers) -> &'static str {
    match callers {
        Callers::All => "",
        Callers::OnHost => ", for callers on the server's host",
        Callers::Elsewhere => ", for callers over HTTP with a token",
    }
}

fn profiles(from: Profiles) -> &'static str {
    match from {
        Profiles::VmRun => "every profile",
        Profiles::Core => "workspace-core, workspace-full",
        Profiles::Full => "workspace-full",
        Profiles::None => "no profile (command line and SDKs)",
    }
}
