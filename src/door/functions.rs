//! The tools of a profile as function definitions, for programs that call a model's API themselves. Pure.

use serde_json::{Value, json};

use crate::registry::{Entry, Profile, Registry};

/// `tools` of a request to OpenAI's Responses API.
pub(super) fn openai(registry: &Registry, profile: &Profile) -> String {
    // Strict mode knows neither maps nor optional parameters.
    list(registry, profile, |entry| {
        json!({
            "type": "function",
            "name": entry.name,
            "description": entry.description(),
            "parameters": entry.input_for(profile),
            "strict": false,
        })
    })
}

/// `tools` of a request to Anthropic's Messages API.
pub(super) fn anthropic(registry: &Registry, profile: &Profile) -> String {
    list(registry, profile, |entry| {
        json!({
            "name": entry.name,
            "description": entry.description(),
            "input_schema": entry.input_for(profile),
        })
    })
}

fn list(registry: &Registry, profile: &Profile, one: impl Fn(&Entry) -> Value) -> String {
    let all: Vec<Value> = registry.shown(profile).map(one).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}
