//! Templates as their owner sees them.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use super::{Kind, folder, keeper::LOCK, wire::Place};
use crate::{host::lock, vm::ExecutionMode};

/// One template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub key: String,
    pub kind: Kind,
    pub environment: String,
    /// Of its base image.
    pub digest: String,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub execution_mode: Option<ExecutionMode>,
    /// Unix milliseconds.
    pub made_at: i64,
    pub made_in_ms: u64,
    /// Allocated on the host's disk.
    pub size_bytes: u64,
    /// A process holds it in memory for this state directory.
    pub kept: bool,
}

/// Those whose manifest can be read, by key.
pub fn list(place: &Place) -> Vec<Told> {
    let mut found: Vec<Told> = keys(&place.cache).into_iter().filter_map(|key| told(place, key)).collect();
    found.sort_by(|one, other| one.key.cmp(&other.key));
    found
}

fn told(place: &Place, key: String) -> Option<Told> {
    let path = folder::all(&place.cache).join(&key);
    let manifest = folder::manifest(&path).ok()?;
    let kept = lock::is_held(&super::ask::keeper_dir(place, &key).join(LOCK));
    Some(Told {
        kind: manifest.kind,
        environment: manifest.environment,
        digest: manifest.digest,
        vcpu_count: manifest.vcpu_count,
        mem_mib: manifest.mem_mib,
        execution_mode: manifest.execution_mode,
        made_at: manifest.made_at,
        made_in_ms: manifest.made_in_ms,
        size_bytes: size(&path),
        kept,
        key,
    })
}

fn keys(cache: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder::all(cache)).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

fn size(path: &Path) -> u64 {
    let files = fs::read_dir(path).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|meta| meta.blocks() * 512).sum()
}
