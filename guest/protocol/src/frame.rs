//! Framing of a running command's events: `[kind u8][length u32 BE][payload]`.
//!
//! The same frames travel from agent to supervisor and from supervisor to its clients. Output frames carry their
//! offset, so a reader that lost the stream resumes where it was and sees honestly what was dropped meanwhile.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::exec::{ExecEnded, ExecStarted};

/// Largest payload of one frame; a longer one marks the stream as broken.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Largest piece of output one frame carries.
pub const OUTPUT_BYTES_MAX: usize = 64 * 1024;

const STARTED: u8 = 1;
const STDOUT: u8 = 2;
const STDERR: u8 = 3;
const ENDED: u8 = 4;
const HANDED_BACK: u8 = 5;
const HEAD_BYTES: usize = 5;

/// Which of a command's two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// One event of a running command.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Started(ExecStarted),
    /// Bytes of output; `offset` counts from the stream's first byte, so a jump means dropped bytes.
    Output {
        stream: Stream,
        offset: u64,
        bytes: Bytes,
    },
    /// The command is over and no output follows.
    Ended(ExecEnded),
    /// The reader's patience is over, the command is not: nothing follows, and it goes on. Never said by the agent.
    HandedBack,
}

/// A stream of frames that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("frame of unknown kind {0}")]
    Kind(u8),
    #[error("frame of {0} bytes is longer than {PAYLOAD_BYTES_MAX}")]
    Length(usize),
    #[error("frame's payload cannot be read: {0}")]
    Payload(String),
}

/// Encodes one event.
pub fn encode(event: &Event) -> Bytes {
    let (kind, payload) = match event {
        Event::Started(started) => (STARTED, json(started)),
        Event::Ended(ended) => (ENDED, json(ended)),
        Event::HandedBack => (HANDED_BACK, Bytes::new()),
        Event::Output { stream, offset, bytes } => {
            let mut payload = BytesMut::with_capacity(8 + bytes.len());
            payload.put_u64(*offset);
            payload.put_slice(bytes);
            (if *stream == Stream::Stdout { STDOUT } else { STDERR }, payload.freeze())
        }
    };
    let mut frame = BytesMut::with_capacity(HEAD_BYTES + payload.len());
    frame.put_u8(kind);
    frame.put_u32(payload.len() as u32);
    frame.put_slice(&payload);
    frame.freeze()
}

fn json<T: serde::Serialize>(value: &T) -> Bytes {
    // These types are plain structs of numbers and strings: serializing them cannot fail.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// Turns pieces of a byte stream, cut anywhere, back into events.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Adds the next piece of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// Answers the next whole event, or `None` until more bytes come.
    pub fn next_event(&mut self) -> Result<Option<Event>, FrameError> {
        if self.buffer.len() < HEAD_BYTES {
            return Ok(None);
        }
        let kind = self.buffer[0];
        let length = u32::from_be_bytes([self.buffer[1], self.buffer[2], self.buffer[3], self.buffer[4]]) as usize;
        if length > PAYLOAD_BYTES_MAX {
            return Err(FrameError::Length(length));
        }
        if !(STARTED..=HANDED_BACK).contains(&kind) {
            return Err(FrameError::Kind(kind));
        }
        if self.buffer.len() < HEAD_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(HEAD_BYTES);
        let mut payload = self.buffer.split_to(length).freeze();
        let read = |error: serde_json::Error| FrameError::Payload(error.to_string());
        Ok(Some(match kind {
            STARTED => Event::Started(serde_json::from_slice(&payload).map_err(read)?),
            ENDED => Event::Ended(serde_json::from_slice(&payload).map_err(read)?),
            HANDED_BACK => Event::HandedBack,
            _ if payload.len() < 8 => return Err(FrameError::Payload("output without its offset".into())),
            _ => {
                let offset = payload.get_u64();
                let stream = if kind == STDOUT { Stream::Stdout } else { Stream::Stderr };
                Event::Output { stream, offset, bytes: payload }
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_cut_of_the_stream_decodes_to_the_same_events(
            outputs in proptest::collection::vec((any::<bool>(), any::<u64>(), proptest::collection::vec(any::<u8>(), 0..200)), 0..10),
            cut in 1usize..50,
        ) {
            let events: Vec<Event> = outputs
                .into_iter()
                .map(|(out, offset, bytes)| Event::Output {
                    stream: if out { Stream::Stdout } else { Stream::Stderr },
                    offset,
                    bytes: bytes.into(),
                })
                .collect();
            let wire: Vec<u8> = events.iter().flat_map(encode).collect();
            let mut decoder = Decoder::default();
            let mut seen = Vec::new();
            for piece in wire.chunks(cut) {
                decoder.push(piece);
                while let Some(event) = decoder.next_event().unwrap() {
                    seen.push(event);
                }
            }
            prop_assert_eq!(seen, events);
        }

        #[test]
        fn garbage_is_an_error_or_a_wait_and_never_a_panic(garbage in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut decoder = Decoder::default();
            decoder.push(&garbage);
            while let Ok(Some(_)) = decoder.next_event() {}
        }
    }

    #[test]
    fn an_endless_length_is_refused_at_once() {
        let mut decoder = Decoder::default();
        decoder.push(&[STDOUT, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(decoder.next_event(), Err(FrameError::Length(u32::MAX as usize)));
    }
}
