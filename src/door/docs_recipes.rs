//! The recipes for people, `docs/recipes.md` and `docs/recipes/`: the calls as a model makes them. Pure.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::{
    failure::Code,
    registry::{Entry, Property, Registry},
    smoke::{Pack, Recipe, Seed, SeedFile, Step},
};

/// How wide JSON may get before it is broken into lines.
const COLUMNS: usize = 100;

const HEAD: &str = "\
<!-- Written by `make bless` from the files in recipes/. -->

# Recipes

Ways of working with workspaces, each as the MCP calls a model makes. They are run as they stand: `pyro smoke NAME` makes
these calls to `pyro mcp serve` on this host, checks every answer shown, and deletes what it created.
The command line and the Python SDK take the same calls: `workspace_exec` is `pyro workspace exec` and
`Pyro.exec_workspace`. `smoke/clients/recipes.py` runs every recipe through both.

| recipe | when | what it does |
|---|---|---|
";

const NAMES: &str = "\
`$seed` stands for a host directory with these files, `$out` for an empty one. Other names stand for what an earlier
answer said where the name is shown. Answers are shown as far as they are checked; `…` stands for more.
";

/// The page `docs/recipes.md`.
pub fn index(recipes: &[Pack]) -> String {
    let mut text = HEAD.to_owned();
    for (pack, recipe) in told(recipes) {
        let (name, summary) = (&pack.name, capital(&pack.summary));
        let _ = writeln!(text, "| [{name}](recipes/{name}.md) | {} | {summary}. |", recipe.when);
    }
    text
}

/// The page `docs/recipes/NAME.md` of each recipe, with its name.
pub fn pages(recipes: &[Pack], registry: &Registry) -> Vec<(String, String)> {
    told(recipes).map(|(pack, recipe)| (pack.name.clone(), page(pack, recipe, registry))).collect()
}

fn told(recipes: &[Pack]) -> impl Iterator<Item = (&Pack, &Recipe)> {
    recipes.iter().filter_map(|pack| Some((pack, pack.recipe.as_ref()?)))
}

fn page(pack: &Pack, recipe: &Recipe, registry: &Registry) -> String {
    let name = &pack.name;
    let mut text = format!("<!-- Written by `make bless` from recipes/{name}.toml. -->\n\n# {name}\n\n");
    let _ = writeln!(text, "{}.\n\n**When:** {}\n\n{}\n", capital(&pack.summary), recipe.when, recipe.story.trim());
    let _ = writeln!(text, "Run it: `pyro smoke {name}`. It needs profile `{}` and no more.", recipe.profile);
    seed(&mut text, &pack.seed);
    let _ = write!(text, "\n## The calls\n\n{NAMES}");
    for (number, step) in pack.steps.iter().chain(&pack.cleanup).enumerate() {
        call(&mut text, number + 1, step, registry);
    }
    text
}

fn seed(text: &mut String, seed: &Seed) {
    if seed.is_empty() {
        return;
    }
    text.push_str("\n## What it begins with\n");
    for (path, file) in seed {
        let _ = match file {
            SeedFile::Text(content) => write!(text, "\n`{path}`:\n\n{}", fence("text", content)),
            SeedFile::Executable { executable } => {
                write!(text, "\n`{path}`, executable:\n\n{}", fence("sh", executable))
            }
            SeedFile::Link { link } => writeln!(text, "\n`{path}`, a symlink to `{link}`."),
        };
    }
}

fn call(text: &mut String, number: usize, step: &Step, registry: &Registry) {
    let _ = writeln!(text, "\n### {number}. {}", capital(&step.title));
    if let Some(note) = &step.note {
        let _ = writeln!(text, "\n{note}");
    }
    let call = json!({ "name": step.tool, "arguments": arguments(step, registry) });
    let _ = write!(text, "\n{}", fence("json", &pretty(&call)));
    let (how, answer) = match step.fails {
        Some(code) => ("The tool refuses (`isError`):", failure(code, step.answer())),
        None => ("The model sees:", answer(step, registry)),
    };
    if answer != json!({}) {
        let _ = write!(text, "\n{how}\n\n{}", fence("json", &pretty(&answer)));
    }
    if let Some(patch) = &step.git_apply {
        let _ = writeln!(text, "\n`git apply {patch}` in a copy of `$seed` succeeds; `$patched` is that copy.");
    }
    let files = step.files();
    if !files.is_empty() {
        let _ = write!(text, "\nOn the host is then:\n\n{}", fence("json", &pretty(&json!(files))));
    }
}

fn arguments(step: &Step, registry: &Registry) -> Value {
    let declared = registry.get(&step.tool).map(Entry::properties);
    in_order(&step.input, &declared.unwrap_or_default())
}

fn answer(step: &Step, registry: &Registry) -> Value {
    let declared = registry.get(&step.tool).map(Entry::fields);
    step.answer().as_object().map_or(json!({}), |answer| in_order(answer, &declared.unwrap_or_default()))
}

fn failure(code: Code, told: Value) -> Value {
    let mut failure = json!({ "code": code });
    if let (Value::Object(failure), Value::Object(told)) = (&mut failure, told) {
        failure.extend(told);
    }
    failure
}

/// In the order in which the tool declares them.
fn in_order(fields: &Map<String, Value>, declared: &[Property<'_>]) -> Value {
    let found = declared.iter().filter_map(|property| fields.get_key_value(property.name));
    found.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn fence(language: &str, content: &str) -> String {
    format!("```{language}\n{}\n```\n", content.trim_end_matches('\n'))
}

/// JSON with one line for whatever fits in it.
fn pretty(value: &Value) -> String {
    laid_out(value, 0)
}

fn laid_out(value: &Value, indent: usize) -> String {
    let line = in_line(value);
    if indent + line.chars().count() <= COLUMNS {
        return line;
    }
    let (below, ending) = (format!("\n{:1$}", "", indent + 2), format!("\n{:indent$}", ""));
    let join = |all: Vec<String>| all.join(&format!(",{below}"));
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}: {}", json!(name), laid_out(value, indent + 2));
            format!("{{{below}{}{ending}}}", join(fields.iter().map(field).collect()))
        }
        Value::Array(items) => {
            format!("[{below}{}{ending}]", join(items.iter().map(|item| laid_out(item, indent + 2)).collect()))
        }
        _ => line,
    }
}

fn in_line(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", json!(name), in_line(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(in_line).collect::<Vec<_>>().join(", ")),
        value => value.to_string(),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_broken_where_it_is_too_wide_and_stays_json() {
        assert_eq!(pretty(&json!({"a": [1, {}], "b": "x"})), r#"{"a": [1, {}], "b": "x"}"#);
        let wide = json!({"text": "x".repeat(90), "list": ["y".repeat(60), {"z": "z".repeat(60)}], "n": null});
        let text = pretty(&wide);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), wide);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS + 10) && text.lines().count() == 8, "{text}");
    }
}
