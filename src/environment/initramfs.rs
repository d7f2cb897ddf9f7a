//! The initramfs: the guest agent as `/init`, a console for it, and the modules of the kernel at hand.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    cache::{Bench, Cache},
    cpio::{Archive, Entry},
    elf,
    kernel::Kernel,
    sealed::{Sealed, Stamp, State, digest, write_whole},
};
use crate::{failure::Failure, host};

const AGENT: &str = "pyro-guest";
/// As much of a digest as tells files apart by name.
const NAME_DIGITS: usize = 16;

/// Which initramfs a machine needs: decided by the kernel and by the agent as it is now.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    path: PathBuf,
    agent: PathBuf,
    modules: Option<PathBuf>,
}

impl Wanted {
    pub(super) fn of(cache: &Cache, kernel: &Kernel) -> Result<Self, Failure> {
        let agent = agent()?;
        let digest = agent_digest(cache, &agent).map_err(|error| Failure::io("read the guest agent", &error))?;
        let name = format!("{}-{}.cpio", head(&kernel.key), head(&digest));
        Ok(Self { path: cache.initramfs().join(name), agent, modules: kernel.modules.clone() })
    }

    /// Where it lies, if it is there and sound.
    pub(super) fn find(&self) -> Option<PathBuf> {
        let sealed: Sealed = serde_json::from_slice(&fs::read(record(&self.path)).ok()?).ok()?;
        (sealed.state(self.path.parent()?) == State::Good).then(|| self.path.clone())
    }

    pub(super) fn build(&self, bench: &Bench) -> Result<(), Failure> {
        let agent = fs::read(&self.agent).map_err(|error| Failure::io("read the guest agent", &error))?;
        if elf::is_dynamic(&agent) {
            return Err(Failure::unavailable(format!("`{AGENT}` is dynamically linked and cannot run in a machine"))
                .hint("build it with `cargo guest`, as `make build` does"));
        }
        self.write(bench, &agent).map_err(|error| Failure::io("make the initramfs", &error))
    }

    fn write(&self, bench: &Bench, agent: &[u8]) -> io::Result<()> {
        let modules = self.modules.as_deref().map(fs::read).transpose()?;
        let aside = bench.path().join(self.path.file_name().unwrap_or_default());
        fs::write(&aside, archive(agent, modules.as_deref().unwrap_or_default()))?;
        let sealed = Sealed::seal(&aside)?;
        // The record goes first: an image without one would never be trusted, a record without an image is merely missing.
        write_whole(&record(&self.path), &serde_json::to_vec(&sealed)?)?;
        fs::rename(aside, &self.path)
    }
}

/// The binary that becomes `/init`.
pub(super) fn agent() -> Result<PathBuf, Failure> {
    host::binary(AGENT)
}

/// The kernel unpacks archives that stand behind one another.
fn archive(agent: &[u8], modules: &[u8]) -> Vec<u8> {
    let mut archive = Archive::default();
    archive.add("dev", Entry::Directory);
    archive.add("dev/console", Entry::Device(5, 1));
    archive.add("init", Entry::File(agent, true));
    let mut bytes = archive.finish();
    bytes.extend_from_slice(modules);
    bytes
}

/// The agent's digest, taken anew only when its file changed.
fn agent_digest(cache: &Cache, agent: &Path) -> io::Result<String> {
    let notes_path = cache.initramfs().join("agents.json");
    let mut notes: BTreeMap<PathBuf, (Stamp, String)> =
        fs::read(&notes_path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let stamp = Stamp::of(agent)?;
    if let Some((noted, digest)) = notes.get(agent)
        && *noted == stamp
    {
        return Ok(digest.clone());
    }
    let digest = digest(agent)?;
    notes.retain(|path, _| path.exists());
    notes.insert(agent.to_owned(), (stamp, digest.clone()));
    // The note only saves time; before the first build there is not even a directory for it.
    let _ = serde_json::to_vec(&notes).map(|bytes| write_whole(&notes_path, &bytes));
    Ok(digest)
}

fn head(digest: &str) -> &str {
    digest.get(..NAME_DIGITS).unwrap_or(digest)
}

fn record(path: &Path) -> PathBuf {
    path.with_extension("json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_follows_the_agent() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        let bench = cache.bench(None).await.unwrap();
        let agent = dir.path().join(AGENT);
        let build = |content: &str| {
            fs::write(&agent, content).unwrap();
            let digest = agent_digest(&cache, &agent).unwrap();
            let path = cache.initramfs().join(format!("tuned-{}.cpio", head(&digest)));
            let wanted = Wanted { path, agent: agent.clone(), modules: None };
            assert_eq!(wanted.find(), None);
            wanted.build(&bench).unwrap();
            assert_eq!(wanted.find().as_ref(), Some(&wanted.path));
            wanted.path
        };
        let first = build("one");
        let second = build("other");
        assert_ne!(first, second);
        assert!(fs::read(second).unwrap().windows(5).any(|window| window == b"other"));
    }
}
