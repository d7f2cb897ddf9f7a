//! Where state and cache lie.

use std::path::PathBuf;

use crate::failure::Failure;

/// The two directories of pyro's own files, absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirs {
    /// State: `$PYRO_HOME`, else `$XDG_STATE_HOME/pyro`, else `~/.local/state/pyro`; mode 0700.
    pub home: PathBuf,
    /// What can be built again: `$XDG_CACHE_HOME/pyro`, else `~/.cache/pyro`.
    pub cache: PathBuf,
}

impl Dirs {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, Failure> {
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let user = |xdg: &str, below: &str| {
            var(xdg).filter(|path| path.is_absolute()).or_else(|| var("HOME").map(|home| home.join(below)))
        };
        let none =
            || Failure::unavailable("neither HOME nor PYRO_HOME is set").hint("set HOME or PYRO_HOME to a directory");
        let home = match var("PYRO_HOME") {
            Some(home) => std::path::absolute(home).map_err(|error| Failure::io("find PYRO_HOME", &error))?,
            None => user("XDG_STATE_HOME", ".local/state").ok_or_else(none)?.join("pyro"),
        };
        Ok(Self { home, cache: user("XDG_CACHE_HOME", ".cache").ok_or_else(none)?.join("pyro") })
    }
}
