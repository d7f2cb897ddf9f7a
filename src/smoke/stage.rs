//! What a pack has on the host: its seed, a place for what comes back, and how those files are looked at.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink},
    path::{Component, Path},
    process::Stdio,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::host;

/// The names a stage gives a pack from the start: its seed, an empty directory, and the seed again for `git_apply`.
pub(super) const GIVEN: [&str; 3] = ["seed", "out", "patched"];
/// What is told of a file of the host.
pub(super) const FIELDS: [&str; 4] = ["type", "mode", "text", "link_target"];
/// What is read of one.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;

/// One file of a seed. In a pack: its text, or a table with one of these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum SeedFile {
    Text(String),
    Executable { executable: String },
    Link { link: String },
}

/// Paths below the seed, to what stands there.
pub type Seed = BTreeMap<String, SeedFile>;

/// Directories of one run, gone with it.
pub(super) struct Stage {
    place: TempDir,
}

impl Stage {
    pub(super) fn set(seed: &Seed) -> io::Result<Self> {
        let stage = Self { place: tempfile::Builder::new().prefix("pyro-smoke-").tempdir()? };
        for name in GIVEN {
            fs::create_dir(stage.place.path().join(name))?;
        }
        for name in ["seed", "patched"] {
            lay_out(seed, &stage.place.path().join(name))?;
        }
        Ok(stage)
    }

    /// Where the given names are.
    pub(super) fn given(&self) -> BTreeMap<String, Value> {
        GIVEN.map(|name| (name.to_owned(), json!(self.place.path().join(name)))).into()
    }

    /// Has git apply a patch of the host to what is called `patched`.
    pub(super) async fn git_apply(&self, patch: &str) -> Result<(), String> {
        let git = host::tool("git").ok_or("git is not installed on this host")?;
        let done = Command::new(git)
            .args(["apply", "--", patch])
            .current_dir(self.place.path().join("patched"))
            .env_clear()
            // It must not find a repository around us.
            .env("GIT_CEILING_DIRECTORIES", self.place.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", self.place.path())
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|error| format!("git could not be started: {error}"))?;
        let said = String::from_utf8_lossy(&done.stderr);
        if done.status.success() { Ok(()) } else { Err(format!("git apply refused {patch}: {}", said.trim())) }
    }
}

/// What stands at a path of the host, links not followed.
pub(super) fn look(path: &str) -> Value {
    let Ok(found) = fs::symlink_metadata(path) else { return json!({ "type": "absent" }) };
    let mode = format!("{:04o}", found.permissions().mode() & 0o7777);
    if found.is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        return json!({ "type": "symlink", "link_target": target.to_string_lossy() });
    }
    if !found.is_file() {
        return json!({ "type": if found.is_dir() { "directory" } else { "other" }, "mode": mode });
    }
    let mut bytes = Vec::new();
    let file = File::options().read(true).custom_flags(nix::libc::O_NOFOLLOW).open(path);
    match file.and_then(|file| file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes)) {
        Ok(_) => json!({ "type": "file", "mode": mode, "text": String::from_utf8_lossy(&bytes) }),
        Err(_) => json!({ "type": "file", "mode": mode }),
    }
}

/// Why a path cannot be one of a seed.
pub(super) fn misplaced(path: &str) -> Option<String> {
    let inside = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    (!inside).then(|| format!("the seed's {path:?} is no path inside a directory"))
}

fn lay_out(seed: &Seed, at: &Path) -> io::Result<()> {
    for (name, file) in seed {
        let path = at.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let (text, mode) = match file {
            SeedFile::Link { link } => {
                symlink(link, &path)?;
                continue;
            }
            SeedFile::Text(text) => (text, 0o644),
            SeedFile::Executable { executable } => (executable, 0o755),
        };
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> (Stage, BTreeMap<String, Value>) {
        let seed: Seed = toml::from_str(
            "'note.txt' = \"one\\n\"\n'bin/run'.executable = '#!/bin/sh'\n'away'.link = '/etc/passwd'\n",
        )
        .unwrap();
        let stage = Stage::set(&seed).unwrap();
        let given = stage.given();
        (stage, given)
    }

    fn at(given: &BTreeMap<String, Value>, path: &str) -> String {
        let (name, below) = path.split_once('/').unwrap();
        format!("{}/{below}", given[name].as_str().unwrap())
    }

    #[test]
    fn a_seed_is_laid_out_with_modes_and_links() {
        let (stage, given) = stage();
        for name in ["seed", "patched"] {
            let look = |below: &str| look(&at(&given, &format!("{name}/{below}")));
            assert_eq!(look("note.txt"), json!({"type": "file", "mode": "0644", "text": "one\n"}));
            assert_eq!(look("bin/run")["mode"], "0755");
            assert_eq!(
                look("away"),
                json!({"type": "symlink", "link_target": "/etc/passwd"}),
                "never what it leads to"
            );
            assert_eq!(look("bin")["type"], "directory");
            assert_eq!(look("gone"), json!({"type": "absent"}));
        }
        let place = at(&given, "out/");
        drop(stage);
        assert_eq!(look(&place), json!({"type": "absent"}), "nothing stays");
    }

    #[tokio::test]
    async fn git_takes_a_patch_or_says_why_not() {
        let (stage, given) = stage();
        let patch = at(&given, "out/fix.patch");
        fs::write(&patch, "--- a/note.txt\n+++ b/note.txt\n@@ -1 +1 @@\n-one\n+two\n").unwrap();
        assert_eq!(stage.git_apply(&patch).await, Ok(()));
        assert_eq!(look(&at(&given, "patched/note.txt"))["text"], "two\n");
        assert_eq!(look(&at(&given, "seed/note.txt"))["text"], "one\n");
        let refused = stage.git_apply(&patch).await.unwrap_err();
        assert!(refused.contains("note.txt"), "{refused}");
    }

    #[test]
    fn a_seed_stays_inside_its_directory() {
        for path in ["", "/etc/passwd", "../x", "a/../../x", "."] {
            assert!(misplaced(path).is_some(), "{path:?}");
        }
        assert_eq!(misplaced("a/b.txt"), None);
    }
}
