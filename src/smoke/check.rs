//! Whether a pack could run: its calls against the tools' schemas, its paths against their outputs. Nothing is run. Pure.

use std::collections::BTreeSet;

use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value, json};

use super::{
    fields,
    pack::{Pack, Step},
    stage,
};
use crate::registry::{Entry, Profile, Registry};

/// What a step that must fail answers.
const FAILURE_FIELDS: [&str; 3] = ["code", "message", "hint"];

/// Everything wrong with a pack; empty when it could run.
pub fn faults(pack: &Pack, registry: &Registry) -> Vec<String> {
    let profile = match &pack.recipe {
        Some(recipe) => Profile::named(&recipe.profile),
        None => Ok(Profile::everything()),
    };
    let profile = match profile {
        Ok(profile) => profile,
        Err(unknown) => return vec![unknown.message],
    };
    let mut found: Vec<String> = pack.seed.keys().filter_map(|path| stage::misplaced(path)).collect();
    let mut kept: BTreeSet<String> = stage::GIVEN.map(str::to_owned).into();
    for (number, step) in pack.steps.iter().chain(&pack.cleanup).enumerate() {
        let told = of_step(step, registry, &profile, &kept);
        found.extend(told.into_iter().map(|fault| format!("step {} ({}): {fault}", number + 1, step.title)));
        kept.extend(step.keep.keys().cloned());
    }
    if pack.steps.is_empty() {
        found.push("it has no steps".into());
    }
    if pack.backends.is_empty() {
        found.push("it proves no back end".into());
    }
    found
}

fn of_step(step: &Step, registry: &Registry, profile: &Profile, kept: &BTreeSet<String>) -> Vec<String> {
    let Some(entry) = registry.get(&step.tool) else { return vec![format!("no tool is called {}", step.tool)] };
    if !profile.shows(entry) {
        return vec![format!("{} is not part of profile {}", step.tool, profile.name)];
    }
    let mut found = of_input(step, entry, profile, kept);
    let rules = step.expect.values().chain(step.host.values().flat_map(|fields| fields.values()));
    let named = rules.flat_map(|rules| rules.values()).flat_map(fields::names);
    found.extend(named.filter(|name| !kept.contains(*name)).map(|name| format!("${name} is not kept before")));
    found.extend(of_host(step));
    found.extend(
        step.keep.keys().filter(|name| stage::GIVEN.contains(&name.as_str())).map(|name| format!("${name} is given")),
    );
    let paths = step.expect.keys().map(String::as_str).chain(step.expect.values().flat_map(|rules| rules.paths()));
    let paths = paths.chain(step.keep.values().map(String::as_str));
    let known = |path: &str| match step.fails {
        Some(_) => FAILURE_FIELDS.contains(&path),
        None => leads_somewhere(&entry.output, path),
    };
    found.extend(paths.filter(|path| !known(path)).map(|path| format!("{} answers no `{path}`", step.tool)));
    let looks = step.git_apply.is_some() || !step.host.is_empty();
    if step.fails.is_none() && step.expect.is_empty() && step.keep.is_empty() && !looks {
        found.push("it expects nothing".into());
    }
    found
}

/// A pack looks at nothing of the host but its own directories.
fn of_host(step: &Step) -> Vec<String> {
    let given = |path: &str| fields::named(path).is_some_and(|(name, _)| stage::GIVEN.contains(&name));
    let paths = step.host.keys().chain(&step.git_apply).filter(|path| !given(path) || path.contains(".."));
    let mut found: Vec<String> = paths.map(|path| format!("{path} is not in a directory of the pack")).collect();
    let fields = step.host.values().flat_map(|fields| fields.keys());
    let unknown = fields.filter(|field| !stage::FIELDS.contains(&field.as_str()));
    found.extend(unknown.map(|field| format!("a file of the host has no `{field}`")));
    found
}

/// A step that must fail may well send what the schema forbids.
fn of_input(step: &Step, entry: &Entry, profile: &Profile, kept: &BTreeSet<String>) -> Vec<String> {
    let mut given = step.input.clone();
    let whole = |value: &Value| value.as_str().and_then(fields::named).is_some_and(|(_, below)| below.is_empty());
    let named: Vec<String> = given.iter().filter(|(_, value)| whole(value)).map(|(name, _)| name.clone()).collect();
    let unkept = given.values().flat_map(fields::names).filter(|name| !kept.contains(*name));
    let mut found: Vec<String> = unkept.map(|name| format!("${name} is not kept before")).collect();
    if step.fails.is_some() {
        return found;
    }
    let properties = entry.properties();
    let known = |name: &String| properties.iter().any(|property| property.name == name.as_str());
    found.extend(named.iter().filter(|name| !known(name)).map(|name| format!("{} takes no `{name}`", step.tool)));
    given.retain(|name, _| !named.contains(name));
    match jsonschema::validator_for(&Value::Object(entry.input_for(profile))) {
        Err(error) => found.push(error.to_string()),
        Ok(schema) => {
            let given = json!(given);
            let errors = schema.iter_errors(&given).filter(|error| match error.kind() {
                ValidationErrorKind::Required { property } => {
                    property.as_str().is_none_or(|property| !named.iter().any(|name| name == property))
                }
                _ => true,
            });
            found.extend(errors.map(|error| error.to_string()));
        }
    }
    found
}

fn leads_somewhere(schema: &Map<String, Value>, path: &str) -> bool {
    let mut schema = schema;
    for step in path.split('.') {
        let some = schema.get("anyOf").and_then(Value::as_array).and_then(|any| any.first()).and_then(Value::as_object);
        schema = some.unwrap_or(schema);
        let below = match schema.get("items") {
            Some(items) if step.parse::<usize>().is_ok() => Some(items),
            _ => schema.get("properties").and_then(|all| all.get(step)).or_else(|| schema.get("additionalProperties")),
        };
        match below.and_then(Value::as_object) {
            Some(below) => schema = below,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app, smoke::pack};

    fn found(steps: &str) -> Vec<String> {
        let head = "name = 'x'\nsummary = 's'\nneeds = []\nbackends = ['qemu-tcg']\nlimit_seconds = 9\n";
        faults(&pack::parse("x", &format!("{head}{steps}")).unwrap(), &app::registry())
    }

    #[test]
    fn mistakes_are_found_without_running() {
        let step = |rest: &str| found(&format!("[[steps]]\ntitle = 't'\n{rest}")).join("\n");
        assert_eq!(step("tool = 'vm_reap_expired'\nexpect = { count = { at_least = 0 } }"), "");
        assert!(step("tool = 'vm_ran'").contains("no tool"));
        assert!(
            step("tool = 'vm_run'\ninput = { environment = 'debian:12' }\nexpect = { exit_code = 0 }")
                .contains("command")
        );
        assert!(
            step("tool = 'vm_start'\ninput = { vm_id = '$vm_id' }\nexpect = { state = 'started' }")
                .contains("not kept")
        );
        assert!(step("tool = 'vm_reap_expired'\nexpect = { cound = 1 }").contains("no `cound`"));
        assert!(step("tool = 'vm_reap_expired'").contains("expects nothing"));
        assert!(step("tool = 'vm_status'\nfails = 'invalid'\nexpect = { stdout = '' }").contains("no `stdout`"));
    }

    #[test]
    fn mistakes_about_the_host_are_found_too() {
        let step = |rest: &str| {
            found(&format!("[[steps]]\ntitle = 't'\ntool = 'vm_reap_expired'\n{rest}\n[seed]\n'a' = ''")).join("\n")
        };
        assert_eq!(step("host = { '$out/a' = { text = '$seed' } }\ngit_apply = '$out/b'"), "");
        assert!(step("host = { '/etc/passwd' = { type = 'file' } }").contains("not in a directory"));
        assert!(step("host = { '$out/../a' = { type = 'file' } }").contains("not in a directory"));
        assert!(step("git_apply = '$other/b'").contains("not in a directory"));
        assert!(step("host = { '$out/a' = { size = 3 } }").contains("no `size`"));
        assert!(step("host = { '$out/a' = { text = '$other' } }").contains("not kept"));
        assert!(step("keep = { out = 'count' }").contains("given"));
        assert!(
            found("[[steps]]\ntitle = 't'\ntool = 'vm_reap_expired'\nexpect = { count = 0 }\n[seed]\n'../a' = ''")[0]
                .contains("../a")
        );
    }

    #[test]
    fn a_recipe_stays_within_its_profile() {
        let recipe = |profile: &str, tool: &str| {
            let recipe = format!("[recipe]\nprofile = '{profile}'\nwhen = 'w'\nstory = 's'\n");
            found(&format!(
                "[[steps]]\ntitle = 't'\ntool = '{tool}'\nexpect = {{ count = {{ at_least = 0 }} }}\n{recipe}"
            ))
            .join("\n")
        };
        assert_eq!(recipe("workspace-core", "workspace_list"), "");
        assert!(recipe("workspace-core", "vm_reap_expired").contains("not part of"));
        assert!(recipe("workspace-more", "workspace_list").contains("unknown profile"));
    }

    #[test]
    fn a_kept_value_stands_for_a_required_argument() {
        let steps = "[[steps]]\ntitle = 'c'\ntool = 'vm_create'\ninput = { environment = 'debian:12' }\nkeep = { vm = 'vm_id' }\n
            [[steps]]\ntitle = 's'\ntool = 'vm_start'\ninput = { vm_id = '$vm' }\nexpect = { state = 'started' }\n
            [[cleanup]]\ntitle = 'd'\ntool = 'vm_delete'\ninput = { vm_id = '$vm' }\nexpect = { deleted = true }";
        assert_eq!(found(steps), Vec::<String>::new());
    }
}
