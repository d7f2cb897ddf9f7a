//! One row of cells. Wide characters take two, and characters without a width ride on the one before them.

use crate::limits::TERMINAL_MARKS_MAX;

const BLANK: char = ' ';
/// The second cell of a wide character.
const TAIL: char = '\0';

#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// From the left; what is missing up to the screen's edge is blank.
    cells: Vec<char>,
    /// Characters without a width and the columns they ride on, sorted by column.
    marks: Vec<(u16, char)>,
    /// Offset of the stream after the byte that last changed this row.
    pub(super) touched: u64,
    /// Its text ran into the next row...
    pub(super) wrapped: bool,
    /// ...and this row's text came running out of the one before. Both must hold for rows to be one line.
    pub(super) continues: bool,
    /// There are wide characters or marks to take care of.
    intricate: bool,
}

impl Row {
    /// Writes a character of `width` cells, one or two.
    pub(super) fn put(&mut self, column: usize, c: char, width: usize) {
        if self.intricate {
            self.part(column);
            self.part(column + width);
            self.unmark(column, column + width);
        }
        match self.cells.get_mut(column) {
            Some(cell) => *cell = c,
            None => {
                self.cells.resize(column, BLANK);
                self.cells.push(c);
            }
        }
        if width == 2 {
            self.intricate = true;
            self.put_tail(column + 1);
        }
    }

    /// Writes ASCII from a column that the row reaches.
    pub(super) fn put_run(&mut self, column: usize, run: &[u8]) {
        let end = column + run.len();
        if self.intricate {
            self.part(column);
            self.part(end);
            self.unmark(column, end);
        }
        if self.cells.len() < end {
            self.cells.resize(end, BLANK);
        }
        for (cell, byte) in self.cells[column..end].iter_mut().zip(run) {
            *cell = char::from(*byte);
        }
    }

    fn put_tail(&mut self, column: usize) {
        match self.cells.get_mut(column) {
            Some(cell) => *cell = TAIL,
            None => self.cells.push(TAIL),
        }
    }

    /// Lets `c` ride on the character at `column`, unless that carries its fill.
    pub(super) fn mark(&mut self, column: usize, c: char) {
        if self.cells.len() <= column {
            self.cells.resize(column + 1, BLANK);
        }
        let column = (if self.cells[column] == TAIL { column.saturating_sub(1) } else { column }) as u16;
        let end = self.marks.partition_point(|mark| mark.0 <= column);
        if end - self.marks.partition_point(|mark| mark.0 < column) < TERMINAL_MARKS_MAX {
            self.intricate = true;
            self.marks.insert(end, (column, c));
        }
    }

    /// Blanks the cells from `start` to before `end` on a row of `columns`.
    pub(super) fn erase(&mut self, start: usize, end: usize, columns: usize) {
        self.part(start);
        self.part(end);
        self.unmark(start, end);
        self.continues &= start > 0;
        if end >= columns {
            self.wrapped = false;
            self.cells.truncate(start);
        } else {
            let end = end.min(self.cells.len());
            self.cells[start.min(end)..end].fill(BLANK);
        }
    }

    /// Blanks the whole row, keeping its memory.
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.marks.clear();
        (self.wrapped, self.continues, self.intricate) = (false, false, false);
    }

    /// Moves what stands at `column` and beyond to the right; what passes the edge is gone.
    pub(super) fn insert(&mut self, column: usize, count: usize, columns: usize) {
        self.part(column);
        let count = count.min(columns.saturating_sub(column));
        if column < self.cells.len() {
            self.cells.splice(column..column, std::iter::repeat_n(BLANK, count));
        }
        for mark in self.marks.iter_mut().filter(|mark| usize::from(mark.0) >= column) {
            mark.0 += count as u16;
        }
        self.cut(columns);
    }

    /// Takes cells out; what stands right of them moves to the left.
    pub(super) fn delete(&mut self, column: usize, count: usize) {
        let end = column + count;
        self.part(column);
        self.part(end);
        self.unmark(column, end);
        let length = self.cells.len();
        self.cells.drain(column.min(length)..end.min(length));
        for mark in self.marks.iter_mut().filter(|mark| usize::from(mark.0) >= end) {
            mark.0 -= count as u16;
        }
    }

    /// Cuts the row to so many columns.
    pub(super) fn cut(&mut self, columns: usize) {
        self.part(columns);
        self.cells.truncate(columns);
        self.unmark(columns, usize::MAX);
    }

    /// Appends the row as text, spaces at its end included.
    pub(super) fn write(&self, text: &mut String) {
        if !self.intricate {
            text.extend(&self.cells);
            return;
        }
        let mut marks = self.marks.iter().peekable();
        for (column, &cell) in self.cells.iter().enumerate() {
            if cell != TAIL {
                text.push(cell);
            }
            while let Some((_, mark)) = marks.next_if(|mark| usize::from(mark.0) == column) {
                text.push(*mark);
            }
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.cells.len());
        self.write(&mut text);
        text
    }

    /// A wide character that begins left of `column` and reaches over it is blanked, as on a real terminal.
    fn part(&mut self, column: usize) {
        if self.cells.get(column) == Some(&TAIL) {
            let start = column.saturating_sub(1);
            self.cells[start..=column].fill(BLANK);
            self.unmark(start, column);
        }
    }

    fn unmark(&mut self, start: usize, end: usize) {
        if !self.marks.is_empty() {
            self.marks.retain(|mark| !(start..end).contains(&usize::from(mark.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        let mut row = Row::default();
        let mut column = 0;
        for c in text.chars() {
            let width = if c.is_ascii() { 1 } else { 2 };
            row.put(column, c, width);
            column += width;
        }
        row
    }

    #[test]
    fn half_a_wide_character_is_none() {
        for column in [1, 2] {
            let mut wide = row("a漢b");
            wide.put(column, 'x', 1);
            assert_eq!(wide.text(), if column == 1 { "ax b" } else { "a xb" });
        }
        let mut over = row("漢漢");
        over.put(1, '字', 2);
        assert_eq!(over.text(), " 字 ");
    }

    #[test]
    fn erasing_and_deleting_part_wide_characters() {
        let mut wide = row("漢漢漢");
        wide.erase(1, 3, 6);
        assert_eq!(wide.text(), "    漢");
        wide.delete(1, 4);
        assert_eq!(wide.text(), "  ");
    }

    #[test]
    fn what_is_inserted_pushes_the_rest_over_the_edge() {
        let mut pushed = row("ab漢c");
        pushed.insert(1, 2, 6);
        assert_eq!(pushed.text(), "a  b漢");
        pushed.insert(0, 1, 6);
        assert_eq!(pushed.text(), " a  b ");
        pushed.insert(5, 9, 6);
        assert_eq!(pushed.text(), " a  b ");
    }

    #[test]
    fn marks_follow_their_character_and_are_few() {
        let mut marked = row("ae漢");
        for c in "\u{301}\u{302}\u{303}\u{304}\u{305}".chars() {
            marked.mark(1, c);
        }
        marked.mark(3, '\u{306}');
        assert_eq!(marked.text(), "ae\u{301}\u{302}\u{303}\u{304}漢\u{306}");
        marked.delete(0, 1);
        marked.insert(1, 1, 9);
        assert_eq!(marked.text(), "e\u{301}\u{302}\u{303}\u{304} 漢\u{306}");
        marked.put(0, 'x', 1);
        marked.put(3, 'y', 1);
        assert_eq!(marked.text(), "x  y");
    }
}
