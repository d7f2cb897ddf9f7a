//! Where it is measured: a state directory of the benchmark's own, with and without templates, which leaves nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    app::{self, Pyro},
    environment::Environments,
    failure::Failure,
    host::{Dirs, lock, write},
    progress::ProgressSink,
    registry::{CallScope, Calls, Journal, Services},
    supervisor::Spawner,
    template::{self, SPARE_LOCK},
    workspace::{Machines, Settings},
};

/// What machines are of.
pub(super) const ENVIRONMENT: &str = "debian:12";
/// What those get that are many at once, MiB.
pub(super) const SMALL_MIB: u32 = 512;
/// Files of the tree that is pushed, compared, exported, each of 1 KiB.
const FILES: usize = 200;
/// What was killed on the way ends by itself.
const SPARES_END_WITHIN: Duration = Duration::from_secs(5);

pub(super) struct Stage {
    place: TempDir,
    pub(super) dirs: Dirs,
    pub(super) environments: Environments,
    /// Machines boot.
    pub(super) cold: Pyro,
    /// Machines go on from templates.
    pub(super) warm: Pyro,
    pub(super) runs: usize,
    pub(super) progress: ProgressSink,
}

impl Stage {
    /// Lies in the user's state directory, so that disks are copied as a user's are.
    pub(super) fn open(runs: usize, progress: ProgressSink) -> Result<Self, Failure> {
        let failed = |error| Failure::io("make the benchmark's directory", &error);
        let own = Dirs::from_env()?;
        write::private_dir(&own.home).map_err(failed)?;
        let place = tempfile::Builder::new().prefix("bench-").tempdir_in(&own.home).map_err(failed)?;
        let dirs = Dirs { home: place.path().join("home"), ..own };
        let environments = Environments::new(dirs.clone());
        let (cold, warm) = (pyro_in(&dirs, false)?, pyro_in(&dirs, true)?);
        Ok(Self { place, environments, cold, warm, runs, progress, dirs })
    }

    /// For what lies on the host.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A tree of small files, made once.
    pub(super) fn tree(&self) -> Result<PathBuf, Failure> {
        let tree = self.path("tree");
        if !tree.exists() {
            for file in 0..FILES {
                let directory = tree.join(format!("d{}", file / 10));
                fs::create_dir_all(&directory)
                    .and_then(|()| {
                        fs::write(directory.join(format!("f{}", file % 10)), format!("{file:07}\n").repeat(128))
                    })
                    .map_err(|error| Failure::io("write the benchmark's tree", &error))?;
            }
        }
        Ok(tree)
    }

    /// A workspace that went on from a template.
    pub(super) async fn workspace(&self, mut input: Value) -> Result<(Value, Duration), Failure> {
        input["environment"] = json!(ENVIRONMENT);
        let (answer, took) = timed(&self.warm, "workspace_create", input).await?;
        restored(&answer)?;
        Ok((answer, took))
    }

    /// Ends and deletes everything, whatever was interrupted.
    pub(super) async fn close(self) {
        let homes = [self.dirs.home.clone(), self.path(SPARE_HOME)];
        let Self { place, dirs, .. } = self;
        for home in &homes {
            let Ok(pyro) = pyro_in(&Dirs { home: home.clone(), ..dirs.clone() }, true) else { continue };
            for (folder, tool, key) in
                [("workspaces", "workspace_delete", "workspace_id"), ("vms", "vm_delete", "vm_id")]
            {
                for entry in fs::read_dir(home.join(folder)).into_iter().flatten().flatten() {
                    let id = entry.file_name().to_string_lossy().into_owned();
                    // What is gone already, or half made, goes with the directory.
                    let _ = pyro.call_json(tool, json!({ key: id }), CallScope::default()).await;
                }
            }
        }
        let ended = tokio::task::spawn_blocking(move || {
            for home in homes {
                template::end_keepers(&home);
                spare_locks(&home.join("keepers")).iter().for_each(|path| drop(lock::hold(path)));
            }
        });
        let _ = tokio::time::timeout(SPARES_END_WITHIN, ended).await;
        let _ = place.close();
    }
}

fn pyro_in(dirs: &Dirs, templates: bool) -> Result<Pyro, Failure> {
    let environments = Environments::new(dirs.clone());
    let settings = Settings { templates, ..Settings::from_env()? };
    let machines = Machines::new(dirs.clone(), environments.clone(), Spawner::Detached { pyro: None }, settings);
    Ok(Pyro::over(Calls::new(app::registry(), Services::over(machines, environments), Journal::below(&dirs.home))))
}

/// Below the benchmark's directory: its keeper has spares, the other has none.
pub(super) const SPARE_HOME: &str = "spare";

fn spare_locks(keepers: &Path) -> Vec<PathBuf> {
    let below =
        |path: &Path| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>();
    below(keepers)
        .iter()
        .flat_map(|dir| below(dir))
        .map(|dir| dir.join(SPARE_LOCK))
        .filter(|path| path.exists())
        .collect()
}

/// Calls a tool and says how long it took.
pub(super) async fn timed(pyro: &Pyro, tool: &str, input: Value) -> Result<(Value, Duration), Failure> {
    let started = Instant::now();
    let answer = pyro.call_json(tool, input, CallScope { door: "bench", ..CallScope::default() }).await?;
    Ok((answer, started.elapsed()))
}

/// Refuses to count a boot as a restore.
pub(super) fn restored(answer: &Value) -> Result<(), Failure> {
    let start = &answer["start"];
    if start["how"] == "booted" {
        let why = start["trouble"].as_str().unwrap_or("for no reason told");
        return Err(Failure::unavailable(format!("a machine booted instead of going on from a template: {why}")));
    }
    Ok(())
}

pub(super) fn text<'a>(answer: &'a Value, key: &str) -> &'a str {
    answer[key].as_str().unwrap_or_default()
}
