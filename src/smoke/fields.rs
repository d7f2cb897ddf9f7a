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
    if let Some(name) = name(value).map(str::to_owned) {
        *value = kept.get(&name).cloned().ok_or(name)?;
        return Ok(());
    }
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, kept)),
        Value::Object(fields) => fields.values_mut().try_for_each(|field| fill(field, kept)),
        _ => Ok(()),
    }
}

/// The name, where the value is a text that names a kept value: `$` and a lower-case word, nothing else.
pub(super) fn name(value: &Value) -> Option<&str> {
    let name = value.as_str()?.strip_prefix('$')?;
    let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    word.then_some(name)
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
    fn only_whole_texts_name_kept_values() {
        let kept = BTreeMap::from([("vm_id".to_owned(), json!("vm-x"))]);
        let mut value = json!({"vm_id": "$vm_id", "command": "echo $vm_id $HOME", "list": ["$vm_id"]});
        fill(&mut value, &kept).unwrap();
        assert_eq!(value, json!({"vm_id": "vm-x", "command": "echo $vm_id $HOME", "list": ["vm-x"]}));
        assert_eq!(fill(&mut json!(["$other"]), &kept), Err("other".into()));
    }
}
