//! Connections to the guest's ports.

use std::time::Duration;

use futures_util::future::join_all;
use pyro_protocol::{GuestErrorCode, network::CONNECTIONS_MAX};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Interest},
    net::TcpListener,
    time::timeout,
};

use super::{Guest, connect, is_reset, listener, passes, refused, tunnel};
use crate::link::tests::DEADLINE;

const MANY_BYTES: usize = 50_000_000;
const STILL: Duration = Duration::from_millis(200);

#[tokio::test]
async fn both_directions_carry_bytes() {
    let guest = Guest::start().await;
    let (mut tunnel, mut program) = tunnel(&guest).await;
    for round in 0..3 {
        passes(&mut tunnel, &mut program, format!("in {round}").as_bytes()).await;
        passes(&mut program, &mut tunnel, format!("out {round}").as_bytes()).await;
    }
}

#[tokio::test]
async fn either_direction_ends_and_the_other_goes_on() {
    let guest = Guest::start().await;
    for host_first in [true, false] {
        let (mut tunnel, mut program) = tunnel(&guest).await;
        let mut rest = Vec::new();
        if host_first {
            tunnel.write_all(b"question").await.unwrap();
            tunnel.shutdown().await.unwrap();
            program.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"question");
            passes(&mut program, &mut tunnel, b"answer").await;
            assert!(timeout(STILL, tunnel.read_u8()).await.is_err());
            drop(program);
            assert_eq!(tunnel.read(&mut [0]).await.unwrap(), 0);
            assert!(tunnel.write_all(b"more").await.is_err());
        } else {
            program.write_all(b"greeting").await.unwrap();
            program.shutdown().await.unwrap();
            tunnel.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"greeting");
            passes(&mut tunnel, &mut program, b"thanks").await;
            assert!(timeout(STILL, program.read_u8()).await.is_err());
            // What was sent before the end arrives, though nobody holds the tunnel any more.
            tunnel.write_all(&vec![7; 1_000_000]).await.unwrap();
            tunnel.shutdown().await.unwrap();
            drop(tunnel);
            rest.clear();
            program.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest.len(), 1_000_000);
        }
    }
}

/// Sends and receives at once; answers the hash of what came.
async fn exchanged(end: impl AsyncRead + AsyncWrite, seed: u8) -> blake3::Hash {
    let (mut reading, mut writing) = tokio::io::split(end);
    let write = async {
        let mut written = 0;
        while written < MANY_BYTES {
            // Pieces of many lengths.
            let length = (MANY_BYTES - written).min(1 + written * 31 % 150_000);
            writing.write_all(&vec![seed ^ (written % 251) as u8; length]).await.unwrap();
            written += length;
        }
        writing.shutdown().await.unwrap();
    };
    let read = async {
        let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; 70_000]);
        loop {
            match reading.read(&mut buffer).await.unwrap() {
                0 => return hasher.finalize(),
                read => {
                    hasher.update(&buffer[..read]);
                }
            }
        }
    };
    tokio::join!(write, read).1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_megabytes_each_way_at_once_are_whole() {
    let guest = Guest::start().await;
    let (tunnel, program) = tunnel(&guest).await;
    let expected = |seed: u8| {
        let (mut hasher, mut written) = (blake3::Hasher::new(), 0);
        while written < MANY_BYTES {
            let length = (MANY_BYTES - written).min(1 + written * 31 % 150_000);
            hasher.update(&vec![seed ^ (written % 251) as u8; length]);
            written += length;
        }
        hasher.finalize()
    };
    let (at_host, at_program) = tokio::join!(exchanged(tunnel, 1), exchanged(program, 2));
    assert!(at_host == expected(2) && at_program == expected(1));
}

#[tokio::test]
async fn where_nobody_listens_it_is_said() {
    let guest = Guest::start().await;
    let (free, port) = listener().await;
    drop(free);
    assert_eq!(refused(guest.link.connect(port).await), GuestErrorCode::Missing);
    assert_eq!(refused(guest.link.connect(0).await), GuestErrorCode::Invalid);
}

#[tokio::test]
async fn a_listener_of_ipv6_alone_is_reached() {
    let guest = Guest::start().await;
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        eprintln!("SKIPPED: this host has no IPv6");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let (tunnel, program) = tokio::join!(guest.link.connect(port), listener.accept());
    passes(tunnel.unwrap(), program.unwrap().0, b"six").await;
}

#[tokio::test]
async fn a_programs_reset_is_one_at_the_host() {
    let guest = Guest::start().await;
    let (mut tunnel, mut program) = tunnel(&guest).await;
    passes(&mut program, &mut tunnel, b"before").await;
    program.set_zero_linger().unwrap();
    drop(program);
    is_reset(&mut tunnel).await;
    assert!(tunnel.write_all(&[0; 1_000_000]).await.is_err());
}

#[tokio::test]
async fn a_dropped_tunnel_is_a_reset_in_the_guest() {
    let guest = Guest::start().await;
    let (mut held, mut program) = tunnel(&guest).await;
    passes(&mut held, &mut program, b"before").await;
    drop(held);
    is_reset(program).await;

    // Also where the program takes nothing, and, once it does, where it has said its last word.
    for last_word in [false, true] {
        let (mut held, mut program) = tunnel(&guest).await;
        let stuffed = async { while held.write_all(&[0; 65_536]).await.is_ok() {} };
        assert!(timeout(STILL, stuffed).await.is_err());
        if last_word {
            program.shutdown().await.unwrap();
            assert_eq!(held.read(&mut [0]).await.unwrap(), 0);
        }
        drop(held);
        if !last_word {
            timeout(DEADLINE, program.ready(Interest::ERROR)).await.unwrap().unwrap();
        }
        is_reset(program).await;
    }
}

#[tokio::test]
async fn what_was_sent_before_a_shutdown_arrives_though_nobody_reads_on() {
    let guest = Guest::start().await;
    let (mut held, mut program) = tunnel(&guest).await;
    held.write_all(&[7; 300_000]).await.unwrap();
    held.shutdown().await.unwrap();
    drop(held);
    // The program still speaks, and gets all the same.
    program.write_all(b"more").await.unwrap();
    let mut all = Vec::new();
    timeout(DEADLINE, program.read_to_end(&mut all)).await.unwrap().unwrap();
    assert_eq!(all.len(), 300_000);
}

#[tokio::test]
async fn a_host_that_goes_away_resets_every_connection() {
    let guest = Guest::start().await;
    let ((quiet, program), (mut stuffed, other)) = (tunnel(&guest).await, tunnel(&guest).await);
    let stuff = async { while stuffed.write_all(&[0; 65_536]).await.is_ok() {} };
    assert!(timeout(STILL, stuff).await.is_err());
    guest.link.close();
    tokio::join!(is_reset(program), is_reset(other), is_reset(quiet));
    // Their places are free again.
    let link = connect(guest.agent.clone()).await;
    let (listener, port) = listener().await;
    let all = join_all((0..CONNECTIONS_MAX).map(|_| link.connect(port))).await;
    assert!(all.iter().all(Result::is_ok));
    drop(listener);
}

#[tokio::test]
async fn sixty_at_once_are_those_there_may_be_and_refusals() {
    let guest = Guest::start().await;
    let (_listener, port) = listener().await;
    let (open, refusals): (Vec<_>, Vec<_>) =
        join_all((0..60).map(|_| guest.link.connect(port))).await.into_iter().partition(Result::is_ok);
    assert_eq!((open.len(), refusals.len()), (CONNECTIONS_MAX, 60 - CONNECTIONS_MAX));
    for refusal in refusals {
        assert_eq!(refused(refusal), GuestErrorCode::Limit);
    }
    drop(open);
    let again = async { while guest.link.connect(port).await.is_err() {} };
    timeout(DEADLINE, again).await.unwrap();
}

#[tokio::test]
async fn a_stalled_tunnel_stalls_nobody_else() {
    let guest = Guest::start().await;
    let (mut tunnel, mut program) = tunnel(&guest).await;
    let both = async {
        let (_, mut writing) = tokio::io::split(&mut tunnel);
        let to_guest = async { while writing.write_all(&[1; 65_536]).await.is_ok() {} };
        let to_host = async { while program.write_all(&[2; 65_536]).await.is_ok() {} };
        tokio::join!(to_guest, to_host)
    };
    assert!(timeout(STILL, both).await.is_err());
    guest.link.health().await.unwrap();
    let run = guest.run("head -c 10000000 /dev/zero").await;
    assert_eq!(run.stdout.len(), 10_000_000);
    let (mut second, mut other) = super::tunnel(&guest).await;
    passes(&mut second, &mut other, b"meanwhile").await;
}
