//! How services end: stopped, by themselves, started again, with their machine.

use pyro_mcp::Code;
use serde_json::{Value, json};

use super::exec::ends;
use crate::bench::bench;

#[tokio::test]
async fn stopping_ends_all_of_it() {
    let bench = bench();
    let id = bench.workspace().await;
    let command = "(trap '' TERM; echo $(exec sh -c 'echo $PPID') > stubborn; while :; do sleep 1; done) & \
                   trap 'exit 0' TERM; echo $$ > leader; while :; do sleep 0.05; done";
    bench.start(&id, "web", command, json!({})).await;
    let pids = [bench.line(&id, "leader").await, bench.line(&id, "stubborn").await];
    let web = bench.stop(&id, "web").await;
    assert_eq!((&web["state"], &web["stop_reason"]), (&json!("stopped"), &json!("sigkill")));
    for pid in pids {
        ends(&pid).await;
    }
    bench.start(&id, "web", "exec sleep 600", json!({})).await;
    let web = bench.stop(&id, "web").await;
    assert_eq!((&web["stop_reason"], &web["signal"]), (&json!("sigterm"), &json!("SIGTERM")));
    assert_eq!((&web["exit_code"], &web["detail"], &web["pid"]), (&json!(143), &Value::Null, &Value::Null));
    assert_eq!(bench.stop(&id, "web").await, web, "what is over stays as it is");
}

#[tokio::test]
async fn a_flood_holds_up_neither_looks_nor_a_stop() {
    let bench = bench();
    let id = bench.workspace().await;
    let web = bench.start(&id, "web", "touch up; exec yes", json!({"ready_file": "up"})).await;
    assert_eq!(web["state"], "running");
    bench.until(&id, "web", |service| service["stdout_bytes"].as_u64() > Some(10_000_000)).await;
    assert_eq!(bench.stop(&id, "web").await["stop_reason"], "sigterm");
    let late = json!({"ready_file": "never", "ready_timeout_seconds": 1});
    assert_eq!(bench.start(&id, "late", "exec yes", late).await["stop_reason"], "readiness_timeout");
}

#[tokio::test]
async fn an_end_is_noticed_without_being_asked() {
    let bench = bench();
    let id = bench.workspace().await;
    let web = bench.start(&id, "web", "exec sleep 600", json!({})).await;
    let killed = bench.exec(&id, &format!("kill -9 {}", web["pid"])).await;
    assert_eq!(killed["exit_code"], 0);
    // Read from disk: nobody asks the supervisor.
    let record = bench.home(&id).join("services/web.json");
    let ended = async {
        while serde_json::from_slice::<Value>(&std::fs::read(&record).unwrap()).unwrap()["state"] != "exited" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), ended).await.unwrap();
    let web = bench.service(&id, "web").await;
    assert_eq!((&web["exit_code"], &web["signal"]), (&json!(137), &json!("SIGKILL")));
    assert!(web["ended_at"].is_string() && web["stop_reason"].is_null(), "{web}");
}

#[tokio::test]
async fn what_goes_on_in_the_background_is_ended_and_told() {
    let bench = bench();
    let id = bench.workspace().await;
    let command = "sleep 600 & echo $! > daemon";
    bench.start(&id, "web", command, json!({"restart": "on-failure"})).await;
    let web = bench.until(&id, "web", |service| service["state"] == "exited").await;
    let detail = web["detail"].as_str().unwrap();
    assert!(detail.contains("1 of its processes") && detail.contains("foreground"), "{detail}");
    ends(&bench.line(&id, "daemon").await).await;
}

#[tokio::test]
async fn a_failure_is_started_again_and_counted() {
    let bench = bench();
    let id = bench.workspace().await;
    let command = "echo run >> runs; [ $(wc -l < runs) -gt 1 ] || exit 7; exec sleep 600";
    let web = bench.start(&id, "web", command, json!({"restart": "on-failure"})).await;
    assert_ne!(web["state"], "failed");
    let web = bench.until(&id, "web", |service| service["restart_count"] == 1 && service["state"] == "running").await;
    assert_eq!(web["detail"], "its command exited with code 7");
    assert_eq!((&web["exit_code"], &web["ended_at"]), (&Value::Null, &Value::Null));
    let listed = bench.ok("workspace_status", json!({"workspace_id": id})).await["services"][0].clone();
    assert_eq!(listed["restart_count"], 1);
    let once = bench.start(&id, "once", "exit 7", json!({})).await;
    assert_eq!(once["restart_count"], 0);
    let once = bench.until(&id, "once", |service| service["state"] == "exited").await;
    assert_eq!((&once["exit_code"], &once["restart_count"]), (&json!(7), &json!(0)));
}

#[tokio::test]
async fn one_that_waits_to_be_started_again_can_be_stopped() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.start(&id, "web", "echo run >> runs; exit 1", json!({"restart": "on-failure"})).await;
    let web = bench.until(&id, "web", |service| service["state"] == "restarting").await;
    assert_eq!((&web["exit_code"], &web["pid"]), (&json!(1), &Value::Null));
    let web = bench.stop(&id, "web").await;
    assert_eq!((&web["state"], &web["restart_count"]), (&json!("stopped"), &json!(0)));
    assert_eq!(bench.line(&id, "runs").await, "run");
}

#[tokio::test]
async fn a_broken_link_costs_a_service_nothing() {
    let bench = bench();
    let id = bench.workspace().await;
    let command = "echo one; until [ -e go ]; do sleep 0.01; done; echo two; exec sleep 600";
    bench.start(&id, "web", command, json!({})).await;
    bench.until(&id, "web", |service| service["stdout_bytes"] == 4).await;
    bench.fake.last().cut();
    bench.exec(&id, "touch go").await;
    let web = bench.until(&id, "web", |service| service["stdout_bytes"] == 8).await;
    assert_eq!((&web["state"], &web["restart_count"]), (&json!("running"), &json!(0)));
    bench.fake.last().cut();
    assert_eq!(bench.stop(&id, "web").await["state"], "stopped");
}

#[tokio::test]
async fn shells_keep_no_workspace_awake() {
    let bench = bench();
    let id = bench.sleepy().await;
    bench.ok("workspace_shell_open", json!({"workspace_id": id})).await;
    bench.stopped(&id).await;
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!((&status["shells"], &status["ended"]["detail"]), (&json!([]), &json!("its idle time was over")));
}

#[tokio::test]
async fn services_keep_no_workspace_awake_and_end_with_it() {
    let bench = bench();
    let id = bench.sleepy().await;
    let more = json!({"restart": "on-failure"});
    bench.start(&id, "web", "echo up; echo $$ > pid; exec sleep 600", more).await;
    let pid = bench.line(&id, "pid").await;
    bench.stopped(&id).await;
    ends(&pid).await;
    let web = bench.service(&id, "web").await;
    assert_eq!((&web["state"], &web["stop_reason"]), (&json!("stopped"), &json!("workspace_stopped")));
    assert_eq!((&web["detail"], &web["restart_count"]), (&json!("its idle time was over"), &json!(0)));
    let logs = json!({"workspace_id": id, "service_name": "web"});
    assert_eq!(bench.ok("workspace_service_logs", logs).await["stdout"], "up\n");
    assert_eq!(bench.stop(&id, "web").await, web);
    let listed = bench.ok("workspace_service_list", json!({"workspace_id": id})).await;
    assert_eq!((&listed["count"], &listed["running_count"]), (&json!(1), &json!(0)));
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!((&status["state"], &status["service_count"]), (&json!("stopped"), &json!(1)), "none of it starts one");
    bench.exec(&id, "true").await;
    assert_eq!(bench.service(&id, "web").await, web, "it is not started again with its workspace");
    let started = bench.start(&id, "web", "exec sleep 600", json!({})).await;
    assert_eq!((&started["state"], &started["resumed"]), (&json!("running"), &Value::Null));
}

#[tokio::test]
async fn a_machine_that_dies_is_told_as_the_cause() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.start(&id, "web", "echo up; exec sleep 600", json!({"restart": "on-failure"})).await;
    bench.until(&id, "web", |service| service["stdout_bytes"] == 3).await;
    bench.start(&id, "waits", "exit 1", json!({"restart": "on-failure"})).await;
    let starting = bench.start(&id, "starting", "exec sleep 600", json!({"ready_file": "never"}));
    let dies = async {
        while bench
            .call("workspace_service_status", json!({"workspace_id": id, "service_name": "starting"}))
            .await
            .is_err()
        {}
        bench.machine_dies(&id).await;
    };
    let (starting, ()) = tokio::join!(starting, dies);
    assert_eq!((&starting["state"], &starting["stop_reason"]), (&json!("failed"), &json!("vm_died")), "{starting}");
    for name in ["web", "waits", "starting"] {
        let service = bench.service(&id, name).await;
        assert_eq!((&service["state"], &service["stop_reason"]), (&json!("failed"), &json!("vm_died")), "{service}");
        assert!(service["detail"].as_str().unwrap().contains("SIGKILL"), "{service}");
    }
    let web = bench.start(&id, "web", "exec sleep 600", json!({})).await;
    assert_eq!(web["resumed"], true);
}

#[tokio::test]
async fn a_reset_ends_services_and_keeps_what_is_known_of_them() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.start(&id, "web", "echo up; exec sleep 600", json!({})).await;
    bench.until(&id, "web", |service| service["stdout_bytes"] == 3).await;
    let reset = bench.ok("workspace_reset", json!({"workspace_id": id})).await;
    assert_eq!((&reset["service_count"], &reset["running_service_count"]), (&json!(1), &json!(0)));
    let logs = bench.ok("workspace_service_logs", json!({"workspace_id": id, "service_name": "web"})).await;
    assert_eq!((&logs["state"], &logs["stop_reason"]), (&json!("stopped"), &json!("workspace_stopped")));
    assert_eq!(logs["stdout"], "up\n");
}

#[tokio::test]
async fn what_a_killed_supervisor_left_is_told_as_over() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.start(&id, "web", "echo up; exec sleep 600", json!({})).await;
    bench.until(&id, "web", |service| service["stdout_bytes"] == 3).await;
    let record = bench.home(&id).join("services/web.json");
    let running = std::fs::read(&record).unwrap();
    bench.machine_dies(&id).await;
    // As a supervisor that was killed leaves it.
    std::fs::write(&record, running).unwrap();
    std::fs::remove_file(bench.home(&id).join("ended.json")).unwrap();
    for resumed in [false, true] {
        if resumed {
            bench.exec(&id, "true").await;
        }
        let web = bench.service(&id, "web").await;
        assert_eq!((&web["state"], &web["stop_reason"]), (&json!("failed"), &json!("vm_died")), "{web}");
        assert_eq!((&web["ended_at"], &web["stdout_bytes"]), (&Value::Null, &json!(3)));
        assert!(web["detail"].as_str().unwrap().contains("supervisor was killed"), "{web}");
        let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
        assert_eq!(status["running_service_count"], 0);
    }
    // A torn record hides itself alone, and starting it anew mends it.
    bench.start(&id, "db", "exec sleep 600", json!({})).await;
    std::fs::write(&record, "{").unwrap();
    assert_eq!(bench.ok("workspace_service_list", json!({"workspace_id": id})).await["count"], 1);
    let torn = bench.refused("workspace_service_status", json!({"workspace_id": id, "service_name": "web"})).await;
    assert_eq!(torn.code, Code::Conflict);
    bench.start(&id, "web", "exec sleep 600", json!({})).await;
    assert_eq!(bench.ok("workspace_service_list", json!({"workspace_id": id})).await["running_count"], 2);
}

#[tokio::test]
async fn last_words_are_kept_when_a_workspace_stops() {
    let bench = bench();
    let id = bench.sleepy().await;
    let command = "trap 'sleep 0.2; seq 20000; echo bye; exit 0' TERM; while :; do sleep 0.02; done";
    bench.start(&id, "web", command, json!({})).await;
    bench.stopped(&id).await;
    let web = bench.service(&id, "web").await;
    assert_eq!((&web["state"], &web["stop_reason"]), (&json!("stopped"), &json!("workspace_stopped")));
    let logs = json!({"workspace_id": id, "service_name": "web", "tail_lines": 1});
    assert_eq!(bench.ok("workspace_service_logs", logs).await["stdout"], "bye\n", "{web}");
}

#[tokio::test]
async fn a_damaged_record_hides_no_service_that_runs_and_none_can_pose_as_another() {
    let bench = bench();
    let id = bench.workspace().await;
    for name in ["web", "db"] {
        bench.start(&id, name, "exec sleep 600", json!({})).await;
    }
    bench.stop(&id, "db").await;
    let [web, db] = ["web", "db"].map(|name| bench.home(&id).join(format!("services/{name}.json")));
    std::fs::write(&web, "{").unwrap();
    assert_eq!(bench.service(&id, "web").await["state"], "running");
    let listed = bench.ok("workspace_service_list", json!({"workspace_id": id})).await;
    assert_eq!((&listed["count"], &listed["running_count"]), (&json!(2), &json!(1)));
    assert_eq!(bench.stop(&id, "web").await["state"], "stopped");
    std::fs::copy(&db, &web).unwrap();
    let posing = bench.refused("workspace_service_status", json!({"workspace_id": id, "service_name": "web"})).await;
    assert!(posing.code == Code::Conflict && posing.message.contains("db"), "{posing}");
    for record in ["", "null", "[]", "{\"version\": 1}", "\u{feff}{}"] {
        std::fs::write(&web, record).unwrap();
        let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
        assert_eq!(status["services"].as_array().unwrap().len(), 1, "{record:?}");
        bench.ok("workspace_list", json!({})).await;
    }
}
