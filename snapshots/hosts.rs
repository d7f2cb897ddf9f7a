//! What pyro tells chat hosts of itself, and programs that call a model's API: entries, whole files, definitions.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::{
    golden,
    support::{PYRO, dirs, program},
};

/// The hosts, and where each one's file lies below a home directory.
const HOSTS: [(&str, &str); 7] = [
    ("claude-code", ".claude.json"),
    ("codex", ".codex/config.toml"),
    ("opencode", ".config/opencode/opencode.json"),
    ("gemini-cli", ".gemini/settings.json"),
    ("claude-desktop", ".config/Claude/claude_desktop_config.json"),
    ("cursor", ".cursor/mcp.json"),
    ("vscode", ".config/Code/User/mcp.json"),
];
const URL: [&str; 4] = ["--url", "http://127.0.0.1:8931/mcp", "--token-variable", "PYRO_TOKEN"];

/// `pyro mcp config` with a home of its own.
fn config(home: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(PYRO);
    command.env_clear().env("HOME", home).env("PYRO_TOKEN", "canary-of-a-token").stdin(Stdio::null());
    command.args(["mcp", "config"]).args(words).output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout.clone()).unwrap().replace(PYRO, "/usr/local/bin/pyro")
}

#[test]
fn every_hosts_entries_are_as_accepted() {
    let home = tempfile::tempdir().unwrap();
    for (host, file) in HOSTS {
        let started = config(home.path(), &[host, "--env", "PYRO_HOME=/srv/pyro"]);
        let place = String::from_utf8_lossy(&started.stderr).replace(home.path().to_str().unwrap(), "~");
        assert_eq!(place, format!("pyro: this belongs into ~/{file}; --write puts it there\n"));
        let reached = config(home.path(), &[&[host], &URL[..]].concat());
        let reached = if host == "claude-desktop" {
            assert_eq!(reached.status.code(), Some(1));
            String::from_utf8(reached.stderr).unwrap()
        } else {
            said(&reached)
        };
        golden::snap("hosts", host, &format!("{}\n{reached}", said(&started)));
    }
    golden::no_orphans("hosts", &HOSTS.map(|(host, _)| host));
}

#[test]
fn a_hosts_file_is_written_once_and_backed_up() {
    for (host, file) in HOSTS {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(file);
        let backup = home.path().join(format!("{file}.pyro-backup"));
        let write = |more: &[&str]| said(&config(home.path(), &[&[host, "--write"], more].concat()));

        assert!(write(&[]).contains("a new file"), "{host}");
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(first.replace(PYRO, "/usr/local/bin/pyro"), said(&config(home.path(), &[host])), "{host}");
        assert!(write(&[]).contains("nothing was written"), "{host}");
        assert!(!backup.exists(), "{host}");

        assert!(write(&["--name", "other", "--profile", "vm-run"]).contains(".pyro-backup"), "{host}");
        assert_eq!(fs::read_to_string(&backup).unwrap(), first, "{host}");
        let both = fs::read_to_string(&path).unwrap();
        assert!(both.contains("vm-run") && both.contains("workspace-core"), "{host}: {both}");
        if host != "claude-desktop" {
            write(&URL);
            let reached = fs::read_to_string(&path).unwrap();
            assert!(reached.contains("8931/mcp") && !reached.contains("workspace-core"), "{host}: {reached}");
            assert!(!reached.contains("canary"), "{host}: {reached}");
        }
    }
}

#[test]
fn links_stay_links_and_named_files_are_written() {
    let home = tempfile::tempdir().unwrap();
    let (real, link) = (home.path().join("dotfiles.json"), home.path().join(".claude.json"));
    fs::write(&real, "{\"numStartups\": 7}").unwrap();
    std::os::unix::fs::symlink("dotfiles.json", &link).unwrap();
    said(&config(home.path(), &["claude-code", "--write"]));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let text: Value = serde_json::from_slice(&fs::read(&real).unwrap()).unwrap();
    assert_eq!((&text["numStartups"], &text["mcpServers"]["pyro"]["command"]), (&7.into(), &PYRO.into()));

    let project = home.path().join("project/.mcp.json");
    said(&config(home.path(), &["claude-code", "--write", "--path", project.to_str().unwrap()]));
    assert!(project.is_file());
}

#[test]
fn a_file_that_cannot_be_merged_is_left_and_the_entry_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".claude.json");
    for old in ["{\"mcpServers\": [1]}", "not json", "\u{feff}["] {
        fs::write(&path, old).unwrap();
        let output = config(home.path(), &["claude-code", "--write"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("was left as it is") && told.contains("\"mcpServers\": {"), "{told}");
        assert_eq!(fs::read_to_string(&path).unwrap(), old);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}

#[test]
fn wrong_lines_are_usage() {
    let home = tempfile::tempdir().unwrap();
    for (words, part) in [
        (&["windsurf"][..], "possible values"),
        (&["codex", "--env", "PYRO_TOKEN=x"], "never written"),
        (&["codex", "--env", "A"], "NAME=VALUE"),
        (&["codex", "--name", "a b"], "A-Z"),
        (&["codex", "--url", "127.0.0.1:1"], "http://"),
        (&["codex", "--url", "http://u:secret@h/mcp"], "--token-variable"),
        (&["codex", "--url", "http://h/mcp", "--profile", "vm-run"], "cannot be used with"),
        (&["codex", "--token-variable", "T"], "--url"),
        (&["codex", "--path", "x"], "--write"),
    ] {
        let output = config(home.path(), words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
        assert!(told.contains(part), "{words:?}: {told}");
    }
}

#[test]
fn function_definitions_are_as_accepted() {
    let (place, _) = dirs();
    for (api, schema) in [("openai", "parameters"), ("anthropic", "input_schema")] {
        let export = |profile: &str| {
            let words = ["tools", "export", "--format", api, "--profile", profile];
            said(&program(PYRO, &place).args(words).output().unwrap())
        };
        golden::snap("functions", api, &export("vm-run"));
        let core: Vec<Value> = serde_json::from_str(&export("workspace-core")).unwrap();
        assert_eq!(core.len(), 16);
        for tool in &core {
            assert_eq!(tool[schema]["type"], "object", "{tool}");
            assert!(tool["description"].as_str().is_some_and(|text| !text.is_empty()), "{tool}");
        }
        let create = core.iter().find(|tool| tool["name"] == "workspace_create").unwrap();
        assert!(create[schema]["properties"].get("secrets").is_none(), "{create}");
        let default = program(PYRO, &place).args(["tools", "export", "--format", api]).output().unwrap();
        assert_eq!(said(&default), export("workspace-core"));
    }
    golden::no_orphans("functions", &["openai", "anthropic"]);
    let words = ["tools", "export", "--format", "json", "--profile", "vm-run"];
    assert_eq!(program(PYRO, &place).args(words).output().unwrap().status.code(), Some(1));
}
