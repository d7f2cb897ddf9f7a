//! Text on its way to cells: runs, wide characters, marks, and the wrap at the edge.

use vte::Perform;

use super::{
    cursor::Cursor,
    emulator::Emulator,
    glyph::{Glyph, drawn, glyph},
};

impl Emulator {
    /// Shows or executes ASCII that stands between sequences.
    pub(super) fn show_plain(&mut self, mut text: &[u8]) {
        while let Some(&first) = text.first() {
            let run = text.iter().take_while(|byte| matches!(byte, b' '..=b'~')).count();
            if run > 0 {
                self.show_run(&text[..run]);
            } else {
                self.advance(1);
                self.execute(first);
            }
            text = &text[run.max(1)..];
        }
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
            for &byte in run {
                self.advance(1);
                self.show(char::from(byte));
            }
            return;
        }
        while let Some((&first, rest)) = run.split_first() {
            self.advance(1);
            self.put(char::from(first), 1);
            let Cursor { row, column, .. } = self.cursor;
            let (bulk, rest) = rest.split_at(rest.len().min(self.main.columns - 1 - column));
            if let Some(&last) = bulk.last() {
                self.advance(bulk.len());
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

    /// Lets text run on into the next row. The row that is left looks as before, so it did not change.
    fn wrap(&mut self) {
        let row = self.cursor.row;
        self.grid().wrap(row);
        self.next_row();
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
}
