//! Sessions that begin, end, and run into each other.

use std::time::Duration;

use pyro_protocol::{
    GENERATION,
    control::{Shutdown, Wake},
    preamble::{self, MARK_BYTES},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{DEADLINE, Guest, Link, LinkError, PIPE_BYTES, connect, finish, first_output, request};

#[tokio::test]
async fn health_and_wake_answer_and_leave_the_host_alone() {
    let guest = Guest::start().await;
    let health = guest.link.health().await.unwrap();
    assert_eq!((health.generation, health.execs_running), (GENERATION, 0));
    assert!(health.memory_total_bytes > 0 && health.disk_free_bytes > 0);
    let wake = Wake { entropy: "A".repeat(43) + "=", clock_unix_ns: 0, hostname: "other".into(), renewed: false };
    let woken = guest.link.wake(&wake).await.unwrap();
    assert!(woken.clock_unix_ns >= health.clock_unix_ns);
    let bad = guest.link.wake(&Wake { entropy: "AAAA".into(), ..wake }).await.unwrap_err();
    assert!(matches!(bad, LinkError::Refused(_)));
    guest.link.sync().await.unwrap();
}

#[tokio::test]
async fn a_session_begins_in_the_middle_of_an_older_ones_frame() {
    let guest = Guest::start().await;
    let (mut host, agent_side) = tokio::io::duplex(PIPE_BYTES);
    tokio::spawn(pyro_guest::serve_sessions(agent_side, guest.agent.clone()));
    host.write_all(&preamble::sync(&[1; 16])).await.unwrap();
    let mut ack = [0; MARK_BYTES];
    host.read_exact(&mut ack).await.unwrap();
    assert_eq!(ack, preamble::ack(&[1; 16]));
    host.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // A frame of 16000 bytes and of a type to be ignored, of which 100 are sent.
    host.write_all(b"\0\x3e\x80\xee\0\0\0\0\0").await.unwrap();
    host.write_all(&[0; 100]).await.unwrap();

    let link = Link::open_guest(Box::new(host), DEADLINE).await.unwrap();
    assert_eq!(link.health().await.unwrap().generation, GENERATION);
}

#[tokio::test]
async fn commands_outlive_their_session() {
    let guest = Guest::start().await;
    let mut events = guest.link.exec(&request("echo one; sleep 0.1; echo two")).await.unwrap();
    let (exec, ..) = first_output(&mut events).await;
    guest.link.close();
    guest.link.closed().await;
    assert_eq!(events.next().await, Err(LinkError::Lost));
    assert_eq!(guest.link.health().await, Err(LinkError::Lost));
    let link = connect(guest.agent.clone()).await;
    let rest = finish(link.exec_resume(exec, 4, 0).await.unwrap()).await;
    assert_eq!(rest.stdout, b"two\n");
}

#[tokio::test]
async fn a_shutdown_is_answered_and_then_ends_everything() {
    let guest = Guest::start().await;
    let mut events = guest.link.exec(&request("echo; sleep 60")).await.unwrap();
    first_output(&mut events).await;
    let ends = async {
        let grace = guest.agent.ending().await;
        guest.agent.stop(grace).await;
        grace
    };
    let (grace, answered) = tokio::join!(ends, guest.link.shutdown(&Shutdown { grace_ms: 3000 }));
    assert_eq!((grace, answered), (Duration::from_secs(3), Ok(())));
    guest.link.closed().await;
}

#[tokio::test]
async fn an_unread_body_blocks_nobody() {
    let guest = Guest::start().await;
    let mut unread = Vec::new();
    for _ in 0..8 {
        unread.push(guest.link.exec(&request("head -c 4000000 /dev/zero")).await.unwrap());
    }
    assert_eq!(guest.run("echo here").await.stdout, b"here\n");
}
