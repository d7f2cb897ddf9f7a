//! Requests that mean harm.

use std::time::Duration;

use super::*;

/// The status that these bytes get.
async fn status(world: &World, bytes: impl AsRef<[u8]>) -> String {
    world.said(bytes).await.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn messages_with_two_meanings_are_refused() {
    let world = World::new(Policy::egress());
    for request in [
        "POST http://one.test/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST http://one.test/ HTTP/1.1\r\nContent-Length: 3, 4\r\n\r\nabcd",
        "POST http://one.test/ HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
        "POST http://one.test/ HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST http://one.test/ HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST http://one.test/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET http://one.test/ HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        "GET http://one.test/ HTTP/1.1\r\nX : a\r\n\r\n",
        "GET http://one.test/ HTTP/1.1\r\nX\0: a\r\n\r\n",
        "GET http://one.test/ HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET http://one.test/ HTTP/9.9\r\n\r\n",
        "GET http://one test/ HTTP/1.1\r\n\r\n",
        "GET http://one.test\0/ HTTP/1.1\r\n\r\n",
        "CONNECT one.test HTTP/1.1\r\n\r\n",
        "CONNECT one.test:443 HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        "CONNECT one.test:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        "CONNECT http://one.test:443/ HTTP/1.1\r\nConnection: close\r\n\r\n",
        "CONNECT one.test: HTTP/1.1\r\nConnection: close\r\n\r\n",
        "CONNECT one.test:0 HTTP/1.1\r\nConnection: close\r\n\r\n",
        "CONNECT one.test:65536 HTTP/1.1\r\nConnection: close\r\n\r\n",
        "CONNECT /one.test:443 HTTP/1.1\r\nConnection: close\r\n\r\n",
    ] {
        let request =
            request.replacen("one.test HTTP/1.1\r\n\r\n", "one.test HTTP/1.1\r\nConnection: close\r\n\r\n", 1);
        assert_eq!(status(&world, &request).await, "400", "{request:?}");
    }
    // A preface of HTTP/2 and a TLS hello are no requests either.
    for bytes in [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &recorded::bytes(recorded::PYTHON)] {
        assert!(["400", ""].contains(&&*status(&world, bytes).await), "{bytes:?}");
    }
    assert!(world.resolved.lock().unwrap().is_empty() && world.rules().is_empty());
}

#[tokio::test]
async fn a_length_beside_chunks_is_dropped_and_what_follows_is_a_request_of_its_own() {
    let (port, mut heads) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let world = World::new(at(&[port]));
    for framing in
        ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4"]
    {
        let request = format!(
            "POST http://one.test:{port}/ HTTP/1.1\r\n{framing}\r\n\r\n0\r\n\r\n\
             GET http://evil.test:{port}/ HTTP/1.1\r\nHost: evil.test:{port}\r\n\r\n"
        );
        let answer = world.said(request).await;
        let head = heads.recv().await.unwrap();
        assert!(!head.contains("content-length") && head.contains("transfer-encoding: chunked\r\n"), "{head}");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("evil"), "{answer}");
    }
    assert!(heads.try_recv().is_err());
}

#[tokio::test]
async fn hosts_in_odd_forms_are_refused_and_told() {
    let odd = [
        ("example.com:443@evil.test", 1),
        ("user:password@one.test", 443),
        ("2130706433", 80),
        ("0x7f.1", 80),
        ("0x7f000001", 80),
        ("017700000001", 80),
        ("127.1", 80),
        ("127.0.0.1.", 80),
        ("one..test", 80),
        (".", 80),
        ("one.test..", 80),
        ("%6fne.test", 80),
    ];
    for (host, port) in odd {
        let world = World::new(Policy::egress());
        for request in [
            format!("CONNECT {host}:{port} HTTP/1.1\r\nConnection: close\r\n\r\n"),
            format!("GET http://{host}:{port}/ HTTP/1.1\r\nConnection: close\r\n\r\n"),
        ] {
            let answer = world.said(&request).await;
            // What is no URI at all is refused before it is looked at.
            if !answer.starts_with("HTTP/1.1 400 ") {
                assert!(answer.contains("\r\npyro-egress-denied: malformed_host\r\n"), "{request}: {answer}");
                let expected = (host.to_owned(), port, Rule::MalformedHost, None);
                assert_eq!(world.denied.lock().unwrap().len(), 1);
                assert_eq!(world.denials()[0], expected);
                world.denied.lock().unwrap().clear();
            }
        }
        assert!(world.resolved.lock().unwrap().is_empty());
    }
    let world = World::new(Policy::egress());
    assert_eq!(status(&world, "CONNECT a:443@evil.test:1 HTTP/1.1\r\nConnection: close\r\n\r\n").await, "403");
    for host in ["[fe80::1%25eth0]", "[::1%eth0]", "one%00.test"] {
        let told = status(&world, format!("CONNECT {host}:1 HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
        assert!(["400", "403"].contains(&told.as_str()), "{host}: {told}");
    }
    assert!(world.resolved.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_hosts_own_places_are_closed() {
    let (port, mut heads) = answering("HTTP/1.1 200 OK\r\n\r\n").await;
    let world = World::new(Policy::egress());
    for (host, rule) in [
        ("127.0.0.1", Rule::Loopback),
        ("127.9.9.9", Rule::Loopback),
        ("0.0.0.0", Rule::Loopback),
        ("[::1]", Rule::Loopback),
        ("[::]", Rule::Loopback),
        ("[::ffff:127.0.0.1]", Rule::Loopback),
        ("[::ffff:7f00:1]", Rule::Loopback),
        ("[64:ff9b::127.0.0.1]", Rule::Loopback),
        ("LocalHost", Rule::Loopback),
        ("one.test", Rule::Loopback),
        ("169.254.169.254", Rule::Metadata),
        ("[fd00:ec2::254]", Rule::Metadata),
        ("10.0.0.1", Rule::PrivateAddress),
        ("224.0.0.1", Rule::ReservedAddress),
    ] {
        for request in [format!("CONNECT {host}:{port}"), format!("GET http://{host}:{port}/")] {
            world.denied.lock().unwrap().clear();
            let request = format!("{request} HTTP/1.1\r\nConnection: close\r\n\r\n");
            assert_eq!(status(&world, &request).await, "403", "{request}");
            assert_eq!(world.rules(), [rule], "{request}");
        }
    }
    assert!(heads.try_recv().is_err());
}

#[tokio::test]
async fn heads_are_bounded() {
    let world = World::new(Policy::egress());
    let mebibyte = "x".repeat(1 << 20);
    let many: String = (0..101).map(|number| format!("X-{number}: 1\r\n")).collect();
    for request in [
        format!("GET http://one.test/ HTTP/1.1\r\nX: {mebibyte}\r\n\r\n"),
        format!("GET http://one.test/ HTTP/1.1\r\n{many}\r\n"),
    ] {
        assert_eq!(status(&world, request).await, "431");
    }
    let status = status(&world, format!("GET http://one.test/{mebibyte} HTTP/1.1\r\n\r\n")).await;
    assert!(["414", "431"].contains(&status.as_str()), "{status}");
    assert!(world.resolved.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_is_given_up() {
    let world = World::new(Policy::egress());
    let (mut program, served) = world.dial_watched();
    let begun = tokio::time::Instant::now();
    let request = b"GET http://one.test/ HTTP/1.1\r\nX-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    for byte in request {
        if program.write_all(&[*byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    eventually(served).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(request.len() as u64));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_asks_for_nothing_is_given_up() {
    let (_program, served) = World::new(Policy::egress()).dial_watched();
    let begun = tokio::time::Instant::now();
    eventually(served).await.unwrap();
    assert!(begun.elapsed() <= Duration::from_secs(60));
}
