//! What published ports and the egress proxy carry, beside the channel they go over: `cargo bench --bench network`. Prints
//! MB/s and milliseconds, what is aimed at, and ratios of runs taken in turn; judges nothing. Needs an installed `debian:12`
//! and both binaries built (`make build`). `network.pl` is the program in the guest.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on has failed")]

use std::{
    fs, io,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::stream;
use pyro_mcp::{Pyro, host::Dirs, link::PutFile, registry::CallScope, supervisor::Client};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const ENVIRONMENT: &str = "debian:12";
const RUNS: usize = 5;
const BYTES: usize = 100 << 20;
const KNOCKS: usize = 50;

fn main() {
    // `cargo test --benches` only wants to see that it builds.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let dirs = Dirs { home: place.path().join("home"), ..Dirs::from_env().unwrap() };
    let seed = place.path().join("seed");
    fs::create_dir(&seed).unwrap();
    fs::write(seed.join("network.pl"), include_str!("network.pl")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = world().await;
        let pyro = Pyro::open_in(&dirs, vec![]).unwrap();
        let input = json!({
            "environment": ENVIRONMENT, "seed_path": seed, "mem_mib": 1024,
            "network_policy": "egress+published-ports", "allow_hosts": [format!("127.0.0.1:{world}")],
        });
        let created = pyro.call_json("workspace_create", input, CallScope::default()).await.unwrap();
        let id = created["workspace_id"].as_str().unwrap().to_owned();
        println!("{ENVIRONMENT}, {}; {BYTES} bytes each", created["execution_mode"].as_str().unwrap());
        println!("{:<52} {:>12} {:>12} {:>7}  aim", "what | beside (median)", "measured", "beside", "ratio");
        let client = Client::connect(&dirs.home.join("workspaces").join(&id)).await.unwrap();
        let workspace = Workspace { pyro, id, client, world };
        let port = workspace.publish().await;
        workspace.carry(port).await;
        workspace.connect(port).await;
        workspace.call("workspace_delete", json!({})).await;
    });
}

/// A server of the host: answers `get N` with so many bytes, and takes as many after `put N`.
async fn world() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let mut asked = String::new();
                let _ = stream.read_line(&mut asked).await;
                let (way, count) = asked.trim().split_once(' ').unwrap_or(("get", "0"));
                let count = count.parse().unwrap_or(0);
                let _ = match way {
                    "get" => give(stream.get_mut(), count).await,
                    _ => match take(&mut stream, count).await {
                        Ok(()) => stream.get_mut().write_all(b".").await,
                        error => error,
                    },
                };
            });
        }
    });
    port
}

async fn give(stream: &mut TcpStream, mut left: usize) -> io::Result<()> {
    let piece = [0; 65_536];
    while left > 0 {
        let count = left.min(piece.len());
        stream.write_all(&piece[..count]).await?;
        left -= count;
    }
    Ok(())
}

async fn take(stream: &mut (impl AsyncReadExt + Unpin), mut left: usize) -> io::Result<()> {
    let mut piece = [0; 65_536];
    while left > 0 {
        let most = left.min(piece.len());
        match stream.read(&mut piece[..most]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => left -= count,
        }
    }
    Ok(())
}

struct Workspace {
    pyro: Pyro,
    id: String,
    client: Client,
    world: u16,
}

impl Workspace {
    async fn call(&self, tool: &str, mut input: Value) -> Value {
        input["workspace_id"] = json!(self.id);
        let answer = self.pyro.call_json(tool, input, CallScope::default()).await;
        answer.unwrap_or_else(|failure| panic!("{tool}: {failure:?}"))
    }

    async fn perl(&self, arguments: &str) -> String {
        let ran = self
            .call("workspace_exec", json!({"command": format!("perl network.pl {arguments}"), "timeout_seconds": 600}))
            .await;
        assert_eq!(ran["exit_code"], 0, "{ran}");
        ran["stdout"].as_str().unwrap().to_owned()
    }

    /// Starts the guest's server; answers its port on the host.
    async fn publish(&self) -> u16 {
        let start = json!({
            "service_name": "server", "command": "exec perl network.pl serve 7000", "ready_tcp": "7000", "published_ports": ["7000"],
        });
        let started = self.call("workspace_service_start", start).await;
        started["published_ports"][0]["host_port"].as_u64().unwrap() as u16
    }

    /// Bytes through ports and proxy, each way, and the channel alone the same way.
    async fn carry(&self, port: u16) {
        let ways = [
            "out of the guest: published port",
            "out of the guest: egress",
            "into the guest: published port",
            "into the guest: egress",
        ];
        let mut rates = [vec![], vec![], vec![], vec![]];
        let mut beside = [vec![], vec![]];
        let world = format!("127.0.0.1:{}", self.world);
        // It lies in memory: what limits is the channel.
        let made = format!("head -c {BYTES} /dev/zero >/dev/shm/raw");
        self.call("workspace_exec", json!({"command": made})).await;
        for _ in 0..RUNS {
            beside[0].push(timed(self.raw_out()).await);
            rates[0].push(timed(through(port, "get")).await);
            rates[1].push(timed(self.perl(&format!("put {world} {BYTES}"))).await);
            beside[1].push(timed(self.raw_in()).await);
            rates[2].push(timed(through(port, "put")).await);
            rates[3].push(timed(self.perl(&format!("get {world} {BYTES}"))).await);
        }
        for (at, (way, times)) in ways.into_iter().zip(rates).enumerate() {
            let rate = |mut times: Vec<Duration>| BYTES as f64 / 1e6 / middle(&mut times).as_secs_f64();
            let (carried, raw) = (rate(times), rate(beside[at / 2].clone()));
            println!(
                "{:<52} {carried:>7.0} MB/s {raw:>7.0} MB/s {:>7.2}  0.25",
                format!("{way} | raw channel"),
                carried / raw
            );
        }
    }

    async fn raw_out(&self) {
        let mut body = self.client.guest().get_file("/dev/shm/raw").await.unwrap();
        let mut all = 0;
        while let Some(piece) = body.next().await.unwrap() {
            all += piece.len();
        }
        assert_eq!(all, BYTES);
    }

    async fn raw_in(&self) {
        let piece = Bytes::from(vec![0; 65_536]);
        let pieces = (0..BYTES / 65_536).map(move |_| io::Result::Ok(piece.clone()));
        self.client.guest().put_file("/dev/shm/in", &PutFile::default(), stream::iter(pieces)).await.unwrap();
    }

    /// From a connection's beginning to the first byte of an answer.
    async fn connect(&self, port: u16) {
        let (mut ports, mut asks) = (vec![], vec![]);
        for _ in 0..KNOCKS {
            ports.push(timed(async { exchange(port, b"get 1\n", 1).await.unwrap() }).await);
            asks.push(timed(async { self.client.guest().health().await.unwrap() }).await);
        }
        let (port, ask) = (ms(middle(&mut ports)), ms(middle(&mut asks)));
        println!(
            "{:<52} {port:>9.2} ms {ask:>9.2} ms {:>7.2}  10 ms beyond",
            "published port: connect, first byte | a request",
            port / ask
        );
        let out: f64 = self.perl(&format!("knock 127.0.0.1:{} {KNOCKS}", self.world)).await.parse().unwrap();
        println!(
            "{:<52} {out:>9.2} ms {ask:>9.2} ms {:>7.2}  10 ms beyond",
            "egress: CONNECT, first byte (mean) | a request",
            out / ask
        );
    }
}

async fn through(port: u16, way: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(format!("{way} {BYTES}\n").as_bytes()).await.unwrap();
    match way {
        "get" => take(&mut stream, BYTES).await.unwrap(),
        _ => {
            give(&mut stream, BYTES).await.unwrap();
            take(&mut stream, 1).await.unwrap();
        }
    }
}

async fn exchange(port: u16, ask: &[u8], count: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    stream.write_all(ask).await?;
    take(&mut stream, count).await
}

async fn timed<T>(work: impl Future<Output = T>) -> Duration {
    let started = Instant::now();
    work.await;
    started.elapsed()
}

fn middle(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
