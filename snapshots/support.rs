//! What several tests need: programs to run, state directories that vanish, a registry with tools that obey.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use pyro_mcp::{
    door::{Front, cli},
    environment::Environments,
    host::Dirs,
    registry::{Calls, Entry, Journal, Registry, Services},
    supervisor::Spawner,
    workspace::{Machines, Settings},
};
use tempfile::TempDir;

use crate::{toy_run, toy_wait};

pub(crate) const PYRO: &str = env!("CARGO_BIN_EXE_pyro");

/// The example `own_tools`, built as this test is.
pub(crate) static OWN_TOOLS: LazyLock<PathBuf> = LazyLock::new(|| {
    let here = std::env::current_exe().unwrap();
    let target = here.parent().and_then(Path::parent).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--example", "own_tools", "--manifest-path"]);
    build.arg(root().join("Cargo.toml")).arg("--target-dir").arg(target.parent().unwrap());
    if target.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success(), "cargo build --example own_tools");
    target.join("examples/own_tools")
});

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Directories of their own for one test.
pub(crate) fn dirs() -> (TempDir, Dirs) {
    let place = tempfile::tempdir().unwrap();
    let dirs = Dirs { home: place.path().join("home"), cache: place.path().join("cache") };
    (place, dirs)
}

/// A program with its state in a place of its own.
pub(crate) fn program(path: impl AsRef<Path>, place: &TempDir) -> Command {
    let mut command = Command::new(path.as_ref());
    command.env("PYRO_HOME", place.path().join("home")).env("XDG_CACHE_HOME", place.path().join("cache"));
    command.env("PYRO_BIN", PYRO).env_remove("PYRO_TOKEN").env_remove("RUST_BACKTRACE");
    command
}

pub(crate) fn own_entries() -> Vec<Entry> {
    vec![Entry::of::<toy_wait::Input>("toy_wait"), Entry::of::<toy_run::Input>("toy_run")]
}

pub(crate) fn own_registry() -> Registry {
    Registry::new(pyro_mcp::tools::all().into_iter().chain(own_entries()).collect())
}

/// Runs calls of [`own_registry`]; machines would be supervised by the `pyro` under test.
pub(crate) fn own_calls(dirs: &Dirs) -> Calls {
    let environments = Environments::new(dirs.clone());
    let spawner = Spawner::Detached { pyro: Some(PYRO.into()) };
    let settings = Settings { backend: None, memory_mib: 4096, templates: false };
    let machines = Machines::new(dirs.clone(), environments.clone(), spawner, settings);
    Calls::new(own_registry(), Services::over(machines, environments), Journal::below(&dirs.home))
}

/// The command line in this process: (exit status, output, errors).
pub(crate) fn line(dirs: &Dirs, words: &[&str]) -> (u8, String, String) {
    let dirs = dirs.clone();
    let open = Box::new(move |_: &Registry| Ok(own_calls(&dirs)));
    let front = Front { registry: own_registry(), open, extras: pyro_mcp::chores::all() };
    let (streams, out, err) = pyro_mcp::door::Streams::in_memory();
    let exit = cli::run(["pyro"].iter().chain(words), &front, &streams);
    (exit, out.text(), err.text())
}
