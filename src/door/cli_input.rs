//! From parsed words to a tool's JSON input. Pure, but for texts that come from files.

use clap::{ArgMatches, parser::ValueSource};
use serde_json::{Map, Value};

use crate::{
    failure::Failure,
    registry::{Entry, Kind, Property},
};

/// Id of the flag every tool's command has besides its properties.
pub(super) const JSON: &str = "json";

/// What was given on the line; defaults are the tool's.
pub(super) fn arguments(entry: &Entry, matches: &ArgMatches) -> Result<Value, Failure> {
    let mut arguments = Map::new();
    for property in entry.properties_on_host() {
        if matches.value_source(property.name) == Some(ValueSource::CommandLine) {
            arguments.insert(property.name.to_owned(), value(entry, &property, matches)?);
        }
        if entry.cli.from_file.contains(&property.name)
            && let Some(path) = matches.get_one::<String>(&file_id(property.name))
        {
            arguments.insert(property.name.to_owned(), from_file(path)?.into());
        }
    }
    Ok(Value::Object(arguments))
}

fn value(entry: &Entry, property: &Property<'_>, matches: &ArgMatches) -> Result<Value, Failure> {
    let name = property.name;
    let text = || matches.get_one::<String>(name).cloned().unwrap_or_default();
    let rest = entry.cli.positionals.iter().any(|one| one.strip_suffix("...") == Some(name));
    Ok(match property.kind() {
        _ if rest => shell_line(matches.get_many::<String>(name).into_iter().flatten()).into(),
        Kind::Integer { .. } => matches.get_one::<i64>(name).copied().into(),
        Kind::Number => matches.get_one::<f64>(name).copied().into(),
        Kind::Flag => matches.get_flag(name).into(),
        Kind::Text | Kind::Choice(_) => text().into(),
        Kind::Map(_) if property.is_secret() => {
            let words = matches.get_many::<String>(name).into_iter().flatten();
            let wrong = |_| Failure::invalid(format!("--{} takes NAME=VALUE", long(property)));
            let pairs = words.map(|word| key_value(word).map_err(wrong)).collect::<Result<Vec<_>, _>>()?;
            Value::Object(pairs.into_iter().map(|(key, value)| (key, value.into())).collect())
        }
        Kind::Map(_) => {
            let pairs = matches.get_many::<(String, String)>(name).into_iter().flatten();
            Value::Object(pairs.map(|(key, value)| (key.clone(), value.clone().into())).collect())
        }
        Kind::List(inner) => {
            let words = matches.get_many::<String>(name).into_iter().flatten();
            Value::Array(words.map(|word| one(property, &inner, word)).collect::<Result<_, _>>()?)
        }
        kind @ (Kind::Object(_) | Kind::Nullable(_)) => one(property, &kind, &text())?,
    })
}

fn one(property: &Property<'_>, kind: &Kind<'_>, word: &str) -> Result<Value, Failure> {
    match kind {
        Kind::Text | Kind::Choice(_) => Ok(word.into()),
        _ => serde_json::from_str(word)
            .map_err(|_| Failure::invalid(format!("--{} takes JSON, not {word:?}", long(property)))),
    }
}

/// One shell line: a single word as it is, so that `-- 'a; b'` means what it says; several quoted, so that a POSIX shell
/// splits them into exactly these words.
pub(super) fn shell_line<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let words: Vec<&String> = words.collect();
    match words.as_slice() {
        [line] => (*line).clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    }
}

/// One word as a POSIX shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_@%+=:,./-".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Parses `KEY=VALUE`.
pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}

/// Parses `NAME=OTHER`, or `NAME` for `NAME=NAME`.
pub(super) fn name_or_pair(text: &str) -> Result<(String, String), String> {
    match text.contains('=') || text.is_empty() {
        true => key_value(text),
        false => Ok((text.to_owned(), text.to_owned())),
    }
}

/// The long flag: of lists and maps, which are given one by one, in the singular.
pub(super) fn long(property: &Property<'_>) -> String {
    let name = match property.kind() {
        Kind::List(_) | Kind::Map(_) => property.name.strip_suffix('s').unwrap_or(property.name),
        _ => property.name,
    };
    name.replace('_', "-")
}

/// Names the flag that gives a text by its file.
pub(super) fn file_id(name: &str) -> String {
    format!("{name}_file")
}

fn from_file(path: &str) -> Result<String, Failure> {
    let read = if path == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    read.map_err(|error| Failure::invalid(format!("{path} cannot be read as text: {error}")))
}

/// What stands for the value in help.
pub(super) fn value_name(property: &Property<'_>) -> &'static str {
    match property.kind() {
        Kind::Integer { .. } | Kind::Number => "N",
        Kind::Map(_) => "KEY=VALUE",
        Kind::Object(_) => "JSON",
        _ if property.name.ends_with("path") => "PATH",
        _ => "TEXT",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shell_reads_back_the_words(words in proptest::collection::vec("[^\0]{0,12}", 2..5)) {
            let script = format!(r#"printf '%s\0' {}"#, shell_line(words.iter()));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
            prop_assert_eq!(output.stdout, expected);
        }
    }

    #[test]
    fn a_single_word_is_a_line() {
        assert_eq!(shell_line(["echo a; exit 3".to_owned()].iter()), "echo a; exit 3");
    }

    #[test]
    fn plain_words_stay_plain() {
        let words = ["python3", "-c", "print(1)", ""].map(String::from);
        assert_eq!(shell_line(words.iter()), "python3 -c 'print(1)' ''");
        assert!(key_value("=x").is_err() && key_value("x").is_err());
        assert_eq!(key_value("A=b=c").unwrap(), ("A".into(), "b=c".into()));
        assert_eq!(name_or_pair("A").unwrap(), ("A".into(), "A".into()));
        assert_eq!(name_or_pair("A=B").unwrap(), ("A".into(), "B".into()));
        assert!(name_or_pair("").is_err() && name_or_pair("=B").is_err());
    }
}
