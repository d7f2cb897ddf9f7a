//! The form of a pack's file. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{rules::Rules, stage::Seed};
use crate::{
    failure::{Code, Failure},
    vm::ExecutionMode,
};

/// One file of `smoke/` or `recipes/`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub name: String,
    /// What it proves, in one line.
    pub summary: String,
    /// Environments that must be installed; getting them does not count against the limit.
    pub needs: Vec<String>,
    /// The back ends it proves; on another one it is skipped.
    pub backends: Vec<ExecutionMode>,
    /// All steps together, cleanup aside.
    pub limit_seconds: u64,
    /// No step needs another: one that failed does not keep the rest from running.
    #[serde(default)]
    pub independent: bool,
    /// Only recipes have this.
    #[serde(default)]
    pub recipe: Option<Recipe>,
    /// Files of a host directory that inputs call `$seed`. An empty one is `$out`.
    #[serde(default)]
    pub seed: Seed,
    /// Run in order, until one fails where they are not independent.
    pub steps: Vec<Step>,
    /// Run whatever happened. One that names a value never kept is left out; a thing already gone is fine.
    #[serde(default)]
    pub cleanup: Vec<Step>,
}

/// What makes a pack a recipe: it goes through MCP, as a model would, and is told in `docs/recipes/`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The MCP profile it needs no more than.
    pub profile: String,
    /// When to do as it does, in one sentence.
    pub when: String,
    /// What it does and why so, in Markdown.
    pub story: String,
}

/// One tool call and what its answer must say.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is proved, as a sentence without its full stop.
    pub title: String,
    /// More for the reader of a recipe, in Markdown.
    #[serde(default)]
    pub note: Option<String>,
    pub tool: String,
    /// A text that is `$name` stands for the value kept under that name; `$name/more` begins with it.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// The code it must fail with; the answer then is the failure.
    #[serde(default)]
    pub fails: Option<Code>,
    /// Path into the answer, e.g. `cleanup.deleted`, to what must hold there.
    #[serde(default)]
    pub expect: BTreeMap<String, Rules>,
    /// Name to the path of the value kept under it.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    /// The call's longest duration as the caller sees it.
    #[serde(default)]
    pub within_seconds: Option<u64>,
    /// The call is made again until its answer is as expected, at most for so long: what is looked at comes by itself.
    #[serde(default)]
    pub again_seconds: Option<u64>,
    /// After the call, git must take this patch of the host to a copy of the seed, `$patched`.
    #[serde(default)]
    pub git_apply: Option<String>,
    /// After that, paths of the host, e.g. `$out/report.txt`, to what must hold there: of `type` (`file`, `directory`,
    /// `symlink`, `other` or `absent`), `mode`, `text` and `link_target`.
    #[serde(default)]
    pub host: BTreeMap<String, BTreeMap<String, Rules>>,
}

/// Reads a pack; `name` is its file's.
pub(super) fn parse(name: &str, text: &str) -> Result<Pack, Failure> {
    let broken = |why: &str| Failure::internal(format!("smoke pack {name} does not parse: {why}"));
    let pack: Pack = toml::from_str(text).map_err(|error| broken(error.message()))?;
    if pack.name != name {
        return Err(broken(&format!("it calls itself {}", pack.name)));
    }
    Ok(pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = 'x'\nsummary = 's'\nneeds = []\nbackends = ['qemu-tcg']\nlimit_seconds = 9\n";

    fn said(step: &str) -> String {
        let text = format!("{HEAD}[[steps]]\ntitle = 't'\ntool = 'vm_run'\n{step}");
        parse("x", &text).map_or_else(|failure| failure.message, |_| "fine".into())
    }

    #[test]
    fn whatever_is_not_known_is_refused() {
        assert_eq!(said("expect = { stdout = { contains = 'a' }, exit_code = 3 }\nfails = 'conflict'"), "fine");
        assert!(said("expects = {}").contains("expects"));
        assert!(said("fails = 'conflikt'").contains("conflikt"));
        assert!(said("expect = { stdout = { containing = 'a' } }").contains("containing"));
        assert!(said("expect = { stdout = {} }").contains("nothing"));
        assert!(said("expect = { stdout = { matches = '(' } }").contains("pattern"));
        assert_eq!(
            said("host = { '$out/a' = { text = 'x' } }\n[seed]\na = 'x'\nb.link = '/'\nc.executable = '#!'"),
            "fine"
        );
        assert_ne!(said("[seed]\na.linked = '/'"), "fine");
        assert!(said("[recipe]\nprofile = 'p'\nwhen = 'w'").contains("story"));
        assert!(parse("y", HEAD).unwrap_err().message.contains("steps"));
        assert!(parse("y", &format!("{HEAD}steps = []")).unwrap_err().message.contains("calls itself x"));
    }
}
