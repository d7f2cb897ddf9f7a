//! What a result tells of a command's output: head and tail within a cap, true byte counts, no control sequences. Pure.

use std::collections::VecDeque;

use crate::limits::OUTPUT_JSON_BYTES_MAX;
pub(super) use crate::limits::{json_bytes, json_bytes_of};

/// One stream as a result carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// UTF-8, invalid bytes replaced; where it was cut, one line says how much is missing.
    pub text: String,
    /// Bytes the command wrote.
    pub bytes: u64,
    pub truncated: bool,
}

/// Longest stretch without line end or tab that is looked at as a whole for control sequences.
const CELL_BYTES_MAX: usize = 64 * 1024;

/// Collects one stream, keeping its beginning and its end in constant memory.
#[derive(Debug)]
pub struct HeadTail {
    head_bytes: usize,
    tail_bytes: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    /// Bytes between head and tail that are gone.
    omitted: u64,
    /// Raw bytes that came here; fewer than were written means some were dropped on the way.
    pushed: u64,
    plain: Option<Plain>,
}

impl HeadTail {
    /// Keeps at most `cap` bytes; control sequences go where `strip` says so.
    pub fn new(cap: usize, strip: bool) -> Self {
        let head_bytes = cap / 2;
        Self {
            head_bytes,
            tail_bytes: cap - head_bytes,
            head: Vec::new(),
            tail: VecDeque::new(),
            omitted: 0,
            pushed: 0,
            plain: strip.then(Plain::default),
        }
    }

    /// Adds the next bytes of the stream, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pushed += bytes.len() as u64;
        match self.plain.take() {
            None => self.keep(bytes),
            Some(mut plain) => {
                plain.push(bytes, |clean| self.keep(clean));
                self.plain = Some(plain);
            }
        }
    }

    /// Ends the stream; `written` is what the command truly wrote.
    pub fn finish(mut self, written: u64) -> Captured {
        if let Some(mut plain) = self.plain.take() {
            plain.end_cell(|clean| self.keep(clean));
        }
        self.omitted += written.saturating_sub(self.pushed);
        if self.omitted == 0 {
            self.head.extend(&self.tail);
            let text = String::from_utf8_lossy(&self.head).into_owned();
            if json_bytes(&text) <= OUTPUT_JSON_BYTES_MAX {
                return Captured { text, bytes: written, truncated: false };
            }
            return cut(&text, &text, written, 0);
        }
        let tail: Vec<u8> = self.tail.into();
        let head = String::from_utf8_lossy(&self.head[..char_end(&self.head)]);
        let tail = String::from_utf8_lossy(&tail[char_start(&tail)..]);
        cut(&head, &tail, written, self.omitted)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.head_bytes.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        let rest = &bytes[room..];
        // Only the last `tail_bytes` of it can survive: the rest need not be copied first.
        let skipped = rest.len().saturating_sub(self.tail_bytes);
        self.omitted += skipped as u64;
        self.tail.extend(&rest[skipped..]);
        let excess = self.tail.len().saturating_sub(self.tail_bytes);
        self.tail.drain(..excess);
        self.omitted += excess as u64;
    }
}

/// The beginning of one text and the end of another, each within half of a result's share.
fn cut(head: &str, tail: &str, written: u64, omitted: u64) -> Captured {
    let affordable = |chars: &mut dyn Iterator<Item = char>| {
        let mut cost = 0;
        let within = |char: &char| {
            cost += json_bytes_of(*char);
            cost <= OUTPUT_JSON_BYTES_MAX / 2
        };
        chars.take_while(within).map(char::len_utf8).sum::<usize>()
    };
    let head_end = affordable(&mut head.chars());
    let tail_start = tail.len() - affordable(&mut tail.chars().rev());
    // Where both are one text, what lies between is what neither keeps.
    let same = std::ptr::eq(head, tail);
    let more = if same { tail_start.saturating_sub(head_end) } else { head.len() - head_end + tail_start };
    let omitted = omitted + more as u64;
    let text = format!("{}\n[... {omitted} bytes left out ...]\n{}", &head[..head_end], &tail[tail_start..]);
    Captured { text, bytes: written, truncated: true }
}

/// Where the last whole character of `bytes` ends, as far as it looks like UTF-8.
pub(super) fn char_end(bytes: &[u8]) -> usize {
    let start = (0..bytes.len()).rev().take(4).find(|&at| bytes[at] & 0xc0 != 0x80).unwrap_or(bytes.len());
    match std::str::from_utf8(&bytes[start.min(bytes.len())..]) {
        Err(error) if error.error_len().is_none() => start,
        _ => bytes.len(),
    }
}

/// Where the first whole character of `bytes` begins.
pub(super) fn char_start(bytes: &[u8]) -> usize {
    bytes.iter().take(4).position(|byte| byte & 0xc0 != 0x80).unwrap_or(0)
}

/// Takes control sequences out, cell by cell: `strip-ansi-escapes` drops tabs and carriage returns, so the stream is
/// cut at those and at line ends, which no real sequence contains. An unfinished sequence thus swallows one cell at most.
#[derive(Debug, Default)]
struct Plain {
    cell: Vec<u8>,
    after_return: bool,
}

impl Plain {
    fn push(&mut self, bytes: &[u8], mut out: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\t' | b'\r')) {
            let (text, end) = match piece.split_last() {
                Some((end @ (b'\n' | b'\t' | b'\r'), text)) => (text, Some(*end)),
                _ => (piece, None),
            };
            if self.after_return && !(text.is_empty() && end == Some(b'\n')) && !piece.is_empty() {
                // A line drawn over the one before it, like a progress bar's: each is told as a line.
                self.after_return = false;
                out(b"\n");
            }
            self.cell.extend_from_slice(text);
            match end {
                None if self.cell.len() < CELL_BYTES_MAX => {}
                None => self.end_cell(&mut out),
                Some(b'\r') => {
                    self.end_cell(&mut out);
                    self.after_return = true;
                }
                Some(end) => {
                    self.end_cell(&mut out);
                    self.after_return = false;
                    out(&[end]);
                }
            }
        }
    }

    fn end_cell(&mut self, mut out: impl FnMut(&[u8])) {
        // 0xc2 begins the encoded control characters U+0080 to U+009F; their raw bytes are only invalid UTF-8.
        if self.cell.iter().any(|byte| *byte < 0x20 || matches!(byte, 0x7f | 0xc2)) {
            out(&strip_ansi_escapes::strip(String::from_utf8_lossy(&self.cell).as_bytes()));
        } else {
            out(&self.cell);
        }
        self.cell.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured(cap: usize, strip: bool, pieces: &[&[u8]]) -> Captured {
        let mut output = HeadTail::new(cap, strip);
        for piece in pieces {
            output.push(piece);
        }
        output.finish(pieces.iter().map(|piece| piece.len() as u64).sum())
    }

    #[test]
    fn what_fits_is_whole() {
        let text = captured(100, true, &[b"one\n", b"two\n"]);
        assert_eq!(text, Captured { text: "one\ntwo\n".into(), bytes: 8, truncated: false });
    }

    #[test]
    fn what_does_not_fit_keeps_both_ends_and_says_how_much_is_missing() {
        let text = captured(8, true, &[b"abcdefghijkl"]);
        assert_eq!(
            text,
            Captured { text: "abcd\n[... 4 bytes left out ...]\nijkl".into(), bytes: 12, truncated: true }
        );
    }

    #[test]
    fn control_sequences_go_and_text_stays() {
        let colored = b"\x1b[31mred\x1b[0m\tcell\r\nnext \x1b]8;;http://x\x07link\x1b]8;;\x07\n10%\r20%\r\n";
        assert_eq!(captured(200, true, &[colored]).text, "red\tcell\nnext link\n10%\n20%\n");
        assert_eq!(captured(200, false, &[b"\x1b[31mred"]).text, "\x1b[31mred");
        assert_eq!(captured(200, true, &[b"\x1b[3", b"1mred\x1b", b"[0m"]).text, "red", "cut inside a sequence");
    }

    #[test]
    fn an_unfinished_sequence_swallows_no_more_than_its_line() {
        assert_eq!(captured(200, true, &[b"\x1b]0;title\nkept\n"]).text, "\nkept\n");
    }

    #[test]
    fn invalid_bytes_are_replaced_and_cut_characters_dropped() {
        assert_eq!(captured(100, true, &[b"a\xffb\x80\n"]).text, "a\u{fffd}b\u{fffd}\n");
        assert_eq!(captured(100, true, &[b"\x1b[1ma\x80b\xc2\x9b"]).text, "a\u{fffd}b");
        let euros = "€".repeat(10);
        let text = captured(10, true, &[euros.as_bytes()]).text;
        assert_eq!(text, "€\n[... 20 bytes left out ...]\n€");
    }

    #[test]
    fn a_result_has_room_for_it_as_json_too() {
        let lines = "\n".repeat(98_304);
        let told = captured(98_304, true, &[lines.as_bytes()]);
        let json = serde_json::to_string(&told.text).unwrap();
        assert!((110_000..OUTPUT_JSON_BYTES_MAX + 100).contains(&json.len()), "{}", json.len());
        assert!(told.text.contains("[... 36864 bytes left out ...]") && told.truncated, "{}", &told.text[61_000..]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_bounded_text(bytes in proptest::collection::vec(any::<u8>(), 0..2000), cut in 1usize..300, cap in 0usize..400) {
            let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
            let whole = captured(cap, true, &[&bytes]);
            prop_assert_eq!(&captured(cap, true, &pieces), &whole);
            prop_assert!(whole.text.len() <= cap * 3 + 64);
            prop_assert!(!whole.text.contains('\x1b'));
            prop_assert_eq!(whole.bytes, bytes.len() as u64);
        }
    }
}
