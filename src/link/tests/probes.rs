//! Looking whether something is ready.

use std::time::{Duration, Instant};

use pyro_protocol::{
    GuestErrorCode,
    probe::{Probe, Probed, TCP_DEADLINE_MS},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{Guest, LinkError, alive};

fn ready() -> Probed {
    Probed { ready: true, detail: String::new() }
}

fn not_ready(detail: &str) -> Probed {
    Probed { ready: false, detail: detail.into() }
}

fn command(command: &str) -> Probe {
    Probe::Command { command: command.into(), cwd: None, env: Default::default() }
}

impl Guest {
    async fn probe(&self, probe: Probe) -> Probed {
        self.link.probe(&probe).await.unwrap()
    }

    async fn refuses(&self, probe: Probe) -> String {
        match self.link.probe(&probe).await {
            Err(LinkError::Refused(error)) if error.code == GuestErrorCode::Invalid => error.message,
            other => panic!("{other:?}"),
        }
    }
}

/// Answers one request with the given bytes, and tells what was asked.
async fn page(answer: &'static str) -> (u16, oneshot::Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, asked) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        let _ = tell.send(String::from_utf8(request[..read].to_vec()).unwrap());
        // Whoever answers nothing keeps the connection.
        let _ = stream.read(&mut request).await;
    });
    (port, asked)
}

/// A port where nobody listens.
async fn closed_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_file_is_looked_for_beneath_the_root() {
    let guest = Guest::start().await;
    std::fs::create_dir(guest.workspace("made")).unwrap();
    std::os::unix::fs::symlink("/nowhere", guest.workspace("dangling")).unwrap();
    let file = |path: &str| Probe::File { path: path.into() };
    for path in ["made", "/workspace/made", "/workspace"] {
        assert_eq!(guest.probe(file(path)).await, ready());
    }
    for path in ["missing", "dangling", "/proc/self/stat", "../../../../../../etc/passwd"] {
        assert_eq!(guest.probe(file(path)).await, not_ready("no such file"), "{path}");
    }
    assert_eq!(guest.probe(file("/workspace/made/")).await, ready());
    guest.refuses(file("")).await;
}

#[tokio::test]
async fn a_port_is_open_or_not() {
    let guest = Guest::start().await;
    let tcp = |address: String| Probe::Tcp { address };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(guest.probe(tcp(format!("{host}:{port}"))).await, ready());
    }
    let six = TcpListener::bind(("::1", 0)).await.unwrap();
    let port = six.local_addr().unwrap().port();
    for host in ["[::1]", "localhost"] {
        assert_eq!(guest.probe(tcp(format!("{host}:{port}"))).await, ready());
    }
    let closed = closed_port().await;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        assert_eq!(guest.probe(tcp(format!("{host}:{closed}"))).await, not_ready("connection refused"));
    }
    assert!(guest.refuses(tcp("db:5432".into())).await.contains("HOST:PORT"));
}

#[tokio::test]
async fn a_port_that_accepts_nobody_is_given_up() {
    let guest = Guest::start().await;
    // A listener whose queue is full lets further connections hang.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut full = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        full.push(stream.unwrap());
    }
    let begun = Instant::now();
    let probed = guest.probe(Probe::Tcp { address: address.to_string() }).await;
    assert_eq!(probed, not_ready("no answer within 1000 ms"));
    assert!(begun.elapsed().as_millis() >= u128::from(TCP_DEADLINE_MS));
}

#[tokio::test]
async fn a_page_is_judged_by_its_status() {
    let guest = Guest::start().await;
    let http = |port, path| Probe::Http { url: format!("http://localhost:{port}{path}") };
    let (port, asked) = page("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(guest.probe(http(port, "/health?full=1")).await, ready());
    let asked = asked.await.unwrap();
    assert!(asked.starts_with(&format!("GET /health?full=1 HTTP/1.1\r\nhost: localhost:{port}\r\n")), "{asked}");

    let (port, _) = page("HTTP/1.1 302 Found\r\nlocation: http://localhost:1/\r\n\r\n").await;
    assert_eq!(guest.probe(http(port, "")).await, ready());
    // A body that never comes is not waited for.
    let (port, _) = page("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
    assert_eq!(guest.probe(http(port, "/")).await, ready());
    let (port, _) = page("HTTP/1.0 503 Busy\r\n\r\nlater").await;
    assert_eq!(guest.probe(http(port, "/")).await, not_ready("status 503"));
    let (port, _) = page("220 mail.example.org ESMTP\r\n").await;
    let probed = guest.probe(http(port, "/")).await;
    assert!(!probed.ready && probed.detail.starts_with("no HTTP answer: "), "{probed:?}");
    assert_eq!(guest.probe(http(closed_port().await, "/")).await, not_ready("connection refused"));
    let (port, _) = page("").await;
    assert_eq!(guest.probe(http(port, "/")).await, not_ready("no answer within 2000 ms"));
    let https = Probe::Http { url: "https://localhost/".into() };
    assert!(guest.refuses(https).await.contains("http://HOST:PORT/PATH"));
}

#[tokio::test]
async fn a_command_is_judged_by_its_code() {
    let guest = Guest::start().await;
    std::fs::create_dir(guest.workspace("sub")).unwrap();
    let env = [("STATE".to_owned(), "up".to_owned())].into();
    let test = "test \"$STATE $(basename $PWD) $LANG\" = 'up sub C.UTF-8'";
    let probe = Probe::Command { command: test.into(), cwd: Some("sub".into()), env };
    assert_eq!(guest.probe(probe).await, ready());
    assert_eq!(guest.probe(command("echo out; echo no table >&2; exit 3")).await, not_ready("exit code 3: no table"));
    let chatty = command("head -c 5000000 /dev/zero | tr '\\0' x; kill -9 $$");
    let probed = guest.probe(chatty).await;
    assert_eq!(probed, not_ready(&format!("ended by signal SIGKILL: {}", "x".repeat(200))));
    assert_eq!(guest.link.health().await.unwrap().execs_running, 0);
    guest.refuses(command("true\0")).await;
}

#[tokio::test]
async fn a_command_leaves_nothing_behind() {
    let guest = Guest::start().await;
    let pid = |name: &str| -> Option<u32> { std::fs::read_to_string(guest.workspace(name)).ok()?.trim().parse().ok() };
    assert_eq!(guest.probe(command("sleep 60 & echo $! >left")).await, ready());
    assert!(!alive(pid("left").unwrap()));

    // A caller that goes takes the command with it.
    let probe = command("echo $$ >asked; exec sleep 60");
    let begun = async {
        while pid("asked").is_none() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        probed = guest.link.probe(&probe) => panic!("{probed:?}"),
        () = begun => {}
    }
    let gone = async {
        while alive(pid("asked").unwrap()) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(super::DEADLINE, gone).await.unwrap();
}

#[tokio::test]
async fn a_command_has_its_deadline() {
    let guest = Guest::start().await;
    let probed = guest.probe(command("echo waiting; sleep 60")).await;
    assert_eq!(probed, not_ready("no end within 10000 ms: waiting"));
}
