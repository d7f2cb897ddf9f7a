//! Smoke packs: proof that a real machine works, as data. A pack is tool calls and what their answers must say; it acts
//! only through the registry it is given.

mod check;
mod fields;
mod pack;
mod report;
mod rules;
mod run;

pub use check::faults;
pub use pack::{Pack, Step};
pub use report::{Outcome, PackReport, StepReport, closing};
pub use run::{Watch, run};

use crate::failure::Failure;

/// The packs of `smoke/`, in the order in which they run: each relies on what the ones before it prove.
const FILES: &[(&str, &str)] = &[
    ("boot", include_str!("../../smoke/boot.toml")),
    ("lifecycle", include_str!("../../smoke/lifecycle.toml")),
    ("limits", include_str!("../../smoke/limits.toml")),
    ("deaths", include_str!("../../smoke/deaths.toml")),
    ("workspace", include_str!("../../smoke/workspace.toml")),
    ("hostile-guest", include_str!("../../smoke/hostile-guest.toml")),
    ("environments", include_str!("../../smoke/environments.toml")),
];

/// Every pack.
pub fn all() -> Result<Vec<Pack>, Failure> {
    FILES.iter().map(|(name, text)| pack::parse(name, text)).collect()
}

/// The pack of this name.
pub fn named(name: &str) -> Result<Pack, Failure> {
    let (name, text) = FILES.iter().find(|(one, _)| *one == name).ok_or_else(|| {
        let names = FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        Failure::missing(format!("no smoke pack is called `{name}`")).hint(format!("the packs are: {names}"))
    })?;
    pack::parse(name, text)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use crate::Code;

    #[test]
    fn every_file_of_the_folder_is_a_pack_that_could_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("smoke");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files: BTreeSet<String> = files
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(files, FILES.iter().map(|(name, _)| (*name).to_owned()).collect());
        let registry = crate::app::registry();
        for pack in all().unwrap() {
            assert_eq!(faults(&pack, &registry), Vec::<String>::new(), "{}", pack.name);
        }
    }

    #[test]
    fn an_unknown_pack_is_told_with_the_known_ones() {
        let failure = named("bot").unwrap_err();
        assert_eq!(failure.code, Code::Missing);
        assert!(failure.hint.unwrap().contains("boot, lifecycle"));
    }
}
