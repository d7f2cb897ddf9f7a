//! What was promised by name: tools, commands, flags, methods and defaults, each found on our surfaces.

use pyro_mcp::{app, chores, door::command, registry::Entry};
use serde_json::{Value, json};

/// A parameter that may be left out and has no default.
const OPTIONAL: &str = "(optional)";

/// (tool, command, method, parameters with their defaults; `null` is required).
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

fn promised_of_workspaces() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let with = |more: Value| {
        let mut all = json!({"workspace_id": null});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let shell = |more: Value| {
        let mut all = with(json!({"shell_id": null}));
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let created = json!({
        "environment": null, "vcpu_count": 1, "mem_mib": 1024, "ttl_seconds": 3600, "allow_host_compat": false,
        "seed_path": OPTIONAL, "name": OPTIONAL, "labels": {},
    });
    let renamed = json!({"name": OPTIONAL, "clear_name": false, "labels": {}, "clear_labels": []});
    let pushed = json!({"source_path": null, "dest": "/workspace"});
    let exported = json!({"path": null, "output_path": null});
    let listed = json!({"path": "/workspace", "recursive": false});
    vec![
        ("workspace_create", "workspace create", "create_workspace", created),
        ("workspace_list", "workspace list", "list_workspaces", json!({})),
        ("workspace_update", "workspace update", "update_workspace", with(renamed)),
        ("workspace_status", "workspace status", "status_workspace", with(json!({}))),
        ("workspace_sync_push", "workspace sync push", "push_workspace_sync", with(pushed)),
        ("workspace_exec", "workspace exec", "exec_workspace", with(json!({"command": null, "timeout_seconds": 30}))),
        ("workspace_logs", "workspace logs", "logs_workspace", with(json!({}))),
        ("workspace_file_list", "workspace file list", "list_workspace_files", with(listed)),
        (
            "workspace_file_read",
            "workspace file read",
            "read_workspace_file",
            with(json!({"path": null, "max_bytes": 65536})),
        ),
        (
            "workspace_file_write",
            "workspace file write",
            "write_workspace_file",
            with(json!({"path": null, "text": null})),
        ),
        ("workspace_patch_apply", "workspace patch apply", "apply_workspace_patch", with(json!({"patch": null}))),
        ("workspace_diff", "workspace diff", "diff_workspace", with(json!({}))),
        ("workspace_export", "workspace export", "export_workspace", with(exported)),
        ("workspace_reset", "workspace reset", "reset_workspace", with(json!({}))),
        (
            "workspace_shell_open",
            "workspace shell open",
            "open_shell",
            with(json!({"cwd": "/workspace", "cols": 120, "rows": 30})),
        ),
        (
            "workspace_shell_read",
            "workspace shell read",
            "read_shell",
            shell(json!({"cursor": 0, "max_chars": 16_384, "plain": false, "wait_for_idle_ms": OPTIONAL})),
        ),
        (
            "workspace_shell_write",
            "workspace shell write",
            "write_shell",
            shell(json!({"input": null, "append_newline": true})),
        ),
        ("workspace_shell_signal", "workspace shell signal", "signal_shell", shell(json!({"signal_name": "INT"}))),
        ("workspace_shell_close", "workspace shell close", "close_shell", shell(json!({}))),
        (
            "workspace_service_start",
            "workspace service start",
            "start_service",
            with(json!({
                "service_name": null, "command": null, "cwd": OPTIONAL, "env": {}, "ready_file": OPTIONAL,
                "ready_tcp": OPTIONAL, "ready_http": OPTIONAL, "ready_command": OPTIONAL,
                "ready_timeout_seconds": 30, "ready_interval_ms": 500, "restart": "never",
            })),
        ),
        ("workspace_service_list", "workspace service list", "list_services", with(json!({}))),
        ("workspace_service_status", "workspace service status", "status_service", with(json!({"service_name": null}))),
        (
            "workspace_service_logs",
            "workspace service logs",
            "logs_service",
            with(json!({"service_name": null, "tail_lines": 200, "all": false})),
        ),
        ("workspace_service_stop", "workspace service stop", "stop_service", with(json!({"service_name": null}))),
        ("workspace_delete", "workspace delete", "delete_workspace", with(json!({}))),
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
            Some(property)
                if !property.required && property.default() != Some(default).filter(|one| *one != OPTIONAL) =>
            {
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
    for (tool, words, method, properties) in promised().into_iter().chain(promised_of_workspaces()) {
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

/// (command, words given by position, flags).
const LINES: &[(&str, &[&str], &[&str])] = &[
    (
        "workspace create",
        &["environment"],
        &["vcpu-count", "mem-mib", "ttl-seconds", "allow-host-compat", "seed-path", "name", "label", "json", "id-only"],
    ),
    ("workspace list", &[], &["json"]),
    ("workspace update", &["workspace_id"], &["name", "clear-name", "label", "clear-label", "json"]),
    ("workspace status", &["workspace_id"], &["json"]),
    ("workspace exec", &["workspace_id", "command"], &["timeout-seconds", "json"]),
    ("workspace sync push", &["workspace_id", "source_path"], &["dest", "json"]),
    ("workspace export", &["workspace_id", "path"], &["output", "output-path", "json"]),
    ("workspace diff", &["workspace_id"], &["output", "output-path", "json"]),
    ("workspace file list", &["workspace_id", "path"], &["recursive", "json"]),
    ("workspace file read", &["workspace_id", "path"], &["max-bytes", "content-only", "json"]),
    ("workspace file write", &["workspace_id", "path"], &["text", "text-file", "json"]),
    ("workspace patch apply", &["workspace_id"], &["patch", "patch-file", "json"]),
    ("workspace reset", &["workspace_id"], &["json"]),
    ("workspace shell open", &["workspace_id"], &["cwd", "cols", "rows", "id-only", "json"]),
    (
        "workspace shell read",
        &["workspace_id", "shell_id"],
        &["cursor", "max-chars", "plain", "wait-for-idle-ms", "json"],
    ),
    ("workspace shell write", &["workspace_id", "shell_id"], &["input", "no-newline", "json"]),
    ("workspace shell signal", &["workspace_id", "shell_id"], &["signal", "json"]),
    ("workspace shell close", &["workspace_id", "shell_id"], &["json"]),
    (
        "workspace service start",
        &["workspace_id", "service_name", "command"],
        &[
            "cwd",
            "ready-file",
            "ready-tcp",
            "ready-http",
            "ready-command",
            "ready-timeout-seconds",
            "ready-interval-ms",
            "json",
        ],
    ),
    ("workspace service list", &["workspace_id"], &["json"]),
    ("workspace service status", &["workspace_id", "service_name"], &["json"]),
    ("workspace service logs", &["workspace_id", "service_name"], &["tail-lines", "all", "json"]),
    ("workspace service stop", &["workspace_id", "service_name"], &["json"]),
    ("workspace logs", &["workspace_id"], &["json"]),
    ("workspace delete", &["workspace_id"], &["json"]),
];

#[test]
fn every_promised_word_and_flag_is_there() {
    let root = command(&app::registry(), &chores::all());
    for (words, places, flags) in LINES {
        let leaf = words.split(' ').fold(&root, |command, word| command.find_subcommand(word).unwrap());
        let positionals: Vec<&str> = leaf.get_positionals().map(|arg| arg.get_id().as_str()).collect();
        assert_eq!(positionals, *places, "pyro {words}");
        for flag in *flags {
            let has = |arg: &clap::Arg| {
                let named = arg.get_long_and_visible_aliases().unwrap_or_default();
                named.contains(flag)
            };
            assert!(leaf.get_arguments().any(has), "pyro {words} --{flag}");
        }
    }
}

#[test]
fn flags_stand_anywhere_and_under_either_name() {
    let root = || command(&app::registry(), &chores::all());
    for line in [
        "workspace export app notes.txt --output out",
        "workspace export --output-path out app notes.txt",
        "workspace diff app --output out",
        "workspace diff --output-path out app",
    ] {
        let matches = root().try_get_matches_from(["pyro"].into_iter().chain(line.split(' ')));
        let (_, group) = matches.as_ref().unwrap_or_else(|error| panic!("{line}: {error}")).subcommand().unwrap();
        let (_, leaf) = group.subcommand().unwrap();
        assert_eq!(leaf.get_one::<String>("output_path").map(String::as_str), Some("out"), "{line}");
    }
    for line in [
        "workspace exec app --timeout-seconds 5 -- true",
        "workspace service start app web --ready-file .ready -- sh serve.sh",
        "workspace service start --ready-file .ready app web -- sh serve.sh",
    ] {
        assert!(root().try_get_matches_from(["pyro"].into_iter().chain(line.split(' '))).is_ok(), "{line}");
    }
}
