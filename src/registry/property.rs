//! One property of a shaped schema, as generators and the command line read it. Pure.

use serde_json::{Map, Value};

use super::{Profiles, schema};

/// A property of an input or a field of an output.
#[derive(Clone, Copy, Debug)]
pub struct Property<'a> {
    pub name: &'a str,
    pub schema: &'a Map<String, Value>,
    pub required: bool,
}

/// What a value is; shapes beyond these do not pass the registry's tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'a> {
    Text,
    Integer {
        min: Option<i64>,
        max: Option<i64>,
    },
    Number,
    Flag,
    Choice(Vec<&'a str>),
    List(Box<Kind<'a>>),
    /// Names to values.
    Map(Box<Kind<'a>>),
    Object(Vec<Property<'a>>),
    Nullable(Box<Kind<'a>>),
}

/// The properties of an object schema in declared order.
pub(super) fn of(schema: &Map<String, Value>) -> Vec<Property<'_>> {
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|one| one == name))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    properties
        .filter_map(|(name, schema)| Some(Property { name, schema: schema.as_object()?, required: required(name) }))
        .collect()
}

impl<'a> Property<'a> {
    pub fn description(&self) -> &'a str {
        self.schema.get("description").and_then(Value::as_str).unwrap_or("")
    }

    pub fn default(&self) -> Option<&'a Value> {
        self.schema.get("default")
    }

    pub fn kind(&self) -> Kind<'a> {
        kind(self.schema)
    }

    /// Its value is for the tool alone: no failure repeats it.
    pub fn is_secret(&self) -> bool {
        self.schema.get("writeOnly") == Some(&Value::Bool(true))
    }

    /// From which profile upwards it exists; `None` follows the tool.
    pub fn from_profile(&self) -> Option<Profiles> {
        schema::from_profile(self.schema)
    }

    /// What callers elsewhere do instead; `None`: they have it too.
    pub fn instead(&self) -> Option<&'a str> {
        schema::instead(self.schema)
    }

    /// Only callers elsewhere have it.
    pub fn is_remote(&self) -> bool {
        schema::is_remote(self.schema)
    }

    /// `1..=8`, `>= 0`, or nothing.
    pub fn range(&self) -> Option<String> {
        match self.kind() {
            Kind::Integer { min: Some(min), max: Some(max) } => Some(format!("{min} to {max}")),
            Kind::Integer { min: Some(min), max: None } if min > 0 => Some(format!("at least {min}")),
            Kind::Integer { min: None, max: Some(max) } => Some(format!("at most {max}")),
            _ => None,
        }
    }
}

fn kind(schema: &Map<String, Value>) -> Kind<'_> {
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let some = any.iter().filter_map(Value::as_object).find(|one| one.get("type") != Some(&Value::from("null")));
        return Kind::Nullable(Box::new(some.map_or(Kind::Text, kind)));
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        return Kind::Choice(choices.iter().filter_map(Value::as_str).collect());
    }
    let inner = |key: &str| schema.get(key).and_then(Value::as_object).map_or(Kind::Text, kind);
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => Kind::Integer { min: whole(schema, "minimum"), max: whole(schema, "maximum") },
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Flag,
        Some("array") => Kind::List(Box::new(inner("items"))),
        Some("object") if schema.contains_key("properties") => Kind::Object(of(schema)),
        Some("object") => Kind::Map(Box::new(inner("additionalProperties"))),
        _ => Kind::Text,
    }
}

fn whole(schema: &Map<String, Value>, key: &str) -> Option<i64> {
    let value = schema.get(key)?;
    #[expect(clippy::cast_possible_truncation, reason = "limits are far below 2^53")]
    value.as_i64().or_else(|| value.as_f64().map(|value| value as i64))
}

impl PartialEq for Property<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.schema == other.schema
    }
}
