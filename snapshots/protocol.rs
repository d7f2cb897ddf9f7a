//! The guest protocol of this generation, as accepted: every route, every type's JSON, and the bytes around them.

use bytes::BytesMut;
use pyro_protocol::{
    GENERATION, GuestError, GuestErrorCode,
    control::{Health, Shutdown, Wake},
    exec::{
        Condition, ExecEnded, ExecRequest, ExecSignal, ExecStarted, ExitReason, Signaled, Stdin, TerminalSize, Typed,
    },
    file::{self, FileWritten, TarUnpacked},
    frame::{self, Event, Stream},
    network::{self, Denied, DialOwner, Furnished, Furnishing, Rule},
    preamble,
    probe::{Probe, Probed},
    route,
    tree::{self, Applied, ApplyRequest, Entry, Expected, Kind, Record},
};
use serde_json::{Value, json};

use crate::golden;

fn samples() -> Value {
    let ended = |reason| ExecEnded {
        signal: Some(9),
        duration_ms: 1200,
        stdout_bytes: 5,
        conditions: vec![Condition::DiskFull, Condition::MemoryLow],
        detail: Some("why".into()),
        forced: true,
        left_behind: 2,
        ..ExecEnded::new(reason, 137)
    };
    let reasons = [
        ExitReason::Exited,
        ExitReason::Signaled,
        ExitReason::TimedOut,
        ExitReason::OomKilled,
        ExitReason::Canceled,
        ExitReason::VmDied,
    ];
    let codes = [
        GuestErrorCode::Invalid,
        GuestErrorCode::Missing,
        GuestErrorCode::Conflict,
        GuestErrorCode::Denied,
        GuestErrorCode::Limit,
        GuestErrorCode::Internal,
    ];
    let denied = |rule| Denied {
        at_ms: 1,
        host: "example.org".into(),
        port: 443,
        rule,
        allow: Some("example.org".into()),
        count: 2,
    };
    let request = ExecRequest {
        command: "true".into(),
        cwd: Some("/tmp".into()),
        env: [("A".to_owned(), "1".to_owned())].into(),
        stdin: Stdin::Stream,
        timeout_ms: Some(30_000),
        terminal: Some(TerminalSize { cols: 120, rows: 30 }),
        contained: true,
        grace_ms: Some(5000),
    };
    let probes = [
        Probe::File { path: "up".into() },
        Probe::Tcp { address: "127.0.0.1:80".into() },
        Probe::Http { url: "http://127.0.0.1/".into() },
        Probe::Command {
            command: "true".into(),
            cwd: Some("/tmp".into()),
            env: [("A".to_owned(), "1".to_owned())].into(),
        },
    ];
    let health = Health {
        generation: GENERATION,
        version: "4.0.0".into(),
        boot_id: "id".into(),
        kernel: "6.1".into(),
        uptime_ms: 1,
        clock_unix_ns: 2,
        memory_total_bytes: 3,
        memory_available_bytes: 4,
        disk_free_bytes: 5,
        execs_running: 6,
    };
    let entry = Entry {
        path: "a/b".into(),
        kind: Kind::Symlink,
        mode: 0o777,
        size: 0,
        mtime_ns: -1,
        ctime_ns: 2,
        inode: 3,
        target: "c".into(),
        unreadable: true,
    };
    let record = |record: &Record| {
        let mut bytes = BytesMut::new();
        tree::encode(record, &mut bytes);
        hex(&bytes)
    };
    json!({
        "generation": GENERATION,
        "routes": [
            route::HEALTH, route::WAKE, route::SYNC, route::SHUTDOWN, route::EXEC, route::EXEC_ONE, route::EXEC_STDIN,
            route::EXEC_TYPE, route::EXEC_RESIZE, route::EXEC_SIGNAL, route::EXEC_CANCEL, route::PROBE, route::FILE,
            route::TAR, route::WALK, route::APPLY, route::FREEZE, route::FURNISH, route::CONNECT, route::DIALS,
            route::DIAL_ONE, route::DIAL_OWNER,
        ],
        "errors": codes.map(|code| json!({"status": code.status(), "body": GuestError::new(code, "why")})),
        "exec_request": request,
        "exec_started": ExecStarted { exec: 1, pid: 2, pgid: 3 },
        "exec_ended": reasons.map(ended),
        "exec_signal": ExecSignal { signal: 2 },
        "exec_signaled": Signaled { pgid: 3 },
        "exec_typed": Typed { bytes: 4 },
        "probes": probes,
        "probed": Probed { ready: false, detail: "status 503".into() },
        "health": health,
        "wake": Wake { entropy: "AA==".into(), clock_unix_ns: 1, hostname: "vm-abcdefgh2345".into(), renewed: false },
        "shutdown": Shutdown { grace_ms: 1000 },
        "file_written": FileWritten { bytes: 1, created: true, mode: 0o644 },
        "tar_unpacked": TarUnpacked { entries: 1, bytes: 2, skipped: vec!["fifo".into()] },
        "apply_request": ApplyRequest {
            delete: vec!["old".into()],
            expect: vec![
                Expected { path: "a".into(), sha256: Some("00".into()) },
                Expected { path: "b".into(), sha256: None },
            ],
        },
        "applied": Applied { entries: 1, bytes: 2, replaced: 3, deleted: 4, skipped: vec!["fifo".into()] },
        "walk": [record(&Record::Entry(entry)), record(&Record::End(258))],
        "furnishing": Furnishing {
            secrets: [("TOKEN".to_owned(), "AA==".to_owned())].into(),
            ca_certificates: "PEM".into(),
            proxy: true,
        },
        "furnished": Furnished { proxy_port: Some(network::PROXY_PORT), ca_bundle: true, ca_problem: Some("certificates cannot be added".into()) },
        "dial_owner": DialOwner { exec: Some(1) },
        "denied": Rule::ALL.map(denied),
        "network_places": [network::SECRETS_FOLDER, network::CA_BUNDLE],
        "file_headers": [
            file::OFFSET_HEADER, file::LINE_HEADER, file::CUT_HEADER, file::MODE_HEADER, file::SIZE_HEADER,
            file::SKIPPED_HEADER,
        ],
        "queries": [
            file::PATH, file::MODE, file::OFFSET, file::LENGTH, file::LINE, file::LINES, file::CREATE_ONLY, file::EXPECT,
            tree::DEPTH, tree::EXCLUDE_GIT, tree::AFTER, network::PORT,
        ],
        "frames": [
            hex(&frame::encode(&Event::Output { stream: Stream::Stdout, offset: 258, bytes: b"out".as_slice().into() })),
            hex(&frame::encode(&Event::Output { stream: Stream::Stderr, offset: 0, bytes: b"err".as_slice().into() })),
            hex(&frame::encode(&Event::Started(ExecStarted { exec: 1, pid: 2, pgid: 3 }))),
        ],
        "sync_mark_after_padding": hex(&preamble::sync(&[7; 16])[preamble::PAD_BYTES..]),
        "padding_bytes": preamble::PAD_BYTES,
        "ack_mark": hex(&preamble::ack(&[7; 16])),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_guest_protocol_is_as_accepted() {
    let text = serde_json::to_string_pretty(&samples()).unwrap();
    golden::snap("protocol", &format!("gen-{GENERATION}"), &text);
}

#[test]
fn an_older_peers_shortest_forms_are_understood() {
    let request: ExecRequest = serde_json::from_value(json!({"command": "true"})).unwrap();
    assert!(request.terminal.is_none() && !request.contained && request.grace_ms.is_none());
    assert_eq!((request.cwd, request.env.len(), request.stdin, request.timeout_ms), (None, 0, Stdin::Null, None));
    let short = json!({"reason": "exited", "exit_code": 0, "duration_ms": 1, "stdout_bytes": 0, "stderr_bytes": 0});
    let ended: ExecEnded = serde_json::from_value(short).unwrap();
    assert_eq!((ended.signal, ended.conditions, ended.detail), (None, vec![], None));
    assert!(!ended.forced && ended.left_behind == 0);
    assert_eq!(serde_json::from_value::<Signaled>(json!({})).unwrap().pgid, 0);
    assert_eq!(serde_json::from_value::<Furnishing>(json!({})).unwrap(), Furnishing::default());
    assert_eq!(serde_json::from_value::<Furnished>(json!({})).unwrap(), Furnished::default());
    assert_eq!(serde_json::from_value::<DialOwner>(json!({})).unwrap(), DialOwner::default());
}
