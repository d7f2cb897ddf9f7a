//! Plain HTTP through the proxy.

use std::time::Duration;

use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
                  Proxy-Authenticate: Basic\r\nX-End: 1\r\n\r\nok";

#[tokio::test]
async fn a_request_is_passed_on_without_what_concerns_one_connection_alone() {
    let (port, mut heads) = answering(OK).await;
    let world = World::new(at(&[port]));
    let request = format!(
        "GET http://ONE.test.:{port}/a%20b?q=1 HTTP/1.1\r\nHost: one.TEST:{port}\r\nAccept: */*\r\nX-Mine: 1\r\n\
         Connection: close, X-Mine\r\nKeep-Alive: 1\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\n\
         TE: trailers\r\nUpgrade: websocket\r\nExpect: 100-continue\r\nMax-Forwards: 0\r\n\r\n"
    );
    let answer = world.said(request).await;
    let head = heads.recv().await.unwrap();
    assert_eq!(head, format!("GET /a%20b?q=1 HTTP/1.1\r\nhost: one.test:{port}\r\naccept: */*\r\n\r\n"));
    assert_eq!(answer, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-end: 1\r\nconnection: close\r\n\r\nok");
    assert!(world.rules().is_empty());
}

#[tokio::test]
async fn each_request_of_a_connection_is_judged_by_itself() {
    let (port, mut heads) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let world = World::new(at(&[port]));
    let get = |host: &str, path: &str| format!("GET http://{host}:{port}{path} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    let all = [
        get("one.test", "/1"),
        get("evil.test", "/2"),
        format!(
            "POST http://two.test:{port}/3 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET http://localhost/4 HTTP/1.1\r\n"
        ),
        get("127.0.0.1", "/5") + "Connection: close\r\n",
    ];
    let answer = world.said(all.join("\r\n") + "\r\n").await;
    let statuses: Vec<&str> = answer.lines().filter_map(|line| line.split("HTTP/1.1 ").nth(1)?.get(..3)).collect();
    assert_eq!(statuses, ["200", "403", "200", "403", "200"], "{answer}");
    assert!(answer.contains("pyro-egress-denied: not_allowed\r\n"));
    let remedy = format!("a person can permit it: pyro workspace network allow WORKSPACE evil.test:{port}\n");
    assert!(
        answer.contains(&format!("\r\n\r\npyro: evil.test:{port} is denied: it is not among the hosts")),
        "{answer}"
    );
    assert!(answer.contains(&remedy), "{answer}");
    let expected = [
        ("evil.test".to_owned(), port, Rule::NotAllowed, Some(format!("evil.test:{port}"))),
        ("localhost".to_owned(), 80, Rule::Loopback, None),
    ];
    assert_eq!(world.denials(), expected);
    for path in ["/1", "/3", "/5"] {
        assert!(heads.recv().await.unwrap().contains(&format!(" {path} ")), "{path}");
    }
    assert_eq!(*world.resolved.lock().unwrap(), ["one.test", "two.test"]);
}

#[tokio::test]
async fn what_is_no_request_to_a_proxy_is_told_what_this_port_is() {
    let world = World::new(Policy::egress());
    for (request, said) in [
        ("GET / HTTP/1.1\r\nHost: one.test", "this port is an HTTP proxy, not a server"),
        ("OPTIONS * HTTP/1.1\r\nHost: one.test", "this port is an HTTP proxy, not a server"),
        ("GET https://one.test/ HTTP/1.1", "ask for a tunnel with `CONNECT HOST:PORT`"),
        ("GET ftp://one.test/ HTTP/1.1", "ask for a tunnel with `CONNECT HOST:PORT`"),
        ("GET http://one.test:0/ HTTP/1.1", "has no port"),
        ("GET http://one.test/ HTTP/1.1\r\nHost: two.test", "names another host than its URI"),
        ("GET http://one.test/ HTTP/1.1\r\nHost: one.test:81", "names another host than its URI"),
        ("GET http://one.test/ HTTP/1.1\r\nHost:", "names another host than its URI"),
        ("GET http://one.test/ HTTP/1.1\r\nHost: one.test\r\nHost: one.test", "names another host than its URI"),
        ("GET http://one.test/ HTTP/1.1\r\nHost: one.test, two.test", "names another host than its URI"),
    ] {
        let answer = world.said(format!("{request}\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n") && answer.contains(said), "{request}: {answer}");
    }
    assert!(world.resolved.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_fails_is_told_apart_from_a_refusal() {
    let (garbage, _heads) = answering("SSH-2.0-x\r\n\r\n").await;
    let (nothing, _heads) = answering("").await;
    let (changed, _heads) =
        answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let world = World::new(Policy {
        allow_hosts: Some(["*", "127.0.0.1"].map(|entry| entry.parse().unwrap()).to_vec()),
        ..Policy::egress()
    });
    for (to, said) in [
        (format!("one.test:{garbage}"), "it answered something else than HTTP"),
        (format!("one.test:{nothing}"), "it did not answer"),
        (format!("one.test:{changed}"), "it changed the protocol"),
        (format!("one.test:{closed}"), "cannot be reached: Connection refused"),
        ("unknown.test".to_owned(), "unknown.test cannot be resolved: no such name"),
    ] {
        let answer = world.said(format!("GET http://{to}/ HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n") && answer.contains(said), "{to}: {answer}");
    }
    assert!(world.rules().is_empty());
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_after_a_while() {
    let (told, mut reached) = mpsc::unbounded_channel();
    let port = server(move |mut stream| {
        let told = told.clone();
        async move {
            told.send(head(&mut stream).await).unwrap();
            std::future::pending().await
        }
    })
    .await;
    let world = World::new(at(&[port]));
    let mut program = world.dial();
    program.write_all(format!("GET http://one.test:{port}/ HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    reached.recv().await.unwrap();
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut answer = [0; 512];
    let count = eventually(program.read(&mut answer)).await.unwrap();
    let answer = std::str::from_utf8(&answer[..count]).unwrap();
    assert!(answer.starts_with("HTTP/1.1 504 Gateway Timeout\r\n") && answer.contains("15 minutes"), "{answer}");
    assert!((begun.elapsed().as_secs_f64() - 900.0).abs() < 2.0);
}

#[tokio::test]
async fn a_name_that_is_never_resolved_is_given_up() {
    tokio::time::pause();
    let resolver: Resolver = Arc::new(|_| Box::pin(std::future::pending()));
    let gate = Gate::new(Policy::egress(), Upstream::default(), resolver);
    let (mut program, stream) = tokio::io::duplex(1024);
    let serve = gate.serve(stream, |_| Box::pin(async {}));
    let ask = async {
        program.write_all(b"GET http://one.test/ HTTP/1.1\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        program.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (answer, ()) = eventually(async { tokio::join!(ask, serve) }).await;
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("was not resolved within 10 s"), "{answer}");
}

#[tokio::test]
async fn bodies_of_any_size_stream_both_ways() {
    const PIECES: usize = 1024;
    let port = server(|mut stream| async move {
        let head = head(&mut stream).await;
        assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy(&mut stream.split().0, &mut tokio::io::sink()).await;
    })
    .await;
    let echoing = server(|mut stream| async move {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let _ = tokio::io::copy(&mut reading, &mut writing).await;
    })
    .await;
    let world = World::new(at(&[port, echoing]));
    let (mut reading, mut writing) = tokio::io::split(world.dial());
    let send = async {
        let request = format!("POST http://one.test:{echoing}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        writing.write_all(request.as_bytes()).await.unwrap();
        let piece = ["10000\r\n", &"x".repeat(0x10000), "\r\n"].concat();
        for _ in 0..PIECES {
            writing.write_all(piece.as_bytes()).await.unwrap();
        }
        writing.write_all(b"0\r\n\r\n").await.unwrap();
    };
    let receive = async {
        let answer = head(&mut reading).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let mut count = 0;
        let mut piece = vec![0; 0x10000];
        while count < PIECES * 0x10000 {
            let read = reading.read(&mut piece).await.unwrap();
            assert!(read > 0, "ended after {count} bytes");
            count += piece[..read].iter().filter(|byte| **byte == b'x').count();
        }
    };
    within(async { tokio::join!(send, receive) }).await;
}

#[tokio::test]
async fn a_program_that_reads_late_gets_all_of_its_last_answer() {
    const BYTES: usize = 300_000;
    let port = server(|mut stream| async move {
        head(&mut stream).await;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {BYTES}\r\n\r\n{}", "x".repeat(BYTES));
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let world = World::new(at(&[port]));
    let mut program = world.dial();
    let request = format!("GET http://one.test:{port}/ HTTP/1.1\r\nConnection: close\r\n\r\n");
    program.write_all(request.as_bytes()).await.unwrap();
    head(&mut program).await;
    let mut body = Vec::new();
    let mut piece = [0; 1000];
    loop {
        // The proxy runs ahead until nothing more fits.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        match within(program.read(&mut piece)).await.unwrap() {
            0 => break,
            count => body.extend_from_slice(&piece[..count]),
        }
    }
    assert_eq!(body.len(), BYTES);
}

#[tokio::test]
async fn a_server_that_does_not_read_holds_the_program_back() {
    let port = server(|mut stream| async move {
        head(&mut stream).await;
        std::future::pending().await
    })
    .await;
    let world = World::new(at(&[port]));
    let mut program = world.dial();
    let request = format!("POST http://one.test:{port}/ HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n");
    program.write_all(request.as_bytes()).await.unwrap();
    let piece = vec![0; 0x10000];
    let mut sent = 0;
    // Nothing tells that no more is taken, but that it is not.
    while tokio::time::timeout(Duration::from_millis(500), program.write_all(&piece)).await.is_ok() {
        sent += piece.len();
        assert!(sent < 64 << 20, "all of it is held somewhere");
    }
}
