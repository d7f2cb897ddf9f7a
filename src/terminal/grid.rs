//! One of the two screens: its rows and its scrolling region.

use std::{collections::VecDeque, ops::Range};

use super::{cursor::Cursor, row::Row, scrolled::Scrolled};

#[derive(Debug)]
pub(super) struct Grid {
    /// Never empty.
    rows: VecDeque<Row>,
    pub(super) columns: usize,
    /// First and last row of the scrolling region.
    pub(super) top: usize,
    pub(super) bottom: usize,
    /// What DECSC saved here; on the main screen also the cursor while the alternate one is shown.
    pub(super) saved: Cursor,
    /// What rows that change are stamped with.
    pub(super) now: u64,
}

impl Grid {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        let rows = VecDeque::from(vec![Row::default(); rows]);
        Self { columns, top: 0, bottom: rows.len() - 1, rows, saved: Cursor::default(), now: 0 }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    /// A row to be changed.
    pub(super) fn row(&mut self, index: usize) -> &mut Row {
        let row = &mut self.rows[index];
        row.touched = self.now;
        row
    }

    /// Lets a row's text run on into the next one, which shows nothing else than before.
    pub(super) fn wrap(&mut self, index: usize) {
        self.rows[index].wrapped = true;
    }

    pub(super) fn clear(&mut self, rows: Range<usize>) {
        for index in rows {
            self.row(index).clear();
        }
    }

    /// Moves the rows from `from` to the region's bottom up. What leaves the screen at its top is `kept`.
    pub(super) fn scroll_up(&mut self, from: usize, count: usize, kept: Option<&mut Scrolled>) {
        let count = count.min(self.bottom + 1 - from);
        if let Some(kept) = kept.filter(|_| from == 0) {
            self.rows.iter().take(count).for_each(|row| kept.push(row));
        }
        if from == 0 && self.bottom + 1 == self.rows.len() {
            self.rows.rotate_left(count);
        } else {
            self.rows.make_contiguous()[from..=self.bottom].rotate_left(count);
        }
        self.clear(self.bottom + 1 - count..self.bottom + 1);
    }

    /// Moves the rows from `from` to the region's bottom down.
    pub(super) fn scroll_down(&mut self, from: usize, count: usize) {
        let count = count.min(self.bottom + 1 - from);
        self.rows.make_contiguous()[from..=self.bottom].rotate_right(count);
        self.clear(from..from + count);
    }

    /// Rows are cut or extended at the bottom, columns at the right; nothing flows anew.
    pub(super) fn resize(&mut self, columns: usize, rows: usize) {
        self.rows.resize_with(rows, Row::default);
        if columns < self.columns {
            self.rows.iter_mut().for_each(|row| row.cut(columns));
        }
        self.columns = columns;
        (self.top, self.bottom) = (0, rows - 1);
    }
}
