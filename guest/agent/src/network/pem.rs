//! Certificates in text form (RFC 7468).

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
const LINE_CHARS: usize = 64;

/// The bytes of every certificate, in order. Whatever else a text holds is skipped: comments, keys, what is broken.
pub(super) fn parse(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut block: Option<Vec<u8>> = None;
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter_map(move |line| {
        if line == END {
            return block.take().and_then(|text| STANDARD.decode(text).ok()).filter(|bytes| is_sequence(bytes));
        }
        if line == BEGIN {
            block = Some(Vec::new());
        } else if line.starts_with(b"-----") {
            block = None;
        } else if let Some(block) = &mut block {
            block.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
        None
    })
}

/// One certificate as text.
pub(super) fn print(certificate: &[u8]) -> String {
    let encoded = STANDARD.encode(certificate);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE_CHARS));
        // A String takes whatever is written.
        let _ = writeln!(text, "{line}");
        rest = after;
    }
    text + "-----END CERTIFICATE-----\n"
}

/// Whether it is one whole ASN.1 sequence. OpenSSL gives a bundle up in which one is not.
fn is_sequence(bytes: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = bytes else { return false };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let Some((digits, rest)) = rest.split_at_checked(usize::from(length - 0x80)) else { return false };
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return false,
    };
    length == rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(seed: u8, length: u8) -> Vec<u8> {
        [vec![0x30, 0x81, length], vec![seed; usize::from(length)]].concat()
    }

    #[test]
    fn what_is_printed_is_read() {
        let all: Vec<_> = (0..=255).map(|length| certificate(length, length)).collect();
        let text: String = all.iter().map(|one| print(one)).collect();
        assert!(text.lines().all(|line| line.len() <= LINE_CHARS));
        assert_eq!(parse(text.as_bytes()).collect::<Vec<_>>(), all);
        assert_eq!(parse(text.replace('\n', " \r\n").as_bytes()).count(), 256);
    }

    #[test]
    fn what_is_no_certificate_is_skipped() {
        let (one, other) = (certificate(1, 100), certificate(2, 200));
        let key = print(&one).replace("CERTIFICATE", "PRIVATE KEY");
        let broken = print(&one).replace("AQ", "A!");
        let cut = &print(&one)[..80];
        let short = print(&one[..50]);
        let text =
            format!("# K\u{fc}rzel\n{key}{broken}{short}{cut}\n{}x\n{cut}\n{key}{}{cut}", print(&other), print(&one));
        let latin: Vec<u8> = text.chars().map(|char| char as u8).collect();
        assert_eq!(parse(&latin).collect::<Vec<_>>(), [other, one]);
    }

    #[test]
    fn a_text_cut_anywhere_yields_whole_ones_alone() {
        let one = certificate(3, 90);
        let text = print(&one).repeat(2);
        for cut in 0..=text.len() {
            assert!(parse(&text.as_bytes()[..cut]).all(|found| found == one));
        }
    }
}
