//! Which piece of a file a caller means, found in constant memory.

use std::{fs::File, io, os::unix::fs::FileExt};

/// Bytes that are looked at at once.
const BLOCK_BYTES: usize = 64 * 1024;

/// What is wanted of a file. Negative numbers count from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Bytes {
        offset: i64,
        length: Option<u64>,
    },
    Lines {
        /// From 1.
        first: i64,
        count: Option<u64>,
        /// Bytes at most.
        length: Option<u64>,
    },
}

/// A piece of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: u64,
    /// Everything from `start` on when absent.
    pub(crate) length: Option<u64>,
    /// Number of the first line, from 1; where it is known.
    pub(crate) line: Option<u64>,
    /// The length allowed ended it, not the file nor the number of lines.
    pub(crate) cut: bool,
}

/// Finds a piece of a file of the given size.
pub(crate) fn find(file: &File, size: u64, wanted: Wanted) -> io::Result<Piece> {
    match wanted {
        Wanted::Bytes { offset, length } => {
            let start = match u64::try_from(offset) {
                Ok(offset) => offset,
                Err(_) => size.saturating_sub(offset.unsigned_abs()),
            };
            let cut = length.is_some_and(|length| start.saturating_add(length) < size);
            Ok(Piece { start, length, line: None, cut })
        }
        Wanted::Lines { first, count, length } => {
            let (start, line) = match u64::try_from(first) {
                Ok(first) => forward(file, first)?,
                Err(_) => backward(file, size, first.unsigned_abs())?,
            };
            let (length, cut) = end(file, start, count, length)?;
            Ok(Piece { start, length, line, cut })
        }
    }
}

/// Where a line begins, and its number; the end and the number after the last line's when there is no such line.
fn forward(file: &File, first: u64) -> io::Result<(u64, Option<u64>)> {
    let mut block = vec![0; BLOCK_BYTES];
    let (mut at, mut line, mut last) = (0, 1, b'\n');
    while line < first {
        let read = file.read_at(&mut block, at)?;
        if read == 0 {
            // A last line without its line feed is a line, too.
            return Ok((at, Some(line + u64::from(last != b'\n'))));
        }
        match nth_feed(&block[..read], first - line) {
            Ok(place) => return Ok((at + place as u64 + 1, Some(first))),
            Err(feeds) => line += feeds,
        }
        last = block[read - 1];
        at += read as u64;
    }
    Ok((at, Some(first)))
}

/// Where the last `lines` lines begin; the number of the first one only where that is the file's first.
fn backward(file: &File, size: u64, lines: u64) -> io::Result<(u64, Option<u64>)> {
    let mut block = vec![0; BLOCK_BYTES];
    let (mut at, mut left) = (size, lines);
    while at > 0 {
        let from = at.saturating_sub(BLOCK_BYTES as u64);
        let block = &mut block[..(at - from) as usize];
        file.read_exact_at(block, from)?;
        for (place, byte) in block.iter().enumerate().rev() {
            let place = from + place as u64;
            // The line feed at the very end begins no line.
            if *byte == b'\n' && place + 1 < size {
                left -= 1;
                if left == 0 {
                    return Ok((place + 1, None));
                }
            }
        }
        at = from;
    }
    Ok((0, Some(1)))
}

/// How long so many lines are from there on, and whether the length allowed is shorter.
fn end(file: &File, start: u64, count: Option<u64>, allowed: Option<u64>) -> io::Result<(Option<u64>, bool)> {
    if count.is_none() && allowed.is_none() {
        return Ok((None, false));
    }
    let (mut block, mut length) = (vec![0; BLOCK_BYTES], 0);
    let mut left = count.unwrap_or(u64::MAX);
    while left > 0 {
        let read = file.read_at(&mut block, start + length)?;
        if read == 0 {
            break;
        }
        let taken = match nth_feed(&block[..read], left) {
            Ok(place) => {
                left = 0;
                place as u64 + 1
            }
            Err(feeds) => {
                left -= feeds;
                read as u64
            }
        };
        length += taken;
        if let Some(allowed) = allowed.filter(|allowed| length > *allowed) {
            return Ok((Some(allowed), true));
        }
    }
    Ok((Some(length), false))
}

/// The place of the n-th line feed, from 1; or how many there are.
fn nth_feed(bytes: &[u8], n: u64) -> Result<usize, u64> {
    let feeds = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    if feeds < n {
        return Err(feeds);
    }
    let mut places = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place);
    usize::try_from(n - 1).ok().and_then(|skipped| places.nth(skipped)).ok_or(feeds)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    /// The text of a piece, its first line's number, and whether it was cut.
    fn piece(content: &str, wanted: Wanted) -> (&str, Option<u64>, bool) {
        let found = find(&file(content.as_bytes()), content.len() as u64, wanted).unwrap();
        let start = (found.start as usize).min(content.len());
        let end = found.length.map_or(content.len(), |length| content.len().min(start + length as usize));
        (&content[start..end], found.line, found.cut)
    }

    #[test]
    fn bytes_from_either_end() {
        let bytes = |offset, length| piece("0123456789", Wanted::Bytes { offset, length });
        assert_eq!(bytes(0, None), ("0123456789", None, false));
        assert_eq!(bytes(3, Some(4)), ("3456", None, true));
        assert_eq!(bytes(7, Some(3)), ("789", None, false));
        assert_eq!(bytes(-4, Some(2)), ("67", None, true));
        assert_eq!(bytes(-99, Some(99)), ("0123456789", None, false));
        assert_eq!(bytes(99, None), ("", None, false));
        assert_eq!(bytes(i64::MIN, Some(u64::MAX)), ("0123456789", None, false));
    }

    #[test]
    fn lines_from_either_end() {
        let text = "one\ntwo\n\nfour\nfive";
        let lines = |first, count, length| piece(text, Wanted::Lines { first, count, length });
        assert_eq!(lines(1, Some(2), None), ("one\ntwo\n", Some(1), false));
        assert_eq!(lines(3, None, None), ("\nfour\nfive", Some(3), false));
        assert_eq!(lines(5, Some(9), None), ("five", Some(5), false));
        assert_eq!(lines(6, None, None), ("", Some(6), false));
        assert_eq!(lines(99, Some(1), None), ("", Some(6), false));
        assert_eq!(lines(2, Some(3), Some(5)), ("two\n\n", Some(2), true));
        assert_eq!(lines(2, Some(2), Some(5)), ("two\n\n", Some(2), false));
        assert_eq!(lines(4, None, Some(9)), ("four\nfive", Some(4), false));
        assert_eq!(lines(4, None, Some(0)), ("", Some(4), true));
        assert_eq!(lines(-1, None, None), ("five", None, false));
        assert_eq!(lines(-3, Some(2), None), ("\nfour\n", None, false));
        assert_eq!(lines(-5, Some(1), None), ("one\n", Some(1), false));
        assert_eq!(lines(i64::MIN, None, Some(2)), ("on", Some(1), true));
        assert_eq!(piece("a\nb\n", Wanted::Lines { first: -1, count: None, length: None }), ("b\n", None, false));
        assert_eq!(piece("a\nb\n", Wanted::Lines { first: 9, count: None, length: None }), ("", Some(3), false));
        for first in [1, 2, -1] {
            assert_eq!(piece("", Wanted::Lines { first, count: Some(1), length: None }), ("", Some(1), false));
        }
    }

    #[test]
    fn blocks_have_no_seams() {
        let text: String = (1..=40_000).map(|number| format!("line {number}\n")).collect();
        for number in [1, 2, 6_553, 20_000, 39_999, 40_000] {
            let expected = format!("line {number}\n");
            let lines = |first| piece(&text, Wanted::Lines { first, count: Some(1), length: None }).0;
            assert_eq!(lines(number), expected);
            assert_eq!(lines(number - 40_001), expected);
        }
        let (all, line, cut) = piece(&text, Wanted::Lines { first: -40_000, count: Some(40_000), length: None });
        assert_eq!((all.len(), line, cut), (text.len(), Some(1), false));
    }
}
