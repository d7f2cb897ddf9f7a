//! A workspace's secrets: files of their own beside its record, 0600 in a folder of 0700, and nowhere else on the host.
//! Written when it is made, read by its supervisor.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use pyro_protocol::{GuestError, GuestErrorCode};

use crate::{host::write, limits, redact::trimmed};

const FOLDER: &str = "secrets";

/// Names to values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, Vec<u8>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    pub fn new(values: BTreeMap<String, Vec<u8>>) -> Self {
        Self(values)
    }

    /// Writes them below a directory that nobody knows yet.
    pub fn create(&self, dir: &Path) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let folder = dir.join(FOLDER);
        write::private_dir(&folder)?;
        for (name, value) in &self.0 {
            let file = fs::File::options().write(true).create_new(true).mode(0o600).open(folder.join(name));
            let mut file = file?;
            io::Write::write_all(&mut file, value)?;
            file.sync_all()?;
        }
        fs::File::open(&folder)?.sync_all()
    }

    /// Reads those of the machine in `dir`.
    pub fn load(dir: &Path) -> io::Result<Self> {
        let entries = match fs::read_dir(dir.join(FOLDER)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            entries => entries?,
        };
        let mut values = BTreeMap::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| io::ErrorKind::InvalidData)?;
            if entry.metadata()?.size() > limits::SECRET_BYTES_MAX as u64 {
                return Err(io::Error::other(format!("secret {name} is larger than any can be")));
            }
            values.insert(name, fs::read(entry.path())?);
        }
        Ok(Self(values))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(Vec::as_slice)
    }

    /// As a guest is given them.
    pub(super) fn encoded(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, value)| (name.clone(), STANDARD.encode(value))).collect()
    }

    /// The variables of a command that wants some of them: names of secrets to names of variables. A final line end, which
    /// files have and values do not, is left out.
    pub(super) fn variables(&self, wanted: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, GuestError> {
        let invalid = |message: String| GuestError::new(GuestErrorCode::Invalid, message);
        let variable = |(secret, variable): (&String, &String)| {
            let value = self.0.get(secret).ok_or_else(|| {
                let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                invalid(format!("secret_env names {secret:?}; secrets of this workspace: {known}"))
            })?;
            let value = trimmed(value);
            match std::str::from_utf8(value) {
                Ok(text) if !text.contains('\0') => Ok((variable.clone(), text.to_owned())),
                _ => Err(invalid(format!("secret {secret} is no text; read it from /run/pyro-secrets/{secret}"))),
            }
        };
        wanted.iter().map(variable).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn secrets(values: &[(&str, &[u8])]) -> Secrets {
        Secrets::new(values.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect())
    }

    #[test]
    fn they_come_back_from_files_that_are_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let some = secrets(&[("TOKEN", b"one\n"), ("KEY", b"\0\xff")]);
        some.create(dir.path()).unwrap();
        assert_eq!(Secrets::load(dir.path()).unwrap(), some);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = dir.path().join(FOLDER);
        assert_eq!((mode(&folder), mode(&folder.join("KEY"))), (0o700, 0o600));
        assert_eq!(format!("{some:?}"), r#"{"KEY", "TOKEN"}"#);
        let none = tempfile::tempdir().unwrap();
        secrets(&[]).create(none.path()).unwrap();
        assert!(Secrets::load(none.path()).unwrap().is_empty());
    }

    #[test]
    fn a_variable_has_the_value_without_its_line_end() {
        let some = secrets(&[("TOKEN", b"one\r\n"), ("KEY", b"\0\xff"), ("LINES", b"a\nb\n\n"), ("RETURN", b"a\r")]);
        let wanted = |secret: &str| BTreeMap::from([(secret.to_owned(), "IT".to_owned())]);
        assert_eq!(some.variables(&wanted("TOKEN")).unwrap()["IT"], "one");
        assert_eq!(some.variables(&wanted("LINES")).unwrap()["IT"], "a\nb\n");
        assert_eq!(some.variables(&wanted("RETURN")).unwrap()["IT"], "a\r", "no line end, as redaction sees it");
        let message = some.variables(&wanted("KEY")).unwrap_err().message;
        assert_eq!(message, "secret KEY is no text; read it from /run/pyro-secrets/KEY");
        let message = some.variables(&wanted("OTHER")).unwrap_err().message;
        assert_eq!(message, r#"secret_env names "OTHER"; secrets of this workspace: KEY, LINES, RETURN, TOKEN"#);
    }
}
