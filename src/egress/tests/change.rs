//! Policies that change while something is under way.

use super::*;

fn addresses(port: u16) -> Policy {
    only(&[format!("127.0.0.1:{port}")])
}

#[tokio::test]
async fn a_tunnel_that_a_new_policy_closes_is_cut() {
    let port = echo("").await;
    for closing in [
        Policy::default(),
        Policy::egress(),
        only(&[]),
        only(&["127.0.0.1:1".to_owned()]),
        Policy { deny_hosts: vec!["127.0.0.0/8".parse().unwrap()], ..addresses(port) },
        Policy { deny_hosts: vec!["*".parse().unwrap()], ..addresses(port) },
    ] {
        let world = World::new(addresses(port));
        let mut program = tunnel(&world, &format!("127.0.0.1:{port}")).await;
        program.write_all(b"x").await.unwrap();
        expect(&mut program, b"x").await;
        // One that keeps it open changes nothing.
        world.gate.set(Policy { deny_hosts: vec!["evil.test".parse().unwrap()], ..addresses(port) });
        program.write_all(b"y").await.unwrap();
        expect(&mut program, b"y").await;
        world.gate.set(closing);
        expect_end(&mut program).await;
        // Nothing was asked for, so nothing is noted.
        assert!(world.rules().is_empty());
    }
}

#[tokio::test]
async fn an_answer_under_way_is_cut_too() {
    let port = server(|mut stream| async move {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun").await.unwrap();
        std::future::pending().await
    })
    .await;
    let world = World::new(at(&[port]));
    let (mut program, served) = world.dial_watched();
    program.write_all(format!("GET http://one.test:{port}/ HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    expect(&mut program, b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun").await;
    let mut others = at(&[port]);
    others.deny("one.test".parse().unwrap());
    world.gate.set(others);
    expect_end(&mut program).await;
    within(served).await.unwrap();
}

#[tokio::test]
async fn the_next_request_is_judged_by_the_new_policy() {
    let (port, _heads) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let world = World::new(only(&[]));
    let request = format!("GET http://one.test:{port}/ HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(world.said(&request).await.starts_with("HTTP/1.1 403 "));
    world.gate.set(at(&[port]));
    assert!(world.said(&request).await.starts_with("HTTP/1.1 200 "));
}
