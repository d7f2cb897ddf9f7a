//! Tunnels through the proxy.

use tokio::sync::Notify;

use super::{recorded::naming, *};

const NAMES: &[(&str, &[&str])] = &[("files.example.org", &["127.0.0.1"])];
const NAME: &str = "files.example.org";

/// A world that knows the name in the recorded hello.
fn world(entries: &[String]) -> World {
    World::knowing(only(entries), Upstream::default(), NAMES)
}

fn here(port: u16) -> Vec<String> {
    vec![NAME.to_owned(), format!("127.0.0.1:{port}")]
}

#[tokio::test]
async fn a_tunnel_carries_tls_for_the_host_it_was_opened_to() {
    let port = echo("220 server first\r\n").await;
    let world = world(&here(port));
    let mut program = tunnel(&world, &format!("FILES.example.org.:{port}")).await;
    expect(&mut program, b"220 server first\r\n").await;
    let hello = naming("FILES.example.ORG");
    // Byte by byte: nothing goes on before the name is known.
    for byte in &hello[..hello.len() - 1] {
        program.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(futures_util::FutureExt::now_or_never(program.read_u8()).is_none());
    program.write_all(&[&hello[hello.len() - 1..], b"and more"].concat()).await.unwrap();
    expect(&mut program, &hello).await;
    expect(&mut program, b"and more").await;
    program.shutdown().await.unwrap();
    expect_end(&mut program).await;
    assert!(world.rules().is_empty());
}

#[tokio::test]
async fn a_tunnel_for_another_host_ends_before_a_byte_of_it_left() {
    let (told, mut ended) = mpsc::unbounded_channel();
    let port = server(move |mut stream| {
        let told = told.clone();
        async move {
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes).await;
            told.send(bytes).unwrap();
        }
    })
    .await;
    let nameless = recorded::bytes(recorded::NAMELESS);
    let hello = naming(NAME);
    for (first, rule) in [
        (&naming("other.example.org")[..], Rule::SniDiffers),
        (&nameless[..], Rule::SniMissing),
        (b"SSH-2.0-OpenSSH\r\n", Rule::NotTls),
        (b"GET / HTTP/1.1\r\nHost: files.example.org\r\n\r\n", Rule::NotTls),
        (&[22, 3, 1, 0, 4, 2, 0, 0, 0], Rule::SniDiffers),
        // Cut off by its end.
        (&hello[..hello.len() - 1], Rule::SniDiffers),
    ] {
        let world = world(&here(port));
        let mut program = tunnel(&world, &format!("{NAME}:{port}")).await;
        program.write_all(first).await.unwrap();
        if first.len() == hello.len() - 1 {
            program.shutdown().await.unwrap();
        }
        expect_end(&mut program).await;
        assert_eq!(ended.recv().await.unwrap(), b"", "{rule:?}");
        let allow = (rule == Rule::NotTls).then(|| format!("{NAME}:{port}"));
        assert_eq!(world.denials(), [(NAME.to_owned(), port, rule, allow)]);
    }
}

#[tokio::test]
async fn anything_is_spoken_where_the_port_is_named_or_all_hosts_are_allowed() {
    let port = echo("").await;
    let (name, address) = (format!("{NAME}:{port}"), format!("127.0.0.1:{port}"));
    let anywhere = vec!["*".to_owned(), address.clone()];
    for (entries, to) in
        [(vec![name.clone(), address.clone()], &name), (anywhere.clone(), &name), (vec![address.clone()], &address)]
    {
        let world = world(&entries);
        let mut program = tunnel(&world, to).await;
        program.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        expect(&mut program, b"SSH-2.0-x\r\n").await;
        assert!(world.rules().is_empty());
    }
    // TLS must name the host even there.
    let world = world(&anywhere);
    let mut program = tunnel(&world, &name).await;
    program.write_all(&naming("other.example.org")).await.unwrap();
    expect_end(&mut program).await;
    assert_eq!(world.rules(), [Rule::SniDiffers]);
    // What is asked for by its address may be called anything.
    let mut program = tunnel(&world, &address).await;
    program.write_all(&naming("other.example.org")).await.unwrap();
    expect(&mut program, &naming("other.example.org")).await;
}

#[tokio::test]
async fn bytes_that_came_with_the_request_are_not_lost() {
    let port = echo("hi").await;
    let world = world(&here(port));
    let mut program = world.dial();
    let request = format!("CONNECT {NAME}:{port} HTTP/1.1\r\n\r\n");
    program.write_all(&[request.as_bytes(), &naming(NAME), b"early"].concat()).await.unwrap();
    expect(&mut program, b"HTTP/1.1 200 OK\r\n\r\nhi").await;
    expect(&mut program, &naming(NAME)).await;
    expect(&mut program, b"early").await;
}

#[tokio::test]
async fn each_direction_ends_by_itself() {
    let port = server(|mut stream| async move {
        stream.write_all(b"bye").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        assert_eq!(said, b"all of it");
    })
    .await;
    let world = world(&[format!("127.0.0.1:{port}")]);
    let (mut program, served) = world.dial_watched();
    program.write_all(format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    expect(&mut program, b"HTTP/1.1 200 OK\r\n\r\nbye").await;
    expect_end(&mut program).await;
    program.write_all(b"all of it").await.unwrap();
    program.shutdown().await.unwrap();
    within(served).await.unwrap();

    let port = server(|mut stream| async move {
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        stream.write_all(&said).await.unwrap();
    })
    .await;
    let world = self::world(&[format!("127.0.0.1:{port}")]);
    let mut program = tunnel(&world, &format!("127.0.0.1:{port}")).await;
    program.write_all(b"question").await.unwrap();
    program.shutdown().await.unwrap();
    expect(&mut program, b"question").await;
    expect_end(&mut program).await;
}

#[tokio::test]
async fn a_server_that_takes_no_more_is_heard_out() {
    let port = server(|mut stream| async move {
        stream.read_u8().await.unwrap();
        stream.write_all(b"enough").await.unwrap();
    })
    .await;
    let world = world(&[format!("127.0.0.1:{port}")]);
    let (mut reading, mut writing) = tokio::io::split(tunnel(&world, &format!("127.0.0.1:{port}")).await);
    let write = tokio::spawn(async move { while writing.write_all(&[0; 4096]).await.is_ok() {} });
    expect(&mut reading, b"enough").await;
    expect_end(&mut reading).await;
    drop(reading);
    within(write).await.unwrap();
}

#[tokio::test]
async fn of_a_names_addresses_only_those_that_are_open_are_tried_in_turn() {
    let port = echo("here").await;
    // The other address listens at the same port and must never be asked.
    let (told, mut reached) = mpsc::unbounded_channel();
    server_at(&format!("127.0.0.2:{port}"), move |_| {
        told.send(()).unwrap();
        async {}
    })
    .await;
    let names: &[(&str, &[&str])] = &[("one.test", &["127.0.0.2", "10.0.0.1", "127.0.0.3", "127.0.0.1"])];
    let open = ["one.test".to_owned(), format!("127.0.0.1:{port}"), format!("127.0.0.3:{port}")];
    // Without the port it would be TLS alone.
    let world = World::knowing(only(&open), Upstream::default(), names);
    let mut program = tunnel(&world, &format!("one.test:{port}")).await;
    expect(&mut program, b"here").await;
    assert!(reached.try_recv().is_err());
    assert_eq!(world.resolved.lock().unwrap().len(), 1);

    let none = World::knowing(only(&["one.test".to_owned()]), Upstream::default(), names);
    let answer = none.said(format!("CONNECT one.test:{port} HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert_eq!(none.denials(), [("one.test".into(), port, Rule::Loopback, Some(format!("127.0.0.2:{port}")))]);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_not_asked_twice() {
    let port = echo("first").await;
    server_at(&format!("127.0.0.2:{port}"), |mut stream| async move { stream.write_all(b"second").await.unwrap() })
        .await;
    let count = Arc::new(Mutex::new(0));
    let asked = count.clone();
    let resolver: Resolver = Arc::new(move |_| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        let address = if *asked == 1 { [127, 0, 0, 1] } else { [127, 0, 0, 2] };
        Box::pin(async move { Ok(vec![address.into()]) })
    });
    let mut world = World::new(Policy::default());
    world.gate = Arc::new(Gate::new(at(&[port]), Upstream::default(), resolver));
    let mut program = tunnel(&world, &format!("one.test:{port}")).await;
    expect(&mut program, b"first").await;
    // A policy that changes asks again whether the address is open, not which it is.
    world.gate.set(only(&["one.test".to_owned(), format!("127.0.0.1:{port}")]));
    program.write_all(&naming("other.example.org")).await.unwrap();
    expect_end(&mut program).await;
    assert_eq!((*count.lock().unwrap(), world.rules()), (1, vec![Rule::SniDiffers]));
}

#[tokio::test]
async fn a_refusal_waits_until_it_was_told() {
    let (told, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gate = World::new(only(&[])).gate;
    let (mut program, stream) = tokio::io::duplex(1024);
    let (tell, wait) = (told.clone(), answer.clone());
    tokio::spawn(async move {
        let hook = move |denied: Denied| -> Told {
            assert_eq!((denied.host.as_str(), denied.count), ("one.test", 1));
            let (tell, wait) = (tell.clone(), wait.clone());
            Box::pin(async move {
                tell.notify_one();
                wait.notified().await;
            })
        };
        gate.serve(stream, hook).await;
    });
    program.write_all(b"CONNECT one.test:443 HTTP/1.1\r\n\r\n").await.unwrap();
    within(told.notified()).await;
    assert!(futures_util::FutureExt::now_or_never(program.read_u8()).is_none());
    answer.notify_one();
    expect(&mut program, b"HTTP/1.1 403 Forbidden\r\n").await;
}

#[tokio::test]
async fn a_silent_tunnel_ends_and_one_that_moves_does_not() {
    let port = echo("").await;
    let world = world(&[format!("127.0.0.1:{port}")]);
    let mut program = tunnel(&world, &format!("127.0.0.1:{port}")).await;
    program.write_all(b"x").await.unwrap();
    expect(&mut program, b"x").await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut rest = Vec::new();
    eventually(program.read_to_end(&mut rest)).await.unwrap();
    assert!((begun.elapsed().as_secs_f64() - 910.0).abs() < 2.0);
}
