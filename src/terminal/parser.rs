//! The way of bytes through the parser, with a short cut for plain text: most of what programs write.

use super::emulator::Emulator;

/// What is kept of an OSC, none of which is used. A `vte` that let it grow instead would have no such parameter.
const OSC_BYTES: usize = 16;
const ESCAPE: u8 = 0x1b;

pub(super) struct Parser {
    vte: vte::Parser<OSC_BYTES>,
    /// The text so far may end within a character.
    split: bool,
}

impl Parser {
    pub(super) fn new() -> Self {
        Self { vte: vte::Parser::new_with_size(), split: false }
    }

    pub(super) fn advance(&mut self, emulator: &mut Emulator, bytes: &[u8]) {
        // Given more than the end of a character that was split, `vte` can lose what follows it.
        let end = bytes.iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count();
        let (end, bytes) = bytes.split_at(end);
        end.chunks(1).for_each(|byte| self.parse(emulator, byte));
        self.parse(emulator, bytes);
    }

    fn parse(&mut self, emulator: &mut Emulator, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if emulator.in_sequence {
                let taken = self.vte.advance_until_terminated(emulator, bytes);
                bytes = &bytes[taken..];
                continue;
            }
            let length = bytes.iter().position(|&byte| byte == ESCAPE).unwrap_or(bytes.len());
            let (text, rest) = bytes.split_at(length);
            if text.is_ascii() && !self.split {
                emulator.show_plain(text);
            } else {
                self.vte.advance(emulator, text);
                self.split = text.last().is_some_and(|last| !last.is_ascii());
            }
            if !rest.is_empty() {
                (emulator.in_sequence, self.split) = (true, false);
            }
            bytes = rest;
        }
    }
}
