//! Which command a dial belongs to.

use pyro_protocol::{
    GuestErrorCode,
    exec::{ExecRequest, TerminalSize},
    frame::Event,
    network::DialOwner,
};
use tokio::net::TcpStream;

use super::{Guest, finish, next, proxy, refused, request};

/// Runs a command that dials; answers its number and the one that the agent tells as the dial's owner.
async fn told(guest: &Guest, asked: &ExecRequest) -> (Option<u64>, Option<u64>) {
    let mut dials = guest.link.dials().await.unwrap();
    let mut events = guest.link.exec(asked).await.unwrap();
    let Some(Event::Started(started)) = events.next().await.unwrap() else { panic!("not started") };
    let dial = next(&mut dials).await.unwrap();
    let asked = guest.link.dial_owner(dial).await.unwrap();
    let _tunnel = guest.link.take_dial(dial).await.unwrap();
    assert_eq!(guest.link.dial_owner(dial).await.unwrap(), asked);
    guest.link.exec_cancel(started.exec).await.unwrap();
    finish(events).await;
    (Some(started.exec), asked.exec)
}

#[tokio::test]
async fn it_is_told_of_every_kind_of_command() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    let dial = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; sleep 20");
    guest.run("true").await;
    let terminal = Some(TerminalSize { cols: 80, rows: 24 });
    let in_bash = |script: &str| request(&format!("exec bash -c '{script}'"));
    let kinds = [
        in_bash(&dial),
        in_bash(&format!("({dial}) & sleep 20")),
        in_bash(&format!("set -m; ({dial}) & sleep 20")),
        in_bash(&format!("setsid bash -c \"{dial}\" & sleep 20")),
        ExecRequest { terminal, ..in_bash(&dial) },
        ExecRequest { terminal, ..in_bash(&format!("set -m; ({dial}) & sleep 20")) },
        ExecRequest { contained: true, ..in_bash(&dial) },
    ];
    for kind in kinds {
        let (exec, told) = told(&guest, &kind).await;
        assert_eq!(told, exec, "{kind:?}");
    }
}

#[tokio::test]
async fn a_child_left_behind_is_still_its_commands() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    let mut dials = guest.link.dials().await.unwrap();
    let script = format!("read x; exec 3<>/dev/tcp/127.0.0.1/{port}; read x");
    let fifo = guest.workspace("go");
    let command = format!("mkfifo go; exec bash -c '({script}) <>go >/dev/null 2>&1 & echo $!'");
    let mut events = guest.link.exec(&request(&command)).await.unwrap();
    let Some(Event::Started(started)) = events.next().await.unwrap() else { panic!("not started") };
    let child = finish(events).await.stdout;
    tokio::fs::write(&fifo, "\n").await.unwrap();
    let dial = next(&mut dials).await.unwrap();
    assert_eq!(guest.link.dial_owner(dial).await.unwrap().exec, Some(started.exec));
    guest.run(&format!("kill {}", String::from_utf8(child).unwrap())).await;
}

#[tokio::test]
async fn what_no_command_opened_is_nobodys() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    let mut dials = guest.link.dials().await.unwrap();
    let program = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let dial = next(&mut dials).await.unwrap();
    assert_eq!(guest.link.dial_owner(dial).await.unwrap(), DialOwner { exec: None });
    drop(program);
    assert_eq!(guest.link.dial_owner(dial).await.unwrap(), DialOwner { exec: None });
    assert_eq!(refused(guest.link.dial_owner(dial + 1).await), GuestErrorCode::Missing);
}
