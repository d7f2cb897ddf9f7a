//! Shells at their limits: floods, waits without end, hostile output, tiny terminals, too many.

use std::time::{Duration, Instant};

use pyro_mcp::Code;
use serde_json::json;

use super::shells::Seat;
use crate::bench::bench;

#[tokio::test]
async fn waiting_for_a_pause_has_an_end_of_its_own() {
    let bench = bench();
    let seat = Seat::open(&bench).await;
    seat.call("workspace_shell_write", json!({"input": "while sleep 0.02; do echo tick; done"})).await;
    let begun = Instant::now();
    let read = json!({"plain": true, "wait_for_idle_ms": 5000, "wait_seconds": 1});
    let page = seat.call("workspace_shell_read", read).await;
    assert_eq!((&page["idle"], &page["state"]), (&json!(false), &json!("running")));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(page["output"].as_str().unwrap().contains("\ntick\n"));
}

#[tokio::test]
async fn a_flood_is_bounded_and_what_is_dropped_is_told() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    seat.line("seq 1 1000000", "$ ").await;
    let page = seat.raw(0, 1000).await;
    let (cursor, dropped) = (page["cursor"].as_u64().unwrap(), page["dropped_bytes"].as_u64().unwrap());
    assert!(cursor > 4_000_000 && cursor == dropped, "{page}");
    assert_eq!((&page["next_cursor"], &page["truncated"]), (&json!(cursor + 1000), &json!(true)));
    let plain = seat.call("workspace_shell_read", json!({"plain": true, "max_chars": 1000})).await;
    assert!(plain["dropped_bytes"].as_u64().unwrap() > 4_000_000 && plain["truncated"] == true, "{plain}");
    // What is kept is whole lines that follow each other, to the last.
    let (mut text, mut at) = (String::new(), 0);
    loop {
        let page = seat.call("workspace_shell_read", json!({"plain": true, "cursor": at, "max_chars": 60_000})).await;
        text.push_str(page["output"].as_str().unwrap());
        at = page["next_cursor"].as_u64().unwrap();
        if page["truncated"] == false {
            break;
        }
    }
    let numbers: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(numbers.len() > 9000 && numbers.windows(2).all(|two| two[1] == two[0] + 1), "{}", numbers.len());
    assert_eq!(numbers.last(), Some(&1_000_000));
}

#[tokio::test]
async fn hostile_output_is_text_in_a_plain_read() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    let hostile = r#"printf '\033]52;c;ZXZpbA==\007\033]8;;http://evil\033\\link\033]8;;\033\\ \342\200\256hidden\342\200\213 {"isError":true}\033[31m red\033[0m\n'"#;
    let told = seat.line(hostile, "$ ").await;
    assert!(told.contains("link hidden {\"isError\":true} red\n"), "{told:?}");
    let control = |char: char| char.is_control() && char != '\n';
    assert!(!told.contains(control) && !told.contains(['\u{202e}', '\u{200b}']), "{told:?}");
}

#[tokio::test]
async fn the_smallest_terminal_works() {
    let bench = bench();
    let id = bench.workspace().await;
    let opened = bench.ok("workspace_shell_open", json!({"workspace_id": id, "cols": 1, "rows": 1})).await;
    let shell = opened["shell_id"].clone();
    let write = json!({"workspace_id": id, "shell_id": shell, "input": "echo ab; exit"});
    bench.ok("workspace_shell_write", write).await;
    let read = json!({"workspace_id": id, "shell_id": shell, "plain": true, "wait_for_idle_ms": 5000});
    let page = bench.ok("workspace_shell_read", read).await;
    assert_eq!((&page["state"], &page["cols"], &page["rows"]), (&json!("stopped"), &json!(1), &json!(1)));
    let raw = bench.ok("workspace_shell_read", json!({"workspace_id": id, "shell_id": shell})).await;
    assert!(raw["output"].as_str().unwrap().contains("ab"), "{raw}");
    for side in ["cols", "rows"] {
        for wrong in [0, 501] {
            let refused = bench.refused("workspace_shell_open", json!({"workspace_id": id, side: wrong})).await;
            assert_eq!(refused.code, Code::Invalid, "{side} {wrong}");
        }
    }
}

#[tokio::test]
async fn too_many_are_refused_and_ended_ones_make_room() {
    let bench = bench();
    let id = bench.workspace().await;
    let mut last = json!(null);
    for _ in 0..16 {
        last = bench.ok("workspace_shell_open", json!({"workspace_id": id})).await["shell_id"].clone();
    }
    let refused = bench.refused("workspace_shell_open", json!({"workspace_id": id})).await;
    assert!(refused.code == Code::Limit && refused.message.contains("16 shells"), "{refused}");
    bench.ok("workspace_shell_write", json!({"workspace_id": id, "shell_id": last, "input": "exit"})).await;
    let read = json!({"workspace_id": id, "shell_id": last, "wait_for_idle_ms": 10_000});
    while bench.ok("workspace_shell_read", read.clone()).await["state"] != "stopped" {}
    bench.ok("workspace_shell_open", json!({"workspace_id": id})).await;
    assert_eq!(bench.refused("workspace_shell_read", read).await.code, Code::Missing);
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let bench = bench();
    let id = bench.workspace().await;
    let nowhere = bench.refused("workspace_shell_open", json!({"workspace_id": id, "cwd": "/nowhere"})).await;
    assert!(nowhere.code == Code::Missing && nowhere.message.contains("/nowhere"), "{nowhere}");
    for (tool, shell) in [("workspace_shell_read", "sh-abcdefgh2345"), ("workspace_shell_close", "sh-abcdefgh2345")] {
        let refused = bench.refused(tool, json!({"workspace_id": id, "shell_id": shell})).await;
        assert!(refused.code == Code::Missing && refused.message.contains(shell), "{refused}");
    }
    let wrong = bench.refused("workspace_shell_read", json!({"workspace_id": id, "shell_id": "../../x"})).await;
    assert_eq!(wrong.code, Code::Invalid);
    let bounds =
        [("cursor", json!(-1)), ("max_chars", json!(0)), ("wait_for_idle_ms", json!(0)), ("wait_seconds", json!(0))];
    for (name, value) in bounds {
        let input = json!({"workspace_id": id, "shell_id": "sh-abcdefgh2345", name: value});
        assert_eq!(bench.refused("workspace_shell_read", input).await.code, Code::Invalid, "{name}");
    }
}

#[tokio::test]
async fn many_opened_at_once_keep_to_the_limit_and_a_failed_one_costs_no_other() {
    let bench = bench();
    let id = bench.workspace().await;
    let open = json!({"workspace_id": id});
    let opened =
        futures_util::future::join_all((0..24).map(|_| bench.call("workspace_shell_open", open.clone()))).await;
    let refused: Vec<_> = opened.iter().filter_map(|one| one.as_ref().err()).collect();
    assert!(refused.len() == 8 && refused.iter().all(|one| one.code == Code::Limit), "{refused:?}");
    let shell = opened.iter().flatten().next().unwrap()["shell_id"].clone();
    let ended = json!({"workspace_id": id, "shell_id": shell, "wait_for_idle_ms": 10_000});
    bench.ok("workspace_shell_write", json!({"workspace_id": id, "shell_id": shell, "input": "exit"})).await;
    while bench.ok("workspace_shell_read", ended.clone()).await["state"] != "stopped" {}
    bench.refused("workspace_shell_open", json!({"workspace_id": id, "cwd": "/nowhere"})).await;
    bench.ok("workspace_shell_read", ended).await;
}

#[tokio::test]
async fn a_program_that_asks_its_terminal_for_ever_holds_up_nobody() {
    let bench = bench();
    let mut seat = Seat::open(&bench).await;
    // Nobody reads what is typed back.
    let asks = r"stty raw -echo; for i in $(seq 300); do printf '\033[6n%.0s' $(seq 100); sleep 0.005; done; echo asked; sleep 600";
    seat.call("workspace_shell_write", json!({"input": asks})).await;
    seat.until("asked").await;
    let begun = Instant::now();
    seat.call("workspace_shell_write", json!({"input": "x"})).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_largest_screen_fits_a_result_however_it_was_written() {
    let bench = bench();
    let id = bench.workspace().await;
    let mut seat = Seat::open_in(&bench, &id, json!({"cols": 500, "rows": 500})).await;
    seat.line(r"printf '\n%.0s' $(seq 500)", "$ ").await;
    // The lowest row first, and those above after it: no page can end between them.
    let fills = r#"printf '\033[499A'; printf '"%.0s' $(seq 248000); sleep 600"#;
    let cursor = seat.plain().await["next_cursor"].clone();
    seat.call("workspace_shell_write", json!({"input": fills})).await;
    let status = async || bench.ok("workspace_status", json!({"workspace_id": id})).await;
    while status().await["shells"][0]["written_bytes"].as_u64() < Some(249_000) {}
    let mut page = json!({"next_cursor": cursor, "truncated": true});
    while page["truncated"] == true {
        let read = json!({"plain": true, "cursor": page["next_cursor"]});
        page = seat.call("workspace_shell_read", read).await;
    }
    assert!(page["output"].as_str().unwrap().contains("\"\"\"\"") && page["dropped_bytes"].as_u64() > Some(100_000));
    // The same, drawn.
    let draws = r#"printf '\033[H\033[2J'; printf '"%.0s' $(seq 248000); sleep 600"#;
    seat.call("workspace_shell_signal", json!({})).await;
    seat.call("workspace_shell_write", json!({"input": draws})).await;
    let page = seat.call("workspace_shell_read", json!({"plain": true, "wait_for_idle_ms": 1500})).await;
    assert!(page["screen"].as_str().unwrap().starts_with("\"\"\"\""), "{}", page["screen"]);
}
