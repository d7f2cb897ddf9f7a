//! What is sent of a typed input: not the parameters that were left out, which a narrower profile may not know, nor those
//! of callers elsewhere on this host. Pure.

use serde_json::{Value, json};

use crate::registry::Entry;

/// The arguments without those that have their declared default.
pub(crate) fn without_defaults(entry: &Entry, arguments: Value) -> Value {
    let Value::Object(arguments) = arguments else { return arguments };
    let properties = entry.properties();
    let is_default = |name: &str, value: &Value| {
        let property = properties.iter().find(|property| property.name == name && !property.required);
        let empty = |value: &Value| value == &json!([]) || value == &json!({}) || value == &Value::Bool(false);
        property.is_some_and(|property| property.default().map_or_else(|| empty(value), |default| default == value))
    };
    Value::Object(arguments.into_iter().filter(|(name, value)| !is_default(name, value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app,
        tools::{workspace_create, workspace_diff},
    };

    #[test]
    fn what_has_its_default_is_not_sent() {
        let input: workspace_create::Input =
            app::input(json!({ "environment": "debian:12", "mem_mib": 512, "vcpu_count": 1, "labels": {} })).unwrap();
        let registry = app::registry();
        let entry = registry.of::<workspace_create::Input>().unwrap();
        let sent = without_defaults(entry, serde_json::to_value(input).unwrap());
        assert_eq!(sent, json!({ "environment": "debian:12", "mem_mib": 512 }));
    }

    #[test]
    fn what_only_callers_elsewhere_have_is_not_sent_for_them() {
        let input: workspace_diff::Input = app::input(json!({ "workspace_id": "app", "full": true })).unwrap();
        let registry = app::registry();
        let entry = registry.of::<workspace_diff::Input>().unwrap();
        let sent = without_defaults(entry, serde_json::to_value(input).unwrap());
        assert_eq!(sent, json!({ "workspace_id": "app", "full": true }));
    }
}
