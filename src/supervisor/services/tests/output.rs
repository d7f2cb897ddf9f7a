//! What services say and what is written down of them.

use pyro_protocol::{
    exec::{ExecEnded, ExitReason},
    frame::Stream,
};

use crate::{
    ids::ServiceName,
    supervisor::{
        services::{
            Restart, ServiceRecord, ServiceState, Services, StopReason,
            output::Output,
            record,
            state::{Life, Plan},
        },
        wire,
    },
};

fn name(text: &str) -> ServiceName {
    text.parse().unwrap()
}

fn running(text: &str) -> ServiceRecord {
    ServiceRecord {
        version: 1,
        name: name(text),
        command: "serve".into(),
        cwd: "/workspace".into(),
        readiness: None,
        restart: Restart::Never,
        facts: Life::new(Plan { ready_within: None, restart: Restart::Never }, 5).facts,
        published_ports: vec![],
        egress_denied: vec![],
        stdout_bytes: 0,
        stderr_bytes: 0,
        lost_bytes: 0,
    }
}

#[test]
fn starts_follow_each_other_in_one_stream() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = running("web");
    let mut output = Output::create(dir.path(), &record.name).unwrap();
    output.write(Stream::Stdout, 0, b"one ");
    output.ended(&ExecEnded { stdout_bytes: 6, ..ExecEnded::new(ExitReason::Exited, 1) });
    output.write(Stream::Stdout, 0, b"two");
    output.write(Stream::Stderr, 0, b"oh");
    output.count(&mut record);
    assert_eq!((record.stdout_bytes, record.stderr_bytes, record.lost_bytes), (9, 2, 2 + 2));
    let stored = record.stored(dir.path(), Stream::Stdout);
    assert_eq!(stored.read(0, 100).unwrap(), (0, b"one \0\0two".to_vec()));
    Output::create(dir.path(), &record.name).unwrap().count(&mut record);
    assert_eq!(record.stdout_bytes, 0);
    assert_eq!(record.stored(dir.path(), Stream::Stdout).read(0, 100).unwrap(), (0, vec![]), "begun anew");
}

#[test]
fn a_guest_that_lies_about_offsets_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = running("web");
    let mut output = Output::create(dir.path(), &record.name).unwrap();
    for _ in 0..3 {
        output.write(Stream::Stdout, u64::MAX / 2, b"far");
        output.write(Stream::Stderr, u64::MAX - 1, b"far");
        output.ended(&ExecEnded { stdout_bytes: u64::MAX, ..ExecEnded::new(ExitReason::Exited, 1) });
    }
    output.count(&mut record);
    assert_eq!((record.stdout_bytes, record.lost_bytes), (u64::MAX, u64::MAX));
    let kept = std::fs::metadata(dir.path().join("web.out")).unwrap().len();
    assert!(kept <= crate::limits::OUTPUT_HEAD_BYTES + crate::limits::OUTPUT_TAIL_BYTES, "{kept}");
}

#[test]
fn records_are_found_by_name_and_a_later_pyros_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for text in ["web", "a.json", "web.out"] {
        running(text).save(dir.path()).unwrap();
        Output::create(dir.path(), &name(text)).unwrap();
    }
    std::fs::write(dir.path().join(".hidden.json"), "{}").unwrap();
    let names: Vec<String> = record::names(dir.path()).into_iter().map(String::from).collect();
    assert_eq!(names, ["a.json", "web", "web.out"]);
    let record = record::read(dir.path(), &name("web")).unwrap().unwrap();
    assert_eq!(record, running("web"));
    assert_eq!(record::read(dir.path(), &name("other")).unwrap(), None);
    ServiceRecord { version: 2, ..record }.save(dir.path()).unwrap();
    assert!(record::read(dir.path(), &name("web")).unwrap_err().to_string().contains("version 2"));
}

#[test]
fn what_a_dead_supervisor_kept_reads_as_ended_with_its_machine() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(record::FOLDER);
    std::fs::create_dir(&folder).unwrap();
    running("web").save(&folder).unwrap();
    std::fs::write(folder.join("web.out"), "ready\n").unwrap();
    Services::open(home.path());
    let record = record::read(&folder, &name("web")).unwrap().unwrap();
    assert_eq!((record.facts.state, record.facts.stop_reason), (ServiceState::Failed, Some(StopReason::VmDied)));
    assert!(record.facts.detail.unwrap().contains("supervisor was killed"));
    assert_eq!((record.stdout_bytes, record.facts.ended_at_ms), (6, None));

    running("web").save(&folder).unwrap();
    let ended = r#"{"death": {"cause": "stopped", "detail": "it was stopped"}, "ended_at": 7}"#;
    std::fs::write(home.path().join(wire::ENDED), ended).unwrap();
    Services::open(home.path());
    let facts = record::read(&folder, &name("web")).unwrap().unwrap().facts;
    assert_eq!((facts.state, facts.stop_reason), (ServiceState::Stopped, Some(StopReason::WorkspaceStopped)));
    assert_eq!((facts.detail.as_deref(), facts.ended_at_ms), (Some("it was stopped"), Some(7000)));
    Services::open(home.path());
    assert_eq!(record::read(&folder, &name("web")).unwrap().unwrap().facts, facts, "once is enough");
}
