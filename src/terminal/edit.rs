//! Erasing, and the moving of lines and characters that are there.

use super::{cursor::Cursor, emulator::Emulator};

impl Emulator {
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
            0 if pending && self.modes.autowrap => return,
            0 => (column, columns),
            1 => (0, column + 1),
            2 => (0, columns),
            _ => return,
        };
        self.grid().row(row).erase(start, end, columns);
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
        self.move_to_column(0);
    }

    /// ICH, DCH and ECH.
    pub(super) fn edit_cells(&mut self, action: char, count: usize) {
        let Cursor { row, column, .. } = self.cursor;
        let columns = self.main.columns;
        let row = self.grid().row(row);
        match action {
            '@' => row.insert(column, count, columns),
            'P' => row.delete(column, count),
            _ => row.erase(column, column + count, columns),
        }
        self.cursor.pending = false;
    }
}
