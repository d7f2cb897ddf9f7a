//! The ways in which programs write a value down. Pure.

use std::{collections::BTreeSet, fmt::Write};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

/// A line of a longer value is redacted by itself from this length on, bytes: a key's lines are, `{` is not.
const LINE_BYTES_MIN: usize = 16;
/// What base64 has of a value inside a longer text is redacted from this length on, characters.
const BASE64_CHARS_MIN: usize = 8;
/// A longer value is looked for in its commonest forms only, bytes: all forms take fifty times as much.
const FULLY_SPELLED_BYTES_MAX: usize = 16 * 1024;
/// Columns at which base64(1) and openssl break lines.
const BASE64_COLUMNS: [usize; 2] = [76, 64];
/// The same of xxd(1).
const HEX_COLUMNS: usize = 60;

/// What percent-encoding leaves as it is besides letters and digits: RFC 3986, JavaScript, Python, forms, the cautious.
const PERCENT_KEEPS: [&[u8]; 5] = [b"-._~", b"-_.!~*'()", b"-._~/", b"*-._", b""];

/// A value without its final line end.
pub fn trimmed(value: &[u8]) -> &[u8] {
    let line = value.strip_suffix(b"\n").unwrap_or(value);
    line.strip_suffix(b"\r").filter(|_| line.len() < value.len()).unwrap_or(line)
}

/// What is left of a value by programs that take blanks and empty lines off its ends: this must not be told either.
pub(super) fn core(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// Adds all forms of a value that has no final line end.
pub(super) fn spell(value: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    let full = value.len() <= FULLY_SPELLED_BYTES_MAX;
    let lines = lines(value);
    // Names of hosts are told in lower case.
    forms.extend([value.to_vec(), value.to_ascii_lowercase(), lines.join(&b"\n"[..]), lines.join(&b"\r\n"[..])]);
    if lines.len() > 1 {
        // Whoever shows one line may indent it anew.
        let lines = lines.iter().map(|line| line.trim_ascii());
        forms.extend(lines.filter(|line| line.len() >= LINE_BYTES_MIN).map(<[u8]>::to_vec));
    }
    forms.extend(json(value, full));
    // `echo` and most editors write a line end after it.
    for value in [value, &[value, b"\n"].concat()] {
        base64(value, full, forms);
    }
    if full {
        base64_inside(value, forms);
        for keeps in PERCENT_KEEPS {
            for digits in [UPPER, LOWER] {
                forms.extend([percent(value, keeps, digits, false), percent(value, keeps, digits, true)]);
            }
        }
        for digits in [UPPER, LOWER] {
            let hex: Vec<u8> = value.iter().flat_map(|&byte| hex(byte, digits)).collect();
            forms.extend(wrapped(&hex, HEX_COLUMNS));
            forms.insert(hex);
        }
    }
}

fn lines(value: &[u8]) -> Vec<&[u8]> {
    value.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

/// Encoded by itself.
fn base64(value: &[u8], full: bool, forms: &mut BTreeSet<Vec<u8>>) {
    let padded = STANDARD.encode(value).into_bytes();
    for columns in BASE64_COLUMNS.into_iter().take(if full { 2 } else { 1 }) {
        forms.extend(wrapped(&padded, columns));
    }
    forms.insert(padded);
    if full {
        let others = [STANDARD_NO_PAD.encode(value), URL_SAFE.encode(value), URL_SAFE_NO_PAD.encode(value)];
        forms.extend(others.map(String::into_bytes));
    }
}

/// Encoded as part of a longer text: the characters that depend on nothing else, for each place it can have there.
fn base64_inside(value: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    for before in 0..3 {
        let text = [&[0; 2][..before], value].concat();
        let (from, to) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
        if from + BASE64_CHARS_MIN <= to {
            let encoded = [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)];
            forms.extend(encoded.map(|encoded| encoded.as_bytes()[from..to].to_vec()));
        }
    }
}

/// In lines of so many columns, as files and as terminals end them; nothing where one line is enough.
fn wrapped(text: &[u8], columns: usize) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = text.chunks(columns).collect();
    if lines.len() < 2 {
        return vec![];
    }
    vec![lines.join(&b"\n"[..]), lines.join(&b"\r\n"[..])]
}

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

fn hex(byte: u8, digits: &[u8; 16]) -> [u8; 2] {
    [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]
}

fn percent(value: &[u8], keeps: &[u8], digits: &[u8; 16], plus: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len());
    for &byte in value {
        match byte {
            b' ' if plus => text.push(b'+'),
            _ if byte.is_ascii_alphanumeric() || keeps.contains(&byte) => text.push(byte),
            _ => {
                text.push(b'%');
                text.extend(hex(byte, digits));
            }
        }
    }
    text
}

/// Inside a JSON string: as most write it, and where all are wanted also as PHP, Python and Go do. Only text can be there.
fn json(value: &[u8], full: bool) -> Vec<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(value) else { return vec![] };
    let (slash, not_ascii, markup) = (|char| char == '/', |char: char| !char.is_ascii(), |char| "<>&".contains(char));
    let mut spelled = vec![json_string(text, |_| false, |_| false)];
    if full {
        spelled.push(json_string(text, slash, |_| false));
        spelled.push(json_string(text, |_| false, not_ascii));
        spelled.push(json_string(text, slash, not_ascii));
        spelled.push(json_string(text, |_| false, markup));
    }
    spelled.into_iter().map(String::into_bytes).collect()
}

fn json_string(text: &str, escaped: impl Fn(char) -> bool, numbered: impl Fn(char) -> bool) -> String {
    let mut spelled = String::with_capacity(text.len());
    for char in text.chars() {
        let short = match char {
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            '\u{8}' => Some('b'),
            '\u{c}' => Some('f'),
            '"' | '\\' => Some(char),
            _ => escaped(char).then_some(char),
        };
        if let Some(short) = short {
            spelled.extend(['\\', short]);
        } else if char.is_control() && char.is_ascii() && char != '\u{7f}' || numbered(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(spelled, "\\u{unit:04x}");
            }
        } else {
            spelled.push(char);
        }
    }
    spelled
}
