//! The way of bytes through the parser, with a short cut for plain text: most of what programs write.

use super::emulator::Emulator;

/// What is kept of an OSC, none of which is used. A `vte` that let it grow instead would have no such parameter.
const OSC_BYTES: usize = 16;

pub(super) struct Parser {
    vte: vte::Parser<OSC_BYTES>,
}

impl Parser {
    pub(super) fn new() -> Self {
        Self { vte: vte::Parser::new_with_size() }
    }

    /// Byte by byte, for rows to be stamped exactly. More at once would save little, and where a character was split
    /// `vte` can lose what follows it.
    pub(super) fn feed(&mut self, emulator: &mut Emulator, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            if emulator.between && is_plain(first) {
                let length = bytes.iter().take_while(|byte| is_plain(byte)).count();
                let (text, rest) = bytes.split_at(length);
                emulator.show_plain(text);
                bytes = rest;
            } else {
                emulator.between = false;
                emulator.advance(1);
                self.vte.advance(emulator, std::slice::from_ref(first));
                bytes = rest;
            }
        }
    }
}

/// ASCII that begins no sequence.
fn is_plain(byte: &u8) -> bool {
    byte.is_ascii() && *byte != 0x1b
}
