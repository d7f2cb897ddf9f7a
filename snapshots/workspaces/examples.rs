//! What every workspace tool answers to its example.

use pyro_mcp::registry::{Callers, Entry};
use serde_json::json;

use super::shells::Seat;
use crate::{
    bench::{Bench, bench},
    golden,
};

#[tokio::test]
async fn every_workspace_tool_answers_its_example() {
    let bench = bench();
    let tools = pyro_mcp::tools::all();
    for entry in tools.iter().filter(|entry| entry.name.starts_with("workspace_") && here(entry)) {
        let mut example = entry.example.to_owned();
        if example.contains("$shell") {
            let seat = Seat::open(&bench).await;
            example = example.replace("$shell", &seat.workspace).replace("$opened", &seat.shell);
        }
        for word in ["$workspace", "$ran", "$service", "$files", "$snapshot", "$disk", "$tree", "$out"] {
            if example.contains(word) {
                example = example.replace(word, &stand_in(&bench, word, entry.name).await);
            }
        }
        let answer = bench.call(entry.name, serde_json::from_str(&example).unwrap()).await;
        // Without a machine there is no disk to look into; the smoke pack `going-back` has real ones.
        let mut answer = match entry.example.contains("$disk") {
            true => serde_json::to_value(answer.unwrap_err()).unwrap(),
            false => answer.unwrap_or_else(|failure| panic!("{}: {failure:?}", entry.name)),
        };
        bench.steady(&mut answer);
        golden::snap("answers", entry.name, &serde_json::to_string_pretty(&answer).unwrap());
    }
    let answered = |name: &&str| name.starts_with("workspace_") || name.starts_with("vm_");
    let names: Vec<&str> = tools.iter().filter(|entry| here(entry)).map(|entry| entry.name).filter(answered).collect();
    golden::no_orphans("answers", &names);
}

fn here(entry: &Entry) -> bool {
    entry.callers != Callers::Elsewhere
}

/// What an example wants to be there.
async fn stand_in(bench: &Bench, word: &str, tool: &str) -> String {
    match word {
        "$out" => bench.path("out").to_string_lossy().into_owned(),
        "$tree" => {
            let tree = bench.dir("tree");
            std::fs::write(tree.join("notes.txt"), "hello\n").unwrap();
            tree.to_string_lossy().into_owned()
        }
        _ => {
            let id = bench.workspace().await;
            match word {
                "$ran" => drop(bench.exec(&id, "echo hello; echo trouble >&2; exit 3").await),
                "$service" => {
                    let more = json!({"ready_file": "up"});
                    bench.start(&id, "web", "echo listening; touch up; exec sleep 600", more).await;
                    bench.until(&id, "web", |service| service["stdout_bytes"] == 10).await;
                }
                "$snapshot" => {
                    let taken = json!({"workspace_id": id, "snapshot_name": "before"});
                    bench.ok("workspace_snapshot_create", taken).await;
                }
                "$files" => {
                    let make = "echo hello > notes.txt; printf '#!/bin/sh\\n' > run.sh; chmod 755 run.sh; \
                                ln -s notes.txt link";
                    assert_eq!(bench.exec(&id, make).await["exit_code"], 0, "{tool}");
                }
                _ => {}
            }
            id
        }
    }
}

#[tokio::test]
async fn unknown_arguments_are_refused() {
    let bench = bench();
    for unknown in ["network_policy", "secrets", "secret_env", "snapshot"] {
        let input = json!({"environment": "debian:12", unknown: "x"});
        let refused = bench.refused("workspace_create", input).await;
        assert_eq!(refused.code, pyro_mcp::Code::Invalid);
        assert!(refused.message.contains(unknown), "{refused}");
    }
    assert_eq!(bench.left("workspaces"), Vec::<String>::new());
}
