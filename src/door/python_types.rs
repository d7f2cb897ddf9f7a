//! Result types and annotations of the Python SDK. Pure.

use std::fmt::Write;

use super::{
    python::is_path,
    sdk_types::{Object, objects, within},
};
use crate::registry::{Kind, Property};

/// Writes the `TypedDict`s of one tool's result, inner ones first.
pub(super) fn result_types(text: &mut String, tool: &str, fields: Vec<Property<'_>>) {
    for Object { name, path, fields } in objects(tool, fields) {
        // Two classes, because marking single keys as optional needs a newer Python than is common.
        let (always, sometimes): (Vec<_>, Vec<_>) = fields.iter().partition(|field| field.required);
        match (always.is_empty(), sometimes.is_empty()) {
            (_, true) => class(text, &path, &name, "TypedDict", &always),
            (true, false) => class(text, &path, &name, "TypedDict, total=False", &sometimes),
            (false, false) => {
                class(text, &path, &format!("_{name}Always"), "TypedDict", &always);
                class(text, &path, &name, &format!("_{name}Always, total=False"), &sometimes);
            }
        }
    }
}

fn class(text: &mut String, path: &str, name: &str, bases: &str, fields: &[&Property<'_>]) {
    let _ = writeln!(text, "\n\nclass {name}({bases}):");
    if fields.is_empty() {
        text.push_str("    pass\n");
    }
    for field in fields {
        if !field.description().is_empty() {
            let _ = writeln!(text, "    # {}", field.description().replace('\n', " "));
        }
        let kind = output(&within(path, field), &field.kind());
        let _ = writeln!(text, "    {}: {kind}", field.name);
    }
}

/// A field's annotation; `path` names the class where it is an object.
fn output(path: &str, kind: &Kind<'_>) -> String {
    match kind {
        Kind::List(kind) => format!("list[{}]", output(path, kind)),
        Kind::Map(kind) => format!("dict[str, {}]", output(path, kind)),
        Kind::Object(_) => path.to_owned(),
        Kind::Nullable(kind) => format!("{} | None", output(path, kind)),
        kind => scalar(kind),
    }
}

/// A parameter's annotation.
pub(super) fn hint(name: &str, kind: &Kind<'_>) -> String {
    match kind {
        kind if is_path(name, kind) => "StrPath".into(),
        Kind::List(kind) => format!("Sequence[{}]", hint(name, kind)),
        Kind::Map(kind) => format!("Mapping[str, {}]", hint("", kind)),
        Kind::Object(_) => "Mapping[str, Any]".into(),
        Kind::Nullable(kind) => format!("{} | None", hint(name, kind)),
        kind => scalar(kind),
    }
}

fn scalar(kind: &Kind<'_>) -> String {
    match kind {
        Kind::Integer { .. } => "int".into(),
        Kind::Number => "float".into(),
        Kind::Flag => "bool".into(),
        Kind::Choice(choices) => {
            format!("Literal[{}]", choices.iter().map(|one| format!("\"{one}\"")).collect::<Vec<_>>().join(", "))
        }
        _ => "str".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app;

    /// Words that Python keeps for itself.
    const KEYWORDS: &str = " False None True and as assert async await break class continue def del elif else except \
        finally for from global if import in is lambda nonlocal not or pass raise return try while with yield ";

    fn names(kind: &Kind<'_>, found: &mut Vec<String>) {
        match kind {
            Kind::Object(fields) => fields.iter().for_each(|field| {
                found.push(field.name.to_owned());
                names(&field.kind(), found);
            }),
            Kind::List(kind) | Kind::Map(kind) | Kind::Nullable(kind) => names(kind, found),
            _ => {}
        }
    }

    #[test]
    fn python_takes_every_name() {
        let registry = app::registry();
        let mut found = Vec::new();
        for entry in registry.all() {
            names(&Kind::Object(entry.fields()), &mut found);
        }
        assert!(found.len() > 100);
        found.retain(|name| KEYWORDS.contains(&format!(" {name} ")));
        assert_eq!(found, Vec::<String>::new());
    }
}
