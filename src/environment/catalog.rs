//! The environments pyro knows how to build, as defined in `guest/environments/*.toml`.

use serde::Deserialize;

use crate::failure::Failure;

const DEFINITIONS: [&str; 3] = [
    include_str!("../../guest/environments/debian-12.toml"),
    include_str!("../../guest/environments/debian-12-base.toml"),
    include_str!("../../guest/environments/debian-12-build.toml"),
];

/// What an environment is made of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) description: String,
    /// Debian's codename of the release.
    pub(super) suite: String,
    /// Installed besides the essential packages and apt.
    pub(super) packages: Vec<String>,
}

/// Every definition, in the order callers see them.
pub(super) fn all() -> Result<Vec<Definition>, Failure> {
    DEFINITIONS
        .iter()
        .map(|text| toml::from_str(text).map_err(|error| Failure::internal(format!("a definition is broken: {error}"))))
        .collect()
}

/// The definition named `name`, or a failure that says which there are.
pub(super) fn find(name: &str) -> Result<Definition, Failure> {
    let all = all()?;
    match all.iter().find(|definition| definition.name == name) {
        Some(definition) => Ok(definition.clone()),
        None => Err(unknown(name, &all)),
    }
}

fn unknown(name: &str, all: &[Definition]) -> Failure {
    let nearest = all
        .iter()
        .map(|definition| (strsim::jaro_winkler(name, &definition.name), definition.name.as_str()))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    let names = all.iter().map(|definition| definition.name.as_str()).collect::<Vec<_>>().join(", ");
    let hint = match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`? There are: {names}"),
        None => format!("there are: {names}"),
    };
    Failure::missing(format!("no environment is named `{name}`")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn every_definition_parses_and_names_are_unique() {
        let mut names: Vec<_> = all().unwrap().into_iter().map(|definition| definition.name).collect();
        assert_eq!(names, ["debian:12", "debian:12-base", "debian:12-build"]);
        names.dedup();
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn packages_are_sorted_so_that_order_never_changes_a_digest() {
        for definition in all().unwrap() {
            assert!(definition.packages.is_sorted(), "{}", definition.name);
        }
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_and_the_list() {
        let failure = find("debian12").unwrap_err();
        assert_eq!(failure.code, Code::Missing);
        assert_eq!(
            failure.hint.unwrap(),
            "did you mean `debian:12`? There are: debian:12, debian:12-base, debian:12-build"
        );
        assert_eq!(find("xyz").unwrap_err().hint.unwrap(), "there are: debian:12, debian:12-base, debian:12-build");
    }
}
