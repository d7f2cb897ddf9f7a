//! Names of things: ids, a prefix and twelve of `a-z2-7`, random, never reused; and what callers name themselves.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const RANDOM_CHARS: usize = 12;

/// Declares one kind of id: its prefix, what it names, and where callers get one.
macro_rules! id {
    ($name:ident, $prefix:literal, $pattern:literal, $what:literal, $hint:literal) => {
        #[doc = concat!("Names one ", $what, ": `", $prefix, "` and twelve of `a-z2-7`.")]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(inline, with = "String", extend("pattern" = $pattern))]
        pub struct $name(String);

        impl $name {
            /// A fresh id: 60 random bits.
            pub fn random() -> Result<Self, Failure> {
                Ok(Self(format!("{}{}", $prefix, random_chars()?)))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Failure;

            fn from_str(text: &str) -> Result<Self, Failure> {
                if is_random(text.strip_prefix($prefix)) {
                    return Ok(Self(text.to_owned()));
                }
                Err(Failure::invalid(format!("{text:?} is not a {} id", $what)).hint($hint))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Failure;

            fn try_from(text: String) -> Result<Self, Failure> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(VmId, "vm-", r"^vm-[a-z2-7]{12}$", "VM", "ids look like vm-abcdefgh2345, as vm_create answers them");
id!(WorkspaceId, "ws-", r"^ws-[a-z2-7]{12}$", "workspace", "ids look like ws-abcdefgh2345; workspace_list shows yours");
id!(
    ShellId,
    "sh-",
    r"^sh-[a-z2-7]{12}$",
    "shell",
    "ids look like sh-abcdefgh2345; workspace_status lists those of a workspace"
);

id!(
    UploadId,
    "up-",
    r"^up-[a-z2-7]{12}$",
    "upload",
    "ids look like up-abcdefgh2345, as workspace_upload_open answers them"
);
id!(DownloadId, "dl-", r"^dl-[a-z2-7]{12}$", "download", "ids look like dl-abcdefgh2345; they stand in download URLs");
id!(TokenId, "tk-", r"^tk-[a-z2-7]{12}$", "token", "ids look like tk-abcdefgh2345; `pyro token list` shows them");

/// Declares what callers name: a file's name as well, hence `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
macro_rules! name {
    ($name:ident, $what:literal) => {
        #[doc = concat!("What a ", $what, " is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.")]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(inline, with = "String", extend("pattern" = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Failure;

            fn from_str(text: &str) -> Result<Self, Failure> {
                if is_name(text) {
                    return Ok(Self(text.to_owned()));
                }
                let shown: String = text.chars().take(80).collect();
                Err(Failure::invalid(format!(concat!("{:?} is no ", $what, "'s name"), shown))
                    .hint("1 to 64 of letters, digits, '.', '_' and '-', the first a letter or digit"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Failure;

            fn try_from(text: String) -> Result<Self, Failure> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name!(Principal, "principal");
name!(ServiceName, "service");
name!(SnapshotName, "snapshot");

fn is_name(text: &str) -> bool {
    let first = text.starts_with(|char: char| char.is_ascii_alphanumeric());
    first && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn random_chars() -> Result<String, Failure> {
    let mut bytes = [0u8; RANDOM_CHARS];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal(format!("no random bytes: {error}")))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

fn is_random(chars: Option<&str>) -> bool {
    chars.is_some_and(|chars| chars.len() == RANDOM_CHARS && chars.bytes().all(|byte| ALPHABET.contains(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_parse_and_differ() {
        let (one, two) = (VmId::random().unwrap(), VmId::random().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.as_str().parse::<VmId>().unwrap(), one);
        assert!(WorkspaceId::random().unwrap().as_str().starts_with("ws-"));
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

    #[test]
    fn a_service_has_a_files_name() {
        for name in ["a", "web", "0", "a.b-c_D.9", &"x".repeat(64)] {
            assert_eq!(name.parse::<ServiceName>().unwrap().as_str(), name);
        }
        for name in ["", ".", "..", ".a", "-a", "_a", "a/b", "a b", "a\n", "a\0", "ä", "../x", &"x".repeat(65)] {
            assert_eq!(name.parse::<ServiceName>().unwrap_err().code, crate::Code::Invalid, "{name:?}");
        }
    }
}
