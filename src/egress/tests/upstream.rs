//! The host's own proxy behind ours.

use super::{recorded::naming, *};

const USER: &str = "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n";

/// All through the proxy at this port, with a user's name and password.
fn through(port: u16) -> Upstream {
    let proxy = format!("http://me:secret@proxy.host.test:{port}");
    Upstream::from_variables(|name| match name {
        "all_proxy" => Some(proxy.clone()),
        "no_proxy" => Some("two.test".to_owned()),
        _ => None,
    })
    .unwrap()
}

fn world(policy: Policy, upstream: Upstream) -> World {
    let here = &["127.0.0.1"][..];
    let inside = &["9.9.9.9", "10.0.0.1"][..];
    let names = [("proxy.host.test", here), ("one.test", &["9.9.9.9"]), ("two.test", here), ("inside.test", inside)];
    World::knowing(policy, upstream, &names)
}

/// A proxy that consents to every tunnel, and then sends back what it gets.
async fn consenting() -> (u16, mpsc::UnboundedReceiver<String>) {
    let (told, heads) = mpsc::unbounded_channel();
    let port = server(move |mut stream| {
        let told = told.clone();
        async move {
            told.send(head(&mut stream).await).unwrap();
            // With the server's first bytes in the same piece.
            stream.write_all(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\nhello").await.unwrap();
            let (mut reading, mut writing) = stream.split();
            let _ = tokio::io::copy(&mut reading, &mut writing).await;
        }
    });
    (port.await, heads)
}

#[tokio::test]
async fn a_tunnel_goes_through_it_by_name() {
    let (port, mut heads) = consenting().await;
    let world = world(Policy::egress(), through(port));
    // What this host cannot resolve, that proxy perhaps can.
    for name in ["one.test", "unknown.test"] {
        let mut program = tunnel(&world, &format!("{name}:443")).await;
        expect(&mut program, b"hello").await;
        program.write_all(b"SSH-2.0").await.unwrap();
        expect(&mut program, b"SSH-2.0").await;
        let expected = format!("CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n{USER}\r\n");
        assert_eq!(heads.recv().await.unwrap(), expected);
    }
    let mut program = tunnel(&world, "one.test:443").await;
    expect(&mut program, b"hello").await;
    program.write_all(&naming("other.example.org")).await.unwrap();
    expect_end(&mut program).await;
    assert_eq!(world.rules(), [Rule::SniDiffers]);
}

#[tokio::test]
async fn what_is_closed_is_closed_there_too() {
    let (port, mut heads) = consenting().await;
    let world = world(Policy::egress(), through(port));
    for (host, rule) in [
        // It would choose among the addresses, so all of them must be open.
        ("inside.test", Rule::PrivateAddress),
        ("proxy.host.test", Rule::Loopback),
        ("localhost", Rule::Loopback),
        ("169.254.169.254", Rule::Metadata),
        ("2130706433", Rule::MalformedHost),
    ] {
        for request in [format!("CONNECT {host}:443"), format!("GET http://{host}/")] {
            world.denied.lock().unwrap().clear();
            let answer = world.said(format!("{request} HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{request}: {answer}");
            assert_eq!(world.rules(), [rule], "{request}");
        }
    }
    let limited = self::world(only(&["one.test".to_owned()]), through(port));
    assert!(limited.said("CONNECT unknown.test:443 HTTP/1.1\r\nConnection: close\r\n\r\n").await.contains(" 403 "));
    assert!(limited.resolved.lock().unwrap().is_empty());
    assert!(heads.try_recv().is_err());
}

#[tokio::test]
async fn a_plain_request_goes_through_it_whole() {
    let (port, mut heads) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let world = world(Policy::egress(), through(port));
    let request = "GET http://One.test:80/a?b HTTP/1.1\r\nProxy-Authorization: Basic mine\r\nConnection: close\r\n\r\n";
    assert!(world.said(request).await.ends_with("\r\n\r\nok"));
    let head = heads.recv().await.unwrap();
    let expected =
        "GET http://one.test/a?b HTTP/1.1\r\nhost: one.test\r\nproxy-authorization: Basic bWU6c2VjcmV0\r\n\r\n";
    assert_eq!(head, expected);
}

#[tokio::test]
async fn hosts_that_need_none_are_reached_directly() {
    let (port, mut heads) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let policy = only(&["two.test".to_owned(), format!("127.0.0.1:{port}")]);
    let world = world(policy, through(1));
    let answer = world.said(format!("GET http://two.test:{port}/ HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert!(heads.recv().await.unwrap().starts_with("GET / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn its_own_failures_are_told_without_its_secrets() {
    let (refusing, _heads) = answering("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"inner\"\r\n\r\n").await;
    let (garbage, _heads) = answering("SSH-2.0\r\n\r\n").await;
    let (ending, _heads) = answering("HTTP/1.1 200 OK\r\nX: y").await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for (port, said) in [(refusing, "wants|407"), (garbage, "HTTP"), (ending, "HTTP"), (closed, "cannot be reached")] {
        let world = world(Policy::egress(), through(port));
        for request in ["CONNECT one.test:443", "GET http://one.test/"] {
            let answer = world.said(format!("{request} HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
            if (port, request) == (ending, "GET http://one.test/") {
                // The head never came.
                assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
                continue;
            }
            assert!(answer.starts_with("HTTP/1.1 502 "), "{request}: {answer}");
            assert!(said.split('|').any(|said| answer.contains(said)), "{request}: {answer}");
            assert!(!answer.contains("secret") && !answer.contains("proxy.host.test") && !answer.contains("inner"));
        }
    }
}
