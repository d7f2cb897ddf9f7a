//! All that a terminal remembers. `perform.rs` says which bytes call for which function, `print.rs`, `motion.rs` and
//! `edit.rs` what the functions do.

use super::{
    cursor::{Cursor, Modes},
    grid::Grid,
    scrolled::Scrolled,
    tabs::Tabs,
};
use crate::limits::TERMINAL_REPLIES_BYTES_MAX;

pub(super) struct Emulator {
    pub(super) main: Grid,
    pub(super) alternate: Grid,
    pub(super) in_alternate: bool,
    pub(super) cursor: Cursor,
    pub(super) modes: Modes,
    pub(super) tabs: Tabs,
    pub(super) scrolled: Scrolled,
    /// Stamp of the last absolute vertical positioning on the main screen: the sign of full-screen drawing.
    pub(super) addressed: u64,
    pub(super) replies: Vec<u8>,
    /// Bytes of the stream taken so far.
    pub(super) offset: u64,
    /// The parser surely stands between sequences and characters; set where one has ended.
    pub(super) between: bool,
    /// What REP repeats.
    pub(super) last: Option<char>,
}

impl Emulator {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        Self {
            main: Grid::new(columns, rows),
            alternate: Grid::new(columns, rows),
            in_alternate: false,
            cursor: Cursor::default(),
            modes: Modes::default(),
            tabs: Tabs::new(columns),
            scrolled: Scrolled::default(),
            addressed: 0,
            replies: Vec::new(),
            offset: 0,
            between: true,
            last: None,
        }
    }

    /// Takes bytes of the stream; what changes now changes with the last of them.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.offset += bytes as u64;
        (self.main.now, self.alternate.now) = (self.offset, self.offset);
    }

    /// The screen that is shown.
    pub(super) fn shown(&self) -> &Grid {
        if self.in_alternate { &self.alternate } else { &self.main }
    }

    /// The same, to be changed.
    pub(super) fn grid(&mut self) -> &mut Grid {
        if self.in_alternate { &mut self.alternate } else { &mut self.main }
    }

    /// Where the cursor stands on the main screen, or will when the alternate one is left.
    pub(super) fn main_row(&self) -> usize {
        if self.in_alternate { self.main.saved.row } else { self.cursor.row }
    }

    /// DECSC.
    pub(super) fn save(&mut self) {
        self.grid().saved = self.cursor;
    }

    /// DECRC.
    pub(super) fn restore(&mut self) {
        self.cursor = self.grid().saved;
    }

    /// Shows the other screen. Mode 1049 gives the main screen's cursor back, 1047 and 1049 begin with a blank one.
    pub(super) fn switch(&mut self, alternate: bool, mode: u16) {
        if alternate == self.in_alternate {
            return;
        }
        if alternate && mode == 1049 {
            self.save();
        }
        self.in_alternate = alternate;
        if alternate {
            // Whoever was shown there before may have died without setting the region back.
            (self.alternate.top, self.alternate.bottom) = (0, self.alternate.height() - 1);
        }
        if alternate && mode != 47 {
            self.alternate.clear(0..self.alternate.height());
        }
        if !alternate && mode == 1049 {
            self.restore();
        }
    }

    /// RIS; what scrolled off stays.
    pub(super) fn reset(&mut self) {
        self.in_alternate = false;
        self.soft_reset();
        self.cursor = Cursor::default();
        self.tabs = Tabs::new(self.main.columns);
        self.alternate.clear(0..self.alternate.height());
        self.erase_screen(2);
    }

    /// DECSTR.
    pub(super) fn soft_reset(&mut self) {
        self.modes = Modes::default();
        for grid in [&mut self.main, &mut self.alternate] {
            (grid.top, grid.bottom, grid.saved) = (0, grid.height() - 1, Cursor::default());
        }
        let Cursor { row, column, .. } = self.cursor;
        self.cursor = Cursor { row, column, ..Cursor::default() };
    }

    /// Answers the program, unless too much waits to be typed back already.
    pub(super) fn reply(&mut self, reply: &str) {
        if self.replies.len() + reply.len() <= TERMINAL_REPLIES_BYTES_MAX {
            self.replies.extend_from_slice(reply.as_bytes());
        }
    }

    pub(super) fn resize(&mut self, columns: usize, rows: usize) {
        let over = (self.main_row() + 1).saturating_sub(rows);
        (self.main.top, self.main.bottom) = (0, self.main.height() - 1);
        self.main.scroll_up(0, over, Some(&mut self.scrolled));
        self.main.saved.row = self.main.saved.row.saturating_sub(over);
        if !self.in_alternate {
            self.cursor.row -= over;
        }
        for grid in [&mut self.main, &mut self.alternate] {
            grid.resize(columns, rows);
        }
        self.tabs.resize(columns);
        for cursor in [&mut self.cursor, &mut self.main.saved, &mut self.alternate.saved] {
            cursor.pending &= cursor.column + 1 == columns;
            cursor.row = cursor.row.min(rows - 1);
            cursor.column = cursor.column.min(columns - 1);
        }
    }
}
