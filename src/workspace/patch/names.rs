//! The names in a patch's headers: unquoted, freed of `a/` and `b/`, checked.

use super::PatchError;

/// Longest path, bytes: the kernel's own limit.
const PATH_BYTES_MAX: usize = 4096;
/// First parts that git puts before names, one per side; which are used depends on its settings.
const GIT_PREFIXES: &[&str] = &["a", "b", "c", "i", "o", "w", "1", "2"];
/// What is added to the name of a file's other version, beside it.
const BACKUPS: &[&str] = &["", "~", ".orig", ".old", ".bak", ".new"];
const NAME_INSIDE: &str = "name files relative to /workspace, as `a/dir/file` and `b/dir/file`";

/// What a `---` or `+++` line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// As written, prefix included; none for `/dev/null`.
    pub(super) name: Option<String>,
    /// Dated 1970: how `diff -N` says that there is no such file.
    pub(super) epoch: bool,
}

/// Reads what follows `--- ` or `+++ `.
pub(super) fn label(text: &str, line: usize) -> Result<Label, PatchError> {
    let (name, rest) = if text.starts_with('"') {
        let (name, rest) = unquote(text, line)?;
        (name, rest.trim_start_matches('\t'))
    } else {
        match text.split_once('\t') {
            Some((name, rest)) => (name.to_owned(), rest),
            None => (text.trim_end_matches(' ').to_owned(), ""),
        }
    };
    Ok(Label { name: (name != "/dev/null").then_some(name), epoch: is_epoch(rest) })
}

/// Reads a whole name, quoted or not, as `rename from` has it.
pub(super) fn name(text: &str, line: usize) -> Result<String, PatchError> {
    if !text.starts_with('"') {
        return Ok(text.to_owned());
    }
    match unquote(text, line)? {
        (name, "") => Ok(name),
        _ => Err(PatchError::new(line, "there is text after the quoted name", "end the line after the closing quote")),
    }
}

/// Undoes git's quoting of a name with unusual bytes; what follows the closing quote is returned too.
fn unquote(text: &str, line: usize) -> Result<(String, &str), PatchError> {
    let broken = || PatchError::new(line, "the quoted name is broken", "quote names as git does, or not at all");
    let bytes = text.as_bytes();
    let (mut name, mut at) = (Vec::new(), 1);
    loop {
        let byte = *bytes.get(at).ok_or_else(broken)?;
        at += 1;
        match byte {
            b'"' => break,
            b'\\' => {
                let escape = *bytes.get(at).ok_or_else(broken)?;
                at += 1;
                name.push(match escape {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'"' | b'\\' => escape,
                    b'0'..=b'3' => {
                        let digits = text.get(at - 1..at + 2).ok_or_else(broken)?;
                        at += 2;
                        u8::from_str_radix(digits, 8).map_err(|_| broken())?
                    }
                    _ => return Err(broken()),
                });
            }
            byte => name.push(byte),
        }
    }
    let name = String::from_utf8(name).map_err(|_| {
        PatchError::new(line, "the name is not UTF-8", "change this file with a command in the workspace instead")
    })?;
    Ok((name, &text[at..]))
}

/// The one name in `a/NAME b/NAME`, prefixes taken off; none where that cannot be told, as for a rename.
pub(super) fn in_git_line(text: &str, line: usize) -> Result<Option<String>, PatchError> {
    let same = |old: &str, new: &str| pair(old, new).filter(|(old, new)| old == new).map(|(old, _)| old.to_owned());
    if text.starts_with('"') {
        let (old, rest) = unquote(text, line)?;
        let new = name(rest.strip_prefix(' ').unwrap_or(rest), line)?;
        return Ok(same(&old, &new));
    }
    if let Some(at) = text.find(" \"").filter(|_| text.ends_with('"')) {
        return Ok(same(&text[..at], &name(&text[at + 1..], line)?));
    }
    if text.len() > 2 * PATH_BYTES_MAX + 8 {
        return Err(too_long(line));
    }
    // Names may hold spaces: the right one is where both halves are the same file.
    Ok(text.match_indices(' ').find_map(|(at, _)| same(&text[..at], &text[at + 1..])))
}

/// Takes the prefixes off the two names of a file: `a/` and `b/` or what else the sides differ in, as `patch -p1` does.
/// Names that are equal have none. None when one is missing its prefix.
fn pair<'a>(old: &'a str, new: &'a str) -> Option<(&'a str, &'a str)> {
    if old == new {
        return Some((old, new));
    }
    let ((before_old, old), (before_new, new)) = (old.split_once('/')?, new.split_once('/')?);
    let known = GIT_PREFIXES.contains(&before_old) && GIT_PREFIXES.contains(&before_new);
    let prefixed = before_old != before_new && !before_old.is_empty() && !before_new.is_empty();
    (prefixed && (known || old == new)).then_some((old, new))
}

/// The one file that two labels mean; none if they mean two. Backups are seen through: `x.orig` and `x` are `x`.
pub(super) fn same_file(old: &str, new: &str) -> Option<String> {
    let (old, new) = pair(old, new)
        .unwrap_or_else(|| (old.strip_prefix("a/").unwrap_or(old), new.strip_prefix("b/").unwrap_or(new)));
    let shorter = if old.len() <= new.len() { old } else { new };
    let backup = |name: &str| name.strip_prefix(shorter).is_some_and(|suffix| BACKUPS.contains(&suffix));
    (!shorter.is_empty() && backup(old) && backup(new)).then(|| shorter.to_owned())
}

/// The name in a lone label: what the `diff --git` line says where it agrees, else without the `prefix` of its side.
pub(super) fn lone(label: &str, prefix: &str, in_git_line: Option<&str>) -> String {
    match in_git_line {
        Some(name) if means(label, name) => name.to_owned(),
        _ => label.strip_prefix(prefix).unwrap_or(label).to_owned(),
    }
}

/// Whether a label, with or without a prefix, is this file.
pub(super) fn means(label: &str, name: &str) -> bool {
    label == name || label.split_once('/').is_some_and(|(_, rest)| rest == name)
}

/// The path relative to the workspace, refused if it could mean anything outside.
pub(super) fn clean(name: &str, line: usize) -> Result<String, PatchError> {
    let refused = |why: &str| Err(PatchError::new(line, format!("the path {name:?} {why}"), NAME_INSIDE));
    if name.len() > PATH_BYTES_MAX {
        return Err(too_long(line));
    }
    let below = match name.strip_prefix('/') {
        None => name,
        Some(absolute) => match absolute.trim_start_matches('/').strip_prefix("workspace/") {
            Some(below) => below,
            None => return refused("is outside /workspace"),
        },
    };
    if below.ends_with('/') {
        return refused("is a directory's");
    }
    let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    match () {
        () if parts.contains(&"..") => refused("goes upwards"),
        () if below.contains('\0') => refused("has a NUL byte in it"),
        () if parts.is_empty() => refused("names no file"),
        () => Ok(parts.join("/")),
    }
}

fn too_long(line: usize) -> PatchError {
    PatchError::new(line, format!("the path is longer than {PATH_BYTES_MAX} bytes"), "check the header lines")
}

/// Whether a time like `1970-01-01 01:00:00.000000000 +0100` is the beginning of Unix time.
fn is_epoch(time: &str) -> bool {
    let minutes = || -> Option<i32> {
        let mut parts = time.split_ascii_whitespace();
        let day: i32 = match parts.next()? {
            "1970-01-01" => 0,
            "1969-12-31" => -24 * 60,
            _ => return None,
        };
        let mut clock = parts.next()?.splitn(3, ':');
        let (hour, minute): (i32, i32) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
        let seconds = clock.next()?.bytes().all(|digit| matches!(digit, b'0' | b'.'));
        let zone: i32 = parts.next()?.parse().ok()?;
        let offset = zone.checked_div(100)? * 60 + zone % 100;
        seconds.then(|| day.saturating_add(hour.saturating_mul(60)).saturating_add(minute).saturating_sub(offset))
    };
    minutes() == Some(0)
}
