//! Connections that programs open to the proxy.

use std::time::{Duration, Instant};

use pyro_protocol::{
    GuestErrorCode,
    network::{DIAL_PATIENCE_MS, DIALS_MAX, Furnishing},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use super::{Guest, connect, is_reset, next, passes, proxy, refused};
use crate::link::tests::DEADLINE;

#[tokio::test]
async fn a_dial_is_taken_up_once() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    assert_eq!(proxy(&guest).await, port);
    let mut dials = guest.link.dials().await.unwrap();
    let mut program = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    program.write_all(b"CONNECT").await.unwrap();
    let dial = next(&mut dials).await.unwrap();
    let mut tunnel = guest.link.take_dial(dial).await.unwrap();
    let mut heard = [0; 7];
    tunnel.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"CONNECT");
    passes(&mut tunnel, &mut program, b"established").await;
    assert_eq!(refused(guest.link.take_dial(dial).await), GuestErrorCode::Missing);
    assert_eq!(refused(guest.link.take_dial(dial + 1).await), GuestErrorCode::Missing);
    drop(tunnel);
    is_reset(program).await;
    let gone = async { while guest.link.dial_owner(dial).await.is_ok() {} };
    timeout(DEADLINE, gone).await.unwrap();
}

#[tokio::test]
async fn one_that_nobody_takes_up_is_closed() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    let begun = Instant::now();
    let mut program = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // Who listens later hears of it all the same.
    let dial = next(&mut guest.link.dials().await.unwrap()).await.unwrap();
    assert_eq!(timeout(DEADLINE, program.read(&mut [0])).await.unwrap().unwrap(), 0);
    assert!(begun.elapsed() >= Duration::from_millis(DIAL_PATIENCE_MS));
    assert_eq!(refused(guest.link.take_dial(dial).await), GuestErrorCode::Missing);
}

#[tokio::test]
async fn a_later_listener_takes_over() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    let mut first = guest.link.dials().await.unwrap();
    let _waiting = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let waiting = next(&mut first).await.unwrap();
    let link = connect(guest.agent.clone()).await;
    let mut second = link.dials().await.unwrap();
    assert_eq!(next(&mut first).await, None);
    assert_eq!(next(&mut second).await, Some(waiting));
    let _another = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let another = next(&mut second).await.unwrap();
    assert!(another > waiting);
    link.take_dial(another).await.unwrap();
}

#[tokio::test]
async fn no_proxy_is_no_port() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    let mut dials = guest.link.dials().await.unwrap();
    let mut waiting = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut taken = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    next(&mut dials).await.unwrap();
    let mut tunnel = guest.link.take_dial(next(&mut dials).await.unwrap()).await.unwrap();
    let without = guest.link.furnish(&Furnishing::default()).await.unwrap();
    assert_eq!(without.proxy_port, None);
    assert_eq!(waiting.read(&mut [0]).await.unwrap(), 0);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    passes(&mut tunnel, &mut taken, b"goes on").await;
    let port = proxy(&guest).await;
    let _again = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    next(&mut dials).await.unwrap();
}

#[tokio::test]
async fn a_thousand_at_once_wait_while_commands_run() {
    let guest = Guest::start().await;
    let port = proxy(&guest).await;
    let mut programs = JoinSet::new();
    for _ in 0..1000 {
        programs.spawn(async move {
            let mut program = TcpStream::connect(("127.0.0.1", port)).await?;
            program.write_all(b"?").await?;
            program.read_u8().await
        });
    }
    assert_eq!(guest.run("echo still here").await.stdout, b"still here\n");
    let mut dials = guest.link.dials().await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < DIALS_MAX {
        seen.push(next(&mut dials).await.unwrap());
    }
    // All seats are taken: nobody else is told before one is free.
    assert!(timeout(Duration::from_millis(200), dials.next()).await.is_err());
    assert_eq!(guest.run("echo still here").await.stdout, b"still here\n");
    let link = guest.link.clone();
    let host = tokio::spawn(async move {
        loop {
            let dial = match seen.pop() {
                Some(dial) => dial,
                None => dials.next().await.unwrap().unwrap(),
            };
            // One whose program has given up may be gone.
            let Ok(mut tunnel) = link.take_dial(dial).await else { continue };
            tokio::spawn(async move {
                tunnel.read_u8().await.unwrap();
                tunnel.write_all(b"!").await.unwrap();
                tunnel.shutdown().await.unwrap();
                assert_eq!(tunnel.read(&mut [0]).await.unwrap(), 0);
            });
        }
    });
    let mut answered = 0;
    while let Some(program) = timeout(DEADLINE * 3, programs.join_next()).await.unwrap() {
        assert_eq!(program.unwrap().unwrap(), b'!');
        answered += 1;
    }
    assert_eq!(answered, 1000);
    host.abort();
}
