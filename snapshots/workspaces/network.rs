//! Policies, secrets and ports, through the registry: the agent is real and its network is this host's loopback.

use std::time::Duration;

use pyro_mcp::Code;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::bench::{Bench, bench};

/// A workspace that may reach these hosts and publish ports.
async fn reaching(bench: &Bench, hosts: &[&str]) -> String {
    let input = json!({
        "environment": "debian:12", "network_policy": "egress+published-ports", "allow_hosts": hosts,
        "secrets": {"TOKEN": "canary-value"},
    });
    bench.ok("workspace_create", input).await["workspace_id"].as_str().unwrap().to_owned()
}

/// Asks the workspace's proxy for a host, as a program would; bash has sockets.
fn asks(target: &str) -> String {
    format!(
        "p=${{http_proxy##*:}}; exec 3<>/dev/tcp/127.0.0.1/$p; \
         printf 'GET http://{target}/ HTTP/1.1\\r\\nHost: {target}\\r\\nConnection: close\\r\\n\\r\\n' >&3; head -1 <&3"
    )
}

async fn bash(bench: &Bench, id: &str, command: &str) -> Value {
    bench
        .ok(
            "workspace_exec",
            json!({"workspace_id": id, "command": format!("bash -c '{}'", command.replace('\'', r"'\''"))}),
        )
        .await
}

/// A server that answers every connection with one page.
async fn page() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nyes").await;
            });
        }
    });
    port
}

#[tokio::test]
async fn what_is_refused_stands_in_the_result_of_who_asked() {
    let bench = bench();
    let (open, closed) = (page().await, page().await);
    let id = reaching(&bench, &[&format!("127.0.0.1:{open}")]).await;
    let ran = bash(&bench, &id, &asks(&format!("127.0.0.1:{open}"))).await;
    assert!(ran["stdout"].as_str().unwrap().starts_with("HTTP/1.1 200"), "{ran}");
    assert!(ran.get("egress_denied").is_none() && ran["conditions"] == json!([]), "{ran}");

    let target = format!("127.0.0.1:{closed}");
    let (this, other) = (asks(&target), asks("other.example"));
    let (ran, other) = tokio::join!(bash(&bench, &id, &this), bash(&bench, &id, &other));
    assert!(ran["stdout"].as_str().unwrap().starts_with("HTTP/1.1 403"), "{ran}");
    assert_eq!(ran["conditions"], json!(["egress_denied"]));
    let denied = &ran["egress_denied"];
    assert_eq!(
        (denied[0]["host"].as_str(), denied[0]["rule"].as_str()),
        (Some("127.0.0.1"), Some("loopback")),
        "{ran}"
    );
    assert_eq!((denied[0]["allow"].as_str(), denied.get(1)), (Some(target.as_str()), None), "{ran}");
    assert_eq!(
        (other["egress_denied"][0]["host"].as_str(), other["egress_denied"].get(1)),
        (Some("other.example"), None)
    );

    let told = bench.ok("workspace_network_allow", json!({"workspace_id": id, "hosts": [target]})).await;
    assert_eq!(told["egress_denied"].as_array().unwrap().len(), 2, "{told}");
    let ran = bash(&bench, &id, &asks(&target)).await;
    assert!(ran["stdout"].as_str().unwrap().starts_with("HTTP/1.1 200"), "it holds at once: {ran}");
    bench.ok("workspace_network_deny", json!({"workspace_id": id, "hosts": ["127.0.0.0/8"]})).await;
    assert_eq!(bash(&bench, &id, &asks(&target)).await["egress_denied"][0]["rule"], "denied_host");

    // One that is handed back says what it met so far, and so does its history.
    let hangs = format!("{}; sleep 600", asks("hangs.example"));
    let hangs = format!("bash -c '{}'", hangs.replace('\'', r"'\''"));
    let ran = bench.ok("workspace_exec", json!({"workspace_id": id, "command": hangs, "yield_seconds": 2})).await;
    assert_eq!(
        (&ran["state"], &ran["egress_denied"][0]["host"]),
        (&json!("running"), &json!("hangs.example")),
        "{ran}"
    );
    let logs = bench.ok("workspace_logs", json!({"workspace_id": id, "sequence": ran["sequence"]})).await;
    assert!(logs.to_string().contains("hangs.example") && logs.to_string().contains("egress_denied"), "{logs}");

    // History and policy stay, whatever becomes of the machine.
    bench.ok("workspace_stop", json!({"workspace_id": id})).await;
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!(status["egress_denied"].as_array().unwrap().len(), 4, "{status}");
    assert_eq!(
        (&status["network_policy"], &status["deny_hosts"]),
        (&json!("egress+published-ports"), &json!(["127.0.0.0/8"]))
    );
    let ran = bash(&bench, &id, &asks(&target)).await;
    assert_eq!((&ran["resumed"], &ran["egress_denied"][0]["rule"]), (&json!(true), &json!("denied_host")), "{ran}");
}

#[tokio::test]
async fn a_network_is_switched_on_and_off_while_the_machine_runs() {
    let bench = bench();
    let id = bench.workspace().await;
    let proxy = || async { bash(&bench, &id, "echo ${http_proxy:-none}").await["stdout"].clone() };
    assert_eq!(proxy().await, "none\n");
    let open = page().await;
    let host = format!("127.0.0.1:{open}");
    let told = bench.ok("workspace_network_allow", json!({"workspace_id": id, "hosts": [host]})).await;
    assert_eq!((&told["network_policy"], &told["allow_hosts"]), (&json!("egress"), &json!([host])));
    let ran = bash(&bench, &id, &asks(&host)).await;
    assert!(ran["stdout"].as_str().unwrap().starts_with("HTTP/1.1 200"), "{ran}");
    bench.ok("workspace_network_deny", json!({"workspace_id": id, "network_policy": "off"})).await;
    assert_eq!(proxy().await, "none\n");
    let refused = bench.refused("workspace_network_allow", json!({"workspace_id": id})).await;
    assert_eq!(refused.code, Code::Invalid);
    // What is switched on opens what is named, and no more.
    let id = bench.workspace().await;
    let input = json!({"workspace_id": id, "hosts": ["a.example"], "network_policy": "egress+published-ports"});
    assert_eq!(bench.ok("workspace_network_allow", input).await["allow_hosts"], json!(["a.example"]));
    let id = bench.workspace().await;
    let input = json!({"workspace_id": id, "network_policy": "egress"});
    assert_eq!(bench.ok("workspace_network_allow", input).await["allow_hosts"], json!([]));
}

#[tokio::test]
async fn a_policy_that_makes_no_sense_is_refused_or_keeps_the_machine_from_starting() {
    let bench = bench();
    let create = |more: Value| {
        let mut input = json!({"environment": "debian:12"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.refused("workspace_create", input)
    };
    for more in [
        json!({"allow_hosts": ["example.com"]}),
        json!({"trust_host_ca": true}),
        json!({"network_policy": "egress", "allow_hosts": ["http://example.com"]}),
        json!({"network_policy": "everything"}),
        json!({"secrets": "canary"}),
        json!({"secrets": {"A": 12_345_678}}),
        json!({"secrets": {"A": ""}}),
        json!({"secrets": {"a/../b": "value"}}),
        json!({"secrets": {"A": "value"}, "secret_files": {"A": "/etc/hostname"}}),
    ] {
        let shown = more.to_string();
        let refused = create(more).await;
        assert_eq!(refused.code, Code::Invalid, "{shown}");
        assert!(!refused.message.contains("canary") && !refused.message.contains("12345678"), "{refused:?}");
    }
    bench.left_empty("workspaces").await;

    let id = reaching(&bench, &[]).await;
    let ran = bash(&bench, &id, &asks("example.com")).await;
    assert_eq!(ran["egress_denied"][0]["rule"], "not_allowed", "an empty list permits nothing");
    bench.ok("workspace_stop", json!({"workspace_id": id})).await;
    std::fs::write(bench.dirs.home.join("workspaces").join(&id).join("network.json"), "{\"version\": 1}").unwrap();
    let refused = bench.refused("workspace_start", json!({"workspace_id": id})).await;
    assert_eq!(refused.code, Code::Denied);
    assert!(refused.hint.unwrap().contains("pyro workspace network"));
    assert!(bench.ok("workspace_status", json!({"workspace_id": id})).await["network_problem"].is_string());
    bench.ok("workspace_network_deny", json!({"workspace_id": id, "hosts": ["*"], "network_policy": "egress"})).await;
    bench.ok("workspace_start", json!({"workspace_id": id})).await;
}

#[tokio::test]
async fn a_published_port_is_there_as_long_as_its_service() {
    let bench = bench();
    let id = reaching(&bench, &[]).await;
    let inside = page().await;
    let more = |port: &str| json!({"published_ports": [port]});
    let started = bench.start(&id, "web", "exec sleep 600", more(&inside.to_string())).await;
    let port = started["published_ports"][0]["host_port"].as_u64().unwrap() as u16;
    let ask = |port: u16| async move {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    assert!(ask(port).await.unwrap().ends_with("yes"));
    let taken = bench
        .refused(
            "workspace_service_start",
            super::services::start(&id, "other", "sleep 1", more(&format!("{port}:80"))),
        )
        .await;
    assert_eq!(taken.code, Code::Conflict);
    assert!(taken.message.contains(&port.to_string()), "{taken:?}");
    let status = bench.ok("workspace_status", json!({"workspace_id": id})).await;
    assert_eq!(status["services"][0]["published_ports"][0]["host_port"], port);
    assert_eq!(bench.stop(&id, "web").await["published_ports"], json!([]));
    assert_eq!(ask(port).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);

    // Who may publish no more: connections under way end, too.
    let started = bench.start(&id, "web", "exec sleep 600", more(&inside.to_string())).await;
    let port = started["published_ports"][0]["host_port"].as_u64().unwrap() as u16;
    let mut held = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    bench.ok("workspace_network_deny", json!({"workspace_id": id, "network_policy": "egress"})).await;
    let ended = tokio::time::timeout(Duration::from_secs(10), held.read(&mut [0])).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)));
    bench.until(&id, "web", |service| service["published_ports"] == json!([])).await;
    assert_eq!(ask(port).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);

    let none = bench.workspace().await;
    let refused =
        bench.refused("workspace_service_start", super::services::start(&none, "web", "sleep 1", more("80"))).await;
    assert_eq!(refused.code, Code::Denied);
}

#[tokio::test]
async fn a_secret_is_used_and_never_told() {
    let bench = bench();
    let id = reaching(&bench, &[]).await;
    let exec = |command: &str| json!({"workspace_id": id, "command": command, "secret_env": {"TOKEN": "MINE"}});
    let ran = bench
        .ok("workspace_exec", exec("echo \"<$MINE>\" canary-value; printf %s $MINE | wc -c; cd canary-value"))
        .await;
    assert_eq!(ran["stdout"], "<[REDACTED]> [REDACTED]\n12\n", "{ran}");
    assert!(ran["stderr"].as_str().unwrap().contains("[REDACTED]"), "{ran}");
    let logs = bench.ok("workspace_logs", json!({"workspace_id": id, "sequence": 1})).await;
    assert!(!logs.to_string().contains("canary"), "{logs}");
    assert_eq!(
        bench
            .refused("workspace_exec", json!({"workspace_id": id, "command": "true", "secret_env": {"OTHER": "X"}}))
            .await
            .code,
        Code::Missing
    );
    let both = json!({"workspace_id": id, "command": "true", "secret_env": {"TOKEN": "X"}, "env": {"X": "1"}});
    assert_eq!(bench.refused("workspace_exec", both).await.code, Code::Invalid);

    let started =
        bench.start(&id, "sayer", "echo \"$MINE\"; exec sleep 600", json!({"secret_env": {"TOKEN": "MINE"}})).await;
    assert_eq!(started["state"], "running");
    bench.until(&id, "sayer", |service| service["stdout_bytes"] == "[REDACTED]\n".len()).await;
    // A line that the guest cut in the middle of it.
    let looks = json!({"secret_env": {"TOKEN": "MINE"}, "ready_command": "printf %0192d 0; echo $MINE; exit 1", "ready_timeout_seconds": 1});
    let failed = bench.start(&id, "failer", "exec sleep 600", looks).await;
    assert!(!failed["detail"].as_str().unwrap().contains("can"), "{failed}");
    let opened = bench.ok("workspace_shell_open", json!({"workspace_id": id, "secret_env": {"TOKEN": "MINE"}})).await;
    let shell = |more: Value| {
        let mut input = json!({"workspace_id": id, "shell_id": opened["shell_id"]});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    bench.ok("workspace_shell_write", shell(json!({"input": "echo \"<$MINE>\""}))).await;
    let seen = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let read = bench.ok("workspace_shell_read", shell(json!({}))).await;
            if read["output"].as_str().unwrap().contains("<[REDACTED]>") {
                return read;
            }
        }
    });
    assert!(!seen.await.unwrap().to_string().contains("canary"));
}
