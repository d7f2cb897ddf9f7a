//! What workspaces cost beside the usual programs doing the same work in the same guest: `cargo bench --bench workspaces`.
//! Prints medians and ratios of runs taken in turn; judges nothing. Needs an installed `debian:12` and both binaries built
//! (`make build`). `tree` is 2,000 files of 1 KB in 200 directories, `large` 1 GB in 10 files.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::stream;
use pyro_mcp::{Pyro, host::Dirs, link::PutFile, registry::CallScope, supervisor::Client};
use serde_json::{Value, json};

const RUNS: usize = 5;
const ENVIRONMENT: &str = "debian:12";

fn main() {
    // `cargo test --benches` only wants to see that it builds.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let home = place.path().join("home");
    let dirs = Dirs { home: home.clone(), ..Dirs::from_env().unwrap() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let bench = Bench { pyro: Pyro::open_in(&dirs, vec![]).unwrap(), home, place: place.path().to_owned() };
        println!("{:<66} {:>10} {:>10} {:>7}", "what (median)", "measured", "beside", "ratio");
        bench.tree().await;
        bench.small().await;
        bench.output().await;
        bench.many().await;
        bench.stopped().await;
        bench.large().await;
    });
}

struct Bench {
    pyro: Pyro,
    home: PathBuf,
    place: PathBuf,
}

/// A workspace of the benchmark, by id.
struct Workspace<'a> {
    bench: &'a Bench,
    id: String,
}

impl Bench {
    async fn call(&self, tool: &str, input: Value) -> Value {
        let answer = self.pyro.call_json(tool, input, CallScope::default()).await;
        answer.unwrap_or_else(|failure| panic!("{tool}: {failure:?}"))
    }

    async fn create(&self, seed: Option<&Path>) -> Workspace<'_> {
        let input = json!({"environment": ENVIRONMENT, "seed_path": seed, "mem_mib": 512});
        let id = self.call("workspace_create", input).await["workspace_id"].as_str().unwrap().to_owned();
        Workspace { bench: self, id }
    }

    /// Seed, push, export and diff of the 2,000 files.
    async fn tree(&self) {
        let tree = self.place.join("tree");
        for directory in 0..200 {
            let directory = tree.join(format!("d{directory}"));
            fs::create_dir_all(&directory).unwrap();
            for file in 0..10 {
                fs::write(directory.join(format!("f{file}")), format!("{file:07}\n").repeat(128)).unwrap();
            }
        }
        // Once unmeasured: caches, and the verdict on KVM.
        self.create(None).await.delete().await;
        let (mut seeded, mut empty) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let started = Instant::now();
            let workspace = self.create(Some(&tree)).await;
            seeded.push(started.elapsed());
            workspace.delete().await;
            let started = Instant::now();
            let workspace = self.create(None).await;
            empty.push(started.elapsed());
            workspace.delete().await;
        }
        let (seeded, empty) = (middle(seeded), middle(empty));
        let fresh = self.fresh_tar(&tree).await;
        let workspace = self.create(Some(&tree)).await;
        // The archive lies in the guest's memory, the tree on the disk that workspaces are on.
        workspace.exec("mkdir -p /dev/shm/a && tar cf /dev/shm/a/tree.tar -C /workspace .").await;
        let mut times: [Vec<Duration>; 7] = Default::default();
        for run in 0..RUNS {
            let (fresh, out) = (format!("push{run}"), self.place.join(format!("out{run}")));
            times[0].push(workspace.took("workspace_sync_push", json!({"source_path": tree, "dest": fresh})).await);
            times[1].push(workspace.exec("mkdir tar; tar xf /dev/shm/a/tree.tar -C tar; sync").await);
            times[2].push(workspace.took("workspace_sync_push", json!({"source_path": tree, "dest": fresh})).await);
            times[3].push(workspace.exec("tar xf /dev/shm/a/tree.tar -C tar; sync").await);
            times[4].push(workspace.took("workspace_export", json!({"path": fresh, "output_path": out})).await);
            times[5].push(workspace.exec("tar cf - tar | cat > /dev/null").await);
            times[6].push(workspace.exec("tar cf /dev/shm/a/again.tar tar; rm /dev/shm/a/again.tar").await);
            workspace.exec(&format!("rm -rf tar {fresh}; sync")).await;
            fs::remove_dir_all(out).unwrap();
        }
        let [push, tar, again, over, export, pack, pack_file] = times.map(middle);
        row(
            "create with tree as seed, beyond an empty one | first tar x, sync",
            seeded.saturating_sub(empty),
            Some(fresh),
        );
        row("sync push of tree into a new directory | tar x, sync", push, Some(tar));
        row("sync push of tree over itself | tar x over itself, sync", again, Some(over));
        row("export of tree | tar c through a pipe", export, Some(pack));
        row("export of tree | tar c into memory", export, Some(pack_file));
        workspace.diffs().await;
        workspace.delete().await;
    }

    /// What GNU tar takes for the same in a guest that has done nothing yet.
    async fn fresh_tar(&self, tree: &Path) -> Duration {
        let folder = self.place.join("archive");
        fs::create_dir_all(&folder).unwrap();
        let tar = folder.join("tree.tar");
        let status = std::process::Command::new("tar").arg("cf").arg(&tar).arg("-C").arg(tree).arg(".").status();
        assert!(status.unwrap().success());
        let mut times = Vec::new();
        for _ in 0..3 {
            let workspace = self.create(Some(&folder)).await;
            times.push(workspace.exec("mkdir x; tar xf tree.tar -C x; sync").await);
            workspace.delete().await;
        }
        middle(times)
    }

    /// Calls that should feel like nothing.
    async fn small(&self) {
        let workspace = self.create(None).await;
        let text = "x".repeat(1024);
        let mut times: [Vec<Duration>; 4] = Default::default();
        for _ in 0..30 {
            times[0].push(workspace.took("workspace_file_write", json!({"path": "a", "text": text})).await);
            times[1].push(workspace.took("workspace_file_read", json!({"path": "a"})).await);
            times[2].push(workspace.took("workspace_status", json!({})).await);
            let started = Instant::now();
            let inside = workspace.exec("true").await;
            times[3].push(started.elapsed().saturating_sub(inside));
        }
        let [write, read, status, exec] = times.map(middle);
        row("workspace_file_write of 1 KB", write, None);
        row("workspace_file_read of 1 KB", read, None);
        row("workspace_status", status, None);
        row("workspace_exec of `true`, beyond spawn to exit", exec, None);
        workspace.delete().await;
    }

    /// 20 MB of output, beside the guest's own time to make it and the channel's to carry it.
    async fn output(&self) {
        let workspace = self.create(None).await;
        workspace.exec("head -c 20000000 /dev/urandom | base64 | head -c 20000000 > /dev/shm/out").await;
        let client = workspace.client().await;
        let (mut whole, mut alone, mut carried) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let started = Instant::now();
            let answer = workspace.call("workspace_exec", json!({"command": "cat /dev/shm/out"})).await;
            whole.push(started.elapsed());
            assert_eq!(answer["stdout_bytes"], 20_000_000);
            alone.push(workspace.exec("cat /dev/shm/out > /dev/null").await);
            carried.push(download(&client, "/dev/shm/out").await.0);
        }
        let beside = middle(alone) + middle(carried);
        row("20 MB of stdout | cat > /dev/null, and a raw download", middle(whole), Some(beside));
        row_memory("  the supervisor's peak memory", peak(workspace.supervisor()));
        workspace.delete().await;
    }

    /// Eight at once on this host's cores.
    async fn many(&self) {
        let started = Instant::now();
        for _ in 0..8 {
            self.create(None).await.delete().await;
        }
        let sequence = started.elapsed();
        let started = Instant::now();
        let all = futures_util::future::join_all((0..8).map(|_| self.create(None))).await;
        let at_once = started.elapsed();
        for workspace in all {
            workspace.delete().await;
        }
        row("eight workspaces created at once | one after another", at_once, Some(sequence));
    }

    /// A list of 1,000 that are stopped.
    async fn stopped(&self) {
        let workspace = self.create(None).await;
        let folder = self.home.join("workspaces");
        let from = folder.join(&workspace.id);
        let record = fs::read_to_string(from.join("workspace.json")).unwrap();
        let running = fs::read(from.join("running.json")).unwrap();
        workspace.exec("true").await;
        let mut made = Vec::new();
        for number in 0..1000 {
            let letter = |digit: usize| char::from(b'a' + (number / 26_usize.pow(digit as u32) % 26) as u8);
            let id = format!("ws-bench{}{}{}aaaa", letter(0), letter(1), letter(2));
            let to = folder.join(&id);
            fs::create_dir_all(to.join("commands")).unwrap();
            fs::write(to.join("workspace.json"), record.replace(&workspace.id, &id)).unwrap();
            fs::write(to.join("running.json"), &running).unwrap();
            fs::copy(from.join("commands/000001.json"), to.join("commands/000001.json")).unwrap();
            made.push(to);
        }
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let started = Instant::now();
            let listed = self.call("workspace_list", json!({"state": "stopped", "limit": 200})).await;
            times.push(started.elapsed());
            assert_eq!(listed["count"], 200);
        }
        row("workspace_list among 1,000 stopped", middle(times), None);
        made.iter().for_each(|one| fs::remove_dir_all(one).unwrap());
        workspace.delete().await;
    }

    /// 1 GB: memory stays small, and the channel is what limits.
    async fn large(&self) {
        let large = self.place.join("large");
        fs::create_dir_all(&large).unwrap();
        let piece: Vec<u8> = (0..100_000_000u64).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for file in 0..10 {
            fs::write(large.join(format!("f{file}")), &piece).unwrap();
        }
        let bytes = 1e9;
        let workspace = self.create(None).await;
        let client = workspace.client().await;
        workspace.exec("head -c 200000000 /dev/zero > /dev/shm/raw").await;
        let raw_down = download(&client, "/dev/shm/raw").await;
        workspace.exec("rm /dev/shm/raw").await;
        let started = Instant::now();
        let part = Bytes::from(piece[..1 << 20].to_vec());
        let pieces = stream::iter((0..200).map(move |_| Ok(part.clone())));
        client.guest().put_file("/dev/shm/raw", &PutFile::default(), pieces).await.unwrap();
        let raw_up = f64::from(200 << 20) / started.elapsed().as_secs_f64();
        workspace.exec("rm /dev/shm/raw").await;
        let disk = workspace.exec("dd if=/dev/zero of=dd bs=1M count=500 conv=fsync 2>/dev/null; rm dd").await;
        let push = workspace.took("workspace_sync_push", json!({"source_path": large})).await;
        let out = self.place.join("large-out");
        let export = workspace.took("workspace_export", json!({"path": ".", "output_path": out})).await;
        rate("1 GB pushed | raw upload into memory", bytes / push.as_secs_f64(), raw_up);
        rate("1 GB pushed | dd with fsync in the guest", bytes / push.as_secs_f64(), 500e6 / disk.as_secs_f64());
        rate("1 GB exported | raw download", bytes / export.as_secs_f64(), raw_down.1);
        row_memory("  the supervisor's peak memory", peak(workspace.supervisor()));
        row_memory("  this process's peak memory, 100 MB of its own in it", peak(std::process::id()));
        workspace.delete().await;
    }
}

impl Workspace<'_> {
    async fn call(&self, tool: &str, mut input: Value) -> Value {
        input["workspace_id"] = json!(self.id);
        self.bench.call(tool, input).await
    }

    async fn took(&self, tool: &str, input: Value) -> Duration {
        let started = Instant::now();
        self.call(tool, input).await;
        started.elapsed()
    }

    /// Spawn to exit in the guest.
    async fn exec(&self, command: &str) -> Duration {
        let answer = self.call("workspace_exec", json!({"command": command, "timeout_seconds": 600})).await;
        assert_eq!(answer["exit_code"], 0, "{command}: {answer}");
        Duration::from_millis(answer["duration_ms"].as_u64().unwrap())
    }

    async fn diffs(&self) {
        let cold = "sync; echo 3 > /proc/sys/vm/drop_caches";
        let find = "find . -newer /dev/shm/stamp > /dev/null";
        self.exec("touch /dev/shm/stamp").await;
        for (what, change) in
            [("unchanged", "true"), ("10 changed", "for n in 0 1 2 3 4 5 6 7 8 9; do echo new >> d$n/f$n; done")]
        {
            self.exec(change).await;
            for (state, before) in [("warm", "true"), ("cold", cold)] {
                let (mut diff, mut beside) = (Vec::new(), Vec::new());
                for _ in 0..RUNS {
                    self.exec(before).await;
                    diff.push(self.took("workspace_diff", json!({})).await);
                    self.exec(before).await;
                    beside.push(self.exec(find).await);
                }
                row(&format!("diff of tree, {what}, {state} | find -newer"), middle(diff), Some(middle(beside)));
            }
        }
    }

    async fn client(&self) -> Client {
        Client::connect(&self.bench.home.join("workspaces").join(&self.id)).await.unwrap()
    }

    fn supervisor(&self) -> u32 {
        let lock = self.bench.home.join("workspaces").join(&self.id).join("supervisor.lock");
        fs::read_to_string(lock).unwrap().trim().parse().unwrap()
    }

    async fn delete(self) {
        self.call("workspace_delete", json!({})).await;
    }
}

/// How long a file takes out of the guest, and bytes per second.
async fn download(client: &Client, path: &str) -> (Duration, f64) {
    let started = Instant::now();
    let mut file = client.guest().get_file(path).await.unwrap();
    let mut bytes = 0;
    while let Some(piece) = file.next().await.unwrap() {
        bytes += piece.len();
    }
    (started.elapsed(), bytes as f64 / started.elapsed().as_secs_f64())
}

/// Peak resident memory of a process, KiB.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn row(what: &str, measured: Duration, beside: Option<Duration>) {
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let ratio = beside.map(|beside| format!("{:.2}", measured.as_secs_f64() / beside.as_secs_f64()));
    let beside = beside.map(ms).unwrap_or_default();
    println!("{what:<66} {:>10} {beside:>10} {:>7}", ms(measured), ratio.unwrap_or_default());
}

fn rate(what: &str, measured: f64, beside: f64) {
    let mb = |rate: f64| format!("{:.0} MB/s", rate / 1e6);
    println!("{what:<66} {:>10} {:>10} {:>7.2}", mb(measured), mb(beside), measured / beside);
}

fn row_memory(what: &str, kib: u64) {
    println!("{what:<66} {:>7.1} MB", kib as f64 / 1024.0);
}
