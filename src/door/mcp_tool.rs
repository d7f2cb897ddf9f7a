//! A registry entry as MCP shows it. Pure.

use std::sync::Arc;

use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::registry::{Effect, Entry, Profile, Profiles, Registry};

/// The definition of one tool within a profile.
pub(super) fn definition(entry: &Entry, profile: &Profile) -> Tool {
    let annotations = ToolAnnotations::from_raw(
        Some(entry.title.to_owned()),
        Some(entry.effect == Effect::Reads),
        Some(entry.effect == Effect::Destroys),
        Some(entry.idempotent),
        Some(entry.open_world),
    );
    let tool = Tool::new(entry.name, entry.description(), Arc::new(entry.input_for(profile)))
        .with_title(entry.title)
        .with_raw_output_schema(Arc::new(entry.output.clone()))
        .with_annotations(annotations);
    if entry.profiles > Profiles::VmRun {
        return tool;
    }
    // One host defers tools behind a search; the ones every session needs are worth their tokens at once.
    let mut meta = MetaObject::default();
    meta.insert("anthropic/alwaysLoad".into(), Value::Bool(true));
    tool.with_meta(meta)
}

/// What a host passes on to its model: the measure of a profile's cost.
pub fn as_models_see(entry: &Entry, profile: &Profile) -> Value {
    json!({"name": entry.name, "description": entry.description(), "inputSchema": entry.input_for(profile)})
}

/// Every tool as MCP would list it, pretty-printed.
pub(super) fn list_as_json(registry: &Registry) -> String {
    let everything = Profile::everything();
    let tools: Vec<Tool> = registry.shown(&everything).map(|entry| definition(entry, &everything)).collect();
    serde_json::to_string_pretty(&json!({ "tools": tools })).unwrap_or_default() + "\n"
}
