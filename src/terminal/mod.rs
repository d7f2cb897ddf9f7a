//! A terminal without a window: what a program wrote on its PTY (`TERM=xterm-256color`), as a person would see it, and
//! the lines that scrolled off. Pure: bytes in, text out.
//!
//! Whoever reads along names a place in the stream, its *cursor*, and gets the lines that changed after it. For that
//! every row bears the offset after the byte that last changed it. So what is read does not depend on how the stream
//! was cut on its way.

mod cursor;
mod edit;
mod emulator;
mod glyph;
mod grid;
mod motion;
mod parser;
mod perform;
mod print;
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

/// A terminal's screens, its cursor and modes, and what scrolled off.
pub struct Terminal {
    parser: Parser,
    emulator: Emulator,
}

impl Terminal {
    /// A blank terminal; sides are held to 1 to [`TERMINAL_SIDE_MAX`].
    pub fn new(cols: u16, rows: u16) -> Self {
        let (columns, rows) = sides(cols, rows);
        Self { parser: Parser::new(), emulator: Emulator::new(columns, rows) }
    }

    /// Takes the next bytes of the stream, wherever it was cut.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.parser.feed(&mut self.emulator, bytes);
    }

    /// Goes on at a later offset of the stream: what lies between is not known, and told as dropped.
    pub fn skip_to(&mut self, offset: u64) {
        if offset > self.emulator.offset {
            self.emulator.offset = offset;
            self.emulator.scrolled.dropped(offset);
        }
    }

    /// Bytes of the stream taken so far.
    pub fn offset(&self) -> u64 {
        self.emulator.offset
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
