//! Making, finding and revoking tokens. Any number of servers and commands may do so at once: a token is one file.

use std::{fs, io, path::PathBuf, time::Duration};

use super::{Allowance, TokenRecord};
use crate::{
    failure::Failure,
    host::write,
    ids::{Principal, TokenId},
    key::Key,
};

/// Below `$PYRO_HOME`.
const FOLDER: &str = "tokens";
/// What a token's text begins with: `pyro_`, twelve characters of its id, `_` and its key.
const PREFIX: &str = "pyro_";

/// All tokens of a state directory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokens {
    folder: PathBuf,
}

/// A token as it shall be.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub principal: Principal,
    pub profile: String,
    pub allowance: Allowance,
    pub expires_in: Option<Duration>,
}

/// Why a text that was shown admits nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No token, a wrong one, or one that was revoked: which of them is not told.
    Unknown,
    Expired,
}

impl Tokens {
    pub fn below(home: &std::path::Path) -> Self {
        Self { folder: home.join(FOLDER) }
    }

    /// Makes a token; answers its text, which nobody can tell again.
    pub fn create(&self, new: NewToken, now: i64) -> Result<(TokenRecord, String), Failure> {
        let key = Key::random()?;
        let expires_in = new.expires_in.map(|wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX));
        let record = TokenRecord {
            version: TokenRecord::VERSION,
            token_id: TokenId::random()?,
            principal: new.principal,
            profile: new.profile,
            key: key.hash(),
            allowance: new.allowance,
            created_at: now,
            expires_at: expires_in.map(|wait| now.saturating_add(wait)),
        };
        let failed = |error: io::Error| Failure::io("write down the token", &error);
        write::private_dir(&self.folder).map_err(failed)?;
        let bytes = serde_json::to_vec_pretty(&record).map_err(|error| Failure::internal(error.to_string()))?;
        write::atomically(&self.file(&record.token_id), &bytes).map_err(failed)?;
        let id = record.token_id.as_str().trim_start_matches("tk-");
        let text = format!("{PREFIX}{id}_{}", key.as_str());
        Ok((record, text))
    }

    /// Who shows this text.
    pub fn admit(&self, shown: &str, now: i64) -> Result<TokenRecord, Refused> {
        let (id, key) = shown.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).ok_or(Refused::Unknown)?;
        let id: TokenId = format!("tk-{id}").parse().map_err(|_| Refused::Unknown)?;
        let record = self.load(&id).filter(|record| record.key.admits(key.as_bytes())).ok_or(Refused::Unknown)?;
        if record.is_expired(now) { Err(Refused::Expired) } else { Ok(record) }
    }

    /// Every token that can be read, the oldest first.
    pub fn list(&self) -> Vec<TokenRecord> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok());
        let mut records: Vec<TokenRecord> = ids.filter_map(|id: TokenId| self.load(&id)).collect();
        records.sort_by(|one, other| (one.created_at, &one.token_id).cmp(&(other.created_at, &other.token_id)));
        records
    }

    /// Whether there is one, expired or not.
    pub fn any(&self) -> bool {
        !self.list().is_empty()
    }

    /// Removes a token, or all of a principal; answers what is gone. The next request that shows one is refused.
    pub fn revoke(&self, which: &str) -> Result<Vec<TokenId>, Failure> {
        let named = |record: &TokenRecord| record.token_id.as_str() == which || record.principal.as_str() == which;
        let found: Vec<TokenId> = self.list().into_iter().filter(named).map(|record| record.token_id).collect();
        if found.is_empty() {
            let failure = Failure::missing(format!("no token has the id or name {which:?}"));
            return Err(failure.hint("`pyro token list` shows them"));
        }
        for id in &found {
            match fs::remove_file(self.file(id)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::io("revoke the token", &error));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn load(&self, id: &TokenId) -> Option<TokenRecord> {
        let record: TokenRecord = serde_json::from_slice(&fs::read(self.file(id)).ok()?).ok()?;
        (record.version <= TokenRecord::VERSION && record.token_id == *id).then_some(record)
    }

    fn file(&self, id: &TokenId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str, expires_in: Option<u64>) -> NewToken {
        NewToken {
            principal: name.parse().unwrap(),
            profile: "workspace-core".into(),
            allowance: Allowance::default(),
            expires_in: expires_in.map(Duration::from_secs),
        }
    }

    #[test]
    fn a_token_admits_its_principal_until_it_expires_or_is_revoked() {
        let home = tempfile::tempdir().unwrap();
        let tokens = Tokens::below(home.path());
        assert!(!tokens.any() && !home.path().join(FOLDER).exists(), "looking makes nothing");
        let (record, text) = tokens.create(new("ci", Some(60)), 1000).unwrap();
        assert_eq!(tokens.admit(&text, 1059).unwrap().principal.as_str(), "ci");
        assert_eq!(tokens.admit(&text, 1060).err(), Some(Refused::Expired));
        let (_, second) = tokens.create(new("ci", None), 1001).unwrap();
        let (_, other) = tokens.create(new("dev", None), 1002).unwrap();
        assert_eq!(tokens.list().len(), 3);
        assert_eq!(tokens.revoke(record.token_id.as_str()).unwrap(), [record.token_id]);
        assert_eq!(tokens.admit(&text, 0).err(), Some(Refused::Unknown));
        assert!(tokens.admit(&second, i64::MAX).is_ok());
        assert_eq!(tokens.revoke("ci").unwrap().len(), 1);
        assert!(tokens.admit(&second, 0).is_err() && tokens.admit(&other, 0).is_ok());
        assert!(tokens.revoke("ci").is_err());
    }

    #[test]
    fn neither_files_nor_other_texts_admit() {
        let home = tempfile::tempdir().unwrap();
        let tokens = Tokens::below(home.path());
        let (record, text) = tokens.create(new("ci", None), 0).unwrap();
        let file = fs::read_to_string(tokens.file(&record.token_id)).unwrap();
        let key = text.rsplit_once('_').unwrap().1;
        assert!(!file.contains(key));
        let hash = String::from(record.key);
        let id = &record.token_id.as_str()[3..];
        for wrong in ["", "pyro_", id, key, &text[1..], &format!("{text}x"), &format!("pyro_{id}_{hash}")] {
            assert_eq!(tokens.admit(wrong, 0).err(), Some(Refused::Unknown), "{wrong:?}");
        }
        assert_eq!(tokens.admit(&format!("pyro_../../etc_{key}"), 0).err(), Some(Refused::Unknown));
        fs::write(tokens.file(&record.token_id), "{").unwrap();
        assert_eq!(tokens.admit(&text, 0).err(), Some(Refused::Unknown), "a torn file admits nobody");
    }
}
