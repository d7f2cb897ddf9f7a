//! What was promised by name: tools, commands, flags, methods and defaults, each found on our surfaces.

use pyro_mcp::{app, chores, door::command, registry::Entry};
use serde_json::{Value, json};

/// (tool, command, method, flags with their defaults; `null` has none).
fn promised() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let sizes = json!({
        "environment": null, "vcpu_count": 1, "mem_mib": 1024, "ttl_seconds": 600, "network": false,
        "allow_host_compat": false,
    });
    let mut run = sizes.clone();
    run["command"] = Value::Null;
    run["timeout_seconds"] = json!(30);
    let id = json!({"vm_id": null});
    let named = json!({"environment": null});
    vec![
        ("vm_run", "run", "run_in_vm", run),
        ("vm_create", "vm create", "create_vm", sizes),
        ("vm_start", "vm start", "start_vm", id.clone()),
        ("vm_exec", "vm exec", "exec_vm", json!({"vm_id": null, "command": null, "timeout_seconds": 30})),
        ("vm_stop", "vm stop", "stop_vm", id.clone()),
        ("vm_delete", "vm delete", "delete_vm", id.clone()),
        ("vm_status", "vm status", "status_vm", id.clone()),
        ("vm_network_info", "vm network info", "network_info_vm", id),
        ("vm_reap_expired", "vm reap expired", "reap_expired", json!({})),
        ("vm_list_environments", "env list", "list_environments", json!({})),
        ("environment_pull", "env pull", "pull_environment", named.clone()),
        ("environment_inspect", "env inspect", "inspect_environment", named),
        ("environment_prune", "env prune", "prune_environments", json!({})),
    ]
}

fn holds(entry: &Entry, words: &str, method: &str, properties: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    if entry.cli_words().join(" ") != words {
        broken.push(format!("{}: `pyro {words}` is {:?}", entry.name, entry.cli_words()));
    }
    if entry.sdk_name() != method {
        broken.push(format!("{}: method {method} is {}", entry.name, entry.sdk_name()));
    }
    for (name, default) in properties.as_object().unwrap() {
        match entry.properties().iter().find(|property| property.name == name) {
            None => broken.push(format!("{}: no parameter {name}", entry.name)),
            Some(property) if property.required != default.is_null() => {
                broken.push(format!("{}: {name} required: {}", entry.name, property.required));
            }
            Some(property) if !property.required && property.default() != Some(default) => {
                broken.push(format!("{}: {name} is {:?} by default", entry.name, property.default()));
            }
            Some(_) => {}
        }
    }
    for property in entry.properties().iter().filter(|property| property.required) {
        if properties.get(property.name).is_none() {
            broken.push(format!("{}: {} is required now", entry.name, property.name));
        }
    }
    broken
}

#[test]
fn every_promised_name_is_there() {
    let registry = app::registry();
    let mut broken = Vec::new();
    for (tool, words, method, properties) in promised() {
        match registry.get(tool) {
            Some(entry) => broken.extend(holds(entry, words, method, &properties)),
            None => broken.push(format!("no tool {tool}")),
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_promised_command_is_there() {
    let root = command(&app::registry(), &chores::all());
    for words in ["mcp serve", "doctor", "demo", "completions", "tools export"] {
        let mut found = &root;
        for word in words.split(' ') {
            found = found.find_subcommand(word).unwrap_or_else(|| panic!("no command `pyro {words}`"));
        }
    }
    for (words, flag) in
        [("doctor", "json"), ("mcp serve", "profile"), ("mcp serve", "http"), ("mcp serve", "token-file")]
    {
        let leaf = words.split(' ').fold(&root, |command, word| command.find_subcommand(word).unwrap());
        assert!(leaf.get_arguments().any(|arg| arg.get_long() == Some(flag)), "pyro {words} --{flag}");
    }
    let run = root.find_subcommand("run").unwrap();
    for flag in ["vcpu-count", "mem-mib", "timeout-seconds", "ttl-seconds", "network", "allow-host-compat", "json"] {
        assert!(run.get_arguments().any(|arg| arg.get_long() == Some(flag)), "pyro run --{flag}");
    }
}
