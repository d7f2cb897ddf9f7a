//! The shape of published schemas: inlined, flat, without what hosts refuse or drop. Pure.
//!
//! Hosts differ: some drop a tool with a combinator at the root, some the whole list for one `true` schema, and type
//! unions, `title`s and `format`s only cost tokens. So schemas are rewritten once, here, and a test walks them all.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::Profiles;

/// Marks a property that only wider profiles have: `#[schemars(extend("x-profile" = "workspace-full"))]`.
const PROFILE_MARK: &str = "x-profile";

/// Marks a property that callers elsewhere do not have, and says what they do instead:
/// `#[schemars(extend("x-on-host" = "upload it"))]`.
const ON_HOST_MARK: &str = "x-on-host";
/// Marks a property that only callers elsewhere have: `#[schemars(extend("x-remote" = true))]`.
const REMOTE_MARK: &str = "x-remote";

/// Marks a property that callers who have it must give: `#[schemars(extend("x-required" = true))]`.
const REQUIRED_MARK: &str = "x-required";

/// Everything that may stand in a published schema.
pub const ALLOWED_KEYWORDS: &[&str] = &[
    "type",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "pattern",
    "anyOf",
    "writeOnly",
];

/// The input schema of `T` and its doc comment, reflowed.
pub(super) fn input<T: JsonSchema>() -> (Map<String, Value>, String) {
    let settings = settings().for_deserialize();
    let mut root = shaped::<T>(settings, false);
    let text = match root.remove("description") {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    root.entry("properties").or_insert_with(|| json!({}));
    require_marked(&mut root);
    root.insert("additionalProperties".into(), Value::Bool(false));
    (root, text)
}

/// What some callers must give and others cannot is optional to serde, and required where it is shown.
fn require_marked(root: &mut Map<String, Value>) {
    let mut marked = Vec::new();
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            if property.as_object_mut().and_then(|property| property.shift_remove(REQUIRED_MARK)).is_some() {
                marked.push(Value::String(name.clone()));
            }
        }
    }
    if !marked.is_empty()
        && let Value::Array(required) = root.entry("required").or_insert_with(|| json!([]))
    {
        required.extend(marked);
    }
}

/// The output schema of `T`.
pub(super) fn output<T: JsonSchema>() -> Map<String, Value> {
    let mut root = shaped::<T>(settings().for_serialize(), true);
    root.remove("description");
    root
}

/// The schema without what only wider profiles or callers at other places have, and without marks.
pub(super) fn within(schema: &Map<String, Value>, width: Profiles, remote: bool) -> Map<String, Value> {
    let mut schema = schema.clone();
    let mut gone = Vec::new();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, property| {
            let Value::Object(property) = property else { return true };
            let wide = from_profile(property).is_some_and(|from| from > width);
            let elsewhere = if remote { instead(property).is_some() } else { is_remote(property) };
            for mark in [PROFILE_MARK, ON_HOST_MARK, REMOTE_MARK] {
                property.shift_remove(mark);
            }
            if wide || elsewhere {
                gone.push(name.clone());
            }
            !wide && !elsewhere
        });
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| gone.iter().all(|gone| name != gone));
    }
    schema
}

/// What callers elsewhere do instead of giving a property that they do not have.
pub(super) fn instead(property: &Map<String, Value>) -> Option<&str> {
    property.get(ON_HOST_MARK).and_then(Value::as_str)
}

/// Whether only callers elsewhere have a property.
pub(super) fn is_remote(property: &Map<String, Value>) -> bool {
    property.get(REMOTE_MARK) == Some(&Value::Bool(true))
}

/// From which profile upwards a property exists.
pub(super) fn from_profile(property: &Map<String, Value>) -> Option<Profiles> {
    property.get(PROFILE_MARK).and_then(Value::as_str).map(Profiles::named)
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    })
}

fn shaped<T: JsonSchema>(settings: SchemaSettings, output: bool) -> Map<String, Value> {
    match shape(settings.into_generator().into_root_schema_for::<T>().to_value(), output, output) {
        Value::Object(root) => root,
        _ => Map::new(),
    }
}

/// Rewrites one schema and all below it. `keep_null` where absence cannot stand for `null`.
fn shape(schema: Value, output: bool, keep_null: bool) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    for noise in ["title", "format", "$schema"] {
        schema.shift_remove(noise);
    }
    if schema.get("default") == Some(&Value::Null) {
        schema.shift_remove("default");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = reflow(text);
    }
    let nullable = drop_null(&mut schema);
    fold_choices(&mut schema);
    let required = schema.get("required").cloned();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            let always =
                output && required.as_ref().and_then(Value::as_array).is_some_and(|all| all.contains(&json!(name)));
            *property = shape(property.take(), output, always);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(key) {
            *inner = shape(inner.take(), output, output);
        }
    }
    if nullable && keep_null {
        let description = schema.shift_remove("description");
        let mut outer = Map::new();
        outer.extend(description.map(|text| ("description".to_owned(), text)));
        outer.insert("anyOf".into(), json!([schema, { "type": "null" }]));
        schema = outer;
    }
    Value::Object(schema)
}

/// Takes `null` out of a type union or an `anyOf`; says whether it was there.
fn drop_null(schema: &mut Map<String, Value>) -> bool {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        let before = types.len();
        types.retain(|one| one != "null");
        let dropped = types.len() < before;
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
        if let Some(Value::Array(choices)) = schema.get_mut("enum") {
            choices.retain(|choice| !choice.is_null());
        }
        return dropped;
    }
    let Some(Value::Array(any)) = schema.get("anyOf") else { return false };
    let some: Vec<Value> = any.iter().filter(|one| one.get("type") != Some(&json!("null"))).cloned().collect();
    if let ([Value::Object(only)], true) = (some.as_slice(), some.len() < any.len()) {
        schema.shift_remove("anyOf");
        for (key, value) in only {
            schema.entry(key.clone()).or_insert_with(|| value.clone());
        }
        return true;
    }
    false
}

/// `const` and `oneOf` of constants become `enum`; what the variants say goes into the description.
fn fold_choices(schema: &mut Map<String, Value>) {
    if let Some(only) = schema.shift_remove("const") {
        schema.insert("enum".into(), json!([only]));
    }
    let Some(Value::Array(variants)) = schema.get("oneOf") else { return };
    let mut choices = Vec::new();
    let mut notes = Vec::new();
    for variant in variants {
        match (variant.get("const"), variant.get("enum").and_then(Value::as_array)) {
            (Some(choice), _) => choices.push(choice.clone()),
            (None, Some(some)) => choices.extend(some.iter().cloned()),
            (None, None) => return,
        }
        if let (Some(choice), Some(text)) = (choices.last(), variant.get("description").and_then(Value::as_str)) {
            let name = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
            notes.push(format!("{name}: {}", reflow(text).trim_end_matches('.')));
        }
    }
    schema.shift_remove("oneOf");
    schema.insert("type".into(), json!("string"));
    schema.insert("enum".into(), Value::Array(choices));
    if !notes.is_empty() {
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let text = format!("{text} {}.", notes.join("; "));
        schema.insert("description".into(), json!(text.trim()));
    }
}

/// Lines of one paragraph become one line; paragraphs stay apart.
fn reflow(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.filter(|one| !one.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Every keyword used in a schema, with its path; for the test that walks the registry.
pub fn keywords(schema: &Value, path: &str, found: &mut Vec<(String, String)>) {
    let Value::Object(map) = schema else {
        if !schema.is_boolean() {
            found.push((path.to_owned(), format!("not a schema: {schema}")));
        }
        return;
    };
    for (key, value) in map {
        found.push((path.to_owned(), key.clone()));
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                properties.iter().for_each(|(name, one)| keywords(one, &format!("{path}.{name}"), found));
            }
            ("items" | "additionalProperties", inner) => keywords(inner, &format!("{path}.*"), found),
            ("anyOf", Value::Array(any)) => any.iter().for_each(|one| keywords(one, path, found)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Color {
        /// Like blood.
        Red,
        Green,
    }

    /// First paragraph,
    /// two lines.
    ///
    /// Second.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Example {
        /// How many.
        #[schemars(range(min = 1, max = 8))]
        count: u32,
        color: Option<Color>,
        #[serde(default)]
        labels: BTreeMap<String, String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(extend("x-profile" = "workspace-full"))]
        wide: Option<String>,
    }

    #[test]
    fn inputs_are_flat_and_plain() {
        let (input, text) = input::<Example>();
        assert_eq!(text, "First paragraph, two lines.\n\nSecond.");
        assert_eq!(
            Value::Object(within(&input, Profiles::Core, false)),
            json!({
                "type": "object",
                "properties": {
                    "count": {"description": "How many.", "type": "integer", "minimum": 1, "maximum": 8},
                    "color": {"type": "string", "enum": ["green", "red"], "description": "red: Like blood."},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}}
                },
                "required": ["count"],
                "additionalProperties": false
            })
        );
        assert!(within(&input, Profiles::Full, false)["properties"].get("wide").is_some());
    }

    #[test]
    fn outputs_say_null_only_where_it_can_stand() {
        let output = output::<Example>();
        assert_eq!(output["properties"]["color"]["anyOf"][1], json!({"type": "null"}));
        assert_eq!(output["properties"]["wide"]["type"], json!("string"));
    }
}
