//! Deletes from the cache what nothing refers to any more.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Environments, base,
    cache::{Cache, remove_tree},
    catalog, initramfs, kernel,
    manifest::{BaseManifest, Manifest},
    tuned,
};
use crate::failure::Failure;

/// Something that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pruned {
    /// `environment`, `kernel`, `initramfs` or `template`.
    pub kind: String,
    /// Its name and digest where it has one.
    pub name: String,
    pub freed_bytes: u64,
}

impl Environments {
    /// Deletes superseded images, kernels and initramfs; with `all`, also environments that are current but unused.
    /// Base images in `in_use`, by digest, always stay.
    pub async fn prune(&self, in_use: &BTreeSet<String>, all: bool) -> Result<Vec<Pruned>, Failure> {
        let cache = self.cache.clone();
        if !cache.tags().is_dir() {
            return Ok(Vec::new());
        }
        let Some(bench) = cache.idle_bench() else {
            return Err(
                Failure::conflict("an environment is being built").hint("call `pyro env prune` again when it is done")
            );
        };
        let in_use = in_use.clone();
        let done = tokio::task::spawn_blocking(move || sweep(&cache, &in_use, all)).await;
        bench.close().await;
        done.map_err(|error| Failure::internal(format!("pruning ended: {error}")))?
    }
}

fn sweep(cache: &Cache, in_use: &BTreeSet<String>, all: bool) -> Result<Vec<Pruned>, Failure> {
    let fail = |error: io::Error| Failure::io("prune the cache", &error);
    let mut pruned = Vec::new();
    let mut current = BTreeSet::new();
    for definition in catalog::all()? {
        let Some((_, manifest)) = base::installed(cache, &definition) else { continue };
        if all && !in_use.contains(&manifest.digest) {
            fs::remove_file(cache.tags().join(&definition.name)).map_err(fail)?;
        } else {
            current.insert(manifest.digest);
        }
    }
    for (name, path) in entries(&cache.environments()).map_err(fail)? {
        if !current.contains(&name) && !in_use.contains(&name) {
            let label = BaseManifest::read(&path).map(|manifest| manifest.name).unwrap_or_default();
            delete("environment", format!("{label} {name}").trim_start().to_owned(), &path, &mut pruned)
                .map_err(fail)?;
        }
    }
    let debian = kernel::installed(cache).map(|(_, manifest)| manifest.digest);
    for (name, path) in entries(&cache.kernels()).map_err(fail)? {
        if name != tuned::NAME && debian.as_ref() != Some(&name) {
            delete("kernel", name, &path, &mut pruned).map_err(fail)?;
        }
    }
    let kept = kernel::find(cache)?.and_then(|kernel| initramfs::Wanted::of(cache, &kernel).ok()?.find());
    for (name, path) in entries(&cache.initramfs()).map_err(fail)? {
        let is_image = path.extension().is_some_and(|extension| extension == "cpio");
        if is_image && kept.as_ref() != Some(&path) {
            for beside in [path.with_extension("json"), path.with_added_extension("stamp")] {
                remove_tree(&beside).map_err(fail)?;
            }
            delete("initramfs", name, &path, &mut pruned).map_err(fail)?;
        }
    }
    Ok(pruned)
}

fn entries(directory: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    let mut entries: Vec<_> =
        entries.iter().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect();
    entries.sort();
    Ok(entries)
}

fn delete(kind: &str, name: String, path: &Path, pruned: &mut Vec<Pruned>) -> io::Result<()> {
    let freed_bytes = used(path)?;
    remove_tree(path)?;
    pruned.push(Pruned { kind: kind.to_owned(), name, freed_bytes });
    Ok(())
}

/// What a file or a directory of files takes on the disk.
fn used(path: &Path) -> io::Result<u64> {
    let meta = fs::symlink_metadata(path)?;
    let below = if meta.is_dir() { entries(path)? } else { Vec::new() };
    below.iter().try_fold(meta.blocks() * 512, |sum, (_, path)| Ok(sum + used(path)?))
}
