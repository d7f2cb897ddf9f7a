//! Random texts that admit whoever shows them: bearer tokens, and the URLs of uploads and downloads. Only hashes are kept.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Five bits each: 260 bits.
const CHARS: usize = 52;

/// The text itself, told once. It has no `Debug`: it must not end up in logs.
pub struct Key(String);

impl Key {
    pub fn random() -> Result<Self, Failure> {
        let mut bytes = [0; CHARS];
        getrandom::fill(&mut bytes).map_err(|error| Failure::internal(format!("no random bytes: {error}")))?;
        Ok(Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> KeyHash {
        KeyHash::of(self.0.as_bytes())
    }
}

/// What is kept of a key: its blake3 hash. A key is random enough to need neither salt nor slowness.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyHash(blake3::Hash);

impl KeyHash {
    pub fn of(shown: &[u8]) -> Self {
        Self(blake3::hash(shown))
    }

    /// Whether `shown` is the key. Takes the same time whatever differs.
    pub fn admits(&self, shown: &[u8]) -> bool {
        // Equality of these hashes takes constant time.
        self.0 == blake3::hash(shown)
    }
}

impl TryFrom<String> for KeyHash {
    type Error = String;

    fn try_from(hex: String) -> Result<Self, String> {
        blake3::Hash::from_hex(&hex).map(Self).map_err(|error| error.to_string())
    }
}

impl From<KeyHash> for String {
    fn from(hash: KeyHash) -> Self {
        hash.0.to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_admitted_by_its_kept_hash_and_nothing_else_is() {
        let (key, other) = (Key::random().unwrap(), Key::random().unwrap());
        assert!(key.as_str().len() == CHARS && key.as_str() != other.as_str());
        let kept = serde_json::to_string(&key.hash()).unwrap();
        assert!(!kept.contains(key.as_str()));
        let hash: KeyHash = serde_json::from_str(&kept).unwrap();
        assert!(hash.admits(key.as_str().as_bytes()));
        for wrong in [other.as_str(), "", &key.as_str()[1..], &format!("{} ", key.as_str())] {
            assert!(!hash.admits(wrong.as_bytes()), "{wrong:?}");
        }
        assert!(serde_json::from_str::<KeyHash>("\"abc\"").is_err());
    }
}
