//! The generated half of the Python SDK: a typed method per tool, a `TypedDict` per result. Pure.

use std::fmt::Write;

use serde_json::Value;

use super::python_types::{camel, hint, result_types};
use crate::registry::{Entry, Kind, Property, Registry};

const HEAD: &str = r#""""Methods and result types of every pyro tool.

Generated from the tools' declarations by `pyro tools export --format python`; do not edit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Optional, TypedDict, Union, cast

__all__ = ["Api", "OnProgress"]

# Called with (step, fraction from 0 to 1 or None) while a call runs.
OnProgress = Callable[[str, Optional[float]], None]
StrPath = Union[str, "os.PathLike[str]"]
"#;

const CLASS: &str = r#"

class Api:
    """One method per tool. Every method takes `on_progress` and raises `PyroError`."""

    def _call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None) -> Any:
        raise NotImplementedError
"#;

/// The longest line that is written where it can be broken.
const COLUMNS: usize = 120;

/// The module `_api.py`.
pub fn module(registry: &Registry) -> String {
    let mut text = HEAD.to_owned();
    for entry in registry.on_host() {
        result_types(&mut text, &camel(entry.name), &entry.fields());
    }
    text.push_str(CLASS);
    registry.on_host().for_each(|entry| method(&mut text, entry));
    text
}

/// The call a person would write for `Tool::EXAMPLE`.
pub(super) fn example(entry: &Entry) -> String {
    let example: Value = serde_json::from_str(&entry.shown_example()).unwrap_or_default();
    let (first, rest) = parameters(entry);
    let given = |property: &Property<'_>| example.get(property.name).map(literal);
    let positional = first.iter().filter_map(given);
    let keyword = rest.iter().filter_map(|one| Some(format!("{}={}", word(one.name), given(one)?)));
    let arguments: Vec<String> = positional.chain(keyword).collect();
    format!("{}({})", entry.sdk_name(), arguments.join(", "))
}

/// What is given by position, and what only by name: what is named first on the command line and ids lead.
fn parameters(entry: &Entry) -> (Vec<Property<'_>>, Vec<Property<'_>>) {
    let place = |property: &Property<'_>| entry.cli.positionals.iter().position(|one| *one == property.name);
    let leads =
        |property: &Property<'_>| property.required && (place(property).is_some() || property.name.ends_with("_id"));
    let (mut first, mut rest): (Vec<_>, Vec<_>) = entry.properties_on_host().into_iter().partition(leads);
    first.sort_by_key(|property| place(property).unwrap_or(usize::MAX));
    rest.sort_by_key(|property| !property.required);
    (first, rest)
}

fn method(text: &mut String, entry: &Entry) {
    let (first, rest) = parameters(entry);
    let result = format!("{}Result", camel(entry.name));
    let mut list = vec!["self".to_owned()];
    list.extend(first.iter().map(|one| format!("{}: {}", word(one.name), hint(one.name, &one.kind()))));
    list.push("*".to_owned());
    list.extend(rest.iter().map(parameter));
    list.push("on_progress: OnProgress | None = None".to_owned());
    let line = format!("    def {}({}) -> {result}:", entry.sdk_name(), list.join(", "));
    if line.len() <= COLUMNS {
        let _ = writeln!(text, "\n{line}");
    } else {
        let list = list.join(",\n        ");
        let _ = writeln!(text, "\n    def {}(\n        {list},\n    ) -> {result}:", entry.sdk_name());
    }
    docstring(text, entry, first.iter().chain(&rest));
    if first.is_empty() && rest.is_empty() {
        let _ = writeln!(text, "        return cast({result}, self._call(\"{}\", {{}}, on_progress))", entry.name);
        return;
    }
    text.push_str("        arguments = {\n");
    for property in first.iter().chain(&rest) {
        let _ = writeln!(text, "            \"{}\": {},", property.name, word(property.name));
    }
    let _ = writeln!(
        text,
        "        }}\n        return cast({result}, self._call(\"{}\", arguments, on_progress))",
        entry.name
    );
}

fn parameter(property: &Property<'_>) -> String {
    let (name, hint) = (word(property.name), hint(property.name, &property.kind()));
    let default = property.default().filter(|value| !matches!(value, Value::Object(_) | Value::Array(_)));
    match default {
        _ if property.required => format!("{name}: {hint}"),
        Some(value) => format!("{name}: {hint} = {}", literal(value)),
        None => format!("{name}: {hint} | None = None"),
    }
}

fn docstring<'a>(text: &mut String, entry: &Entry, parameters: impl Iterator<Item = &'a Property<'a>>) {
    let clean = |text: &str| text.replace('\\', "\\\\").replace("\"\"\"", "'''");
    let mut lines = vec![clean(&entry.summary)];
    if !entry.details.is_empty() {
        lines.push(String::new());
        lines.extend(clean(&entry.details).lines().map(str::to_owned));
    }
    let mut named = parameters.peekable();
    if named.peek().is_some() {
        lines.extend([String::new(), "Args:".to_owned()]);
        for property in named {
            let range = property.range().filter(|_| !property.description().contains(char::is_numeric));
            let range = range.map(|range| format!(" ({range})")).unwrap_or_default();
            let about = format!("{}{range}", clean(property.description()));
            lines.push(format!("    {}: {}", word(property.name), about.trim_start()));
        }
    }
    lines.extend([String::new(), "Raises:".to_owned()]);
    lines.push("    PyroError: with a code to branch on, a message, and a hint what to do next.".to_owned());
    let _ = writeln!(text, "        \"\"\"{}", lines.remove(0));
    for line in lines {
        let _ = writeln!(text, "{}", format!("        {line}").trim_end());
    }
    text.push_str("        \"\"\"\n");
}

/// A parameter's name; one that Python keeps for itself gets an underscore, as is the habit there.
fn word(name: &str) -> String {
    const KEPT: [&str; 11] = ["as", "class", "def", "del", "for", "from", "global", "import", "in", "is", "with"];
    let underscore = if KEPT.contains(&name) { "_" } else { "" };
    format!("{name}{underscore}")
}

/// A JSON value as Python writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), literal(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether a value of this kind can be a file's name given as a path object.
pub(super) fn is_path(name: &str, kind: &Kind<'_>) -> bool {
    *kind == Kind::Text && (name.ends_with("_path") && name != "workspace_path")
}
