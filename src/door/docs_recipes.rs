//! The recipes for people, `docs/recipes.md` and `docs/recipes/`: the calls as a model makes them. Pure.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::{
    registry::Registry,
    smoke::{Pack, Recipe, Seed, SeedFile, Step},
};

const HEAD: &str = "\
<!-- Written by `make bless` from the files in recipes/. -->

# Recipes

Ways of working with workspaces, each as the MCP calls a model makes. They are run as they stand: `pyro smoke NAME` makes
these calls to `pyro mcp serve` on this host, checks every answer shown, and deletes what it created.

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
    let answer = match step.fails {
        Some(code) => {
            let mut failure = json!({ "code": code, "message": "…", "hint": "…" });
            if let (Value::Object(failure), Value::Object(told)) = (&mut failure, step.answer()) {
                failure.extend(told);
            }
            failure
        }
        None => step.answer(),
    };
    if answer != json!({}) {
        let how = if step.fails.is_some() { "The tool refuses (`isError`):" } else { "The model sees:" };
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

/// In the order in which the tool declares them.
fn arguments(step: &Step, registry: &Registry) -> Map<String, Value> {
    let declared = registry.get(&step.tool).map(|entry| entry.properties()).unwrap_or_default();
    let given = declared.iter().filter_map(|property| step.input.get_key_value(property.name));
    given.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn fence(language: &str, content: &str) -> String {
    format!("```{language}\n{}\n```\n", content.trim_end_matches('\n'))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
