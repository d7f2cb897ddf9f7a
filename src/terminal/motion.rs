//! Where the cursor goes, and what scrolls when it cannot go on.

use super::emulator::Emulator;

impl Emulator {
    /// IND. The row that is left counts as changed, so that empty lines of output are lines.
    pub(super) fn line_feed(&mut self) {
        let row = self.cursor.row;
        self.grid().row(row);
        self.next_row();
    }

    pub(super) fn next_row(&mut self) {
        self.cursor.pending = false;
        let row = self.cursor.row;
        let grid = self.grid();
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

    pub(super) fn move_to_column(&mut self, column: usize) {
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
    pub(super) fn move_to_row(&mut self, row: usize) {
        let origin = self.cursor.origin;
        let grid = self.grid();
        self.cursor.row = if origin { (grid.top + row).min(grid.bottom) } else { row.min(grid.height() - 1) };
        self.cursor.pending = false;
        self.address();
    }

    /// Drawing at a place of its own choice is a sign of full-screen drawing.
    pub(super) fn address(&mut self) {
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
        self.move_to_column(0);
    }

    /// CHT and CBT.
    pub(super) fn tab(&mut self, count: usize, forward: bool) {
        for _ in 0..count.min(self.main.columns) {
            let column = self.cursor.column;
            self.move_to_column(if forward { self.tabs.after(column) } else { self.tabs.before(column) });
        }
    }
}
