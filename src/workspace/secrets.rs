//! Secrets as callers give them: as they are, as files of the host, or as variables of the server's environment.

use std::{collections::BTreeMap, io::Read};

use pyro_protocol::network::{SECRET_NAME_BYTES_MAX, is_secret_name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{host_files::HostFiles, workspaces::Workspaces};
use crate::{
    failure::{Code, Failure},
    ids::WorkspaceId,
    limits,
    redact::Redactor,
    supervisor::secrets::Secrets,
};

/// Where a secret's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    Literal,
    File,
    Env,
}

/// What is told of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SecretFacts {
    /// Its file is `/run/pyro-secrets/NAME`.
    pub name: String,
    pub source: SecretSource,
    /// Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    pub redacted: bool,
}

/// Secrets as a caller names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSecrets {
    /// Names to values.
    pub literal: BTreeMap<String, String>,
    /// Names to paths on the host.
    pub files: BTreeMap<String, String>,
    /// Variables of the server's environment, which name the secrets too.
    pub variables: Vec<String>,
    /// Which of those the caller may name.
    pub allowed: Variables,
}

/// Which variables of its own environment a server hands out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Variables {
    #[default]
    None,
    Named(Vec<String>),
    /// The caller is whoever started the process.
    All,
}

impl Variables {
    fn admit(&self, name: &str) -> Result<(), Failure> {
        let admitted = match self {
            Self::None => false,
            Self::Named(names) => names.iter().any(|one| one == name),
            Self::All => true,
        };
        if admitted {
            return Ok(());
        }
        let message = format!("this server does not hand out its environment variable {name:?}");
        Err(Failure::new(Code::Denied, message)
            .hint(format!("whoever starts it can: pyro mcp serve --allow-secret-env {name}")))
    }
}

impl NewSecrets {
    /// Gathers the values. Nothing of them is in any failure.
    pub(super) fn gather(self, host: &HostFiles) -> Result<(Secrets, Vec<SecretFacts>), Failure> {
        let (mut values, mut facts) = (BTreeMap::new(), Vec::new());
        let literal = self.literal.into_iter().map(|(name, value)| (name, SecretSource::Literal, value));
        let files = self.files.into_iter().map(|(name, path)| (name, SecretSource::File, path));
        let variables = self.variables.into_iter().map(|name| (name.clone(), SecretSource::Env, name));
        for (name, source, given) in literal.chain(files).chain(variables) {
            // Who has name and value the wrong way round must not find the value in a failure.
            is_variable(&name).map_err(|failure| Failure { message: "a secret's name is none".into(), ..failure })?;
            let value = match source {
                SecretSource::Literal => given.into_bytes(),
                SecretSource::File => read(host, &name, &given)?,
                SecretSource::Env => {
                    self.allowed.admit(&name)?;
                    let missing = || Failure::missing(format!("the environment has no variable {name:?}"));
                    std::os::unix::ffi::OsStringExt::into_vec(std::env::var_os(&name).ok_or_else(missing)?)
                }
            };
            check(&name, &value)?;
            let redacted = Redactor::hides(&value);
            if values.insert(name.clone(), value).is_some() {
                return Err(Failure::invalid(format!("secret {name} is given twice")).hint("name each once"));
            }
            facts.push(SecretFacts { name, source, redacted });
        }
        if values.len() > limits::SECRETS_MAX {
            let message = format!("{} secrets are more than {}", values.len(), limits::SECRETS_MAX);
            return Err(Failure::new(Code::Limit, message).hint("put several into one file"));
        }
        facts.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((Secrets::new(values), facts))
    }
}

/// Refuses what can name neither a secret nor an environment variable.
pub(super) fn is_variable(name: &str) -> Result<(), Failure> {
    if is_secret_name(name) {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    Err(Failure::invalid(format!("{shown:?} names no secret or variable"))
        .hint(format!("1 to {SECRET_NAME_BYTES_MAX} letters, digits and '_', the first no digit")))
}

impl Workspaces {
    /// Refuses a mapping of secrets to variables that this workspace cannot have; most calls want none.
    pub(super) fn check_variables(&self, id: &WorkspaceId, wanted: &BTreeMap<String, String>) -> Result<(), Failure> {
        match wanted.is_empty() {
            true => Ok(()),
            false => check_variables(&self.store.load(id)?.secrets, wanted),
        }
    }
}

fn check_variables(facts: &[SecretFacts], wanted: &BTreeMap<String, String>) -> Result<(), Failure> {
    for (secret, variable) in wanted {
        is_variable(variable)?;
        if !facts.iter().any(|one| one.name == *secret) {
            let known: Vec<&str> = facts.iter().map(|one| one.name.as_str()).collect();
            let hint = match known.is_empty() {
                true => "it has none; they are given to workspace_create".to_owned(),
                false => format!("it has {}; secret_env maps a secret's name to a variable's", known.join(", ")),
            };
            let shown: String = secret.chars().take(80).collect();
            return Err(Failure::missing(format!("the workspace has no secret {shown:?}")).hint(hint));
        }
    }
    Ok(())
}

fn check(name: &str, value: &[u8]) -> Result<(), Failure> {
    if value.is_empty() {
        return Err(Failure::invalid(format!("secret {name} is empty")).hint("leave it out, or give a value"));
    }
    if value.len() > limits::SECRET_BYTES_MAX {
        let message = format!("secret {name} is longer than {} bytes", limits::SECRET_BYTES_MAX);
        return Err(Failure::new(Code::Limit, message).hint("seed it as a file, and delete that when it is done"));
    }
    Ok(())
}

/// The file's bytes, exactly, at most one more than a secret may have.
fn read(host: &HostFiles, name: &str, path: &str) -> Result<Vec<u8>, Failure> {
    let (path, file) = host.open("secret_files", path).map_err(|failure| Failure {
        message: format!("the file of secret {name} cannot be read: {}", failure.message),
        code: if failure.code == Code::Missing { Code::Invalid } else { failure.code },
        ..failure
    })?;
    let failed = |why: String| {
        Failure::invalid(format!("the file of secret {name} ({}) cannot be read: {why}", path.display()))
            .hint("name a file of the host that the server can read")
    };
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return Err(failed("it is no file".into()));
    }
    let mut value = Vec::new();
    let read = file.take(limits::SECRET_BYTES_MAX as u64 + 1).read_to_end(&mut value);
    read.map(|_| value).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_come_from_three_places() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "from a file\n").unwrap();
        let new = NewSecrets {
            literal: map(&[("SHORT", "abc"), ("LONG", "abcdef")]),
            files: map(&[("KEY", path.to_str().unwrap())]),
            variables: vec!["PATH".into()],
            allowed: Variables::Named(vec!["PATH".into()]),
        };
        let (_, facts) = new.gather(&HostFiles::Any).unwrap();
        let told: Vec<_> = facts.iter().map(|one| (one.name.as_str(), one.source, one.redacted)).collect();
        use SecretSource::{Env, File, Literal};
        assert_eq!(
            told,
            [("KEY", File, true), ("LONG", Literal, true), ("PATH", Env, true), ("SHORT", Literal, false)]
        );
    }

    #[test]
    fn what_is_no_secret_is_refused_and_its_value_not_told() {
        let code = |new: NewSecrets| {
            let failure = new.gather(&HostFiles::Any).unwrap_err();
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
            failure.code
        };
        let literal = |name: &str, value: &str| NewSecrets { literal: map(&[(name, value)]), ..NewSecrets::default() };
        assert_eq!(code(literal("A", "")), Code::Invalid);
        for name in ["", "1A", "a-b", "a/../b", "ä", &"x".repeat(65)] {
            assert_eq!(code(literal(name, "canary")), Code::Invalid, "{name}");
        }
        assert_eq!(code(literal("A", &"canary".repeat(11_000))), Code::Limit);
        let files = |path: &str| NewSecrets { files: map(&[("A", path)]), ..NewSecrets::default() };
        for path in ["/nowhere/at/all", "/", "/dev/zero"] {
            assert_eq!(code(files(path)), Code::Invalid, "{path}");
        }
        let variable = |allowed| NewSecrets { variables: vec!["PATH".into()], allowed, ..NewSecrets::default() };
        assert_eq!(code(variable(Variables::None)), Code::Denied);
        assert_eq!(code(variable(Variables::Named(vec!["HOME".into()]))), Code::Denied);
        let twice = NewSecrets {
            variables: vec!["PATH".into()],
            literal: map(&[("PATH", "canary")]),
            ..variable(Variables::All)
        };
        assert_eq!(code(twice), Code::Invalid);
    }
}
