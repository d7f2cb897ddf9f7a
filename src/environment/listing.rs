//! What callers are told about environments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Environments, base, catalog,
    catalog::Definition,
    kernel,
    manifest::{BaseManifest, Manifest},
    sealed::State,
};
use crate::failure::Failure;

/// One environment in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// What other calls take as `environment`.
    pub name: String,
    pub description: String,
    /// Debian's release, with its point release once installed.
    pub version: String,
    /// Installed besides Debian's essential packages and apt.
    pub packages: Vec<String>,
    /// Whether it boots at once; otherwise its first use builds it.
    pub installed: bool,
    /// Digest of its base image, once installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Its share of the disk, once installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<String>,
}

/// Everything known about one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inspected {
    pub name: String,
    pub description: String,
    pub version: String,
    /// Debian's name of the release.
    pub suite: String,
    pub packages: Vec<String>,
    pub installed: bool,
    /// Whether its files are what was built; absent when not installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intact: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<String>,
    /// Seconds the build took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_seconds: Option<u64>,
    /// Version of the kernel it boots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_version: Option<String>,
    /// Why it does not boot the tuned kernel that was built here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_trouble: Option<String>,
    /// Every installed package as `name:architecture=version`; empty when not installed.
    pub installed_packages: Vec<String>,
}

impl Environments {
    /// Every environment there is, installed or not. Takes the records' word for it; reads no image.
    pub fn list(&self) -> Result<Vec<Listed>, Failure> {
        Ok(catalog::all()?.into_iter().map(|definition| self.listed(definition)).collect())
    }

    /// Everything about one environment; verifies its files.
    pub async fn inspect(&self, name: &str) -> Result<Inspected, Failure> {
        let definition = catalog::find(name)?;
        let this = self.clone();
        let looked = tokio::task::spawn_blocking(move || this.inspected(definition)).await;
        looked.map_err(|error| Failure::internal(format!("inspecting ended: {error}")))?
    }

    /// Version of the kernel that machines boot, once there is one, and why it is not the tuned one that was built here.
    pub fn kernel(&self) -> Result<(Option<String>, Option<String>), Failure> {
        let version = kernel::find(&self.cache)?.map(|kernel| kernel.version);
        let debian = || kernel::installed(&self.cache).map(|(_, manifest)| manifest.package_version);
        Ok((version.or_else(debian), kernel::tuned_trouble(&self.cache)))
    }

    fn listed(&self, definition: Definition) -> Listed {
        let manifest = base::installed(&self.cache, &definition).map(|(_, manifest)| manifest);
        Listed {
            version: version(&definition, manifest.as_ref()),
            name: definition.name,
            description: definition.description,
            packages: definition.packages,
            installed: manifest.is_some(),
            size_bytes: manifest.as_ref().map(size),
            installed_at: manifest.as_ref().map(|manifest| manifest.installed_at.clone()),
            digest: manifest.map(|manifest| manifest.digest),
        }
    }

    fn inspected(&self, definition: Definition) -> Result<Inspected, Failure> {
        let found = base::installed(&self.cache, &definition);
        let manifest = found.as_ref().map(|(_, manifest)| manifest);
        let (kernel_version, kernel_trouble) = self.kernel()?;
        let list = found.as_ref().map(|(directory, _)| std::fs::read_to_string(directory.join(base::PACKAGES)));
        Ok(Inspected {
            version: version(&definition, manifest),
            name: definition.name,
            description: definition.description,
            suite: definition.suite,
            packages: definition.packages,
            installed: found.is_some(),
            intact: found.as_ref().map(|(directory, manifest)| manifest.state(directory) == State::Good),
            digest: manifest.map(|manifest| manifest.digest.clone()),
            size_bytes: manifest.map(size),
            installed_at: manifest.map(|manifest| manifest.installed_at.clone()),
            build_seconds: manifest.map(|manifest| manifest.build_seconds),
            kernel_version,
            kernel_trouble,
            installed_packages: list.and_then(Result::ok).unwrap_or_default().lines().map(str::to_owned).collect(),
        })
    }
}

fn version(definition: &Definition, manifest: Option<&BaseManifest>) -> String {
    manifest.map_or_else(|| definition.suite.clone(), |manifest| manifest.debian_version.clone())
}

fn size(manifest: &BaseManifest) -> u64 {
    manifest.files.iter().map(|file| file.bytes).sum()
}
