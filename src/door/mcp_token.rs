//! The HTTP door's one bearer token. Only its hash is kept.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::Path,
};

use crate::failure::{Code, Failure};

/// Where the token comes from when no file is named.
pub(super) const VARIABLE: &str = "PYRO_TOKEN";
/// The longest token, bytes: it must fit into a header.
const BYTES_MAX: u64 = 4096;

/// What a caller must show. Comparing takes the same time whatever differs.
pub(super) struct Token(blake3::Hash);

impl Token {
    /// The token in the file or, without one, in the environment. `None` if there is neither.
    pub(super) fn given(path: Option<&Path>) -> Result<Option<Self>, Failure> {
        if let Some(path) = path {
            return Self::read(path).map(Some);
        }
        let Some(value) = std::env::var_os(VARIABLE) else { return Ok(None) };
        Self::new(value.as_encoded_bytes(), VARIABLE).map(Some)
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let named = path.display();
        let unread = |error: io::Error| {
            Failure::new(Code::Unavailable, format!("the token file {named} cannot be read: {error}"))
                .hint("name a file with one line, the token, that only you can read")
        };
        let file = File::open(path).map_err(unread)?;
        if !is_private(&file.metadata().map_err(unread)?) {
            let message = format!("the token file {named} is open to other users");
            return Err(Failure::new(Code::Denied, message).hint(format!("make it yours alone: chmod 600 {named}")));
        }
        let mut bytes = Vec::new();
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unread)?;
        Self::new(&bytes, &format!("the token file {named}"))
    }

    fn new(bytes: &[u8], from: &str) -> Result<Self, Failure> {
        let token = bytes.trim_ascii();
        let wrong = match token {
            [] => "is empty",
            long if long.len() as u64 > BYTES_MAX => "is longer than 4096 bytes",
            token if !token.iter().all(u8::is_ascii_graphic) => "holds more than one word of ASCII",
            _ => return Ok(Self(blake3::hash(token))),
        };
        let hint = "make one: (umask 077; head -c 32 /dev/urandom | base64 >FILE)";
        Err(Failure::invalid(format!("{from} {wrong}; it must hold a token and nothing else")).hint(hint))
    }

    pub(super) fn is(&self, shown: &[u8]) -> bool {
        // Equality of these hashes takes constant time.
        self.0 == blake3::hash(shown)
    }
}

/// Nobody but its owner may open it, and its owner is us or root.
fn is_private(file: &Metadata) -> bool {
    file.mode() & 0o077 == 0 && [nix::unistd::geteuid().as_raw(), 0].contains(&file.uid())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    fn from_file(content: &[u8], mode: u32) -> Result<Token, Failure> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        Token::given(Some(&path)).map(Option::unwrap)
    }

    fn refused(content: &[u8], mode: u32) -> Failure {
        from_file(content, mode).err().unwrap()
    }

    #[test]
    fn a_private_file_gives_its_trimmed_word() {
        let token = from_file(b" s3cret\n", 0o600).unwrap();
        assert!(token.is(b"s3cret"));
        for wrong in [&b""[..], b"s3cre", b"s3cret ", b"S3cret", b"s3cret\0"] {
            assert!(!token.is(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_others_can_open_is_refused_with_the_remedy() {
        for mode in [0o644, 0o640, 0o620, 0o602] {
            let failure = refused(b"s3cret", mode);
            assert_eq!(failure.code, Code::Denied, "{mode:o}");
            assert!(failure.hint.unwrap().starts_with("make it yours alone: chmod 600 /"));
        }
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_repeated() {
        let long = [b'a'; 4097];
        for (content, said) in [
            (&b"\n"[..], "is empty"),
            (b"s3cret word", "more than one word"),
            (b"s3cret\ns3cond", "more than one word"),
            (b"s3cret\xff", "more than one word"),
            (&long, "longer than 4096 bytes"),
        ] {
            let failure = refused(content, 0o600);
            assert!(failure.message.contains(said), "{failure}");
            assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
        }
        let missing = Token::given(Some(Path::new("/nowhere/token"))).err().unwrap();
        assert_eq!(missing.code, Code::Unavailable);
    }

    proptest! {
        #[test]
        fn a_token_is_itself_and_nothing_else(token in "[!-~]{1,64}", other in proptest::collection::vec(any::<u8>(), 0..64)) {
            let held = Token::new(token.as_bytes(), "it").unwrap();
            prop_assert!(held.is(token.as_bytes()));
            prop_assert_eq!(held.is(&other), token.as_bytes() == &other[..]);
        }
    }
}
