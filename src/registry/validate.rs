//! Checks arguments against the published schema and says everything that is wrong in one answer. Pure.

use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::{Map, Value};

use super::{Entry, Kind, Profile, Property, closest};
use crate::failure::{Code, Failure};

/// One host adds this to every call.
const HOSTS_OWN: &str = "wait_for_previous";

/// The arguments as the tool will read them, or all that is wrong with them.
pub(super) fn check(entry: &Entry, arguments: Value, profile: &Profile) -> Result<Value, Failure> {
    let mut arguments = match arguments {
        Value::Object(arguments) => arguments,
        Value::Null => Map::new(),
        other => {
            let message = format!("the arguments of {} must be a JSON object, not {}", entry.name, a(&other));
            return Err(Failure::invalid(message).hint(list(entry, profile)));
        }
    };
    let properties = entry.properties();
    if properties.iter().all(|property| property.name != HOSTS_OWN) {
        arguments.shift_remove(HOSTS_OWN);
    }
    // Models write null for "not given".
    arguments.retain(|name, value| {
        !value.is_null() || properties.iter().all(|property| property.name != name || property.required)
    });
    arguments.values_mut().for_each(whole);
    within(entry, &properties, &arguments, profile)?;
    let arguments = Value::Object(arguments);
    let mut errors: Vec<_> = entry.validator(profile.remote)?.iter_errors(&arguments).collect();
    errors.sort_by_key(|error| rank(error.kind()));
    let mut wrong: Vec<String> = errors.iter().flat_map(|error| sentences(entry, error, profile)).collect();
    wrong.extend(properties.iter().filter_map(|property| inexact(property, &arguments[property.name])));
    if wrong.is_empty() {
        return Ok(arguments);
    }
    wrong.dedup();
    Err(Failure::invalid(format!("invalid arguments for {}: {}", entry.name, wrong.join("; ")))
        .hint(list(entry, profile)))
}

/// JSON Schema takes 10.0 for an integer, serde does not.
fn whole(value: &mut Value) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) =
        value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0 && number.abs() < EXACT)
    {
        *value = Value::from(number as i64);
    }
}

/// No JSON number beyond these is the same to everybody who reads it.
fn inexact(property: &Property<'_>, value: &Value) -> Option<String> {
    const EXACT: i64 = 9_007_199_254_740_991;
    let bounded = matches!(property.kind(), Kind::Integer { min: Some(_), max: Some(_) });
    let integer =
        matches!(property.kind(), Kind::Integer { .. }) && value.as_f64().is_some_and(|one| one.fract() == 0.0);
    let exact = value.as_i64().is_some_and(|number| (-EXACT..=EXACT).contains(&number));
    let wrong = integer && !bounded && !exact;
    wrong.then(|| format!("`{}` must be a whole number from -{EXACT} to {EXACT}, not {value}", property.name))
}

fn within(
    entry: &Entry,
    properties: &[Property<'_>],
    arguments: &Map<String, Value>,
    profile: &Profile,
) -> Result<(), Failure> {
    for property in properties.iter().filter(|property| arguments.contains_key(property.name)) {
        let name = property.name;
        if let Some(instead) = property.instead().filter(|_| profile.remote) {
            let message =
                format!("`{name}` of {} is not for callers elsewhere: it is about the server's own host", entry.name);
            return Err(Failure::new(Code::Denied, message).hint(instead));
        }
        if property.is_remote() && !profile.remote {
            let message = format!("`{name}` of {} is for callers over HTTP with a token", entry.name);
            return Err(Failure::new(Code::Denied, message).hint("on this host, name a path instead"));
        }
        if let Some(from) = property.from_profile().filter(|from| *from > profile.width) {
            let message = format!("`{}` of {} is not part of profile {}", property.name, entry.name, profile.name);
            return Err(Failure::new(Code::Denied, message).hint(format!(
                "leave it out; the server's owner can choose it: pyro mcp serve --profile {}",
                from.name()
            )));
        }
    }
    Ok(())
}

/// What is missing comes first, what is too much last.
fn rank(kind: &ValidationErrorKind) -> u8 {
    match kind {
        ValidationErrorKind::Required { .. } => 0,
        ValidationErrorKind::AdditionalProperties { .. } => 2,
        _ => 1,
    }
}

/// The arguments the tool takes, for the hint.
fn list(entry: &Entry, profile: &Profile) -> String {
    let names = entry
        .properties()
        .into_iter()
        .filter(|property| profile.has(property))
        .map(|property| if property.required { format!("{} (required)", property.name) } else { property.name.into() })
        .collect::<Vec<_>>();
    if names.is_empty() {
        format!("{} takes no arguments", entry.name)
    } else {
        format!("its arguments are: {}", names.join(", "))
    }
}

fn sentences(entry: &Entry, error: &ValidationError<'_>, profile: &Profile) -> Vec<String> {
    let path = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
    let value = error.instance();
    let place = path.split('.').next().unwrap_or_default();
    if let Some(secret) = entry.properties().into_iter().find(|property| property.name == place && property.is_secret())
    {
        return vec![format!("`{}` must be an object of names and texts", secret.name)];
    }
    let sentence = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            return unexpected.iter().map(|name| unknown(entry, name, profile)).collect();
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let about = entry.properties().into_iter().find(|one| one.name == name).map(|one| one.description());
            match about.filter(|about| !about.is_empty()) {
                Some(about) => format!("`{name}` is missing ({})", about.trim_end_matches('.')),
                None => format!("`{name}` is missing"),
            }
        }
        ValidationErrorKind::Type { .. } => wrong_type(entry, &path, value),
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => match range(entry, &path) {
            Some(range) => format!("`{path}` must be {range}, not {value}"),
            None => format!("`{path}`: {error}"),
        },
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let meant = value.as_str().and_then(|word| closest(word, options.iter().copied()));
            let meant = meant.map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
            format!("`{path}` must be one of {}, not {value}{meant}", options.join(", "))
        }
        ValidationErrorKind::MinLength { limit } => format!("`{path}` must have at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("`{path}` must have at most {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("`{path}` must have at least {limit} items"),
        ValidationErrorKind::MaxItems { limit } => format!("`{path}` must have at most {limit} items"),
        ValidationErrorKind::MaxProperties { limit } => format!("`{path}` must have at most {limit} entries"),
        ValidationErrorKind::Pattern { pattern } => format!("`{path}` must match {pattern}, not {}", short(value)),
        _ => format!("`{path}`: {error}"),
    };
    vec![sentence]
}

fn unknown(entry: &Entry, name: &str, profile: &Profile) -> String {
    let properties = entry.properties();
    let visible = properties.iter().filter(|one| profile.has(one));
    match closest(name, visible.map(|one| one.name)) {
        Some(close) => format!("unknown argument `{name}` (did you mean `{close}`?)"),
        None => format!("unknown argument `{name}`"),
    }
}

fn wrong_type(entry: &Entry, path: &str, value: &Value) -> String {
    let wanted = match declared(entry, path).and_then(|schema| schema.get("type")?.as_str()) {
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        Some("object") => "an object of names and values",
        _ => "text",
    };
    let unquoted = value.as_str().filter(|text| wanted != "text" && serde_json::from_str::<Value>(text).is_ok());
    let unquote = unquoted.map(|text| format!(": write {text} without quotes")).unwrap_or_default();
    format!("`{path}` must be {wanted}, not {}{unquote}", a(value))
}

fn range(entry: &Entry, path: &str) -> Option<String> {
    let schema = declared(entry, path)?;
    let bound = |key: &str| schema.get(key).map(ToString::to_string);
    Some(match (bound("minimum"), bound("maximum")) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return None,
    })
}

/// The schema at a path such as `labels.color`.
fn declared<'a>(entry: &'a Entry, path: &str) -> Option<&'a Map<String, Value>> {
    let mut schema = &entry.input;
    for step in path.split('.') {
        let property = schema.get("properties").and_then(|all| all.get(step));
        schema =
            property.or_else(|| schema.get("items")).or_else(|| schema.get("additionalProperties"))?.as_object()?;
    }
    Some(schema)
}

/// A value as the sentence names it.
fn a(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(one) => format!("{one}"),
        Value::Number(one) => format!("the number {one}"),
        Value::String(_) => format!("the text {}", short(value)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

fn short(value: &Value) -> String {
    const SHOWN_CHARS: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
