//! Git's conventions: how it writes names, which modes it knows, which paths it refuses.

use std::fmt::Write;

use pyro_protocol::tree::{Entry, Kind};

pub(super) const SYMLINK: &str = "120000";

/// The mode git stores for an entry; `None` for what it does not keep.
pub(super) fn mode(entry: &Entry) -> Option<&'static str> {
    match entry.kind {
        Kind::File if entry.mode & 0o100 != 0 => Some("100755"),
        Kind::File => Some("100644"),
        Kind::Symlink => Some(SYMLINK),
        _ => None,
    }
}

/// A name as it stands in a patch: in quotes, as C would write it, where it has control characters, quotes, backslashes
/// or bytes that are not UTF-8.
pub(super) fn name(prefix: &str, path: &[u8]) -> String {
    let plain = |byte: &u8| !matches!(byte, 0..=0x1f | 0x7f | b'"' | b'\\');
    if let Ok(text) = std::str::from_utf8(path)
        && path.iter().all(plain)
    {
        return format!("{prefix}{text}");
    }
    let mut quoted = format!("\"{prefix}");
    for chunk in path.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\x07' => quoted.push_str("\\a"),
                '\x08' => quoted.push_str("\\b"),
                '\t' => quoted.push_str("\\t"),
                '\n' => quoted.push_str("\\n"),
                '\x0b' => quoted.push_str("\\v"),
                '\x0c' => quoted.push_str("\\f"),
                '\r' => quoted.push_str("\\r"),
                '"' | '\\' => quoted.extend(['\\', char]),
                '\0'..='\x1f' | '\x7f' => octal(&mut quoted, char as u8),
                char => quoted.push(char),
            }
        }
        chunk.invalid().iter().for_each(|byte| octal(&mut quoted, *byte));
    }
    quoted.push('"');
    quoted
}

fn octal(to: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(to, "\\{byte:03o}");
}

/// Whether `git apply` refuses a patch that names this path, and with it all others: what could pass for `.git` on some
/// file system, and a symlink for a file that steers git.
pub(super) fn refuses(path: &[u8], symlink: bool) -> bool {
    let passes_for_git = |name: &[u8]| {
        let name = name.to_ascii_lowercase();
        let rest = name.strip_prefix(b".git").or_else(|| name.strip_prefix(b"git~1"));
        let end = |rest: &[u8]| rest.iter().find(|byte| !matches!(byte, b' ' | b'.')).copied();
        rest.is_some_and(|rest| matches!(end(rest), None | Some(b'\\' | b':')))
    };
    let steers = |name: &[u8]| name.to_ascii_lowercase().starts_with(b".gitmodules");
    path.split(|byte| *byte == b'/').any(|name| passes_for_git(name) || symlink && steers(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_git_does() {
        let cases: [(&[u8], &str); 6] = [
            (b"src/main.rs", "a/src/main.rs"),
            (b"with space", "a/with space"),
            ("grüße.txt".as_bytes(), "a/grüße.txt"),
            (b"tab\tquote\"back\\slash", r#""a/tab\tquote\"back\\slash""#),
            (b"\x01\x07\n\x1b\x7f", r#""a/\001\a\n\033\177""#),
            (b"\xe4\xc3\xbc\xff", "\"a/\\344ü\\377\""),
        ];
        for (path, expected) in cases {
            assert_eq!(name("a/", path), expected);
        }
    }

    #[test]
    fn what_could_pass_for_gits_own_is_known() {
        for path in [&b".git/config"[..], b"a/.GIT", b"a/.git /x", b".git...", b"git~1/x", b".git::x", b".git\\x"] {
            assert!(refuses(path, false), "{}", String::from_utf8_lossy(path));
        }
        for path in [&b".gitignore"[..], b".github/x", b"a.git", b"git~10"] {
            assert!(!refuses(path, true), "{}", String::from_utf8_lossy(path));
        }
        assert!(refuses(b"a/.gitmodules", true) && !refuses(b"a/.gitmodules", false));
    }
}
