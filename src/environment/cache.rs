//! Where built things lie: by digest, with names that point to digests; made aside under one lock, then moved in.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::sealed::write_whole;
use crate::{
    failure::Failure,
    progress::{Progress, ProgressSink},
};

const LOCK_POLL: Duration = Duration::from_millis(100);
const CLEAR_TRIES: u32 = 20;

/// The directories of the cache.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    root: PathBuf,
}

/// What a name stands for at present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tag {
    pub(super) digest: String,
    /// Digest of what it was to be made of; another one means it must be made again.
    pub(super) recipe: String,
}

/// The one place where something is being built, for as long as this lives.
#[derive(Debug)]
pub(super) struct Bench {
    path: PathBuf,
    /// Held until the place is gone, so that no other build meets what this one leaves.
    lock: Option<File>,
}

impl Cache {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(super) fn environments(&self) -> PathBuf {
        self.root.join("environments")
    }

    pub(super) fn kernels(&self) -> PathBuf {
        self.root.join("kernels")
    }

    pub(super) fn initramfs(&self) -> PathBuf {
        self.root.join("initramfs")
    }

    pub(super) fn disks(&self) -> PathBuf {
        self.root.join("disks")
    }

    pub(super) fn tags(&self) -> PathBuf {
        self.root.join("tags")
    }

    fn building(&self) -> PathBuf {
        self.root.join("building")
    }

    pub(super) fn tag(&self, name: &str) -> Option<Tag> {
        serde_json::from_slice(&fs::read(self.tags().join(name)).ok()?).ok()
    }

    pub(super) fn set_tag(&self, name: &str, tag: &Tag) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(tag).map_err(|error| Failure::internal(format!("a tag: {error}")))?;
        write_whole(&self.tags().join(name), &bytes).map_err(|error| Failure::io("name what was built", &error))
    }

    /// Takes the lock, says so while it waits, and clears what builders left that are no more.
    pub(super) async fn bench(&self, progress: Option<&ProgressSink>) -> Result<Bench, Failure> {
        let fail = |error: io::Error| Failure::io("prepare the cache", &error);
        for dir in [self.environments(), self.kernels(), self.initramfs(), self.disks(), self.tags(), self.building()] {
            fs::create_dir_all(dir).map_err(fail)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(self.root.join("build.lock"));
        let lock = lock.map_err(fail)?;
        let mut told = false;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    if let Some(sink) = progress.filter(|_| !told) {
                        let step = "waiting: another process is building an environment".to_owned();
                        sink(Progress { step, fraction: None });
                        told = true;
                    }
                    tokio::time::sleep(LOCK_POLL).await;
                }
                Err(TryLockError::Error(error)) => return Err(fail(error)),
            }
        }
        let building = self.building();
        let made = tokio::task::spawn_blocking(move || make_bench(&building, lock)).await;
        made.map_err(|error| Failure::internal(format!("preparing the cache ended: {error}")))?.map_err(fail)
    }

    /// Like [`Cache::bench`], but only if nobody builds at present.
    pub(super) fn idle_bench(&self) -> Option<Bench> {
        let lock = File::options().write(true).open(self.root.join("build.lock")).ok()?;
        lock.try_lock().ok()?;
        make_bench(&self.building(), lock).ok()
    }
}

fn make_bench(building: &Path, lock: File) -> io::Result<Bench> {
    for stale in fs::read_dir(building)? {
        remove_tree(&stale?.path())?;
    }
    let path = tempfile::Builder::new().prefix("build-").tempdir_in(building)?.keep();
    Ok(Bench { path, lock: Some(lock) })
}

impl Bench {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Clears up and lets the next one build.
    pub(super) async fn close(mut self) {
        if let Some(lock) = self.lock.take() {
            let path = std::mem::take(&mut self.path);
            // Only a runtime that ends cuts this short; then the next build clears up.
            let _ = tokio::task::spawn_blocking(move || clear(&path, lock)).await;
        }
    }

    /// Moves a finished directory to where it is found. One that lies there already gives way.
    pub(super) fn install(&self, made: &Path, place: &Path) -> Result<(), Failure> {
        let moved = || -> io::Result<()> {
            File::open(made)?.sync_all()?;
            if fs::symlink_metadata(place).is_ok() {
                fs::rename(place, tempfile::Builder::new().prefix("old-").tempdir_in(&self.path)?.keep().join("old"))?;
            }
            fs::rename(made, place)?;
            match place.parent() {
                Some(parent) => File::open(parent)?.sync_all(),
                None => Ok(()),
            }
        };
        moved().map_err(|error| Failure::io("install what was built", &error))
    }
}

impl Drop for Bench {
    /// Clears up in a thread: a runtime must not wait. A process that ends meanwhile leaves the rest to the next build.
    fn drop(&mut self) {
        if let Some(lock) = self.lock.take() {
            let path = std::mem::take(&mut self.path);
            let _ = std::thread::Builder::new().name("clear-build".to_owned()).spawn(move || clear(&path, lock));
        }
    }
}

/// The programs of a canceled build need a moment to end, and until then they may still write.
fn clear(path: &Path, lock: File) {
    for _ in 0..CLEAR_TRIES {
        if remove_tree(path).is_ok() {
            break;
        }
        std::thread::sleep(LOCK_POLL);
    }
    drop(lock);
}

/// Removes a tree that may belong to the other users of a user namespace.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let error = match fs::remove_dir_all(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return fs::remove_file(path),
        Err(error) => error,
    };
    if error.kind() != io::ErrorKind::PermissionDenied {
        return Err(error);
    }
    for prefix in
        [&["unshare", "--user", "--map-auto", "--map-root-user", "--"][..], &["mmdebstrap", "--unshare-helper"]]
    {
        let mut command = Command::new(prefix[0]);
        command.args(&prefix[1..]).args(["rm", "-rf", "--"]).arg(path).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if command.status().is_ok_and(|status| status.success()) {
            return Ok(());
        }
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn one_builds_at_a_time_and_leftovers_vanish() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        let bench = cache.bench(None).await.unwrap();
        assert!(cache.idle_bench().is_none());
        fs::create_dir(bench.path().join("tree")).unwrap();
        drop(bench);

        fs::create_dir_all(dir.path().join("building/build-dead/tree")).unwrap();
        let start = Instant::now();
        let bench = cache.bench(None).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(3));
        let left: Vec<_> =
            fs::read_dir(dir.path().join("building")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [bench.path()]);
    }

    #[tokio::test]
    async fn installing_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        let bench = cache.bench(None).await.unwrap();
        let place = cache.environments().join("abc");
        for content in ["one", "two"] {
            let made = bench.path().join("made");
            fs::create_dir(&made).unwrap();
            fs::write(made.join("file"), content).unwrap();
            bench.install(&made, &place).unwrap();
            assert_eq!(fs::read_to_string(place.join("file")).unwrap(), content);
        }
    }

    #[test]
    fn tags_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        fs::create_dir(cache.tags()).unwrap();
        let tag = Tag { digest: "d".to_owned(), recipe: "r".to_owned() };
        cache.set_tag("debian:12", &tag).unwrap();
        assert_eq!((cache.tag("debian:12"), cache.tag("other")), (Some(tag), None));
    }
}
