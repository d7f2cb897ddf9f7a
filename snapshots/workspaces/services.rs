//! Services: started, looked at until they are ready, found by anybody, stopped.

use std::time::Duration;

use pyro_mcp::{Code, registry::CallScope};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::exec::ends;
use crate::bench::{Bench, bench};

impl Bench {
    /// Starts a service and answers how that went.
    #[track_caller]
    pub(super) fn start(&self, id: &str, name: &str, command: &str, more: Value) -> impl Future<Output = Value> {
        self.ok("workspace_service_start", start(id, name, command, more))
    }

    #[track_caller]
    pub(super) fn service(&self, id: &str, name: &str) -> impl Future<Output = Value> {
        self.ok("workspace_service_status", json!({"workspace_id": id, "service_name": name}))
    }

    #[track_caller]
    pub(super) fn stop(&self, id: &str, name: &str) -> impl Future<Output = Value> {
        self.ok("workspace_service_stop", json!({"workspace_id": id, "service_name": name}))
    }

    /// Waits until a service is as it should be: an event of its machine, which needs no clock but a bound.
    #[track_caller]
    pub(super) fn until(&self, id: &str, name: &str, is: impl Fn(&Value) -> bool) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let seen = async {
                loop {
                    let service = self.service(id, name).await;
                    if is(&service) {
                        return service;
                    }
                }
            };
            let seen = tokio::time::timeout(Duration::from_secs(10), seen).await;
            match seen {
                Ok(service) => service,
                Err(_) => panic!("{caller}: it is {}", self.service(id, name).await),
            }
        }
    }

    /// Waits until a file of a workspace has a line in it.
    pub(super) async fn line(&self, id: &str, file: &str) -> String {
        let path = self.tree(id).join(file);
        let line = async {
            loop {
                match std::fs::read_to_string(&path) {
                    Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), line).await.unwrap()
    }
}

pub(super) fn start(id: &str, name: &str, command: &str, more: Value) -> Value {
    let mut input = json!({"workspace_id": id, "service_name": name, "command": command});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[tokio::test]
async fn a_service_runs_at_once_and_everybody_finds_it() {
    let bench = bench();
    let id = bench.workspace().await;
    assert_eq!(bench.ok("workspace_service_list", json!({"workspace_id": id})).await["services"], json!([]));
    let more = json!({"cwd": "sub", "env": {"GREETING": "hello", "SECRET": "s3cret-value"}});
    bench.exec(&id, "mkdir sub").await;
    let web = bench.start(&id, "web", "echo $GREETING $PWD > up; exec sleep 600", more).await;
    assert_eq!((&web["state"], &web["readiness"], &web["ready_at"]), (&json!("running"), &Value::Null, &Value::Null));
    assert_eq!((&web["restart"], &web["published_ports"], &web["cwd"]), (&json!("never"), &json!([]), &json!("sub")));
    assert!(bench.line(&id, "sub/up").await.starts_with("hello ") && web["pid"].as_u64().unwrap() > 1);
    bench.start(&id, "db", "exec sleep 600", json!({})).await;
    let other = bench.another();
    let listed = other.ok("workspace_service_list", json!({"workspace_id": id})).await;
    let names: Vec<&Value> = listed["services"].as_array().unwrap().iter().map(|one| &one["service_name"]).collect();
    assert_eq!((names, &listed["running_count"]), (vec![&json!("db"), &json!("web")], &json!(2)));
    other.stop(&id, "db").await;
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!((&status["service_count"], &status["running_service_count"]), (&json!(2), &json!(1)));
    assert_eq!(status["services"][0], json!({"service_name": "db", "state": "stopped", "restart_count": 0}));
    let listed = bench.ok("workspace_list", json!({})).await["workspaces"][0].clone();
    assert_eq!((&listed["service_count"], &listed["running_service_count"]), (&json!(2), &json!(1)));
    let record = std::fs::read_to_string(bench.home(&id).join("services/web.json")).unwrap();
    assert!(!record.contains("s3cret-value"), "values of variables are not kept");
}

#[tokio::test]
async fn a_file_or_a_command_tells_that_it_is_ready() {
    let bench = bench();
    let id = bench.workspace().await;
    for (name, more, readiness) in [
        ("file", json!({"ready_file": "go"}), json!({"type": "file", "path": "go"})),
        (
            "command",
            json!({"ready_command": "test -e \"$WHAT\"", "cwd": "sub", "env": {"WHAT": "go"}}),
            json!({"type": "command", "command": "test -e \"$WHAT\""}),
        ),
    ] {
        bench.exec(&id, "mkdir -p sub; rm -f go sub/go").await;
        let mut more = more;
        more["ready_interval_ms"] = json!(50);
        let ready = async {
            bench.until(&id, name, |service| service["state"] == "starting").await;
            bench.exec(&id, "touch go sub/go").await
        };
        let starting = async {
            // Nobody knows it before it is admitted.
            while bench
                .call("workspace_service_status", json!({"workspace_id": id, "service_name": name}))
                .await
                .is_err()
            {}
            ready.await
        };
        let (started, _) = tokio::join!(bench.start(&id, name, "exec sleep 600", more), starting);
        assert_eq!((&started["state"], &started["readiness"]), (&json!("running"), &readiness));
        assert!(started["ready_at"].is_string(), "{started}");
    }
}

#[tokio::test]
async fn a_port_or_a_page_tells_that_it_is_ready() {
    let bench = bench();
    let id = bench.workspace().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = tokio::spawn(async move {
        for status in ["503 Not Yet", "204 No Content"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await.unwrap();
        }
        listener
    });
    let url = format!("http://127.0.0.1:{port}/health");
    let more = json!({"ready_http": url, "ready_interval_ms": 50});
    let web = bench.start(&id, "web", "exec sleep 600", more).await;
    assert_eq!((&web["state"], &web["readiness"]["url"]), (&json!("running"), &json!(url)));
    let listener = answers.await.unwrap();
    let port = port.to_string();
    let db = bench.start(&id, "db", "exec sleep 600", json!({"ready_tcp": port})).await;
    assert_eq!((&db["state"], &db["readiness"]["address"]), (&json!("running"), &json!(format!("127.0.0.1:{port}"))));
    drop(listener);
    let late = json!({"ready_tcp": port, "ready_timeout_seconds": 1, "ready_interval_ms": 50});
    let late = bench.start(&id, "late", "exec sleep 600", late).await;
    assert_eq!((&late["state"], &late["stop_reason"]), (&json!("failed"), &json!("readiness_timeout")));
    assert!(late["detail"].as_str().unwrap().contains("refused"), "{late}");
}

#[tokio::test]
async fn one_that_never_gets_ready_is_ended_and_says_why() {
    let bench = bench();
    let id = bench.workspace().await;
    let command = "seq 100; echo $$ > pid; echo no port given >&2; exec sleep 600";
    let never =
        json!({"ready_command": "echo nobody home; exit 3", "ready_timeout_seconds": 1, "restart": "on-failure"});
    let web = bench.start(&id, "web", command, never).await;
    assert_eq!((&web["state"], &web["stop_reason"]), (&json!("failed"), &json!("readiness_timeout")));
    let detail = web["detail"].as_str().unwrap();
    assert!(
        detail.contains("within 1 s") && detail.contains("exit code 3") && detail.contains("nobody home"),
        "{detail}"
    );
    let last: String = (81..=100).map(|number| format!("{number}\n")).collect();
    assert_eq!((&web["stdout"], &web["stderr"]), (&json!(last), &json!("no port given\n")));
    ends(&bench.line(&id, "pid").await).await;
    assert_eq!(bench.service(&id, "web").await["state"], "failed");
}

#[tokio::test]
async fn an_exit_before_it_is_ready_is_told_at_once() {
    let bench = bench();
    let id = bench.workspace().await;
    let more = json!({"ready_file": "never", "ready_timeout_seconds": 600, "restart": "on-failure"});
    let web = bench.start(&id, "web", "echo trouble >&2; exit 3", more).await;
    assert_eq!((&web["state"], &web["stop_reason"]), (&json!("failed"), &json!("process_exited_before_ready")));
    assert_eq!((&web["exit_code"], &web["stderr"], &web["pid"]), (&json!(3), &json!("trouble\n"), &Value::Null));
    assert!(web["ended_at"].is_string() && web["detail"].as_str().unwrap().contains("code 3"), "{web}");
}

#[tokio::test]
async fn what_cannot_be_started_changes_nothing() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.start(&id, "web", "echo kept", json!({})).await;
    bench.until(&id, "web", |service| service["state"] == "exited").await;
    for (more, code) in [
        (json!({"ready_file": "a", "ready_tcp": "127.0.0.1:1"}), Code::Invalid),
        (json!({"ready_http": "https://localhost/"}), Code::Invalid),
        (json!({"ready_tcp": "db:5432"}), Code::Invalid),
        (json!({"command": "a\0b"}), Code::Invalid),
        (json!({"env": {"A=B": "x"}}), Code::Invalid),
        (json!({"cwd": "nowhere"}), Code::Missing),
    ] {
        let refused = bench.refused("workspace_service_start", start(&id, "web", "true", more.clone())).await;
        assert_eq!(refused.code, code, "{more}: {refused}");
    }
    for name in ["", ".", "..", "../web", "/etc/x", "-a", "a b", "a/b", &"x".repeat(65)] {
        for tool in ["start", "status", "logs", "stop"] {
            let mut input = json!({"workspace_id": id, "service_name": name});
            if tool == "start" {
                input["command"] = json!("true");
            }
            let refused = bench.refused(&format!("workspace_service_{tool}"), input).await;
            assert_eq!(refused.code, Code::Invalid, "{tool} {name:?}: {refused}");
        }
    }
    let logs = json!({"workspace_id": id, "service_name": "web"});
    let logs = bench.ok("workspace_service_logs", logs).await;
    assert_eq!((&logs["stdout"], &logs["state"]), (&json!("kept\n"), &json!("exited")));
    for tool in ["status", "logs", "stop"] {
        let unknown = json!({"workspace_id": id, "service_name": "other"});
        let refused = bench.refused(&format!("workspace_service_{tool}"), unknown).await;
        assert_eq!(refused.code, Code::Missing, "{tool}: {refused}");
        assert!(refused.hint.unwrap().contains("workspace_service_list"));
    }
}

#[tokio::test]
async fn a_name_is_one_service_until_that_is_over() {
    let bench = bench();
    let id = bench.workspace().await;
    bench.start(&id, "web", "echo one; exec sleep 600", json!({})).await;
    let again = bench.refused("workspace_service_start", start(&id, "web", "echo two", json!({}))).await;
    assert_eq!(again.code, Code::Conflict);
    assert!(again.message.contains("workspace_service_stop"), "{again}");
    assert_eq!(bench.service(&id, "web").await["state"], "running");
    bench.stop(&id, "web").await;
    bench.start(&id, "web", "echo two; exec sleep 600", json!({})).await;
    bench.until(&id, "web", |service| service["stdout_bytes"] == 4).await;
    let logs = bench.ok("workspace_service_logs", json!({"workspace_id": id, "service_name": "web"})).await;
    assert_eq!(logs["stdout"], "two\n", "the old one's output is gone");
    let twins = [1, 2].map(|_| bench.call("workspace_service_start", start(&id, "s1", "true", json!({}))));
    let twins = futures_util::future::join_all(twins).await;
    let refused = twins.iter().filter_map(|twin| twin.as_ref().err());
    assert!(refused.into_iter().all(|twin| twin.code == Code::Conflict), "the other one was there, running or over");
    assert!(twins.iter().any(Result::is_ok));
    let many = (2..32)
        .map(|number| bench.call("workspace_service_start", start(&id, &format!("s{number}"), "true", json!({}))));
    assert!(futures_util::future::join_all(many).await.iter().all(Result::is_ok));
    let more = bench.refused("workspace_service_start", start(&id, "one-more", "true", json!({}))).await;
    assert_eq!(more.code, Code::Limit, "{more}");
    bench.until(&id, "s1", |service| service["state"] == "exited").await;
    bench.start(&id, "s1", "true", json!({})).await;
}

#[tokio::test]
async fn a_start_whose_caller_leaves_takes_the_service_along() {
    let bench = bench();
    let id = bench.workspace().await;
    let never = json!({"ready_file": "never", "ready_timeout_seconds": 600});
    let input = start(&id, "web", "echo $$ > pid; exec sleep 600", never);
    {
        let starting = std::pin::pin!(bench.call("workspace_service_start", input.clone()));
        tokio::select! {
            answered = starting => panic!("{answered:?}"),
            _ = bench.line(&id, "pid") => {}
        }
    }
    let web = bench.until(&id, "web", |service| service["state"] == "stopped").await;
    assert_eq!((&web["stop_reason"], &web["pid"]), (&json!("canceled"), &Value::Null));
    ends(&bench.line(&id, "pid").await).await;

    bench.exec(&id, "rm pid").await;
    let scope = CallScope::default();
    let canceled = scope.canceled.clone();
    let cancels = async {
        let pid = bench.line(&id, "pid").await;
        canceled.cancel();
        pid
    };
    let (started, pid) = tokio::join!(bench.call_in("workspace_service_start", input, scope), cancels);
    assert_eq!(started.unwrap_err().code, Code::Canceled);
    ends(&pid).await;
}

#[tokio::test]
async fn a_caller_that_would_give_up_is_answered_and_the_service_goes_on() {
    let bench = bench();
    let id = bench.workspace().await;
    let hasty = CallScope { patience: Some(Duration::from_millis(50)), ..CallScope::default() };
    let more = json!({"ready_file": "go", "ready_timeout_seconds": 600, "ready_interval_ms": 50});
    let input = start(&id, "web", "exec sleep 600", more);
    let web = bench.call_in("workspace_service_start", input, hasty).await.unwrap();
    assert_eq!((&web["state"], &web["stdout"]), (&json!("starting"), &Value::Null));
    bench.exec(&id, "touch go").await;
    bench.until(&id, "web", |service| service["state"] == "running").await;
}

#[tokio::test]
async fn people_see_a_line_and_scripts_a_status() {
    let bench = bench();
    let id = bench.workspace().await;
    let tools = pyro_mcp::tools::all();
    let human = |tool: &str, answer: &Value| tools.iter().find(|entry| entry.name == tool).unwrap().human(answer);
    let list = bench.ok("workspace_service_list", json!({"workspace_id": id})).await;
    assert_eq!(human("workspace_service_list", &list).unwrap().stdout, "No services.\n");
    let web = bench.start(&id, "web", "echo hello; echo oh >&2; exec sleep 600", json!({"env": {"A": "b"}})).await;
    let shown = human("workspace_service_start", &web).unwrap();
    let line = format!("web [running] cwd=/workspace pid={}\n", web["pid"]);
    assert_eq!((shown.stdout.as_str(), &shown.stderr, shown.exit), ("", &line, 0));
    bench.until(&id, "web", |service| service["stdout_bytes"] == 6 && service["stderr_bytes"] == 3).await;
    let list = bench.ok("workspace_service_list", json!({"workspace_id": id})).await;
    assert_eq!(human("workspace_service_list", &list).unwrap().stdout, line);
    let logs = bench.ok("workspace_service_logs", json!({"workspace_id": id, "service_name": "web"})).await;
    let shown = human("workspace_service_logs", &logs).unwrap();
    assert_eq!((shown.stdout.as_str(), shown.stderr.as_str(), shown.exit), ("hello\n", "oh\n", 0));
    assert!(human("workspace_service_status", &web).is_none(), "a line per field");
    let more = json!({"ready_file": "never"});
    let failed = bench.start(&id, "db", "echo trouble >&2; exit 3", more).await;
    let shown = human("workspace_service_start", &failed).unwrap();
    let said = "trouble\ndb [failed] cwd=/workspace exit_code=3: its command exited with code 3\n";
    assert_eq!((shown.stderr.as_str(), shown.exit), (said, 1));
}

#[tokio::test]
async fn a_list_of_all_there_can_be_fits_a_result() {
    let bench = bench();
    let id = bench.workspace().await;
    let noise = format!(": '{}'", "\u{1}".repeat(2000));
    for number in 0..32 {
        bench.start(&id, &format!("s{number}"), &noise, json!({"ready_command": noise})).await;
    }
    let listed = bench.ok("workspace_service_list", json!({"workspace_id": id})).await;
    assert_eq!(listed["count"], 32);
    bench.ok("workspace_status", json!({"workspace_id": id})).await;
    let logs = bench.ok("workspace_service_logs", json!({"workspace_id": id, "service_name": "s0"})).await;
    assert_eq!(logs["command"].as_str().unwrap().len(), 1000);
}
