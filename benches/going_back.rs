//! What snapshots, resets and looks at disks cost beside `cp --sparse=always` of the same disk: `cargo bench --bench
//! going_back`. Prints milliseconds, what is aimed at, and ratios of runs taken in turn; judges nothing. Needs an installed
//! `debian:12` and both binaries built (`make build`).
//!
//! `cp` answers before anything is on the host's disk, a snapshot only after: `cp, synced` is the same work.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use pyro_mcp::{Pyro, host::Dirs, registry::CallScope};
use serde_json::{Value, json};

const RUNS: usize = 5;
const ENVIRONMENT: &str = "debian:12";

/// Appends a line as often as it can, until there is a file `stop`; then tells the longest time one took, milliseconds.
const WRITER: &str = r#"use Time::HiRes qw(time); open my $f, ">>", "lines"; $f->autoflush(1); my ($max, $last) = (0, time);
print "on\n"; $| = 1; until (-e "stop") { print $f "x" x 100, "\n"; my $now = time; my $took = $now - $last;
$max = $took if $took > $max; $last = $now; select undef, undef, undef, 0.002 } unlink "stop"; printf "%d\n", $max * 1000;"#;

fn main() {
    // `cargo test --benches` only wants to see that it builds.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let dirs = Dirs { home: place.path().join("home"), ..Dirs::from_env().unwrap() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let bench = Bench { pyro: Pyro::open_in(&dirs, vec![]).unwrap(), place: place.path().to_owned() };
        println!("{:<58} {:>9} {:>9} {:>7}  aim", "what | beside (medians, ms)", "measured", "beside", "ratio");
        for mib in [50, 500] {
            bench.snapshots(mib).await;
        }
        bench.looks().await;
        bench.differences().await;
    });
}

struct Bench {
    pyro: Pyro,
    place: PathBuf,
}

struct Workspace<'a> {
    bench: &'a Bench,
    id: String,
}

impl Bench {
    async fn create(&self, seed: Option<&Path>) -> Workspace<'_> {
        let input = json!({"environment": ENVIRONMENT, "seed_path": seed, "mem_mib": 512});
        let created = self.pyro.call_json("workspace_create", input, CallScope::default()).await.unwrap();
        Workspace { bench: self, id: created["workspace_id"].as_str().unwrap().to_owned() }
    }

    /// Snapshots and resets of a workspace with so much in it.
    async fn snapshots(&self, mib: usize) {
        let seed = self.place.join(format!("seed-{mib}"));
        fs::create_dir(&seed).unwrap();
        fs::write(seed.join("data"), noise(mib << 20)).unwrap();
        let workspace = self.create(Some(&seed)).await;
        fs::remove_dir_all(&seed).unwrap();
        let disk = workspace.folder().join("disk.ext4");
        let copy = self.place.join("copy");
        let (mut taken, mut copied, mut synced) = (vec![], vec![], vec![]);
        for _ in 0..RUNS {
            copied.push(cp(&disk, &copy, false));
            synced.push(cp(&disk, &copy, true));
            taken.push(workspace.took("workspace_snapshot_create", json!({"snapshot_name": "one"})).await);
            workspace.call("workspace_snapshot_delete", json!({"snapshot_name": "one"})).await;
        }
        let aim = if mib < 100 { "1.6, and 200 ms" } else { "1.6" };
        row(&format!("snapshot, {mib} MiB used | cp"), &taken, Some(&copied), aim);
        row(&format!("snapshot, {mib} MiB used | cp, synced"), &taken, Some(&synced), "");
        row(&format!("longest write during one, {mib} MiB used"), &workspace.stalls().await, None, "300 at 50 MiB");
        let (mut reset, mut beside) = (vec![], vec![]);
        for _ in 0..RUNS {
            reset.push(workspace.took("workspace_reset", json!({})).await);
            workspace.call("workspace_stop", json!({})).await;
            beside.push(cp(&disk, &copy, false) + workspace.took("workspace_start", json!({})).await);
        }
        row(&format!("reset, {mib} MiB used | cp and a start"), &reset, Some(&beside), "1");
        workspace.call("workspace_delete", json!({})).await;
        fs::remove_file(&copy).unwrap();
    }

    async fn looks(&self) {
        let workspace = self.create(None).await;
        workspace.exec("yes 0123456789abcde | head -c 1G >large; head -c 1024 large >small; sync").await;
        workspace.call("workspace_stop", json!({})).await;
        let used = fs::metadata(workspace.folder().join("disk.ext4")).unwrap();
        assert!(std::os::unix::fs::MetadataExt::blocks(&used) * 512 >= 1 << 30);
        for (what, tool, input) in [
            ("disk_read of 1 KB, 1 GB used", "workspace_disk_read", json!({"path": "small"})),
            ("disk_read of 1 KB at the end of 1 GB", "workspace_disk_read", json!({"path": "large", "offset": -1024})),
            (
                "disk_read of /etc/passwd, which is the environment's",
                "workspace_disk_read",
                json!({"path": "/etc/passwd"}),
            ),
            ("disk_list of /usr/bin", "workspace_disk_list", json!({"path": "/usr/bin", "limit": 1000})),
        ] {
            let mut took = vec![];
            for _ in 0..20 {
                took.push(workspace.took(tool, input.clone()).await);
            }
            row(what, &took, None, if what.contains("used") { "20" } else { "" });
        }
        workspace.call("workspace_delete", json!({})).await;
    }

    async fn differences(&self) {
        let seed = self.place.join("tree");
        for directory in 0..200 {
            let directory = seed.join(format!("d{directory}"));
            fs::create_dir_all(&directory).unwrap();
            for file in 0..10 {
                fs::write(directory.join(format!("f{file}")), vec![b'a'; 1024]).unwrap();
            }
        }
        let workspace = self.create(Some(&seed)).await;
        workspace.call("workspace_snapshot_create", json!({"snapshot_name": "one"})).await;
        workspace.exec("for d in d?; do echo more >>$d/f3; done; rm d1?/f1; echo new >new").await;
        workspace.call("workspace_snapshot_create", json!({"snapshot_name": "two"})).await;
        let live = json!({"from": "one"});
        let both = json!({"from": "one", "to": "two"});
        let (mut rest, mut running) = (vec![], vec![]);
        for _ in 0..RUNS * 2 {
            running.push(workspace.took("workspace_diff", live.clone()).await);
            rest.push(workspace.took("workspace_diff", both.clone()).await);
        }
        row("diff of two snapshots, 2,000 files | of one and what runs", &rest, Some(&running), "150");
        workspace.call("workspace_stop", json!({})).await;
        let mut stopped = vec![];
        for _ in 0..RUNS * 2 {
            stopped.push(workspace.took("workspace_diff", live.clone()).await);
        }
        row("diff of a snapshot and what is stopped, 2,000 files", &stopped, None, "");
        workspace.call("workspace_delete", json!({})).await;
    }
}

impl Workspace<'_> {
    fn folder(&self) -> PathBuf {
        self.bench.place.join("home/workspaces").join(&self.id)
    }

    async fn call(&self, tool: &str, mut input: Value) -> Value {
        input["workspace_id"] = json!(self.id);
        let answer = self.bench.pyro.call_json(tool, input, CallScope::default()).await;
        answer.unwrap_or_else(|failure| panic!("{tool}: {failure:?}"))
    }

    async fn took(&self, tool: &str, input: Value) -> f64 {
        let started = Instant::now();
        self.call(tool, input).await;
        ms(started.elapsed())
    }

    async fn exec(&self, command: &str) -> Value {
        let answer = self.call("workspace_exec", json!({"command": command, "timeout_seconds": 600})).await;
        assert_eq!(answer["exit_code"], 0, "{command}: {answer}");
        answer
    }

    /// The longest that a write takes while snapshots are taken, one by one.
    async fn stalls(&self) -> Vec<f64> {
        let mut stalls = vec![];
        for _ in 0..RUNS {
            let input = json!({"command": format!("exec perl -e '{WRITER}'"), "timeout_seconds": 600});
            let writing = self.call("workspace_exec", input);
            let (wrote, ()) = tokio::join!(writing, async {
                self.exec("until [ -s lines ]; do sleep 0.05; done").await;
                self.call("workspace_snapshot_create", json!({"snapshot_name": "one"})).await;
                self.exec("touch stop").await;
                self.call("workspace_snapshot_delete", json!({"snapshot_name": "one"})).await;
            });
            self.exec("rm lines").await;
            stalls.push(wrote["stdout"].as_str().unwrap().lines().last().unwrap().parse().unwrap());
        }
        stalls
    }
}

/// Bytes that no file system makes holes of.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let words = (0..bytes / 8).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.collect()
}

fn cp(from: &Path, to: &Path, sync: bool) -> f64 {
    let _ = fs::remove_file(to);
    let started = Instant::now();
    assert!(Command::new("cp").arg("--sparse=always").args([from, to]).status().unwrap().success());
    if sync {
        fs::File::open(to).unwrap().sync_all().unwrap();
    }
    ms(started.elapsed())
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn row(what: &str, times: &[f64], beside: Option<&[f64]>, aim: &str) {
    let (one, beside) = (median(times), beside.map(median));
    let shown =
        beside.map_or((String::new(), String::new()), |other| (format!("{other:.1}"), format!("{:.2}", one / other)));
    println!("{what:<58} {one:>9.1} {:>9} {:>7}  {aim}", shown.0, shown.1);
}
