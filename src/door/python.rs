//! The generated half of the Python SDK: a typed method per tool, waiting or awaited, a `TypedDict` per result. Pure.

use std::fmt::Write;

use serde_json::Value;

use super::{
    python_docs::docstring,
    python_types::{hint, result_types},
    sdk_types::camel,
};
use crate::registry::{Entry, Kind, Property, Registry};

const HEAD: &str = r#""""Methods of every pyro tool.

Generated from the tools' declarations by `pyro tools export --format python`; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from ._messages import OnProgress, StrPath

if TYPE_CHECKING:
    # Making so many types takes longer than all else that is imported.
    from .results import (
"#;

const CLASS: &str = r#"    )

__all__ = ["Api"]


class Api:
    """One method per tool. Every method takes `on_progress` and raises `PyroError`."""

    def _call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        on_progress: OnProgress | None,
        always: Sequence[str] = (),
    ) -> Any:
        raise NotImplementedError
"#;

const RESULTS_HEAD: &str = r#""""Result types of every pyro tool.

Generated from the tools' declarations by `pyro tools export --format python-results`; do not edit.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict
"#;

/// Whether a method waits for its answer or is awaited.
#[derive(Clone, Copy)]
enum Waiting {
    Blocks,
    Awaited,
}

/// The longest line that is written where it can be broken.
const COLUMNS: usize = 120;

/// The module `_api.py`.
pub fn module(registry: &Registry) -> String {
    methods(registry, HEAD, CLASS, Waiting::Blocks)
}

/// The module `_async_api.py`: the same methods, to be awaited.
pub fn async_module(registry: &Registry) -> String {
    let head = HEAD.replace("every pyro tool.", "every pyro tool, to be awaited.").replace("python`", "python-async`");
    let class = CLASS.replace("One method per tool. Every method", "One coroutine per tool. Every one");
    let class = class.replace("Api", "AsyncApi").replace("def _call(", "async def _call(");
    methods(registry, &head, &class, Waiting::Awaited)
}

fn methods(registry: &Registry, head: &str, class: &str, waiting: Waiting) -> String {
    let mut names: Vec<String> = registry.all().iter().map(result).collect();
    names.sort();
    let mut text = head.to_owned();
    for name in names {
        let _ = writeln!(text, "        {name},");
    }
    text.push_str(class);
    registry.all().iter().for_each(|entry| method(&mut text, entry, waiting));
    text
}

/// The module `results.py`.
pub fn results_module(registry: &Registry) -> String {
    let mut text = RESULTS_HEAD.to_owned();
    for entry in registry.all() {
        result_types(&mut text, &camel(entry.name), entry.fields());
    }
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
    let (mut first, mut rest): (Vec<_>, Vec<_>) = entry.properties().into_iter().partition(leads);
    first.sort_by_key(|property| (!needed(property), place(property).unwrap_or(usize::MAX)));
    rest.sort_by_key(|property| !needed(property));
    (first, rest)
}

/// Every caller must give it, here or elsewhere.
fn needed(property: &Property<'_>) -> bool {
    property.required && property.instead().is_none()
}

/// The name of a tool's result type.
pub(super) fn result(entry: &Entry) -> String {
    format!("{}Result", camel(entry.name))
}

fn method(text: &mut String, entry: &Entry, waiting: Waiting) {
    let (first, rest) = parameters(entry);
    let (result, name) = (result(entry), entry.sdk_name());
    let (define, wait) = match waiting {
        Waiting::Blocks => ("def", ""),
        Waiting::Awaited => ("async def", "await "),
    };
    let mut list = vec!["self".to_owned()];
    list.extend(first.iter().map(parameter));
    list.push("*".to_owned());
    list.extend(rest.iter().map(parameter));
    list.push("on_progress: OnProgress | None = None".to_owned());
    let line = format!("    {define} {name}({}) -> {result}:", list.join(", "));
    if line.len() <= COLUMNS {
        let _ = writeln!(text, "\n{line}");
    } else {
        let list = list.join(",\n        ");
        let _ = writeln!(text, "\n    {define} {name}(\n        {list},\n    ) -> {result}:");
    }
    docstring(text, entry, first.iter().chain(&rest));
    text.push_str("        arguments: dict[str, Any] = {");
    for property in first.iter().chain(&rest) {
        let _ = write!(text, "\n            \"{}\": {},", property.name, word(property.name));
    }
    text.push_str(if first.is_empty() && rest.is_empty() { "}\n" } else { "\n        }\n" });
    let fields = entry.fields();
    let always = fields.iter().filter(|field| field.required).map(|field| format!("\"{}\"", field.name));
    let always: Vec<String> = always.collect();
    // One name in brackets is no tuple without its comma.
    let comma = if always.len() == 1 { "," } else { "" };
    let line = format!("        always = ({}{comma})", always.join(", "));
    if line.len() <= COLUMNS {
        let _ = writeln!(text, "{line}");
    } else {
        let _ = writeln!(text, "        always = (\n            {},\n        )", always.join(",\n            "));
    }
    let call = format!("self._call(\"{}\", arguments, on_progress, always)", entry.name);
    let _ = writeln!(text, "        return cast(\"{result}\", {wait}{call})");
}

fn parameter(property: &Property<'_>) -> String {
    let (name, hint) = (word(property.name), hint(property.name, &property.kind()));
    match default(property).filter(|_| !is_partial(property)) {
        _ if needed(property) => format!("{name}: {hint}"),
        Some(value) => format!("{name}: {hint} = {}", literal(value)),
        None => format!("{name}: {hint} | None = None"),
    }
}

/// Some callers do not have it, and what they do not give must not be sent.
pub(super) fn is_partial(property: &Property<'_>) -> bool {
    property.is_remote() || property.instead().is_some() || property.from_profile().is_some()
}

/// What stands for a value that is not given, where that is simple enough to be shown.
pub(super) fn default<'a>(property: &Property<'a>) -> Option<&'a Value> {
    property.default().filter(|value| !matches!(value, Value::Object(_) | Value::Array(_)))
}

/// A parameter's name; one that Python keeps for itself gets an underscore, as is the habit there.
pub(super) fn word(name: &str) -> String {
    const KEPT: [&str; 11] = ["as", "class", "def", "del", "for", "from", "global", "import", "in", "is", "with"];
    let underscore = if KEPT.contains(&name) { "_" } else { "" };
    format!("{name}{underscore}")
}

/// A JSON value as Python writes it.
pub(super) fn literal(value: &Value) -> String {
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
