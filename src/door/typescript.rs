//! The generated half of the TypeScript SDK: a typed method per tool, an interface per input and result. Pure.

use std::fmt::Write;

use serde_json::Value;

use super::{
    sdk_types::camel,
    typescript_types::{hint, needed, result_types},
};
use crate::registry::{Callers, Entry, Property, Registry};

const HEAD: &str = r#"// Methods, inputs and results of every pyro tool.
//
// Generated from the tools' declarations by `pyro tools export --format typescript`; do not edit.

/** What every method takes beside its input. */
export interface CallOptions {
  /** Takes the call back: its command in the guest is killed, and the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told of each step while the call runs; `fraction` is from 0 to 1 where it is known. */
  onProgress?: ((step: string, fraction?: number) => void) | undefined;
}
"#;

const CLASS: &str = r#"
/**
 * One method per tool. Each rejects with a `PyroError`, whose `code` is one of invalid, missing, conflict, denied, limit,
 * unavailable, timed_out, canceled, vm_died and internal. A command's own failure is a result and no error.
 */
export abstract class Api {
  /** Calls a tool by its name, e.g. `workspace_exec`, as models do. */
  abstract call(tool: string, input: object, options?: CallOptions): Promise<unknown>;
"#;

/// The longest line that is written where it can be broken.
const COLUMNS: usize = 120;

/// The module `api.ts`.
pub fn module(registry: &Registry) -> String {
    let mut text = HEAD.to_owned();
    for entry in registry.all() {
        input_type(&mut text, entry);
        result_types(&mut text, &camel(entry.name), entry.fields());
    }
    text.push_str(CLASS);
    registry.all().iter().for_each(|entry| method(&mut text, entry));
    text.push_str("}\n");
    always(&mut text, registry);
    text
}

fn input_type(text: &mut String, entry: &Entry) {
    let _ = writeln!(text, "\nexport interface {}Input {{", camel(entry.name));
    for property in entry.properties() {
        comment(text, "  ", &[about(&property)]);
        let (name, kind) = (property.name, hint(&property.kind()));
        // What some callers must give, others cannot: the server tells which.
        if property.required && property.instead().is_none() {
            let _ = writeln!(text, "  {name}: {kind};");
        } else {
            let _ = writeln!(text, "  {name}?: {kind} | undefined;");
        }
    }
    text.push_str("}\n");
}

/// The call a person would write for `Tool::EXAMPLE`.
pub(super) fn example(entry: &Entry) -> String {
    let example: Value = serde_json::from_str(&entry.shown_example()).unwrap_or_default();
    let given = if example.as_object().is_some_and(|map| map.is_empty()) { String::new() } else { literal(&example) };
    format!("{}({given})", method_name(entry))
}

/// A JSON value as TypeScript writes it: names without quotes.
fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let is_plain = |name: &str| name.chars().all(|one| one == '_' || one.is_ascii_alphabetic());
            let name = |name: &str| if is_plain(name) { name.to_owned() } else { Value::from(name).to_string() };
            let pairs = map.iter().map(|(key, value)| format!("{}: {}", name(key), literal(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// What a parameter means, its range and default, and who has it.
fn about(property: &Property<'_>) -> String {
    let mut text = property.description().to_owned();
    if let Some(range) = property.range().filter(|_| !text.contains(char::is_numeric)) {
        let _ = write!(text, " ({range})");
    }
    let default = property.default().filter(|value| !matches!(value, Value::Object(_) | Value::Array(_)));
    if let Some(value) = default.filter(|_| !property.required) {
        let _ = write!(text, " Default: {value}.");
    }
    if property.is_remote() {
        text.push_str(" Only over HTTP.");
    }
    if let Some(instead) = property.instead() {
        let must = if property.required { "Must be given on the server's host. " } else { "" };
        let _ = write!(text, " {must}Not over HTTP with a token: {instead}.");
    }
    text.trim_start().to_owned()
}

fn method(text: &mut String, entry: &Entry) {
    let name = camel(entry.name);
    let mut lines = vec![entry.summary.clone()];
    if !entry.details.is_empty() {
        lines.push(String::new());
        lines.extend(entry.details.lines().map(str::to_owned));
    }
    match entry.callers {
        Callers::All => {}
        Callers::OnHost => lines.extend([String::new(), "Not over HTTP with a token.".to_owned()]),
        Callers::Elsewhere => lines.extend([String::new(), "Only over HTTP.".to_owned()]),
    }
    lines.extend([String::new(), "@throws {PyroError}".to_owned()]);
    text.push('\n');
    comment(text, "  ", &lines);
    let must = entry.properties().iter().any(|one| one.required && one.instead().is_none());
    let given = if must { format!("input: {name}Input") } else { format!("input: {name}Input = {{}}") };
    let _ = writeln!(text, "  {}({given}, options?: CallOptions): Promise<{name}Result> {{", method_name(entry));
    let call = format!("this.call(\"{}\", input, options)", entry.name);
    let _ = writeln!(text, "    return {call} as Promise<{name}Result>;\n  }}");
}

/// `run_in_vm` as `runInVm`.
fn method_name(entry: &Entry) -> String {
    let name = camel(&entry.sdk_name());
    let (first, rest) = name.split_at(1);
    first.to_lowercase() + rest
}

/// What is in every result of each tool, so that one without it is told and not misread.
fn always(text: &mut String, registry: &Registry) {
    text.push_str(
        "\n/** What each tool's result always has, as paths: `[]` stands for each of a list, `{}` for each of a map. */\n\
         export const ALWAYS: Readonly<Record<string, string>> = {\n",
    );
    for entry in registry.all() {
        let mut paths = Vec::new();
        needed("", &entry.fields(), &mut paths);
        let _ = writeln!(text, "  {}:\n    \"{}\",", entry.name, broken(&paths).join(" \" +\n    \""));
    }
    text.push_str("};\n");
}

/// Words in lines of the width that is kept.
fn broken(words: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + 12 <= COLUMNS => *line = format!("{line} {word}"),
            _ => lines.push(word.clone()),
        }
    }
    lines
}

/// A documentation comment; nothing where there is nothing to say.
pub(super) fn comment(text: &mut String, indent: &str, lines: &[String]) {
    let clean = |line: &String| line.replace("*/", "*\\/");
    match lines {
        [] => {}
        [line] if line.is_empty() => {}
        [line] => {
            let _ = writeln!(text, "{indent}/** {} */", clean(line).replace('\n', " "));
        }
        lines => {
            let _ = writeln!(text, "{indent}/**");
            for line in lines {
                let _ = writeln!(text, "{}", format!("{indent} * {}", clean(line)).trim_end());
            }
            let _ = writeln!(text, "{indent} */");
        }
    }
}
