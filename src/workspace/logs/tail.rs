//! A stream's end, or its beginning and end, as a result carries them.

use super::page::{self, unreadable};
use crate::{
    failure::Failure,
    supervisor::history::Stored,
    workspace::output::{Captured, HeadTail, char_start},
};

/// Beginning and end of all that is kept, within `max_bytes`.
pub(in crate::workspace) fn head_tail(stored: &Stored, max_bytes: usize, ansi: bool) -> Result<Captured, Failure> {
    let mut kept = HeadTail::new(max_bytes, !ansi);
    page::each(stored, 0, |_, bytes| {
        kept.push(bytes);
        true
    })?;
    Ok(kept.finish(stored.written()))
}

/// The last lines within `max_bytes`, without control sequences; an unfinished line counts.
pub(in crate::workspace) fn tail(stored: &Stored, lines: u64, max_bytes: usize) -> Result<Captured, Failure> {
    let written = stored.written();
    let begin = page::line_from_end(stored, lines)?.max(written.saturating_sub(max_bytes as u64));
    let (mut from, mut bytes) = stored.read(begin, max_bytes).map_err(unreadable)?;
    loop {
        let cut = if from > 0 { char_start(&bytes) } else { 0 };
        let mut text = HeadTail::new(usize::MAX, true);
        text.push(&bytes[cut..]);
        let text = text.finish((bytes.len() - cut) as u64);
        if text.truncated && bytes.len() > 1 {
            // JSON writes these bytes longer than a result may be: the end counts.
            let half = bytes.len() / 2;
            bytes.drain(..half);
            from += half as u64;
            continue;
        }
        return Ok(Captured { text: text.text, bytes: written, truncated: from > 0 });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn last(text: &[u8], lines: u64, max_bytes: usize) -> (String, bool) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let captured = tail(&Stored::open(file.path(), text.len() as u64), lines, max_bytes).unwrap();
        assert_eq!(captured.bytes, text.len() as u64);
        (captured.text, captured.truncated)
    }

    #[test]
    fn the_last_lines_are_told_and_that_there_were_more() {
        let text = b"one\ntwo\n\x1b[31mthree\x1b[0m\nfour";
        assert_eq!(last(text, 2, 100), ("three\nfour".into(), true));
        assert_eq!(last(text, 9, 100), ("one\ntwo\nthree\nfour".into(), false));
        assert_eq!(last(text, 9, 4), ("four".into(), true));
        assert_eq!(last("ü\n".as_bytes(), 9, 2), ("\n".into(), true), "no character is cut");
        assert_eq!(last(b"", 9, 100), (String::new(), false));
        assert_eq!(last(b"x", 9, 0), (String::new(), true));
    }

    #[test]
    fn noise_that_json_would_blow_up_keeps_its_end() {
        let noise = [vec![1; 90_000], b"end".to_vec()].concat();
        let (text, truncated) = last(&noise, 9, 96 * 1024);
        assert!(text.ends_with("end") && !truncated, "control characters are taken out");
        let noise = ["\"\\".repeat(70_000), "end".to_owned()].concat();
        let (text, truncated) = last(noise.as_bytes(), 9, 140_000);
        assert!(text.ends_with("end") && truncated && text.len() > 30_000, "{}", text.len());
    }

    proptest! {
        #[test]
        fn it_is_never_longer_than_asked_for(text in proptest::collection::vec(any::<u8>(), 0..300), lines in 1..9u64, max in 0..200usize) {
            let (told, truncated) = last(&text, lines, max);
            prop_assert!(told.matches('\n').count() <= lines as usize + text.iter().filter(|byte| **byte == b'\r').count());
            prop_assert!(told.len() <= 3 * max + 3);
            prop_assert!(truncated || max >= text.len());
        }
    }
}
