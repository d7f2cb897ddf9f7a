//! A terminal without a window: what a program wrote on its PTY (`TERM=xterm-256color`), as a person would see it, and
//! the lines that scrolled off. Pure: bytes in, text out.
//!
//! Whoever reads along names a place in the stream, its *cursor*, and gets the lines that changed after it. For that
//! every row bears a stamp: the offset at the end of the *slice* of the stream that last changed it. Slices end after
//! line feeds and at fixed offsets, so what is read does not depend on how the stream was cut on its way.

mod cursor;
mod emulator;
mod glyph;
mod grid;
mod parser;
mod perform;
mod repaint;
mod row;
mod scrolled;
mod tabs;
#[cfg(test)]
mod tests;
mod view;

pub use view::{Screen, View};

use crate::limits::TERMINAL_SIDE_MAX;
use emulator::Emulator;
use parser::Parser;

/// Longest slice of the stream, bytes: a line without an end is told again from its slice's beginning.
const SLICE_BYTES: u64 = 256;

/// A terminal's screens, its cursor and modes, and what scrolled off.
pub struct Terminal {
    parser: Parser,
    emulator: Emulator,
    offset: u64,
    /// Where the stream's current slice begins.
    slice: u64,
}

impl Terminal {
    /// A blank terminal; sides are held to 1 to [`TERMINAL_SIDE_MAX`].
    pub fn new(cols: u16, rows: u16) -> Self {
        let (columns, rows) = sides(cols, rows);
        Self { parser: Parser::new(), emulator: Emulator::new(columns, rows), offset: 0, slice: 0 }
    }

    /// Takes the next bytes of the stream, wherever it was cut.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = SLICE_BYTES - self.offset % SLICE_BYTES;
            let window = &bytes[..bytes.len().min(room as usize)];
            let length = window.iter().position(|&byte| byte == b'\n').map_or(window.len(), |line_feed| line_feed + 1);
            let (piece, rest) = bytes.split_at(length);
            self.advance(piece);
            bytes = rest;
        }
    }

    /// Takes a piece of one slice.
    fn advance(&mut self, piece: &[u8]) {
        let continued = self.offset > self.slice;
        self.offset += piece.len() as u64;
        self.emulator.stamp(self.offset);
        self.parser.advance(&mut self.emulator, piece);
        if continued {
            self.emulator.restamp(self.slice, self.offset);
        }
        if piece.ends_with(b"\n") || self.offset % SLICE_BYTES == 0 {
            self.slice = self.offset;
            self.emulator.scrolled.end_slice();
        }
    }

    /// Goes on at a later offset of the stream: what lies between is not known, and told as dropped.
    pub fn skip_to(&mut self, offset: u64) {
        if offset > self.offset {
            self.offset = offset;
            self.slice = offset;
            self.emulator.stamp(offset);
            self.emulator.scrolled.end_slice();
            self.emulator.scrolled.dropped(offset);
        }
    }

    /// Bytes of the stream taken so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        (self.emulator.main.columns as u16, self.emulator.main.height() as u16)
    }

    /// Gives the terminal another size. Rows that no longer fit above the cursor scroll off; lines do not flow anew.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        let (columns, rows) = sides(cols, rows);
        self.emulator.resize(columns, rows);
    }

    /// The answers to what the program asked, to be typed back to it: status, the cursor's position, what this is.
    pub fn take_replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.emulator.replies)
    }
}

fn sides(cols: u16, rows: u16) -> (usize, usize) {
    let side = |length: u16| usize::from(length.clamp(1, TERMINAL_SIDE_MAX));
    (side(cols), side(rows))
}
