//! Docstrings of the Python SDK's generated methods: arguments, the shape of the result, failures. Pure.

use std::fmt::Write;

use super::python::{default, is_partial, literal, result, word};
use crate::registry::{Callers, Entry, Property};

/// Writes what a method's caller reads about it.
pub(super) fn docstring<'a>(text: &mut String, entry: &Entry, parameters: impl Iterator<Item = &'a Property<'a>>) {
    let mut lines = vec![clean(&entry.summary)];
    if !entry.details.is_empty() {
        lines.push(String::new());
        lines.extend(clean(&entry.details).lines().map(str::to_owned));
    }
    lines.extend(match entry.callers {
        Callers::All => vec![],
        Callers::OnHost => vec![String::new(), "Only on the host of the machines, not over HTTP with a token.".into()],
        Callers::Elsewhere => vec![String::new(), "Only over HTTP.".into()],
    });
    let mut named = parameters.peekable();
    if named.peek().is_some() {
        lines.extend([String::new(), "Args:".to_owned()]);
        lines.extend(named.map(argument));
    }
    lines.extend([String::new(), "Returns:".to_owned()]);
    lines.extend(shape(entry));
    lines.extend([String::new(), "Raises:".to_owned()]);
    lines.push("    PyroError: with a code to branch on, a message, and a hint what to do next.".to_owned());
    let _ = writeln!(text, "        \"\"\"{}", lines.remove(0));
    for line in lines {
        let _ = writeln!(text, "{}", format!("        {line}").trim_end());
    }
    text.push_str("        \"\"\"\n");
}

fn argument(property: &Property<'_>) -> String {
    let range = property.range().filter(|_| !property.description().contains(char::is_numeric));
    let mut about = clean(property.description());
    if let Some(range) = range {
        about = format!("{about} ({range})");
    }
    if let Some(value) = default(property).filter(|_| is_partial(property)) {
        about = format!("{about} Default {}.", literal(value));
    }
    match property.instead() {
        Some(instead) if property.required => {
            about = format!("{about} Required on this host; over HTTP with a token {}.", clean(instead));
        }
        Some(instead) => about = format!("{about} Not over HTTP with a token: {}.", clean(instead)),
        None if property.is_remote() => about.push_str(" Only over HTTP."),
        None => {}
    }
    format!("    {}: {}", word(property.name), about.trim_start())
}

/// The fields of a result, those first that are always there.
fn shape(entry: &Entry) -> Vec<String> {
    let fields = entry.fields();
    let names = |always: bool| {
        let names = fields.iter().filter(|field| field.required == always).map(|field| field.name);
        names.collect::<Vec<_>>().join(", ")
    };
    let result = result(entry);
    match (names(true), names(false)) {
        (always, sometimes) if sometimes.is_empty() => vec![format!("    {result}: {always}")],
        (always, sometimes) if always.is_empty() => vec![format!("    {result}: where they apply {sometimes}")],
        (always, sometimes) => {
            vec![format!("    {result}: {always};"), format!("        where they apply {sometimes}")]
        }
    }
}

/// Text as it can stand in a docstring.
fn clean(text: &str) -> String {
    text.replace('\\', "\\\\").replace("\"\"\"", "'''")
}
