//! Where executables are found: pyro's own, and the host's tools.

use std::{
    ffi::OsStr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// System directories that a user's PATH often lacks.
const SYSTEM: [&str; 4] = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"];

/// Finds one of pyro's own binaries: by `PYRO_BIN` (a directory, or a file whose directory counts), beside the running
/// executable, then on PATH.
pub fn binary(name: &str) -> Result<PathBuf, Failure> {
    let named = std::env::var_os("PYRO_BIN").filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = std::env::current_exe().ok();
    let path = std::env::var_os("PATH");
    locate(name, named.as_deref(), own.as_deref(), path.as_deref(), &is_executable).ok_or_else(|| {
        Failure::unavailable(format!("pyro's own binary `{name}` is not installed"))
            .hint(format!("put `{name}` beside `pyro`, or set PYRO_BIN to the directory that holds it"))
    })
}

/// Finds a tool of the host on PATH or in the system's directories.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH");
    on_path(name, path.as_deref(), &is_executable)
        .or_else(|| SYSTEM.iter().map(|dir| Path::new(dir).join(name)).find(|file| is_executable(file)))
}

fn locate(
    name: &str,
    named: Option<&Path>,
    own: Option<&Path>,
    path: Option<&OsStr>,
    exists: &dyn Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let beside = |file: &Path| file.parent().map(|dir| dir.join(name));
    let named = named.into_iter().flat_map(|named| [Some(named.join(name)), beside(named)]);
    let found = named.chain([own.and_then(beside)]).flatten().find(|file| exists(file));
    found.or_else(|| on_path(name, path, exists))
}

fn on_path(name: &str, path: Option<&OsStr>, exists: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    std::env::split_paths(path?).filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|file| exists(file))
}

fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(existing: &[&str], named: Option<&str>) -> Option<String> {
        let exists = |file: &Path| existing.iter().any(|other| Path::new(other) == file);
        let own = Some(Path::new("/opt/pyro/pyro"));
        let path = Some(OsStr::new("relative:/usr/bin:/bin"));
        locate("pyro-guest", named.map(Path::new), own, path, &exists).map(|file| file.display().to_string())
    }

    #[test]
    fn the_setting_comes_first_then_our_directory_then_path() {
        let everywhere = ["/set/pyro-guest", "/opt/pyro/pyro-guest", "/bin/pyro-guest", "relative/pyro-guest"];
        assert_eq!(check(&everywhere, Some("/set")).as_deref(), Some("/set/pyro-guest"));
        assert_eq!(check(&everywhere, Some("/set/pyro")).as_deref(), Some("/set/pyro-guest"));
        assert_eq!(check(&everywhere, None).as_deref(), Some("/opt/pyro/pyro-guest"));
        assert_eq!(check(&everywhere[2..], Some("/set")).as_deref(), Some("/bin/pyro-guest"));
        assert_eq!(check(&everywhere[3..], None), None);
    }
}
