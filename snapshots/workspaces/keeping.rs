//! Snapshots kept under a name: taken, listed, compared, gone back to, deleted.

use pyro_mcp::Code;
use serde_json::{Value, json};

use crate::bench::{Bench, bench, listening};

impl Bench {
    async fn keep(&self, workspace: &str, name: &str) -> Value {
        let input = json!({"workspace_id": workspace, "snapshot_name": name});
        self.ok("workspace_snapshot_create", input).await["snapshot"].clone()
    }

    async fn kept(&self, workspace: &str) -> Vec<String> {
        let listed = self.ok("workspace_snapshot_list", json!({"workspace_id": workspace})).await;
        let snapshots = listed["snapshots"].as_array().unwrap();
        assert_eq!(listed["count"], snapshots.len());
        snapshots.iter().map(|one| one["snapshot_name"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn one_goes_back_to_any_snapshot_and_forth_again() {
    let bench = bench();
    let id = bench.workspace().await;
    for state in ["one", "two"] {
        bench.exec(&id, &format!("echo {state} > notes.txt; echo {state} > {state}.txt")).await;
        let kept = bench.keep(&id, state).await;
        assert_eq!((&kept["kind"], &kept["deletable"]), (&json!("named"), &json!(true)));
        assert!(kept["used_bytes"].as_u64().unwrap() > 0);
    }
    assert_eq!(bench.kept(&id).await.len(), 3);
    for (name, notes) in [("one", "one\n"), ("two", "two\n"), ("baseline", ""), ("two", "two\n")] {
        let reset = bench.ok("workspace_reset", json!({"workspace_id": id, "snapshot": name})).await;
        assert_eq!(reset["workspace_reset"]["snapshot_name"], name);
        assert_eq!(bench.exec(&id, "cat notes.txt").await["stdout"], notes, "{name}");
    }
    assert_eq!(bench.kept(&id).await[0], "baseline", "resets take no snapshot along");
    bench.ok("workspace_snapshot_delete", json!({"workspace_id": id, "snapshot_name": "one"})).await;
    assert_eq!(bench.kept(&id).await, ["baseline", "two"]);
    let gone = bench.refused("workspace_reset", json!({"workspace_id": id, "snapshot": "one"})).await;
    assert_eq!(gone.code, Code::Missing);
    assert!(gone.message.contains("no snapshot one"), "{gone}");
    let reset = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!(reset["reset_count"], 4, "the one that failed does not count");
    assert!(reset["cost"]["snapshots_bytes"].as_u64() < reset["cost"]["used_bytes"].as_u64());
    assert_eq!(reset["cost"]["snapshot_count"], 1);
}

#[tokio::test]
async fn snapshots_are_taken_and_compared_at_rest_without_a_start() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "printf 'a\\nb\\n' > notes.txt; mkdir -p empty/deep; touch gone.txt").await;
    bench.keep(&id, "before").await;
    bench.exec(&id, "printf 'a\\nc\\n' > notes.txt; rm -r empty gone.txt; echo new > new.txt").await;
    let live = bench.ok("workspace_diff", json!({"workspace_id": id, "from": "before"})).await;
    bench.ok("workspace_stop", json!({"workspace_id": id})).await;
    bench.keep(&id, "after").await;
    let started = bench.fake.count();
    let rest = bench.ok("workspace_diff", json!({"workspace_id": id, "from": "before"})).await;
    let both = bench.ok("workspace_diff", json!({"workspace_id": id, "from": "before", "to": "after"})).await;
    for told in [&rest, &both] {
        assert_eq!((&told["entries"], &told["patch"]), (&live["entries"], &live["patch"]));
        assert!(told.get("execution_mode").is_none() && told.get("resumed").is_none());
    }
    let paths: Vec<_> = live["entries"].as_array().unwrap().iter().map(|one| one["path"].clone()).collect();
    assert_eq!(paths, ["empty/deep", "gone.txt", "new.txt", "notes.txt"]);
    let back =
        bench.ok("workspace_diff", json!({"workspace_id": id, "from": "after", "to": "before", "full": true})).await;
    assert!(back["patch"].as_str().unwrap().contains("-c\n+b\n"), "{back}");
    let same = bench.ok("workspace_diff", json!({"workspace_id": id, "from": "after"})).await;
    assert_eq!(same["changed"], false);
    let since = bench.ok("workspace_diff", json!({"workspace_id": id, "to": "before"})).await;
    assert_eq!(since["summary"]["added"], 3, "from creation, where nothing else is said");
    assert_eq!(bench.fake.count(), started, "nothing was started for any of it");
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!(status["state"], "stopped");
}

#[tokio::test]
async fn names_of_snapshots_are_plain_new_and_not_the_baselines() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.keep(&id, "a.b_c-1").await;
    for (tool, name, code) in [
        ("workspace_snapshot_create", "baseline", Code::Invalid),
        ("workspace_snapshot_delete", "baseline", Code::Conflict),
        ("workspace_snapshot_create", "a.b_c-1", Code::Conflict),
        ("workspace_snapshot_delete", "none", Code::Missing),
    ] {
        let refused = bench.refused(tool, json!({"workspace_id": id, "snapshot_name": name})).await;
        assert_eq!(refused.code, code, "{tool} {name}: {refused}");
        assert!(refused.hint.is_some());
    }
    for name in ["", ".", "..", "/", "~", "../x", "a/b", "-x", ".hidden", "ü", "a b", "nul\0", &"x".repeat(65)] {
        for tool in ["workspace_snapshot_create", "workspace_snapshot_delete"] {
            let refused = bench.refused(tool, json!({"workspace_id": id, "snapshot_name": name})).await;
            assert_eq!(refused.code, Code::Invalid, "{tool} {name:?}: {refused}");
        }
        let refused = bench.refused("workspace_reset", json!({"workspace_id": id, "snapshot": name})).await;
        assert_eq!(refused.code, Code::Invalid, "{name:?}: {refused}");
    }
    assert_eq!(bench.kept(&id).await, ["baseline", "a.b_c-1"]);
    assert!(bench.home(&id).join("baseline").exists());
}

#[tokio::test]
async fn two_snapshots_at_once_are_two_or_one_refusal() {
    let bench = bench();
    let id = bench.workspace().await;
    let take = |name: &str| bench.call("workspace_snapshot_create", json!({"workspace_id": id, "snapshot_name": name}));
    let (one, two, same) = tokio::join!(take("one"), take("two"), take("one"));
    assert!(two.is_ok());
    let refused = [one, same].into_iter().filter_map(Result::err).map(|failure| failure.code).collect::<Vec<_>>();
    assert_eq!(refused, [Code::Conflict]);
    let mut kept = bench.kept(&id).await;
    kept.sort();
    assert_eq!(kept, ["baseline", "one", "two"]);
}

#[tokio::test]
async fn a_running_command_goes_on_through_a_snapshot() {
    let bench = bench();
    let id = bench.workspace().await;
    let (scope, heard) = listening();
    let command =
        json!({"workspace_id": id, "command": "echo on; while [ ! -e stop ]; do sleep 0.01; done; echo over"});
    let (ran, ()) = tokio::join!(bench.call_in("workspace_exec", command, scope), async {
        heard.notified().await;
        bench.keep(&id, "amidst").await;
        bench.exec(&id, "touch stop").await;
    });
    assert_eq!(ran.unwrap()["stdout"], "on\nover\n");
}

#[tokio::test]
async fn a_damaged_snapshot_is_told_in_nobodys_way_and_can_be_deleted() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo mine > notes.txt").await;
    for name in ["good", "torn", "cut", "foreign"] {
        bench.keep(&id, name).await;
    }
    let folder = bench.home(&id).join("snapshots");
    std::fs::write(folder.join("torn/snapshot.json"), "{").unwrap();
    std::fs::write(folder.join("foreign/snapshot.json"), r#"{"version": 99}"#).unwrap();
    let index = std::fs::read(folder.join("cut/index")).unwrap();
    std::fs::write(folder.join("cut/index"), &index[..index.len() - 5]).unwrap();
    std::fs::create_dir(folder.join(".taking-killed")).unwrap();
    let listed = bench.ok("workspace_snapshot_list", json!({"workspace_id": id})).await;
    assert_eq!((&listed["count"], listed["damaged"].as_array().unwrap().len()), (&json!(3), 2));
    for (name, input) in [
        ("torn", json!({"workspace_id": id, "snapshot": "torn"})),
        ("foreign", json!({"workspace_id": id, "snapshot": "foreign"})),
    ] {
        let refused = bench.refused("workspace_reset", input).await;
        assert!(refused.message.contains(name), "{refused}");
    }
    let refused = bench.refused("workspace_diff", json!({"workspace_id": id, "from": "cut"})).await;
    assert!(refused.message.contains("cut off"), "{refused}");
    let ran = bench.exec(&id, "cat notes.txt").await;
    assert_eq!((&ran["stdout"], &ran["resumed"]), (&json!("mine\n"), &Value::Null), "the workspace goes on meanwhile");
    for name in ["torn", "cut", "foreign"] {
        bench.ok("workspace_snapshot_delete", json!({"workspace_id": id, "snapshot_name": name})).await;
    }
    assert_eq!(bench.kept(&id).await, ["baseline", "good"]);
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["good"], "what was killed is swept");
}

#[tokio::test]
async fn a_stop_keeps_everything_and_says_how_it_went() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.exec(&id, "echo kept > notes.txt").await;
    let stopped = bench.ok("workspace_stop", json!({"workspace_id": id})).await;
    assert_eq!((&stopped["state"], &stopped["stop"]["orderly"]), (&json!("stopped"), &json!(true)));
    assert_eq!(stopped["ended"]["cause"], "stopped");
    let again = bench.ok("workspace_stop", json!({"workspace_id": id})).await;
    assert_eq!((&again["state"], again.get("stop")), (&json!("stopped"), None), "it is left as it is");
    let started = bench.ok("workspace_start", json!({"workspace_id": id})).await;
    assert_eq!((&started["state"], &started["resumed"]), (&json!("started"), &json!(true)));
    let again = bench.ok("workspace_start", json!({"workspace_id": id})).await;
    assert_eq!((&again["state"], again.get("resumed")), (&json!("started"), None));
    let ran = bench.exec(&id, "cat notes.txt").await;
    assert_eq!((&ran["stdout"], &ran["sequence"]), (&json!("kept\n"), &json!(2)));
}

#[tokio::test]
async fn a_workspace_keeps_a_limited_number_of_snapshots() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.ok("workspace_stop", json!({"workspace_id": id})).await;
    for number in 0..pyro_mcp::limits::SNAPSHOTS_MAX {
        bench.keep(&id, &format!("s{number}")).await;
    }
    let input = json!({"workspace_id": id, "snapshot_name": "more"});
    let refused = bench.refused("workspace_snapshot_create", input.clone()).await;
    assert_eq!(refused.code, Code::Limit);
    assert!(refused.message.contains("32 snapshots"), "{refused}");
    bench.ok("workspace_snapshot_delete", json!({"workspace_id": id, "snapshot_name": "s7"})).await;
    bench.ok("workspace_snapshot_create", input).await;
}
