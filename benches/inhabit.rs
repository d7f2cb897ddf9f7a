//! What shells and services cost beside the guest's own work: `cargo bench --bench inhabit`. Prints milliseconds, what
//! is aimed at, and ratios of runs taken in turn; judges nothing. Needs an installed `debian:12` and both binaries
//! built (`make build`).
//!
//! All times are the host's: under emulation the guest's clock ticks in 4 ms. What is to happen inside the guest at a
//! moment of ours, a kill or a new file, is done by a shell that waits for Enter, and the clock starts before Enter is
//! sent: a delay is told too long by the way there, never too short. `terminal.pl` does in the guest what shells are
//! compared with.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on has failed")]

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use nix::time::{ClockId, clock_gettime};
use pyro_mcp::{Pyro, host::Dirs, registry::CallScope, terminal::Terminal};
use serde_json::{Value, json};

const ENVIRONMENT: &str = "debian:12";
/// A reader's pause that ends an answer, milliseconds.
const IDLE_MS: u64 = 20;
/// Between looks whether a service is ready, milliseconds.
const INTERVAL_MS: u64 = 200;
/// Characters of a shell's terminal; `terminal.pl` has the same.
const SIZE: (u16, u16) = (120, 30);
const MB: usize = 1_000_000;

fn main() {
    // `cargo test --benches` only wants to see that it builds.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let dirs = Dirs { home: place.path().join("home"), ..Dirs::from_env().unwrap() };
    let seed = place.path().join("seed");
    fs::create_dir(&seed).unwrap();
    fs::write(seed.join("terminal.pl"), include_str!("terminal.pl")).unwrap();
    fs::write(seed.join("log"), log()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let pyro = Pyro::open_in(&dirs, vec![]).unwrap();
        let input = json!({"environment": ENVIRONMENT, "seed_path": seed, "mem_mib": 512});
        let created = pyro.call_json("workspace_create", input, CallScope::default()).await.unwrap();
        let id = created["workspace_id"].as_str().unwrap().to_owned();
        println!("{ENVIRONMENT}, {}; milliseconds", created["execution_mode"].as_str().unwrap());
        println!(
            "{:<66} {:>8} {:>8} {:>8} {:>8} {:>6}  aim",
            "what | beside (median)", "median", "p95", "min", "beside", "ratio"
        );
        model();
        let workspace = Workspace { folder: dirs.home.join("workspaces").join(&id), pyro, id };
        workspace.small().await;
        workspace.answers().await;
        workspace.exits().await;
        workspace.readiness().await;
        workspace.floods().await;
        workspace.call("workspace_delete", json!({})).await;
    });
}

/// 10 MB as a build writes them: lines of different lengths, some words of them in colours.
fn log() -> Vec<u8> {
    let mut log = Vec::with_capacity(10 * MB);
    for number in 0_u64.. {
        let name = "core-runtime-macros-derive".get(..4 + number as usize * 7 % 22).unwrap();
        log.extend(
            format!("\x1b[32m   Compiling\x1b[0m {name} v{}.{number} (/workspace/{name})\r\n", number % 9).bytes(),
        );
        if number % 8 == 0 {
            log.extend(
                b"\x1b[1;33mwarning\x1b[0m: unused variable: `entry`, which the compiler tells at some length\r\n",
            );
        }
        if log.len() >= 10 * MB {
            break;
        }
    }
    log.truncate(10 * MB);
    log
}

/// The terminal's model alone: this thread's CPU time for 10 MB, in pieces as a terminal of the guest gives them.
fn model() {
    let clock = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap());
    let log = log();
    let times = (0..15).map(|_| {
        let mut terminal = Terminal::new(SIZE.0, SIZE.1);
        let started = clock();
        log.chunks(4095).for_each(|piece| terminal.feed(piece));
        let took = clock() - started;
        assert_eq!(terminal.offset(), log.len() as u64);
        ms(took)
    });
    row("10 MB drawn by the terminal's model, CPU time", times.collect(), None, "200, which is 50 MB/s");
}

struct Workspace {
    pyro: Pyro,
    folder: PathBuf,
    id: String,
}

impl Workspace {
    async fn call(&self, tool: &str, mut input: Value) -> Value {
        input["workspace_id"] = json!(self.id);
        let answer = self.pyro.call_json(tool, input, CallScope::default()).await;
        answer.unwrap_or_else(|failure| panic!("{tool}: {failure:?}"))
    }

    async fn took(&self, tool: &str, input: Value) -> f64 {
        let started = Instant::now();
        self.call(tool, input).await;
        ms(started.elapsed())
    }

    /// A command that succeeds, from the call to its answer.
    async fn exec(&self, command: &str) -> f64 {
        let started = Instant::now();
        let answer = self.call("workspace_exec", json!({"command": command, "timeout_seconds": 600})).await;
        let took = ms(started.elapsed());
        assert_eq!(answer["exit_code"], 0, "{command}: {answer}");
        took
    }

    async fn open(&self) -> Shell<'_> {
        let opened = self.call("workspace_shell_open", json!({"cols": SIZE.0, "rows": SIZE.1})).await;
        Shell { workspace: self, id: opened["shell_id"].clone(), cursor: json!(0) }
    }

    /// A shell that has prompted.
    async fn shell(&self) -> Shell<'_> {
        let mut shell = self.open().await;
        shell.read_until("$").await;
        shell
    }

    /// Calls that should feel like nothing.
    async fn small(&self) {
        let mut times: [Vec<f64>; 5] = Default::default();
        self.exec("true").await;
        for _ in 0..20 {
            times[0].push(self.exec("true").await);
            let started = Instant::now();
            let shell = self.open().await;
            times[1].push(ms(started.elapsed()));
            times[2].push(shell.close().await);
            let start = json!({"service_name": "small", "command": "exec sleep 600"});
            times[3].push(self.took("workspace_service_start", start).await);
            times[4].push(self.took("workspace_service_stop", json!({"service_name": "small"})).await);
        }
        let [exec, open, close, start, stop] = times;
        let beside = Some(median(&exec));
        row("workspace_exec of `true`", exec, None, "");
        row("workspace_shell_open | exec of `true`", open, beside, "");
        row("workspace_shell_close | exec of `true`", close, beside, "");
        row("workspace_service_start, ready at once | exec of `true`", start, beside, "");
        row("workspace_service_stop, TERM heeded | exec of `true`", stop, beside, "");
    }

    /// A question typed and its answer read, as an agent does it, beside the same on a terminal inside the guest.
    async fn answers(&self) {
        const BY_GUEST: usize = 200;
        let own = |count| {
            format!(
                "TERM=xterm-256color HISTFILE= PS1='\\w $ ' perl terminal.pl answers {count} bash --noprofile --norc -i"
            )
        };
        let (mut whole, mut guest, mut reads) = (Vec::new(), Vec::new(), 0);
        let mut shell = self.shell().await;
        for round in 0..5 {
            let with = self.exec(&own(BY_GUEST)).await;
            guest.push((with - self.exec(&own(0)).await) / BY_GUEST as f64);
            for asked in 0..12 {
                let asked = format!("{}", 1000 + round * 12 + asked);
                let started = Instant::now();
                shell.write(&format!("echo {asked}")).await;
                // Where the guest itself paused before the answer, it is read for again, and that wait counts in full.
                while !shell.read(IDLE_MS).await.lines().any(|line| line == asked) {
                    reads += 1;
                }
                whole.push(ms(started.elapsed()) - IDLE_MS as f64);
            }
        }
        shell.close().await;
        let own = median(&guest);
        let beyond = whole.iter().map(|whole| whole - own).collect();
        let what = format!("`echo N` typed and read, less {IDLE_MS} ms of silence | the guest's own");
        row(&what, whole, Some(own), "");
        row("  beyond the guest's own time", beyond, None, "60");
        println!("  {reads} of these reads ended in a pause before the answer");
    }

    /// From a kill inside the guest to the record on the host that tells it.
    async fn exits(&self) {
        let (mut times, mut typing) = (Vec::new(), Vec::new());
        let mut shell = self.shell().await;
        for _ in 0..20 {
            let started = self
                .call("workspace_service_start", json!({"service_name": "killed", "command": "exec sleep 600"}))
                .await;
            shell.prepare(&format!("kill -KILL {}", started["pid"])).await;
            let record = self.folder.join("services/killed.json");
            let clock = Instant::now();
            let told = async {
                while !fs::read_to_string(&record).unwrap().contains("\"exited\"") {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                ms(clock.elapsed())
            };
            let (typed, told) = tokio::join!(shell.enter(), told);
            times.push(told);
            typing.push(typed);
        }
        shell.close().await;
        let typing = Some(median(&typing));
        row("service killed to its end in the record | Enter typed", times, typing, "100");
    }

    /// From a file made at any moment to the answer of the start that waits for it.
    async fn readiness(&self) {
        let (mut times, mut typing) = (Vec::new(), Vec::new());
        let mut shell = self.shell().await;
        for run in 0..24 {
            shell.prepare("> up").await;
            let start = json!({
                "service_name": "ready", "command": "exec sleep 600",
                "ready_file": "up", "ready_interval_ms": INTERVAL_MS,
            });
            let start = async {
                self.call("workspace_service_start", start).await;
                Instant::now()
            };
            // By the golden ratio: moments that fill the interval evenly and in no order.
            let moment = (f64::from(run) * 0.618_034).fract() * INTERVAL_MS as f64 * 1e-3;
            let touch = async {
                tokio::time::sleep(Duration::from_millis(2 * INTERVAL_MS) + Duration::from_secs_f64(moment)).await;
                (Instant::now(), shell.enter().await)
            };
            let (answered, (touched, typed)) = tokio::join!(start, touch);
            times.push(ms(answered.duration_since(touched)));
            typing.push(typed);
            self.call("workspace_service_stop", json!({"service_name": "ready"})).await;
            self.exec("rm up").await;
        }
        shell.close().await;
        let longest = times.iter().copied().fold(0.0, f64::max) / INTERVAL_MS as f64;
        let what = format!("file made to the start's answer, {INTERVAL_MS} ms a look | Enter typed");
        row(&what, times, Some(median(&typing)), "");
        println!("{:<66} {longest:>8.2} {:>34}  1.2", "  the longest of them, in intervals", "");
    }

    /// 10 MB written on a terminal, into a command's pipe, and again on a terminal in a write per line.
    async fn floods(&self) {
        self.exec("cp log /dev/shm/log; tr -d '\\n' < log > /dev/shm/flat").await;
        let mut cpu: [Vec<f64>; 3] = Default::default();
        for (at, what, command) in [(0, "cat", "cat /dev/shm/log"), (1, "fold", "fold -w 76 /dev/shm/flat")] {
            let (mut times, mut guest) = (Vec::new(), Vec::new());
            for _ in 0..3 {
                guest.push(self.exec(&format!("perl terminal.pl drain {command}")).await);
                let shell = self.shell().await;
                let (before, started) = (self.cpu(), Instant::now());
                shell.write(&format!("{command}; exit")).await;
                let written = shell.ended().await;
                times.push(ms(started.elapsed()));
                cpu[at].push((self.cpu() - before) / (written as f64 / MB as f64));
                assert!(written >= 10 * MB as u64, "{written}");
                shell.close().await;
                let before = self.cpu();
                self.exec("for n in 1 2 3 4 5; do cat /dev/shm/log; done").await;
                cpu[2].push((self.cpu() - before) / 50.0);
            }
            row(&format!("10 MB by {what} in a shell | on a terminal in the guest"), times, Some(median(&guest)), "");
        }
        let [cat, fold, exec] = cpu;
        let beside = Some(median(&exec));
        row("  the supervisor's CPU time per MB by cat | of an exec", cat, beside, "");
        row("  the supervisor's CPU time per MB by fold | of an exec", fold, beside, "");
    }

    /// The CPU time that the supervisor has used, milliseconds in steps of ten.
    fn cpu(&self) -> f64 {
        let pid = fs::read_to_string(self.folder.join("supervisor.lock")).unwrap();
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap();
        let fields = stat.rsplit(')').next().unwrap().split_whitespace();
        fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap() * 10.0).sum()
    }
}

/// A shell of the workspace and how far it was read.
struct Shell<'a> {
    workspace: &'a Workspace,
    id: Value,
    cursor: Value,
}

impl Shell<'_> {
    async fn call(&self, tool: &str, mut input: Value) -> Value {
        input["shell_id"] = self.id.clone();
        self.workspace.call(tool, input).await
    }

    async fn write(&self, line: &str) {
        self.call("workspace_shell_write", json!({"input": line})).await;
    }

    /// What a person would see of what came since the last read, once nothing came for so long.
    async fn read(&mut self, idle_ms: u64) -> String {
        let input = json!({"cursor": self.cursor, "plain": true, "wait_for_idle_ms": idle_ms});
        let answer = self.call("workspace_shell_read", input).await;
        self.cursor = answer["next_cursor"].clone();
        answer["output"].as_str().unwrap().to_owned()
    }

    async fn read_until(&mut self, text: &str) {
        while !self.read(100).await.contains(text) {}
    }

    /// Has a command wait for Enter.
    async fn prepare(&mut self, command: &str) {
        self.write(&format!("read -rs; {command}")).await;
        self.read_until(command).await;
    }

    /// Types Enter; answers how long that took.
    async fn enter(&self) -> f64 {
        let started = Instant::now();
        self.write("").await;
        ms(started.elapsed())
    }

    /// Waits for the shell's own end without having its output sent; answers how much it wrote.
    async fn ended(&self) -> u64 {
        let input = json!({"cursor": 1_u64 << 53, "wait_for_idle_ms": 10_000, "wait_seconds": 600});
        loop {
            let answer = self.call("workspace_shell_read", input.clone()).await;
            if answer["state"] == "stopped" {
                return answer["next_cursor"].as_u64().unwrap();
            }
        }
    }

    async fn close(self) -> f64 {
        let started = Instant::now();
        self.call("workspace_shell_close", json!({})).await;
        ms(started.elapsed())
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(times: &[f64]) -> f64 {
    percentile(times, 50)
}

/// The time that so many of a hundred do not exceed.
fn percentile(times: &[f64], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[(times.len() * percent).div_ceil(100).max(1) - 1]
}

fn row(what: &str, times: Vec<f64>, beside: Option<f64>, aim: &str) {
    let [median, p95, min] = [50, 95, 0].map(|percent| percentile(&times, percent));
    let ratio = beside.map(|beside| format!("{:.2}", median / beside)).unwrap_or_default();
    let beside = beside.map(|beside| format!("{beside:.1}")).unwrap_or_default();
    println!("{what:<66} {median:>8.1} {p95:>8.1} {min:>8.1} {beside:>8} {ratio:>6}  {aim}");
}
