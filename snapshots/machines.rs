//! Every machine tool through the registry against a machine in memory: what they answer, and what happens when the
//! caller leaves, the link breaks or the machine dies.

use std::{sync::Arc, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pyro_mcp::{
    Code, Failure,
    vm::{Death, death::Cause},
    workspace::NewVm,
};
use serde_json::{Value, json};

use crate::{
    bench::{Bench, bench, bench_with, listening},
    golden,
};

impl Bench {
    async fn run(&self, command: &str) -> Value {
        self.call("vm_run", json!({"environment": "debian:12", "command": command})).await.unwrap()
    }

    async fn started(&self) -> String {
        let vm = self.call("vm_create", json!({"environment": "debian:12"})).await.unwrap();
        let id = vm["vm_id"].as_str().unwrap().to_owned();
        self.call("vm_start", json!({"vm_id": id})).await.unwrap();
        id
    }
}

#[tokio::test]
async fn every_vm_tool_answers_its_example() {
    let bench = bench();
    for entry in pyro_mcp::tools::all().iter().filter(|entry| entry.name.starts_with("vm_")) {
        if entry.name == "vm_list_environments" {
            // Its answer tells of the host's cache; environment's own tests hold it.
            continue;
        }
        let mut example = entry.example.to_owned();
        if example.contains("$started") {
            example = example.replace("$started", &bench.started().await);
        }
        if example.contains("$created") {
            let vm = bench.call("vm_create", json!({"environment": "debian:12"})).await.unwrap();
            example = example.replace("$created", vm["vm_id"].as_str().unwrap());
        }
        let mut answer = bench.call(entry.name, serde_json::from_str(&example).unwrap()).await.unwrap();
        bench.steady(&mut answer);
        golden::snap("answers", entry.name, &serde_json::to_string_pretty(&answer).unwrap());
    }
}

#[tokio::test]
async fn a_machine_lives_from_create_to_exec() {
    let bench = bench();
    let vm = bench.call("vm_create", json!({"environment": "debian:12"})).await.unwrap();
    let id = json!({"vm_id": vm["vm_id"]});
    let code = |result: Result<Value, Failure>| result.unwrap_err().code;
    let exec = json!({"vm_id": vm["vm_id"], "command": "exit 3"});
    assert_eq!(vm["state"], "created");
    assert_eq!(code(bench.call("vm_exec", exec.clone()).await), Code::Conflict);
    assert_eq!(bench.call("vm_start", id.clone()).await.unwrap()["state"], "started");
    assert_eq!(code(bench.call("vm_start", id.clone()).await), Code::Conflict);
    let stopped = bench.call("vm_stop", id.clone()).await.unwrap();
    assert_eq!((&stopped["state"], &stopped["ended"]["cause"]), (&json!("stopped"), &json!("stopped")));
    assert_eq!(bench.call("vm_stop", id.clone()).await.unwrap()["state"], "stopped", "a second time changes nothing");
    assert_eq!(bench.call("vm_start", id.clone()).await.unwrap()["ended"], Value::Null);
    let ran = bench.call("vm_exec", exec.clone()).await.unwrap();
    assert_eq!((&ran["exit_code"], &ran["cleanup"]["deleted"]), (&json!(3), &json!(true)));
    for tool in ["vm_status", "vm_start", "vm_stop", "vm_delete", "vm_network_info"] {
        assert_eq!(code(bench.call(tool, id.clone()).await), Code::Missing, "{tool}");
    }
    assert_eq!(bench.left("vms"), Vec::<String>::new());
}

#[tokio::test]
async fn one_vm_exec_does_not_end_another() {
    let bench = bench();
    let id = bench.started().await;
    let (scope, heard) = listening();
    let canceled = scope.canceled.clone();
    let first = bench.call_in("vm_exec", json!({"vm_id": id, "command": "echo on; sleep 600"}), scope);
    let second = async {
        heard.notified().await;
        let refused = bench.call("vm_exec", json!({"vm_id": id, "command": "true"})).await.unwrap_err();
        canceled.cancel();
        refused
    };
    let (first, refused) = tokio::join!(first, second);
    assert_eq!((first.unwrap_err().code, refused.code), (Code::Canceled, Code::Conflict));
    assert_eq!(bench.left("vms"), Vec::<String>::new());
}

#[tokio::test]
async fn results_tell_how_a_command_ended() {
    let bench = bench();
    let ran = bench.run("echo out; echo err >&2; kill -9 $$").await;
    assert_eq!((&ran["exit_reason"], &ran["exit_code"]), (&json!("signaled"), &json!(137)));
    assert_eq!((&ran["stdout"], &ran["stderr"]), (&json!("out\n"), &json!("err\n")));
    let slow = json!({"environment": "debian:12", "command": "trap '' TERM; echo before; sleep 60 & wait; sleep 60", "timeout_seconds": 1});
    let ran = bench.call("vm_run", slow).await.unwrap();
    assert_eq!(
        (&ran["exit_reason"], &ran["exit_code"], &ran["stdout"]),
        (&json!("timed_out"), &json!(124), &json!("before\n"))
    );
    let ran = bench.run(r"printf 'a\377b'; printf '\033[31mred\033[0m\tcell'").await;
    assert_eq!(ran["stdout"], "a\u{fffd}bred\tcell");
}

#[tokio::test]
async fn a_background_child_does_not_hold_the_call() {
    let bench = bench();
    let ran = tokio::time::timeout(Duration::from_secs(20), bench.run("sleep 600 & echo $!")).await.unwrap();
    let child: i32 = ran["stdout"].as_str().unwrap().trim().parse().unwrap();
    // It outlived its command; a machine would have ended it, this one leaves that to us.
    kill(Pid::from_raw(child), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn a_hundred_megabytes_become_head_tail_and_true_counts() {
    let command = "head -c 100000000 /dev/zero | tr '\\0' x; echo end";
    let ran = bench()
        .call("vm_run", json!({"environment": "debian:12", "command": command, "output_bytes": 1000}))
        .await
        .unwrap();
    assert_eq!((&ran["stdout_bytes"], &ran["truncated"]), (&json!(100_000_004), &json!(true)));
    let text = ran["stdout"].as_str().unwrap();
    assert!(text.len() < 1100 && text.starts_with("xxx") && text.ends_with("xend\n"), "{} bytes", text.len());
    assert!(text.contains("[... 99999004 bytes left out ...]"), "{text}");
}

#[tokio::test]
async fn canceled_and_dropped_calls_leave_nothing() {
    for drop_it in [false, true] {
        let bench = bench();
        let (scope, heard) = listening();
        let canceled = scope.canceled.clone();
        let mut call = Box::pin(bench.call_in(
            "vm_run",
            json!({"environment": "debian:12", "command": "echo on; sleep 600"}),
            scope,
        ));
        tokio::select! {
            _ = &mut call => panic!("it ended by itself"),
            () = heard.notified() => {}
        }
        let machine = bench.fake.last();
        if drop_it {
            drop(call);
        } else {
            canceled.cancel();
            assert_eq!(call.await.unwrap_err().code, Code::Canceled);
        }
        let ended = tokio::time::timeout(Duration::from_secs(5), pyro_mcp::vm::Machine::ended(&machine));
        assert_eq!(ended.await.unwrap().cause, Cause::VmmKilled);
        bench.left_empty("vms").await;
    }
}

#[tokio::test]
async fn a_broken_link_loses_neither_command_nor_output() {
    let bench = bench();
    let (scope, heard) = listening();
    let command = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done";
    let call = bench.call_in("vm_run", json!({"environment": "debian:12", "command": command}), scope);
    let cruel = async {
        for _ in 0..3 {
            heard.notified().await;
            bench.fake.last().cut();
        }
    };
    let (ran, ()) = tokio::join!(call, cruel);
    assert_eq!(ran.unwrap()["stdout"], "1\n2\n3\n4\n5\n6\n");
}

#[tokio::test]
async fn a_dying_machine_is_told_with_its_cause_and_what_came_before() {
    let bench = bench();
    let (scope, heard) = listening();
    let call = bench.call_in("vm_run", json!({"environment": "debian:12", "command": "echo before; sleep 600"}), scope);
    let cruel = async {
        heard.notified().await;
        bench.fake.last().die(Death::new(Cause::KernelPanic, "the guest's kernel panicked: test"));
    };
    let (ran, ()) = tokio::join!(call, cruel);
    let ran = ran.unwrap();
    assert_eq!(
        (&ran["exit_reason"], &ran["exit_code"], &ran["stdout"]),
        (&json!("vm_died"), &json!(125), &json!("before\n"))
    );
    assert_eq!(ran["detail"], "the guest's kernel panicked: test");
    assert_eq!(bench.left("vms"), Vec::<String>::new());
}

#[tokio::test]
async fn a_machine_that_died_is_stopped_and_starts_again() {
    let bench = bench();
    let id = bench.started().await;
    let machine = bench.fake.last();
    machine.die(Death::new(Cause::VmmKilled, "the VMM was killed by SIGKILL (9)"));
    let status = async {
        loop {
            let vm = bench.call("vm_status", json!({"vm_id": id})).await.unwrap();
            if vm["state"] == "stopped" {
                break vm;
            }
        }
    };
    let vm = tokio::time::timeout(Duration::from_secs(5), status).await.unwrap();
    assert_eq!(vm["ended"], json!({"cause": "vmm_killed", "detail": "the VMM was killed by SIGKILL (9)"}));
    assert_eq!(bench.call("vm_start", json!({"vm_id": id})).await.unwrap()["state"], "started");
    assert_eq!(bench.call("vm_delete", json!({"vm_id": id})).await.unwrap()["deleted"], true);
}

#[tokio::test]
async fn memory_is_a_stated_limit() {
    let bench = bench_with(1500);
    let first = bench.started().await;
    let second = bench.call("vm_create", json!({"environment": "debian:12"})).await.unwrap();
    let refused = bench.call("vm_start", json!({"vm_id": second["vm_id"]})).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (Code::Limit, "1024 MiB do not fit: running machines claim 1024 of 1500 MiB")
    );
    bench.call("vm_delete", json!({"vm_id": first})).await.unwrap();
    assert_eq!(bench.call("vm_start", json!({"vm_id": second["vm_id"]})).await.unwrap()["state"], "started");
}

#[tokio::test]
async fn idle_machines_vanish() {
    let bench = bench();
    let new = NewVm {
        environment: "debian:12".into(),
        vcpu_count: 1,
        mem_mib: 256,
        ttl_seconds: 1,
        allow_host_compat: false,
        network: false,
    };
    let idle = bench.services.vms.create(new.clone()).await.unwrap();
    bench.services.vms.start(&idle.vm_id, false, None).await.unwrap();
    bench.left_empty("vms").await;
    let never_started = bench.services.vms.create(NewVm { ttl_seconds: 0, ..new }).await;
    assert_eq!(never_started.unwrap_err().code, Code::Missing, "its time was over at once");
    assert_eq!(bench.call("vm_reap_expired", json!({})).await.unwrap()["count"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_neither_collide_nor_exceed() {
    let bench = Arc::new(bench_with(20 * 1024));
    let runs = (0..32).map(|number| {
        let bench = bench.clone();
        tokio::spawn(async move {
            let input = json!({"environment": "debian:12", "command": format!("echo {number}"), "mem_mib": 2048});
            (number, bench.call("vm_run", input).await)
        })
    });
    let mut refused = 0;
    for run in runs.collect::<Vec<_>>() {
        match run.await.unwrap() {
            (number, Ok(ran)) => assert_eq!(ran["stdout"], format!("{number}\n")),
            (_, Err(failure)) => {
                assert_eq!(failure.code, Code::Limit, "{failure}");
                refused += 1;
            }
        }
    }
    assert!(refused < 32, "some ran");
    assert_eq!(bench.left("vms"), Vec::<String>::new());
}

#[tokio::test]
async fn a_torn_record_is_reported_for_itself_alone_and_can_be_deleted() {
    let bench = bench();
    let (torn, whole) = (bench.started().await, bench.started().await);
    std::fs::write(bench.dirs.home.join("vms").join(&torn).join("vm.json"), "{").unwrap();
    assert_eq!(bench.call("vm_status", json!({"vm_id": torn})).await.unwrap_err().code, Code::Conflict);
    assert_eq!(bench.call("vm_status", json!({"vm_id": whole})).await.unwrap()["state"], "started");
    assert_eq!(bench.call("vm_delete", json!({"vm_id": torn})).await.unwrap()["deleted"], true);
}

#[tokio::test]
async fn a_machine_has_a_network_where_that_was_asked_for() {
    let bench = bench();
    for wanted in [false, true] {
        let made = bench.call("vm_create", json!({"environment": "debian:12", "network": wanted})).await.unwrap();
        let id = made["vm_id"].clone();
        bench.call("vm_start", json!({"vm_id": id})).await.unwrap();
        let status = bench.call("vm_status", json!({"vm_id": id})).await.unwrap();
        assert_eq!(made["network_enabled"], wanted, "{made}");
        let ran = bench.call("vm_exec", json!({"vm_id": id, "command": "echo ${https_proxy:-none}"})).await.unwrap();
        let proxy = ran["stdout"].as_str().unwrap();
        assert_eq!(proxy.starts_with("http://127.0.0.1:"), wanted, "{status} {proxy}");
    }
}
