//! What the SDKs' result types have in common: their names, and the order in which they are written. Pure.

use crate::registry::{Kind, Property};

/// One object type of a tool's result.
pub(super) struct Object<'a> {
    /// Its name; inner ones are named by the way to them.
    pub(super) name: String,
    /// Prefix of the names of objects within it.
    pub(super) path: String,
    pub(super) fields: Vec<Property<'a>>,
}

/// Every object type of a result, inner ones first.
pub(super) fn objects<'a>(tool: &str, fields: Vec<Property<'a>>) -> Vec<Object<'a>> {
    let mut found = Vec::new();
    object(tool, format!("{tool}Result"), fields, &mut found);
    found
}

fn object<'a>(path: &str, name: String, fields: Vec<Property<'a>>, found: &mut Vec<Object<'a>>) {
    for field in &fields {
        inner(&within(path, field), field.kind(), found);
    }
    found.push(Object { name, path: path.to_owned(), fields });
}

fn inner<'a>(path: &str, kind: Kind<'a>, found: &mut Vec<Object<'a>>) {
    match kind {
        Kind::Object(fields) => object(path, path.to_owned(), fields, found),
        Kind::List(kind) | Kind::Map(kind) | Kind::Nullable(kind) => inner(path, *kind, found),
        _ => {}
    }
}

/// The name of an object that stands in a field.
pub(super) fn within(path: &str, field: &Property<'_>) -> String {
    format!("{path}{}", camel(field.name))
}

/// `vm_run` as `VmRun`.
pub(super) fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| match word.split_at_checked(1) {
            Some((first, rest)) => first.to_uppercase() + rest,
            None => word.to_owned(),
        })
        .collect()
}
