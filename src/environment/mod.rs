//! What a VM boots: kernel, initramfs with the guest agent, read-only base image; built locally, kept by digest.

mod apt;
mod base;
mod bzimage;
mod cache;
mod catalog;
mod command;
mod cpio;
mod disk;
mod elf;
mod how;
mod initramfs;
mod kernel;
mod listing;
mod manifest;
mod mirror;
mod modules;
mod prune;
mod report;
mod room;
mod sealed;
mod tree;
mod trouble;
mod tuned;

use std::path::PathBuf;

use apt::Apt;
use cache::{Bench, Cache};
use catalog::Definition;
use how::How;
use manifest::Manifest;
use report::Reporter;
use sealed::State;

pub use listing::{Inspected, Listed};
pub use prune::Pruned;

use crate::{failure::Failure, host::Dirs, progress::ProgressSink};

/// Everything a machine needs to boot an installed environment. All files are readable by anyone and never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootable {
    /// As the caller named it, e.g. `debian:12`.
    pub name: String,
    /// Hex digest of the base image: a disk belongs to exactly one.
    pub digest: String,
    /// Uncompressed x86-64 ELF.
    pub kernel: PathBuf,
    /// Guest agent as `/init`, and the modules a distribution kernel lacks.
    pub initramfs: PathBuf,
    /// erofs.
    pub base: PathBuf,
    /// Empty sparse ext4 to copy for each machine.
    pub empty_disk: PathBuf,
}

/// The environments of this host. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Environments {
    cache: Cache,
}

/// What of an environment must be there.
#[derive(Clone, Debug)]
enum Wish {
    /// Whatever its name stands for at present.
    Named(Definition),
    /// Exactly this base image, of this name.
    Exactly(String, String),
}

impl Environments {
    pub fn new(dirs: Dirs) -> Self {
        Self { cache: Cache::new(&dirs.cache) }
    }

    /// Refuses a name that no environment has.
    pub fn check(&self, name: &str) -> Result<(), Failure> {
        catalog::find(name).map(drop)
    }

    /// Answers what boots `name`, building it first where it is missing or damaged; with `digest`, exactly that base
    /// image, which a disk was made over and which cannot be built again. Any number of processes may ask at once: one
    /// builds, the others wait. Dropping the future ends the build and leaves nothing.
    pub async fn ensure(
        &self,
        name: &str,
        digest: Option<&str>,
        progress: Option<&ProgressSink>,
    ) -> Result<Bootable, Failure> {
        let wish = match digest {
            None => Wish::Named(catalog::find(name)?),
            Some(digest) => Wish::Exactly(name.to_owned(), digest.to_owned()),
        };
        if let Some(ready) = self.ready(&wish).await? {
            return Ok(ready);
        }
        if lacks(&self.cache, &wish) && matches!(wish, Wish::Exactly(..)) {
            return Err(lost(name));
        }
        let bench = self.cache.bench(progress).await?;
        let done = self.complete(&bench, &wish, progress).await;
        bench.close().await;
        done
    }

    /// Brings `name` up to date with the mirror; says whether anything changed.
    pub async fn pull(&self, name: &str, progress: Option<&ProgressSink>) -> Result<(Bootable, bool), Failure> {
        let definition = catalog::find(name)?;
        let before = base::installed(&self.cache, &definition).map(|(_, manifest)| manifest.digest);
        let bench = self.cache.bench(progress).await?;
        let done = async {
            self.build(&bench, &definition, progress).await?;
            self.complete(&bench, &Wish::Named(definition), progress).await
        };
        let done = done.await;
        bench.close().await;
        let ready = done?;
        let changed = before.as_ref() != Some(&ready.digest);
        Ok((ready, changed))
    }

    /// What boots `wish`, if nothing must be built. Reads whole files only when the file system says they were touched.
    async fn ready(&self, wish: &Wish) -> Result<Option<Bootable>, Failure> {
        let (cache, wish) = (self.cache.clone(), wish.clone());
        let found = tokio::task::spawn_blocking(move || find(&cache, &wish)).await;
        found.map_err(|error| Failure::internal(format!("looking up the environment ended: {error}")))?
    }

    /// Builds whatever is missing, under the lock.
    async fn complete(&self, bench: &Bench, wish: &Wish, progress: Option<&ProgressSink>) -> Result<Bootable, Failure> {
        // First, because a build of minutes that ends in this would be wasted.
        initramfs::agent()?;
        if lacks(&self.cache, wish) {
            match wish {
                Wish::Named(definition) => self.build(bench, definition, progress).await?,
                Wish::Exactly(name, _) => return Err(lost(name)),
            }
        }
        if kernel::find(&self.cache)?.is_none() {
            let reporter = Reporter { sink: progress.cloned(), from: 0.0, to: 1.0 };
            How::probe().await?;
            let suite = match wish {
                Wish::Named(definition) => definition.suite.clone(),
                Wish::Exactly(name, _) => catalog::find(name)?.suite,
            };
            let apt = Apt::open(bench.path(), &suite).await?;
            kernel::build(&self.cache, bench, &apt, &reporter).await?;
        }
        let vanished = || Failure::internal("the kernel vanished while it was used").hint("call again");
        let kernel = kernel::find(&self.cache)?.ok_or_else(vanished)?;
        let wanted = initramfs::Wanted::of(&self.cache, &kernel)?;
        if wanted.find().is_none() {
            wanted.build(bench)?;
        }
        if disk::find(&self.cache).is_none() {
            disk::build(&self.cache, bench).await?;
        }
        let vanished = || Failure::internal("an environment vanished while it was used").hint("call again");
        self.ready(wish).await?.ok_or_else(vanished)
    }

    /// Builds base image and kernel from what the mirror has now; leaves what is current.
    async fn build(
        &self,
        bench: &Bench,
        definition: &Definition,
        progress: Option<&ProgressSink>,
    ) -> Result<(), Failure> {
        let reporter = |from, to| Reporter { sink: progress.cloned(), from, to };
        let name = &definition.name;
        reporter(0.0, 1.0).say(&format!("building {name}: asking the mirror"), 0.0);
        let how = How::probe().await?;
        let apt = Apt::open(bench.path(), &definition.suite).await?;
        if !matches!(kernel::find(&self.cache)?, Some(kernel) if kernel.modules.is_none()) {
            kernel::build(&self.cache, bench, &apt, &reporter(0.03, 0.1)).await?;
        }
        base::build(&self.cache, bench, (how, &apt), definition, &reporter(0.1, 1.0)).await
    }
}

fn find(cache: &Cache, wish: &Wish) -> Result<Option<Bootable>, Failure> {
    let Some((name, digest, base)) = find_base(cache, wish) else { return Ok(None) };
    let Some(kernel) = kernel::find(cache)? else { return Ok(None) };
    let Some(initramfs) = initramfs::Wanted::of(cache, &kernel)?.find() else { return Ok(None) };
    let Some(empty_disk) = disk::find(cache) else { return Ok(None) };
    Ok(Some(Bootable { name, digest, kernel: kernel.image, initramfs, base, empty_disk }))
}

fn lacks(cache: &Cache, wish: &Wish) -> bool {
    find_base(cache, wish).is_none()
}

fn lost(name: &str) -> Failure {
    Failure::missing(format!(
        "the base image of {name} that this disk was made over is gone from this host, or damaged"
    ))
    .hint("delete this one and create another")
}

/// Name, digest and path of a sound base image.
fn find_base(cache: &Cache, wish: &Wish) -> Option<(String, String, PathBuf)> {
    let (directory, manifest) = match wish {
        Wish::Named(definition) => base::installed(cache, definition)?,
        Wish::Exactly(_, digest) => base::by_digest(cache, digest)?,
    };
    (manifest.state(&directory) == State::Good).then(|| (manifest.name, manifest.digest, directory.join(base::IMAGE)))
}
