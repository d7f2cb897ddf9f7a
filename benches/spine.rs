//! What the way of a request costs, beside what it cannot avoid: `cargo bench --bench spine`. Prints medians and ratios of
//! runs taken in turn; judges nothing. Needs an installed `debian:12` and both binaries built (`make build`).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on has failed")]

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pyro_mcp::{
    environment::{Bootable, Environments},
    host::{self, Dirs, sparse, tsc},
    ids::VmId,
    link::Link,
    redact::Redactor,
    supervisor::Client,
    vm::{
        Backend, Image, VmSpec, offer,
        qemu::{Qemu, args::Accel},
    },
};
use pyro_protocol::{exec::ExecRequest, frame::Event};
use serde_json::{Value, json};

const RUNS: usize = 7;
const ENVIRONMENT: &str = "debian:12";

fn main() {
    // `cargo test --benches` only wants to see that it builds.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let pyro = host::binary("pyro").unwrap();
    let place = tempfile::tempdir().unwrap();
    let home = place.path().join("home");
    let dirs = Dirs { home: home.clone(), ..Dirs::from_env().unwrap() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("{:<58} {:>10} {:>10} {:>8}", "what (median)", "measured", "beside", "ratio");

    sizes(&pyro);
    let help = median(RUNS, || timed(|| run(&pyro, &home, &["--help"])));
    row("pyro --help", help, None);
    let true_ = median(RUNS, || timed(|| drop(Command::new("true").status())));
    row("  a process that does nothing", true_, None);
    let (opened, rss_kib) = stdio_start(&pyro, &home);
    row("MCP over stdio: spawn to the answer of initialize", opened, None);
    println!("{:<58} {:>7.1} MB", "  resident memory then", rss_kib as f64 / 1024.0);

    let boot = runtime.block_on(Environments::new(dirs.clone()).ensure(ENVIRONMENT, None, None)).unwrap();
    // Once unmeasured: caches, and the verdict on KVM.
    run(&pyro, &home, &["run", ENVIRONMENT, "--", "true"]);
    let (mut whole, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        whole.push(timed(|| run(&pyro, &home, &["run", ENVIRONMENT, "--", "true"])));
        bare.push(runtime.block_on(bare_boot(&boot, &dirs.cache)));
    }
    row("vm_run of `true` | bare QEMU boot and one exec", middle(whole), Some(middle(bare)));

    let id = create_and_start(&pyro, &home);
    runtime.block_on(execs(&home.join("vms").join(&id)));
    run(&pyro, &home, &["vm", "delete", &id]);
    busy_list(&pyro, &home);
}

fn sizes(pyro: &Path) {
    for (name, path) in [("pyro", Ok(pyro.to_owned())), ("pyro-guest", host::binary("pyro-guest"))] {
        let bytes = std::fs::metadata(path.unwrap()).unwrap().len();
        println!("{:<58} {:>7.1} MB", format!("size of {name}"), bytes as f64 / 1e6);
    }
}

/// QEMU, the same kernel, initramfs and image, and nothing of ours on the host but the link: spawn to a command's end.
async fn bare_boot(boot: &Bootable, cache: &Path) -> Duration {
    let dir = tempfile::tempdir().unwrap();
    let image = Image { kernel: boot.kernel.clone(), initramfs: boot.initramfs.clone(), base: Some(boot.base.clone()) };
    let spec = VmSpec {
        name: VmId::random().unwrap().to_string(),
        vcpu_count: 1,
        mem_mib: 1024,
        image: Some(image),
        dir: dir.path().to_owned(),
        durable: false,
        waits: false,
    };
    sparse::copy(&boot.empty_disk, &spec.disk()).unwrap();
    let accel = Accel::Tcg { tsc_khz: tsc::khz(cache, &host::boot_id()) };
    let qemu = Qemu { binary: offer::qemu().unwrap(), accel };
    let started = Instant::now();
    let machine = qemu.launch(&spec, &Redactor::default()).await.unwrap();
    let link = Link::open_guest(machine.connect().await.unwrap(), Duration::from_secs(60)).await.unwrap();
    let mut events = link.exec(&request("true")).await.unwrap();
    while !matches!(events.next().await.unwrap(), Some(Event::Ended(_))) {}
    let elapsed = started.elapsed();
    machine.kill();
    machine.ended().await;
    elapsed
}

/// Through one supervisor: the round trip beyond the guest's own time, and four commands at once.
async fn execs(dir: &Path) {
    let client = Client::connect(dir).await.unwrap();
    let mut beyond = Vec::new();
    let mut whole = Vec::new();
    for _ in 0..40 {
        let started = Instant::now();
        let inside = exec(&client, "true").await;
        whole.push(started.elapsed());
        beyond.push(started.elapsed().saturating_sub(inside));
    }
    row("exec of `true`, round trip | beyond spawn-to-exit", middle(whole), None);
    row("  of which the host, the link and the agent", middle(beyond), None);
    let started = Instant::now();
    tokio::join!(
        exec(&client, "sleep 0.5"),
        exec(&client, "sleep 0.5"),
        exec(&client, "sleep 0.5"),
        exec(&client, "sleep 0.5")
    );
    row("four `sleep 0.5` at once | one after another", started.elapsed(), Some(Duration::from_secs(2)));
}

async fn exec(client: &Client, command: &str) -> Duration {
    let mut events = client.exec(&request(command)).await.unwrap();
    loop {
        if let Some(Event::Ended(ended)) = events.next().await.unwrap() {
            return Duration::from_millis(ended.duration_ms);
        }
    }
}

fn request(command: &str) -> ExecRequest {
    ExecRequest { command: command.into(), timeout_ms: Some(60_000), ..ExecRequest::default() }
}

fn create_and_start(pyro: &Path, home: &Path) -> String {
    let created =
        Command::new(pyro).env("PYRO_HOME", home).args(["vm", "create", ENVIRONMENT, "--json"]).output().unwrap();
    let vm: Value = serde_json::from_slice(&created.stdout).unwrap();
    let id = vm["vm_id"].as_str().unwrap().to_owned();
    run(pyro, home, &["vm", "start", &id]);
    id
}

/// A chat host's first exchange, and the server's memory after it.
fn stdio_start(pyro: &Path, home: &Path) -> (Duration, u64) {
    let mut rss_kib = 0;
    let opened = median(RUNS, || {
        let started = Instant::now();
        let server = Server::start(pyro, home, "workspace-core");
        let elapsed = started.elapsed();
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        rss_kib = rss.trim().trim_end_matches(" kB").parse().unwrap();
        server.end();
        elapsed
    });
    (opened, rss_kib)
}

/// `tools/list` while a command runs in a machine of the same server.
fn busy_list(pyro: &Path, home: &Path) {
    let mut server = Server::start(pyro, home, "vm-run");
    let run = json!({"name": "vm_run", "arguments": {"environment": ENVIRONMENT, "command": "sleep 3"}});
    server.send(&json!({"jsonrpc": "2.0", "id": 100, "method": "tools/call", "params": run}));
    let mut lists = Vec::new();
    for id in 200..230 {
        let started = Instant::now();
        server.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"}));
        server.answer(id);
        lists.push(started.elapsed());
    }
    row("tools/list during a call", middle(lists), None);
    server.answer(100);
    server.end();
}

struct Server {
    child: std::process::Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Answers once `initialize` was answered.
    fn start(pyro: &Path, home: &Path, profile: &str) -> Self {
        let mut command = Command::new(pyro);
        command.env("PYRO_HOME", home).args(["mcp", "serve", "--profile", profile]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, answers };
        let client = json!({"name": "bench", "version": "1"});
        let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        server.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}));
        server.answer(1);
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{message}").unwrap();
    }

    fn answer(&mut self, id: u64) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the server ended");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == json!(id) {
                return message;
            }
        }
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

fn run(pyro: &Path, home: &Path, words: &[&str]) {
    let output = Command::new(PathBuf::from(pyro)).env("PYRO_HOME", home).args(words).output().unwrap();
    assert!(output.status.success(), "pyro {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(runs: usize, mut work: impl FnMut() -> Duration) -> Duration {
    middle((0..runs).map(|_| work()).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn row(what: &str, measured: Duration, beside: Option<Duration>) {
    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    match beside {
        Some(beside) => {
            let ratio = measured.as_secs_f64() / beside.as_secs_f64();
            println!("{what:<58} {:>10} {:>10} {ratio:>8.2}", shown(measured), shown(beside));
        }
        None => println!("{what:<58} {:>10}", shown(measured)),
    }
}
