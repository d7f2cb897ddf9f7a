//! What workspaces and labels may be called. Pure.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{failure::Failure, ids::WorkspaceId, limits};

/// Names a workspace: its id, or its name where only one has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("maxLength" = 120))]
pub struct WorkspaceRef(String);

impl WorkspaceRef {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id, where it is one.
    pub(super) fn id(&self) -> Option<WorkspaceId> {
        self.0.parse().ok()
    }
}

impl From<&str> for WorkspaceRef {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for WorkspaceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A workspace's name as it is kept.
pub(super) fn name(text: &str) -> Result<String, Failure> {
    let name = words("name", text)?;
    if name.starts_with("ws-") || name.starts_with("vm-") {
        return Err(Failure::invalid("name must not begin with ws- or vm-, as ids do").hint("choose another name"));
    }
    Ok(name)
}

/// Labels as they are kept.
pub(super) fn labels(labels: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Failure> {
    labels.into_iter().map(|(key, value)| Ok((key_of(&key)?, words(&format!("label {key}"), &value)?))).collect()
}

/// Refuses more labels than one workspace may have.
pub(super) fn not_too_many(labels: &BTreeMap<String, String>) -> Result<(), Failure> {
    if labels.len() <= limits::LABELS_MAX {
        return Ok(());
    }
    Err(Failure::invalid(format!("{} labels are more than {}", labels.len(), limits::LABELS_MAX)))
}

fn key_of(key: &str) -> Result<String, Failure> {
    let key = key.trim();
    let first = key.starts_with(|char: char| char.is_ascii_alphanumeric());
    let rest = key.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-'));
    if first && rest && key.len() <= 64 {
        return Ok(key.to_owned());
    }
    let shown: String = key.chars().take(80).collect();
    Err(Failure::invalid(format!("label key {shown:?} is not 1 to 64 of letters, digits, '.', '_' and '-'"))
        .hint("begin it with a letter or digit"))
}

/// One line of text a person can read, without blanks around it.
fn words(what: &str, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let count = text.chars().count();
    if count == 0 || count > limits::NAME_CHARS_MAX {
        let message = format!("{what} has {count} characters, not 1 to {}", limits::NAME_CHARS_MAX);
        return Err(Failure::invalid(message));
    }
    if text.chars().any(char::is_control) {
        return Err(Failure::invalid(format!("{what} has a line end or another control character")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_and_no_ids() {
        assert_eq!(name("  my workspace ü ").unwrap(), "my workspace ü");
        assert_eq!(name(&"x".repeat(120)).unwrap().len(), 120);
        for bad in ["", "   ", "a\nb", "a\u{1b}[31m", "nul\0", "ws-x", "vm-abcdefgh2345", &"😀".repeat(121)] {
            assert_eq!(name(bad).unwrap_err().code, crate::Code::Invalid, "{bad:?}");
        }
    }

    #[test]
    fn labels_have_plain_keys() {
        let one = |key: &str, value: &str| labels(BTreeMap::from([(key.to_owned(), value.to_owned())]));
        assert_eq!(one(" issue.4_a-b ", " 17 ").unwrap(), BTreeMap::from([("issue.4_a-b".into(), "17".into())]));
        for (key, value) in
            [("", "x"), ("-a", "x"), ("a b", "x"), ("ü", "x"), ("a", ""), ("a", "b\nc"), (&*"k".repeat(65), "x")]
        {
            assert!(one(key, value).is_err(), "{key:?}={value:?}");
        }
    }
}
