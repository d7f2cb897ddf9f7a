//! What the terminal's functions do to screens and cursor; which bytes call for them is `perform.rs`' concern.

use super::{
    cursor::{Cursor, Modes},
    glyph::{Glyph, drawn, glyph},
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
    /// The parser may be within a sequence: set by whoever hands it one, unset where it surely ended.
    pub(super) in_sequence: bool,
    /// What REP repeats.
    last: Option<char>,
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
            in_sequence: false,
            last: None,
        }
    }

    /// The screen that is shown.
    pub(super) fn grid(&mut self) -> &mut Grid {
        if self.in_alternate { &mut self.alternate } else { &mut self.main }
    }

    /// Where the cursor stands on the main screen, or will when the alternate one is left.
    pub(super) fn main_row(&self) -> usize {
        if self.in_alternate { self.main.saved.row } else { self.cursor.row }
    }

    /// Shows a character, whatever it needs.
    pub(super) fn show(&mut self, c: char) {
        let c = if self.cursor.draws() { drawn(c) } else { c };
        match glyph(c) {
            Glyph::Narrow => self.put(c, 1),
            Glyph::Wide => self.put(c, 2),
            Glyph::Mark => self.mark(c),
            Glyph::Hidden => {}
        }
    }

    /// Shows printable ASCII, in whole runs where each character would go the same way.
    pub(super) fn show_run(&mut self, mut run: &[u8]) {
        if self.modes.insert || self.cursor.draws() {
            return run.iter().for_each(|&byte| self.show(char::from(byte)));
        }
        while let Some((&first, rest)) = run.split_first() {
            self.put(char::from(first), 1);
            let Cursor { row, column, .. } = self.cursor;
            let (bulk, rest) = rest.split_at(rest.len().min(self.main.columns - 1 - column));
            if let Some(&last) = bulk.last() {
                self.grid().row(row).put_run(column, bulk);
                self.cursor.column += bulk.len();
                self.last = Some(char::from(last));
            }
            run = rest;
        }
    }

    fn put(&mut self, c: char, width: usize) {
        let columns = self.main.columns;
        let width = width.min(columns);
        if self.cursor.pending && self.modes.autowrap {
            self.wrap();
        } else if self.cursor.column + width > columns {
            if self.modes.autowrap {
                let row = self.cursor.row;
                self.grid().row(row).erase(columns - 1, columns, columns);
                self.wrap();
            } else {
                self.cursor.column = columns - width;
            }
        }
        let (Cursor { row, column, .. }, insert) = (self.cursor, self.modes.insert);
        let row = self.grid().row(row);
        if insert {
            row.insert(column, width, columns);
        }
        row.put(column, c, width);
        if column + width < columns {
            self.cursor.column = column + width;
        } else {
            row.wrapped = false;
            (self.cursor.column, self.cursor.pending) = (columns - 1, true);
        }
        self.last = Some(c);
    }

    /// Lets text run on into the next row.
    fn wrap(&mut self) {
        let row = self.cursor.row;
        self.grid().row(row).wrapped = true;
        self.line_feed();
        self.cursor.column = 0;
        let row = self.cursor.row;
        self.grid().row(row).continues = true;
    }

    fn mark(&mut self, c: char) {
        let Cursor { row, column, pending, .. } = self.cursor;
        if let Some(column) = if pending { Some(column) } else { column.checked_sub(1) } {
            self.grid().row(row).mark(column, c);
        }
    }

    /// REP, for one row's length at most: no program means more, and a few bytes shall not cost much time.
    pub(super) fn repeat(&mut self, count: usize) {
        let Some(c) = self.last else { return };
        for _ in 0..count.min(self.main.columns) {
            self.put(c, if glyph(c) == Glyph::Wide { 2 } else { 1 });
        }
    }

    /// IND. The row that is left counts as changed, so that empty lines of output are lines.
    pub(super) fn line_feed(&mut self) {
        self.cursor.pending = false;
        let row = self.cursor.row;
        let grid = self.grid();
        grid.row(row);
        if row == grid.bottom {
            self.scroll_up(1);
        } else if row + 1 < grid.height() {
            self.cursor.row += 1;
        }
    }

    /// RI.
    pub(super) fn reverse_line_feed(&mut self) {
        self.cursor.pending = false;
        let row = self.cursor.row;
        let grid = self.grid();
        if row == grid.top {
            grid.scroll_down(row, 1);
        } else {
            self.cursor.row = row.saturating_sub(1);
        }
    }

    /// SU.
    pub(super) fn scroll_up(&mut self, count: usize) {
        if self.in_alternate {
            self.alternate.scroll_up(self.alternate.top, count, None);
        } else {
            self.main.scroll_up(self.main.top, count, Some(&mut self.scrolled));
        }
    }

    /// SD.
    pub(super) fn scroll_down(&mut self, count: usize) {
        let grid = self.grid();
        grid.scroll_down(grid.top, count);
    }

    /// IL and DL, which mean nothing outside the scrolling region.
    pub(super) fn shift_lines(&mut self, count: usize, insert: bool) {
        let row = self.cursor.row;
        let grid = self.grid();
        if !(grid.top..=grid.bottom).contains(&row) {
            return;
        }
        if insert {
            grid.scroll_down(row, count)
        } else {
            grid.scroll_up(row, count, None)
        }
        self.to_column(0);
    }

    pub(super) fn to_column(&mut self, column: usize) {
        self.cursor.column = column.min(self.main.columns - 1);
        self.cursor.pending = false;
    }

    /// Up or down by rows, not past the scrolling region's edge unless the cursor is past it already.
    pub(super) fn move_rows(&mut self, count: usize, up: bool) {
        let row = self.cursor.row;
        let grid = self.grid();
        let (top, bottom) = (grid.top, grid.bottom);
        self.cursor.row = if up {
            row.saturating_sub(count).max(if row >= top { top } else { 0 })
        } else {
            (row + count).min(if row <= bottom { bottom } else { grid.height() - 1 })
        };
        self.cursor.pending = false;
    }

    /// To a row from 0, which counts from the scrolling region's top in origin mode.
    pub(super) fn to_row(&mut self, row: usize) {
        let origin = self.cursor.origin;
        let grid = self.grid();
        self.cursor.row = if origin { (grid.top + row).min(grid.bottom) } else { row.min(grid.height() - 1) };
        self.cursor.pending = false;
        self.address();
    }

    fn address(&mut self) {
        if !self.in_alternate {
            self.addressed = self.main.now;
        }
    }

    /// DECSTBM, from 0 to before `end`; the cursor goes home.
    pub(super) fn set_region(&mut self, top: usize, end: usize) {
        let grid = self.grid();
        let bottom = end.min(grid.height()).saturating_sub(1);
        if top < bottom {
            (grid.top, grid.bottom) = (top, bottom);
            self.home();
        }
    }

    /// To the first place there is, without this being a sign of full-screen drawing.
    pub(super) fn home(&mut self) {
        self.cursor.row = if self.cursor.origin { self.grid().top } else { 0 };
        self.to_column(0);
    }

    /// ED. What scrolled off stays.
    pub(super) fn erase_screen(&mut self, part: usize) {
        let row = self.cursor.row;
        let height = self.main.height();
        match part {
            0 => self.grid().clear(row + 1..height),
            1 => self.grid().clear(0..row),
            2 => {
                self.address();
                return self.grid().clear(0..height);
            }
            _ => return,
        }
        self.erase_line(part);
    }

    /// EL. Behind a full row stands nothing that could be erased.
    pub(super) fn erase_line(&mut self, part: usize) {
        let Cursor { row, column, pending, .. } = self.cursor;
        let columns = self.main.columns;
        let (start, end) = match part {
            0 if pending => return,
            0 => (column, columns),
            1 => (0, column + 1),
            2 => (0, columns),
            _ => return,
        };
        self.grid().row(row).erase(start, end, columns);
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
        if alternate != self.in_alternate {
            if alternate && mode == 1049 {
                self.save();
            }
            self.in_alternate = alternate;
            if alternate && mode != 47 {
                self.alternate.clear(0..self.alternate.height());
            }
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

    /// From here on rows change at offset `now`.
    pub(super) fn stamp(&mut self, now: u64) {
        (self.main.now, self.alternate.now) = (now, now);
    }

    /// What changed after `start` changed with the slice that now ends at `end`.
    pub(super) fn restamp(&mut self, start: u64, end: u64) {
        self.main.restamp(start, end);
        self.scrolled.restamp(start, end);
        if self.addressed > start {
            self.addressed = end;
        }
    }
}
