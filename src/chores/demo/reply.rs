//! A chat completion as the demo reads it: what the model says, and which calls it asks for. Pure.

use serde_json::{Map, Value, json};

/// One turn of the model's.
#[derive(Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) calls: Vec<Asked>,
}

/// A call that the model asks for.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) name: String,
    /// What was meant, or what is wrong with it.
    pub(super) arguments: Result<Value, String>,
}

impl Reply {
    /// Reads an answer; `turn` makes ids for servers that give none. `Err` says what is missing.
    pub(super) fn of(completion: &Value, turn: usize) -> Result<Self, &'static str> {
        let message = completion["choices"][0]["message"].as_object().ok_or("it answered no choices[0].message")?;
        let text = message.get("content").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let calls = match message.get("tool_calls") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(calls)) => {
                let calls = calls.iter().enumerate().map(|(place, call)| Asked::of(call, turn, place));
                calls.collect::<Option<_>>().ok_or("it answered a tool call without a function's name")?
            }
            Some(_) => return Err("its tool_calls are no list"),
        };
        Ok(Self { text, calls })
    }

    /// The turn as the conversation goes on with it.
    pub(super) fn as_message(&self) -> Value {
        // Servers read them again, and refuse a conversation with broken ones in it.
        let arguments = |call: &Asked| call.arguments.as_ref().map_or_else(|_| "{}".to_owned(), Value::to_string);
        let call = |call: &Asked| {
            let function = json!({ "name": call.name, "arguments": arguments(call) });
            json!({ "id": call.id, "type": "function", "function": function })
        };
        let mut message = json!({ "role": "assistant", "content": self.text });
        if !self.calls.is_empty() {
            message["tool_calls"] = self.calls.iter().map(call).collect();
        }
        message
    }
}

impl Asked {
    fn of(call: &Value, turn: usize, place: usize) -> Option<Self> {
        let function = &call["function"];
        let name = function["name"].as_str()?.to_owned();
        let id = call["id"].as_str().filter(|id| !id.is_empty());
        let id = id.map_or_else(|| format!("call_{turn}_{place}"), str::to_owned);
        // The API has a string of JSON here; some servers send the object itself.
        let arguments = match &function["arguments"] {
            Value::String(text) => read(text),
            Value::Null => Ok(Value::Object(Map::new())),
            other => object(other.clone()),
        };
        Some(Self { id, name, arguments })
    }
}

fn read(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_str(text).map_err(|error| format!("the arguments are no JSON: {error}")).and_then(object)
}

fn object(value: Value) -> Result<Value, String> {
    if value.is_object() { Ok(value) } else { Err("the arguments are no JSON object".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(message: Value) -> Value {
        json!({ "choices": [{ "message": message }] })
    }

    #[test]
    fn calls_are_read_in_every_form_servers_write_them() {
        let call = |arguments: Value| json!({ "function": { "name": "vm_run", "arguments": arguments } });
        let cases = [
            (json!("{\"command\": \"ls\"}"), Ok(json!({ "command": "ls" }))),
            (json!({ "command": "ls" }), Ok(json!({ "command": "ls" }))),
            (json!(null), Ok(json!({}))),
            (json!(" "), Ok(json!({}))),
            (json!("[1]"), Err("the arguments are no JSON object".to_owned())),
        ];
        for (written, read) in cases {
            let reply = Reply::of(&completion(json!({ "tool_calls": [call(written)] })), 3).unwrap();
            assert_eq!((reply.calls[0].id.as_str(), &reply.calls[0].arguments), ("call_3_0", &read));
        }
        let broken = Reply::of(&completion(json!({ "tool_calls": [call(json!("{\"command\": "))] })), 1).unwrap();
        assert!(broken.calls[0].arguments.as_ref().unwrap_err().contains("no JSON: "));
        assert_eq!(broken.as_message()["tool_calls"][0]["function"]["arguments"], "{}");
    }

    #[test]
    fn what_is_no_completion_is_named() {
        for (wrong, words) in [
            (json!([]), "choices[0].message"),
            (json!({ "choices": [] }), "choices[0].message"),
            (completion(json!({ "tool_calls": "x" })), "no list"),
            (completion(json!({ "tool_calls": [{ "function": {} }] })), "function's name"),
        ] {
            assert!(Reply::of(&wrong, 1).unwrap_err().contains(words), "{wrong}");
        }
        let silent = Reply::of(&completion(json!({ "content": null })), 1).unwrap();
        assert_eq!(silent, Reply { text: String::new(), calls: Vec::new() });
        assert_eq!(silent.as_message(), json!({ "role": "assistant", "content": "" }));
    }
}
