//! Names of things: a prefix and twelve of `a-z2-7`, random, never reused.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const RANDOM_CHARS: usize = 12;

/// Names one virtual machine: `vm-` and twelve of `a-z2-7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, with = "String", extend("pattern" = r"^vm-[a-z2-7]{12}$"))]
pub struct VmId(String);

impl VmId {
    /// A fresh id: 60 random bits.
    pub fn random() -> Result<Self, Failure> {
        let mut bytes = [0u8; RANDOM_CHARS];
        getrandom::fill(&mut bytes).map_err(|error| Failure::internal(format!("no random bytes: {error}")))?;
        let chars: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        Ok(Self(format!("vm-{chars}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VmId {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let random = text.strip_prefix("vm-").unwrap_or("");
        if random.len() == RANDOM_CHARS && random.bytes().all(|byte| ALPHABET.contains(&byte)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Failure::invalid(format!("{text:?} is not a VM id"))
                .hint("ids look like vm-abcdefgh2345, as vm_create answers them"))
        }
    }
}

impl TryFrom<String> for VmId {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        text.parse()
    }
}

impl From<VmId> for String {
    fn from(id: VmId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_parse_and_differ() {
        let (one, two) = (VmId::random().unwrap(), VmId::random().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.as_str().parse::<VmId>().unwrap(), one);
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in [
            "",
            "vm-",
            "vm-../../etc",
            "vm-ABCDEFGH2345",
            "ws-abcdefgh2345",
            "vm-abcdefgh23456",
            "vm-abcdefgh234\0",
            "😀",
        ] {
            assert_eq!(text.parse::<VmId>().unwrap_err().code, crate::Code::Invalid, "{text:?}");
        }
    }
}
