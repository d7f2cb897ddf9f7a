//! Smoke packs and recipes: proof that a real machine works, as data. A pack is tool calls and what their answers must
//! say; it acts only through the caller it is given. A recipe is a pack that is meant to be read and copied.

mod caller;
mod check;
mod fields;
mod pack;
mod prepare;
mod report;
mod rules;
mod run;
mod sketch;
mod stage;

pub use caller::Caller;
pub use check::faults;
pub use pack::{Pack, Recipe, Step};
pub use report::{Outcome, PackReport, StepReport, closing};
pub use run::{Watch, run};
pub use stage::{Seed, SeedFile};

use crate::failure::Failure;

/// The packs of `smoke/`, in the order in which they run: each relies on what the ones before it prove.
const FILES: &[(&str, &str)] = &[
    ("boot", include_str!("../../smoke/boot.toml")),
    ("lifecycle", include_str!("../../smoke/lifecycle.toml")),
    ("limits", include_str!("../../smoke/limits.toml")),
    ("deaths", include_str!("../../smoke/deaths.toml")),
    ("workspace", include_str!("../../smoke/workspace.toml")),
    ("shells", include_str!("../../smoke/shells.toml")),
    ("services", include_str!("../../smoke/services.toml")),
    ("going-back", include_str!("../../smoke/going-back.toml")),
    ("forks", include_str!("../../smoke/forks.toml")),
    ("letting-out", include_str!("../../smoke/letting-out.toml")),
    ("hostile-guest", include_str!("../../smoke/hostile-guest.toml")),
    ("environments", include_str!("../../smoke/environments.toml")),
    ("firecracker", include_str!("../../smoke/firecracker.toml")),
];

/// The recipes of `recipes/`, in the order in which they are read and run.
const RECIPES: &[(&str, &str)] = &[
    ("cold-start-validation", include_str!("../../recipes/cold-start-validation.toml")),
    ("repro-fix-loop", include_str!("../../recipes/repro-fix-loop.toml")),
    ("parallel-workspaces", include_str!("../../recipes/parallel-workspaces.toml")),
    ("untrusted-inspection", include_str!("../../recipes/untrusted-inspection.toml")),
    ("review-eval", include_str!("../../recipes/review-eval.toml")),
];

/// Every pack, then every recipe.
pub fn all() -> Result<Vec<Pack>, Failure> {
    FILES.iter().chain(RECIPES).map(|(name, text)| pack::parse(name, text)).collect()
}

/// Every recipe.
pub fn recipes() -> Result<Vec<Pack>, Failure> {
    RECIPES.iter().map(|(name, text)| pack::parse(name, text)).collect()
}

/// The pack or recipe of this name.
pub fn named(name: &str) -> Result<Pack, Failure> {
    let (name, text) = FILES.iter().chain(RECIPES).find(|(one, _)| *one == name).ok_or_else(|| {
        let names = |files: &[(&str, &str)]| files.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        Failure::missing(format!("no smoke pack or recipe is called `{name}`")).hint(format!(
            "the packs are: {}; the recipes are: {}",
            names(FILES),
            names(RECIPES)
        ))
    })?;
    pack::parse(name, text)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use crate::Code;

    #[test]
    fn every_file_of_the_folders_is_listed_and_could_run() {
        for (folder, listed) in [("smoke", FILES), ("recipes", RECIPES)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let files: BTreeSet<String> = files
                .filter(|path| path.extension().is_some_and(|end| end == "toml"))
                .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            assert_eq!(files, listed.iter().map(|(name, _)| (*name).to_owned()).collect());
        }
        let registry = crate::app::registry();
        for pack in all().unwrap() {
            assert_eq!(faults(&pack, &registry), Vec::<String>::new(), "{}", pack.name);
            let listed = RECIPES.iter().any(|(name, _)| *name == pack.name);
            assert_eq!(pack.recipe.is_some(), listed, "{}", pack.name);
        }
    }

    #[test]
    fn every_tool_that_a_model_can_have_answers_in_some_pack() {
        let packs = all().unwrap();
        let answers = |step: &Step| step.fails.is_none().then(|| step.tool.clone());
        let answering: BTreeSet<String> = packs.iter().flat_map(|pack| &pack.steps).filter_map(answers).collect();
        let profile = crate::registry::Profile::named("workspace-full").unwrap();
        let registry = crate::app::registry();
        let silent: Vec<&str> =
            registry.shown(&profile).map(|entry| entry.name).filter(|name| !answering.contains(*name)).collect();
        assert_eq!(silent, Vec::<&str>::new());
    }

    #[test]
    fn an_unknown_pack_is_told_with_the_known_ones() {
        let failure = named("bot").unwrap_err();
        assert_eq!(failure.code, Code::Missing);
        let hint = failure.hint.unwrap();
        assert!(hint.contains("boot, lifecycle") && hint.contains("repro-fix-loop, parallel"), "{hint}");
    }
}
