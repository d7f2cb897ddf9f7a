//! Every tool through the registry over machines in memory, for the tests of what tools do.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use pyro_mcp::{
    Failure,
    environment::Environments,
    host::Dirs,
    registry::{CallScope, Calls, Journal, Profile, Registry, Services},
    supervisor::Spawner,
    vm::{Death, Machine, death::Cause},
    workspace::{Machines, NewNetwork, NewSecrets, NewWorkspace, SeedFrom, Settings},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::{fake::Fake, support};

pub(crate) struct Bench {
    pub(crate) fake: Arc<Fake>,
    pub(crate) services: Services,
    pub(crate) dirs: Dirs,
    calls: Calls,
    place: Arc<TempDir>,
}

pub(crate) fn bench() -> Bench {
    bench_with(64 * 1024)
}

pub(crate) fn bench_with(memory_mib: u64) -> Bench {
    let (place, dirs) = support::dirs();
    Bench::over(Arc::new(place), dirs, memory_mib)
}

impl Bench {
    fn over(place: Arc<TempDir>, dirs: Dirs, memory_mib: u64) -> Self {
        let fake = Arc::new(Fake::default());
        let environments = Environments::new(dirs.clone());
        let spawner = Spawner::InProcess(fake.clone());
        let settings = Settings { backend: None, memory_mib, templates: false };
        let machines = Machines::new(dirs.clone(), environments.clone(), spawner, settings);
        let services = Services::over(machines, environments);
        let calls = Calls::new(Registry::new(pyro_mcp::tools::all()), services.clone(), Journal::below(&dirs.home));
        Self { fake, services, dirs, calls, place }
    }

    /// Another server over the same state, as another process would be.
    pub(crate) fn another(&self) -> Self {
        Self::over(self.place.clone(), self.dirs.clone(), 64 * 1024)
    }

    pub(crate) async fn call(&self, tool: &str, input: Value) -> Result<Value, Failure> {
        self.call_in(tool, input, CallScope::default()).await
    }

    pub(crate) async fn call_in(&self, tool: &str, input: Value, scope: CallScope) -> Result<Value, Failure> {
        self.call_as(tool, input, scope, &Profile::everything()).await
    }

    pub(crate) async fn call_as(
        &self,
        tool: &str,
        input: Value,
        scope: CallScope,
        profile: &Profile,
    ) -> Result<Value, Failure> {
        self.calls.call(tool, input, profile, scope).await
    }

    /// A call that is answered.
    #[track_caller]
    pub(crate) fn ok(&self, tool: &str, input: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move { self.call(tool, input).await.unwrap_or_else(|failure| panic!("{caller}: {tool}: {failure:?}")) }
    }

    /// A call that is refused.
    #[track_caller]
    pub(crate) fn refused(&self, tool: &str, input: Value) -> impl Future<Output = Failure> {
        let caller = std::panic::Location::caller();
        async move { self.call(tool, input).await.err().unwrap_or_else(|| panic!("{caller}: {tool} was answered")) }
    }

    /// A new, empty workspace.
    pub(crate) async fn workspace(&self) -> String {
        id(&self.ok("workspace_create", json!({"environment": "debian:12"})).await)
    }

    /// A new workspace with a shorter idle time than a caller may ask for, and that name.
    pub(crate) async fn sleepy(&self) -> String {
        let new = NewWorkspace {
            name: Some("sleepy".into()),
            labels: BTreeMap::new(),
            environment: "debian:12".into(),
            seed: SeedFrom::default(),
            vcpu_count: 1,
            mem_mib: 256,
            ttl_seconds: 1,
            allow_host_compat: false,
            network: NewNetwork::default(),
            secrets: NewSecrets::default(),
        };
        self.services.workspaces.create(new, None).await.unwrap().workspace_id.to_string()
    }

    /// A new workspace that begins with a tree of the host.
    pub(crate) async fn seeded(&self, seed: &Path) -> String {
        id(&self.ok("workspace_create", json!({"environment": "debian:12", "seed_path": seed})).await)
    }

    /// Runs a command in a workspace to its end.
    #[track_caller]
    pub(crate) fn exec(&self, workspace: &str, command: &str) -> impl Future<Output = Value> {
        self.ok("workspace_exec", json!({"workspace_id": workspace, "command": command}))
    }

    /// The directory that holds everything of a workspace.
    pub(crate) fn home(&self, workspace: &str) -> PathBuf {
        self.dirs.home.join("workspaces").join(workspace)
    }

    /// A workspace's files, as they lie on the host.
    pub(crate) fn tree(&self, workspace: &str) -> PathBuf {
        self.home(workspace).join("workspace")
    }

    /// A path of the host that vanishes with the test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A new directory of the host.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// The machine started last dies, and its supervisor is gone.
    pub(crate) async fn machine_dies(&self, workspace: &str) {
        self.fake.last().die(Death::new(Cause::VmmKilled, "the VMM was killed by SIGKILL (9)"));
        self.stopped(workspace).await;
    }

    /// Waits until the machine started last has ended and its supervisor, which holds the lock, has, too.
    pub(crate) async fn stopped(&self, workspace: &str) {
        Machine::ended(&self.fake.last()).await;
        let lock = self.home(workspace).join("supervisor.lock");
        tokio::task::spawn_blocking(move || pyro_mcp::host::lock::hold(&lock).unwrap()).await.unwrap();
    }

    /// Directories of machines of one kind, whole or half-made.
    pub(crate) fn left(&self, kind: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.dirs.home.join(kind)).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.ends_with(".lock")).collect()
    }

    /// Waits until there are none. A supervisor removes its machine's directory while holding its lock: that needs no
    /// clock but a bound.
    pub(crate) async fn left_empty(&self, kind: &str) {
        let empty = async {
            while !self.left(kind).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), empty).await.unwrap();
    }

    /// Ids, digests, times, durations and the place of a test differ from run to run.
    pub(crate) fn steady(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match name.as_str() {
                        "vm_id" => *field = json!("vm-…"),
                        "workspace_id" => *field = json!("ws-…"),
                        "shell_id" => *field = json!("sh-…"),
                        "pgid" => *field = json!(0),
                        // It counts a prompt, and that the place of the test.
                        "next_cursor" if field.is_number() => *field = json!(0),
                        name if name.ends_with("_at") => *field = json!("2026-…Z"),
                        "duration_ms" | "pid" => *field = json!(0),
                        // File systems differ in what a file costs.
                        "used_bytes" | "disk_bytes" | "snapshots_bytes" | "apparent_bytes" => *field = json!(0),
                        _ => self.steady(field),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.steady(item)),
            Value::String(text) => {
                *text = text.replace(&*self.place.path().to_string_lossy(), "/…");
                if let Some(at) = text.find("ws-").filter(|_| text.starts_with('/') || text.contains(" has no disk")) {
                    text.replace_range(at..(at + "ws-abcdefgh2345".len()).min(text.len()), "ws-…");
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn id(answer: &Value) -> String {
    answer["workspace_id"].as_str().unwrap().to_owned()
}

/// A scope whose output sink tells when the command has said something.
pub(crate) fn listening() -> (CallScope, Arc<Notify>) {
    let heard = Arc::new(Notify::new());
    let scope = CallScope {
        output: Some(Arc::new({
            let heard = heard.clone();
            move |_, _: &[u8]| heard.notify_one()
        })),
        ..CallScope::default()
    };
    (scope, heard)
}
