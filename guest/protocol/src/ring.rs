//! The last bytes of one output stream, by offset.

use std::collections::VecDeque;

use bytes::Bytes;

/// Keeps the newest bytes of a stream, up to a limit.
#[derive(Debug)]
pub struct Ring {
    bytes: VecDeque<u8>,
    end: u64,
    kept_max: usize,
}

impl Ring {
    /// Keeps at most `kept_max` bytes.
    pub fn new(kept_max: usize) -> Self {
        Self { bytes: VecDeque::new(), end: 0, kept_max }
    }

    /// Offset of the first byte still kept.
    pub fn start(&self) -> u64 {
        self.end - self.bytes.len() as u64
    }

    /// Bytes ever written.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Offset of the first byte that would still be kept after `more` bytes.
    pub fn start_after(&self, more: usize) -> u64 {
        (self.end + more as u64).saturating_sub(self.kept_max as u64).max(self.start())
    }

    /// Appends, dropping the oldest bytes beyond the limit.
    pub fn push(&mut self, bytes: &[u8]) {
        self.end += bytes.len() as u64;
        let bytes = &bytes[bytes.len().saturating_sub(self.kept_max)..];
        let dropped = (self.bytes.len() + bytes.len()).saturating_sub(self.kept_max);
        self.bytes.drain(..dropped);
        self.bytes.extend(bytes);
    }

    /// Goes on at a later offset: what lies before is not known.
    pub fn skip_to(&mut self, offset: u64) {
        self.bytes.clear();
        self.end = self.end.max(offset);
    }

    /// Copies up to `max` bytes from `offset`, or from the first kept byte when that is later; answers where they begin.
    pub fn read(&self, offset: u64, max: usize) -> (u64, Bytes) {
        let offset = offset.max(self.start()).min(self.end);
        let skip = (offset - self.start()) as usize;
        let take = (self.bytes.len() - skip).min(max);
        let mut copy = Vec::with_capacity(take);
        let (head, tail) = self.bytes.as_slices();
        copy.extend_from_slice(&head[skip.min(head.len())..(skip + take).min(head.len())]);
        let (from, to) = (skip.saturating_sub(head.len()), (skip + take).saturating_sub(head.len()));
        copy.extend_from_slice(&tail[from..to]);
        (offset, copy.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_bytes_go_and_offsets_stay_true() {
        let mut ring = Ring::new(4);
        ring.push(b"abc");
        assert_eq!(ring.start_after(2), 1);
        ring.push(b"de");
        assert_eq!((ring.start(), ring.end()), (1, 5));
        assert_eq!(ring.read(0, 10), (1, Bytes::from_static(b"bcde")));
        assert_eq!(ring.read(3, 1), (3, Bytes::from_static(b"d")));
        assert_eq!(ring.read(5, 10), (5, Bytes::new()));
        ring.push(b"0123456789");
        assert_eq!(ring.read(0, 10), (11, Bytes::from_static(b"6789")));
    }

    #[test]
    fn reads_across_the_seam_are_whole() {
        let mut ring = Ring::new(5);
        for round in 0..20u8 {
            ring.push(&[round, round + 100]);
            let whole = ring.read(0, 5).1;
            let cut: Vec<u8> = (ring.start()..ring.end()).flat_map(|at| ring.read(at, 1).1).collect();
            assert_eq!(cut, whole);
        }
    }
}
