//! The directories a build works in: below the cache, or where mmdebstrap's own namespace lets its root in.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    cache::{Bench, remove_tree},
    how::How,
};
use crate::failure::Failure;

/// For [`How::Helper`], whose root is a stranger to our files: a place whose parents all let others pass.
const PUBLIC: &str = "/var/tmp";

/// Two directories: one that we write and the tree's root reads, one that it writes.
#[derive(Debug)]
pub(super) struct Room {
    shared: PathBuf,
    private: PathBuf,
    keyring: PathBuf,
    outside: bool,
}

impl Room {
    pub(super) fn make(how: How, bench: &Bench, keyring: &Path) -> Result<Self, Failure> {
        let fail = |error: io::Error| Failure::io("prepare the build", &error);
        let outside = how == How::Helper;
        let name = bench.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (shared, private) = if outside {
            let place = Path::new(PUBLIC);
            (place.join(format!("pyro-{name}")), place.join(format!("pyro-{name}-tree")))
        } else {
            (bench.path().join("room"), bench.path().join("room/work"))
        };
        DirBuilder::new().mode(0o755).create(&shared).map_err(fail)?;
        let room = Self { keyring: shared.join("keyring.gpg"), shared, private, outside };
        fs::copy(keyring, &room.keyring).map_err(fail)?;
        fs::set_permissions(&room.keyring, Permissions::from_mode(0o644)).map_err(fail)?;
        if outside {
            let mut command = Command::new("mmdebstrap");
            command.args(["--unshare-helper", "mkdir", "-m", "0755"]).arg(&room.private).current_dir("/");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if !command.status().map_err(fail)?.success() {
                return Err(Failure::internal("could not prepare the build: the namespace cannot make a directory"));
            }
        } else {
            fs::create_dir(&room.private).map_err(fail)?;
        }
        Ok(room)
    }

    /// Ours; whoever plays root can read it.
    pub(super) fn shared(&self) -> &Path {
        &self.shared
    }

    /// Belongs to whoever plays root.
    pub(super) fn private(&self) -> &Path {
        &self.private
    }

    pub(super) fn keyring(&self) -> &Path {
        &self.keyring
    }
}

impl Room {
    /// Clears up before the build is over.
    pub(super) async fn close(mut self) {
        let paths = self.outside();
        // Only a runtime that ends cuts this short; what it leaves in /var/tmp is empty or goes with the system's cleaning.
        let _ = tokio::task::spawn_blocking(move || paths.iter().for_each(|path| drop(remove_tree(path)))).await;
    }

    /// What does not go with the bench.
    fn outside(&mut self) -> Vec<PathBuf> {
        match std::mem::take(&mut self.outside) {
            true => vec![std::mem::take(&mut self.private), std::mem::take(&mut self.shared)],
            false => Vec::new(),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let paths = self.outside();
        if !paths.is_empty() {
            // Best effort: a killed pyro leaves two directories in /var/tmp, which the system clears.
            let _ = std::thread::Builder::new().spawn(move || paths.iter().for_each(|path| drop(remove_tree(path))));
        }
    }
}
