//! Result types and annotations of the TypeScript SDK. Pure.

use std::fmt::Write;

use super::{
    sdk_types::{Object, objects, within},
    typescript::comment,
};
use crate::registry::{Kind, Property};

/// Writes the interfaces of one tool's result, inner ones first.
pub(super) fn result_types(text: &mut String, tool: &str, fields: Vec<Property<'_>>) {
    for Object { name, path, fields } in objects(tool, fields) {
        let _ = writeln!(text, "\nexport interface {name} {{");
        for field in &fields {
            comment(text, "  ", &[field.description().to_owned()]);
            let optional = if field.required { "" } else { "?" };
            let _ = writeln!(text, "  {}{optional}: {};", field.name, output(&within(&path, field), &field.kind()));
        }
        text.push_str("}\n");
    }
}

/// A field's annotation; `path` names the interface where it is an object.
fn output(path: &str, kind: &Kind<'_>) -> String {
    match kind {
        Kind::List(kind) => format!("Array<{}>", output(path, kind)),
        Kind::Map(kind) => format!("Record<string, {}>", output(path, kind)),
        Kind::Object(_) => path.to_owned(),
        Kind::Nullable(kind) => format!("{} | null", output(path, kind)),
        kind => scalar(kind),
    }
}

/// A parameter's annotation.
pub(super) fn hint(kind: &Kind<'_>) -> String {
    match kind {
        Kind::List(kind) => format!("ReadonlyArray<{}>", hint(kind)),
        Kind::Map(kind) => format!("Readonly<Record<string, {}>>", hint(kind)),
        Kind::Object(_) => "object".into(),
        Kind::Nullable(kind) => format!("{} | null", hint(kind)),
        kind => scalar(kind),
    }
}

fn scalar(kind: &Kind<'_>) -> String {
    match kind {
        Kind::Integer { .. } | Kind::Number => "number".into(),
        Kind::Flag => "boolean".into(),
        Kind::Choice(choices) => choices.iter().map(|one| format!("\"{one}\"")).collect::<Vec<_>>().join(" | "),
        _ => "string".into(),
    }
}

/// The paths of what is always there; below what may be absent, of what is there with it.
pub(super) fn needed(prefix: &str, fields: &[Property<'_>], paths: &mut Vec<String>) {
    for field in fields {
        let path = format!("{prefix}{}", field.name);
        let kind = field.kind();
        if field.required && !matches!(kind, Kind::Nullable(_)) {
            paths.push(path.clone());
        }
        below(&path, &kind, paths);
    }
}

fn below(path: &str, kind: &Kind<'_>, paths: &mut Vec<String>) {
    match kind {
        Kind::Object(fields) => needed(&format!("{path}."), fields, paths),
        Kind::List(kind) => below(&format!("{path}[]"), kind, paths),
        Kind::Map(kind) => below(&format!("{path}{{}}"), kind, paths),
        Kind::Nullable(kind) => below(path, kind, paths),
        _ => {}
    }
}
