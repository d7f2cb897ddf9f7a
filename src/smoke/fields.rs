//! Places in answers, kept values in inputs. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

/// Longest a value is shown in a failure, characters.
const SHOWN_CHARS: usize = 300;

/// The value at a path such as `cleanup.deleted` or `vms.0.vm_id`.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Puts kept values in the place of their names; answers the first name that is not kept.
pub(super) fn fill(value: &mut Value, kept: &BTreeMap<String, Value>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            let Some((name, below)) = named(text) else { return Ok(()) };
            let found = kept.get(name).ok_or(name)?;
            *value = match found {
                Value::String(found) => Value::String(format!("{found}{below}")),
                found if below.is_empty() => found.clone(),
                found => Value::String(format!("{found}{below}")),
            };
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, kept)),
        Value::Object(fields) => fields.values_mut().try_for_each(|field| fill(field, kept)),
        _ => Ok(()),
    }
}

/// The name with which a text begins, and what follows: `$` and a lower-case word, then nothing or a path below. Other
/// texts are none of ours: commands may well say `$HOME`.
pub(super) fn named(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('$')?;
    let (name, below) = text.split_at(text.find('/').unwrap_or(text.len()));
    let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    word.then_some((name, below))
}

/// Every name that [`fill`] would look for.
pub(super) fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => named(text).into_iter().map(|(name, _)| name).collect(),
        Value::Array(items) => items.iter().flat_map(names).collect(),
        Value::Object(fields) => fields.values().flat_map(names).collect(),
        _ => vec![],
    }
}

pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_go_through_objects_and_lists() {
        let value = json!({"a": {"b": [1, {"c": 2}]}});
        assert_eq!(at(&value, "a.b.1.c"), Some(&json!(2)));
        assert_eq!(at(&value, "a.b.x"), None);
        assert_eq!(at(&value, "a.b.9"), None);
    }

    #[test]
    fn a_name_may_begin_a_path() {
        let kept = BTreeMap::from([("out".to_owned(), json!("/tmp/x")), ("count".to_owned(), json!(3))]);
        let mut value =
            json!({"a": "$out/fix.patch", "b": {"c": ["$count", "$count/3"]}, "d": "$out-side", "e": "$/x"});
        assert_eq!(names(&value), ["out", "count", "count"]);
        fill(&mut value, &kept).unwrap();
        let filled = json!({"a": "/tmp/x/fix.patch", "b": {"c": [3, "3/3"]}, "d": "$out-side", "e": "$/x"});
        assert_eq!(value, filled);
        assert_eq!(fill(&mut json!("$other/x"), &kept), Err("other".into()));
    }

    #[test]
    fn only_whole_texts_name_kept_values() {
        let kept = BTreeMap::from([("vm_id".to_owned(), json!("vm-x"))]);
        let mut value = json!({"vm_id": "$vm_id", "command": "echo $vm_id $HOME", "list": ["$vm_id"]});
        fill(&mut value, &kept).unwrap();
        assert_eq!(value, json!({"vm_id": "vm-x", "command": "echo $vm_id $HOME", "list": ["vm-x"]}));
        assert_eq!(fill(&mut json!(["$other"]), &kept), Err("other".into()));
    }
}
