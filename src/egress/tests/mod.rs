//! The egress proxy as a whole: programs on one side, servers on loopback ports on the other.

mod change;
mod deciding;
mod hello;
mod hostile;
mod plain;
mod recorded;
mod tunnel;
mod upstream;

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use pyro_protocol::network::{Denied, Rule};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

use super::{Gate, Policy, Resolver, Told, Upstream};

/// What a program sees and the host notes. The names that are known are `one.test` and `two.test`, both on 127.0.0.1.
struct World {
    gate: Arc<Gate>,
    denied: Arc<Mutex<Vec<Denied>>>,
    /// Names that were looked up, in order.
    resolved: Arc<Mutex<Vec<String>>>,
}

/// Only these hosts.
fn only(entries: &[String]) -> Policy {
    Policy { allow_hosts: Some(entries.iter().map(|entry| entry.parse().unwrap()).collect()), ..Policy::egress() }
}

/// Both names at any port, the addresses at these.
fn at(ports: &[u16]) -> Policy {
    let addresses = ports.iter().map(|port| format!("127.0.0.0/8:{port}"));
    only(&["one.test".into(), "two.test".into()].into_iter().chain(addresses).collect::<Vec<_>>())
}

impl World {
    fn new(policy: Policy) -> Self {
        let here = &["127.0.0.1"][..];
        Self::knowing(policy, Upstream::default(), &[("one.test", here), ("two.test", here)])
    }

    /// With a table of names; each further look-up of a name tells the rest of its addresses.
    fn knowing(policy: Policy, upstream: Upstream, names: &[(&str, &[&str])]) -> Self {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let table: HashMap<_, _> = names.iter().map(|(name, has)| ((*name).to_owned(), addresses(has))).collect();
        let resolved = Arc::new(Mutex::new(Vec::new()));
        let asked = resolved.clone();
        let resolver: Resolver = Arc::new(move |name| {
            let found = table.get(&name).cloned().ok_or_else(|| io::Error::other("no such name"));
            asked.lock().unwrap().push(name);
            Box::pin(async { found })
        });
        Self { gate: Arc::new(Gate::new(policy, upstream, resolver)), denied: Arc::default(), resolved }
    }

    /// A connection of a program to the proxy.
    fn dial(&self) -> DuplexStream {
        self.dial_watched().0
    }

    /// The same, with the task that ends with it.
    fn dial_watched(&self) -> (DuplexStream, JoinHandle<()>) {
        let (program, stream) = tokio::io::duplex(64 * 1024);
        let (gate, denied) = (self.gate.clone(), self.denied.clone());
        let note = move |one: Denied| -> Told {
            let denied = denied.clone();
            Box::pin(async move { denied.lock().unwrap().push(one) })
        };
        (program, tokio::spawn(async move { gate.serve(stream, note).await }))
    }

    /// Everything that is answered to these bytes, up to the connection's end.
    async fn said(&self, bytes: impl AsRef<[u8]>) -> String {
        let (mut reading, mut writing) = tokio::io::split(self.dial());
        let bytes = bytes.as_ref().to_vec();
        // A proxy that has heard enough does not read on.
        let write = tokio::spawn(async move { drop(writing.write_all(&bytes).await) });
        let mut said = Vec::new();
        within(reading.read_to_end(&mut said)).await.unwrap();
        write.abort();
        String::from_utf8(said).unwrap()
    }

    fn rules(&self) -> Vec<Rule> {
        self.denied.lock().unwrap().iter().map(|denied| denied.rule).collect()
    }

    fn denials(&self) -> Vec<(String, u16, Rule, Option<String>)> {
        let told = |denied: &Denied| (denied.host.clone(), denied.port, denied.rule, denied.allow.clone());
        self.denied.lock().unwrap().iter().map(told).collect()
    }
}

/// What must happen soon.
async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.unwrap()
}

/// What must happen at some time; the clock is paused.
async fn eventually<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(3600), work).await.unwrap()
}

/// A server that does this with each connection. Answers its port.
async fn server<R: Future<Output = ()> + Send + 'static>(each: impl Fn(TcpStream) -> R + Send + 'static) -> u16 {
    server_at("127.0.0.1:0", each).await
}

async fn server_at<R>(address: &str, each: impl Fn(TcpStream) -> R + Send + 'static) -> u16
where
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(address).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(each(stream));
        }
    });
    port
}

/// A server that tells every head it reads, answers always the same, and hangs up.
async fn answering(answer: &'static str) -> (u16, mpsc::UnboundedReceiver<String>) {
    let (told, heads) = mpsc::unbounded_channel();
    let port = server(move |mut stream| {
        let told = told.clone();
        async move {
            told.send(head(&mut stream).await).unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            // What is left unread would make its end a reset.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    });
    (port.await, heads)
}

/// Reads to the end of a head and no further, or to that of the stream.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n")
        && let Ok(byte) = within(stream.read_u8()).await
    {
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap()
}

/// Opens a tunnel and reads the proxy's consent.
async fn tunnel(world: &World, to: &str) -> DuplexStream {
    let mut program = world.dial();
    program.write_all(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes()).await.unwrap();
    let head = head(&mut program).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    program
}

/// A server that sends back what it gets, after a greeting.
async fn echo(greeting: &'static str) -> u16 {
    server(move |mut stream| async move {
        stream.write_all(greeting.as_bytes()).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let _ = tokio::io::copy(&mut reading, &mut writing).await;
        let _ = writing.shutdown().await;
    })
    .await
}

/// The next bytes, as many as these, are these.
async fn expect(stream: &mut (impl AsyncReadExt + Unpin), bytes: &[u8]) {
    let mut read = vec![0; bytes.len()];
    within(stream.read_exact(&mut read)).await.unwrap();
    assert_eq!(read, bytes);
}

/// The stream ends here.
async fn expect_end(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut rest = Vec::new();
    // Cut off or shut down is the same.
    let _ = within(stream.read_to_end(&mut rest)).await;
    assert_eq!(rest, b"", "{}", String::from_utf8_lossy(&rest));
}
