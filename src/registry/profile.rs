//! How much of the registry a caller sees: the three profiles of `profiles/`, and everything.
//!
//! A profile's file holds what it is; which tools belong to it stands in the tools' own files.

use serde::Deserialize;

use super::{Entry, Profiles, Property};
use crate::failure::{Code, Failure};

const FILES: [(&str, &str); 3] = [
    ("vm-run", include_str!("../../profiles/vm-run.toml")),
    ("workspace-core", include_str!("../../profiles/workspace-core.toml")),
    ("workspace-full", include_str!("../../profiles/workspace-full.toml")),
];

/// Told besides to models elsewhere that have workspaces.
const ELSEWHERE: &str = "Trees come by workspace_upload_open, exports go by URL.";

/// What one kind of caller sees.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    pub summary: String,
    /// Told to the model once; the first sentence stands alone.
    pub instructions: String,
    /// The most its tool list may cost a model.
    pub tokens_max: usize,
    #[serde(skip, default = "everything")]
    pub width: Profiles,
    /// Its callers are elsewhere: they name no paths of this host, and upload and download instead.
    #[serde(skip)]
    pub remote: bool,
}

fn everything() -> Profiles {
    Profiles::None
}

impl Profile {
    /// The names a person can choose from.
    pub const NAMES: [&'static str; 3] = [FILES[0].0, FILES[1].0, FILES[2].0];
    pub const DEFAULT: &'static str = "workspace-core";

    /// Every tool and property: what the command line and the SDKs see.
    pub fn everything() -> Self {
        Self {
            name: "sdk".into(),
            summary: "Every tool, for programs.".into(),
            instructions: "pyro runs commands in disposable Linux virtual machines; this list is meant for SDKs."
                .into(),
            tokens_max: usize::MAX,
            width: Profiles::None,
            remote: false,
        }
    }

    /// The same for callers elsewhere.
    pub fn for_strangers(mut self) -> Self {
        if self.width > Profiles::VmRun {
            self.instructions.push(' ');
            self.instructions.push_str(ELSEWHERE);
        }
        Self { remote: true, ..self }
    }

    /// The profile of this name.
    pub fn named(name: &str) -> Result<Self, Failure> {
        if name == "sdk" {
            return Ok(Self::everything());
        }
        let (_, text) = FILES.iter().find(|(one, _)| *one == name).ok_or_else(|| {
            Failure::missing(format!("unknown profile `{name}`"))
                .hint(format!("the profiles are: {}", Self::NAMES.join(", ")))
        })?;
        let profile: Self = toml::from_str(text)
            .map_err(|error| Failure::internal(format!("profile {name} does not parse: {}", error.message())))?;
        Ok(Self { width: Profiles::named(name), ..profile })
    }

    pub fn shows(&self, entry: &Entry) -> bool {
        entry.profiles <= self.width && entry.callers.include(self.remote)
    }

    /// Whether it has a property of one of its tools.
    pub fn has(&self, property: &Property<'_>) -> bool {
        let elsewhere = if self.remote { property.instead().is_some() } else { property.is_remote() };
        property.from_profile().is_none_or(|from| from <= self.width) && !elsewhere
    }

    /// Refuses a tool outside the profile.
    pub(super) fn admit(&self, entry: &Entry) -> Result<(), Failure> {
        if self.shows(entry) {
            return Ok(());
        }
        if !entry.callers.include(self.remote) {
            let message = format!(
                "`{}` is not for callers {}",
                entry.name,
                if self.remote { "elsewhere" } else { "on this host" }
            );
            return Err(Failure::new(Code::Denied, message).hint(entry.callers.instead()));
        }
        let message = format!("`{}` is not part of profile {}", entry.name, self.name);
        Err(Failure::new(Code::Denied, message).hint(match entry.profiles {
            Profiles::None => "it is a command of the command line and the SDKs only".to_owned(),
            from => format!("the server's owner can choose it: pyro mcp serve --profile {}", from.name()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn every_profile_parses_and_introduces_itself_in_time() {
        for name in Profile::NAMES {
            let profile = Profile::named(name).unwrap();
            assert_eq!(profile.name, name);
            assert!(profile.instructions.len() <= 512, "{name}: {}", profile.instructions.len());
            assert!(profile.instructions.contains(". "), "{name}");
            assert!(profile.for_strangers().instructions.len() <= 512, "{name}");
        }
        assert!(Profile::named("full").unwrap_err().hint.unwrap().contains("workspace-full"));
    }
}
