//! The records kept beside what was built: enough to say what it is, to verify it, and to know when to build again.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::sealed::{Sealed, State};
use crate::{failure::Failure, host::clock};

/// Grows when a field changes its meaning; what has another version is built again.
pub(super) const VERSION: u32 = 1;
const FILE: &str = "manifest.json";

/// Of a base image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BaseManifest {
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) uuid: String,
    pub(super) recipe: String,
    /// As in /etc/debian_version, e.g. `12.15`.
    pub(super) debian_version: String,
    pub(super) packages: usize,
    /// Of the sorted lines `package:architecture=version`.
    pub(super) packages_blake3: String,
    pub(super) sources: Vec<Source>,
    pub(super) tools: Tools,
    pub(super) files: Vec<Sealed>,
    /// RFC 3339.
    pub(super) installed_at: String,
    pub(super) build_seconds: u64,
}

/// Of a kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KernelManifest {
    pub(super) version: u32,
    pub(super) digest: String,
    /// Debian's package and its version.
    pub(super) package: String,
    pub(super) package_version: String,
    /// In the order in which they are loaded.
    pub(super) modules: Vec<String>,
    pub(super) files: Vec<Sealed>,
    pub(super) installed_at: String,
}

/// A signed release of the mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) suite: String,
    /// Seconds since 1970.
    pub(super) date: i64,
    pub(super) blake3: String,
}

/// Versions of the programs that built it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tools {
    pub(super) mmdebstrap: String,
    pub(super) mkfs_erofs: String,
}

/// What both have.
pub(super) trait Manifest: Serialize + DeserializeOwned {
    fn version(&self) -> u32;
    fn files(&self) -> &[Sealed];

    /// Reads the record of `directory`, if it is one we understand.
    fn read(directory: &Path) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(&fs::read(directory.join(FILE)).ok()?).ok()?;
        (manifest.version() == VERSION).then_some(manifest)
    }

    fn write(&self, directory: &Path) -> Result<(), Failure> {
        let bytes =
            serde_json::to_vec_pretty(self).map_err(|error| Failure::internal(format!("a manifest: {error}")))?;
        super::sealed::write_whole(&directory.join(FILE), &bytes)
            .map_err(|error| Failure::io("write a manifest", &error))
    }

    /// Whether every file is what it was.
    fn state(&self, directory: &Path) -> State {
        let mut states = self.files().iter().map(|file| file.state(directory));
        states.find(|state| *state != State::Good).unwrap_or(State::Good)
    }
}

impl Manifest for BaseManifest {
    fn version(&self) -> u32 {
        self.version
    }

    fn files(&self) -> &[Sealed] {
        &self.files
    }
}

impl Manifest for KernelManifest {
    fn version(&self) -> u32 {
        self.version
    }

    fn files(&self) -> &[Sealed] {
        &self.files
    }
}

/// The present time as RFC 3339 in UTC, whole seconds.
pub(super) fn now() -> String {
    clock::rfc3339(clock::now_unix())
}
