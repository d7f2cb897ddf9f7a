//! How a host session begins on a byte stream that cannot tell one session from the next.
//!
//! A virtio-serial port may hide that the host left and came back, so a new session can start in the middle of an old
//! one's frame. The host therefore writes padding longer than any frame, a mark and a nonce; the agent scans for the
//! mark and answers with its own mark and the same nonce; HTTP/2 begins right after.

/// Largest HTTP/2 frame payload either end announces.
pub const MAX_FRAME_BYTES: u32 = 64 * 1024;
/// Padding before the mark: one whole frame, its header, and some.
pub const PAD_BYTES: usize = MAX_FRAME_BYTES as usize + 32;
/// The padding's byte: as a frame length it is illegal, so an old HTTP/2 session ends instead of swallowing the mark.
pub const PAD: u8 = 0xff;
/// What the host writes after the padding.
pub const SYNC: &[u8; 8] = b"\xffAGSYNC1";
/// What the agent answers.
pub const ACK: &[u8; 8] = b"\xffAGACK1\n";
/// What an agent writes that waits, without a root, for the host's first byte: the moment to save its machine.
pub const WAITING: &[u8; 8] = b"\xffAGWAIT\n";
pub const NONCE_BYTES: usize = 16;
/// Mark and nonce, in either direction.
pub const MARK_BYTES: usize = 8 + NONCE_BYTES;

/// HTTP/2 windows. The connection's must be much larger than a stream's, or one unread body blocks every other.
pub mod window {
    /// What the agent receives per stream: small, because it is the head-of-line delay of an upload.
    pub const AGENT_STREAM_BYTES: u32 = 256 * 1024;
    pub const AGENT_CONNECTION_BYTES: u32 = 56 * 1024 * 1024;
    /// What the host receives per stream.
    pub const HOST_STREAM_BYTES: u32 = 512 * 1024;
    pub const HOST_CONNECTION_BYTES: u32 = 112 * 1024 * 1024;
    /// Streams at once: connection window divided by stream window. Every running command has one, and every
    /// connection out of or into the guest.
    pub const STREAMS_MAX: u32 = 224;
}

/// The bytes with which a host opens a session.
pub fn sync(nonce: &[u8; NONCE_BYTES]) -> Vec<u8> {
    let mut bytes = vec![PAD; PAD_BYTES];
    bytes.extend_from_slice(SYNC);
    bytes.extend_from_slice(nonce);
    bytes
}

/// The agent's answer to [`sync`].
pub fn ack(nonce: &[u8; NONCE_BYTES]) -> [u8; MARK_BYTES] {
    let mut bytes = [0; MARK_BYTES];
    bytes[..8].copy_from_slice(ACK);
    bytes[8..].copy_from_slice(nonce);
    bytes
}

/// Finds a mark at the very end of a stream fed byte by byte.
#[derive(Clone, Debug)]
pub struct Scanner {
    mark: &'static [u8; 8],
    tail: Vec<u8>,
}

impl Scanner {
    /// Scans for the host's mark.
    pub fn for_sync() -> Self {
        Self { mark: SYNC, tail: Vec::with_capacity(MARK_BYTES) }
    }

    /// Scans for the agent's mark.
    pub fn for_ack() -> Self {
        Self { mark: ACK, tail: Vec::with_capacity(MARK_BYTES) }
    }

    /// Takes one byte; answers the nonce when mark and nonce are complete.
    pub fn push(&mut self, byte: u8) -> Option<[u8; NONCE_BYTES]> {
        if self.tail.len() == MARK_BYTES {
            self.tail.remove(0);
        }
        self.tail.push(byte);
        if self.tail.len() < MARK_BYTES || &self.tail[..8] != self.mark {
            return None;
        }
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&self.tail[8..]);
        self.tail.clear();
        Some(nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        exec::RUNNING_MAX,
        network::{CONNECTIONS_MAX, DIALS_MAX},
    };
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_mark_is_found_after_any_garbage(garbage in proptest::collection::vec(any::<u8>(), 0..300), nonce in any::<[u8; 16]>()) {
            let mut scanner = Scanner::for_sync();
            let mut stream = garbage;
            stream.extend(sync(&nonce));
            let last = stream.pop().unwrap();
            for byte in stream {
                scanner.push(byte);
            }
            prop_assert_eq!(scanner.push(last), Some(nonce));
        }
    }

    #[test]
    fn padding_is_longer_than_any_frame() {
        assert!(PAD_BYTES > MAX_FRAME_BYTES as usize + 9);
        const { assert!(window::AGENT_CONNECTION_BYTES >= window::STREAMS_MAX * window::AGENT_STREAM_BYTES) };
        // A machine full of commands can still be asked, and told to end them.
        const { assert!(window::STREAMS_MAX as usize >= RUNNING_MAX + DIALS_MAX + CONNECTIONS_MAX + 32) };
        const { assert!(window::HOST_CONNECTION_BYTES >= window::STREAMS_MAX * window::HOST_STREAM_BYTES) };
    }
}
