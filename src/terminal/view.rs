//! What whoever reads along gets: the lines that changed since they last looked, and the screen where one is drawn.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Terminal;

/// What changed after a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The changed lines from the top, each ended by `\n` but the one that is still being written. Rows that text ran
    /// over are one line, spaces at a line's end are left out, and `\n` is the only control character.
    pub text: String,
    /// Where to read on; after a whole view that is the end of the stream so far.
    pub next_cursor: u64,
    /// There is more to read than was asked for, at `next_cursor`.
    pub more: bool,
    /// Bytes of the stream after the cursor, lines of which are no longer kept: so much at most is missing.
    pub dropped_bytes: u64,
    /// Where a program draws rather than prints. On the main screen, `text` then holds only what scrolled off.
    pub screen: Option<Screen>,
}

/// A screen that is drawn on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// The rows from the top, `\n` between them, without spaces at their ends and without blank rows at the bottom.
    pub text: String,
    /// From 1.
    pub cursor_row: u16,
    /// From 1.
    pub cursor_column: u16,
}

/// One row that changed.
struct Changed<'a> {
    /// Counted from the first row that is kept.
    place: usize,
    text: Cow<'a, str>,
    touched: u64,
    wrapped: bool,
    continues: bool,
    /// The cursor has gone past it, and its line does not run on.
    ended: bool,
}

impl Terminal {
    /// What changed after `cursor`, in about `max_chars` characters, the screen not counted: whole rows that changed at
    /// once stay together, at least one is told.
    pub fn view(&self, cursor: u64, max_chars: usize) -> View {
        let emulator = &self.emulator;
        let drawn = !emulator.in_alternate && emulator.addressed > cursor;
        let rows = self.changed(cursor, drawn);
        let (told, next_cursor) = cut(&rows, cursor, max_chars).unwrap_or((rows.len(), self.offset()));
        View {
            text: join(&rows, told),
            next_cursor,
            more: told < rows.len(),
            dropped_bytes: emulator.scrolled.dropped_to().saturating_sub(cursor),
            screen: (drawn || emulator.in_alternate).then(|| self.screen()),
        }
    }

    fn screen(&self) -> Screen {
        let emulator = &self.emulator;
        let mut text = String::new();
        for row in emulator.shown().rows() {
            text.push_str(row.text().trim_end_matches(' '));
            text.push('\n');
        }
        text.truncate(text.trim_end_matches('\n').len());
        Screen { text, cursor_row: emulator.cursor.row as u16 + 1, cursor_column: emulator.cursor.column as u16 + 1 }
    }

    /// The rows that changed after `cursor`: those that scrolled off and, unless it is `drawn`, the main screen's.
    fn changed(&self, cursor: u64, drawn: bool) -> Vec<Changed<'_>> {
        let emulator = &self.emulator;
        let scrolled = emulator.scrolled.rows().enumerate().map(|(place, row)| Changed {
            place,
            text: Cow::Borrowed(&*row.text),
            touched: row.touched,
            wrapped: row.wrapped,
            continues: row.continues,
            ended: true,
        });
        let mut rows: Vec<_> = scrolled.filter(|row| row.touched > cursor).collect();
        if !drawn {
            let (first, at) = (emulator.scrolled.len(), emulator.main_row());
            let following = emulator.main.rows().skip(1).map(|row| row.continues).chain([false]);
            let main = emulator.main.rows().zip(following).enumerate();
            rows.extend(main.filter(|(_, (row, _))| row.touched > cursor).map(|(index, (row, continued))| Changed {
                place: first + index,
                text: Cow::Owned(row.text()),
                touched: row.touched,
                wrapped: row.wrapped,
                continues: row.continues,
                ended: index < at && !(row.wrapped && continued),
            }));
        }
        while rows.last().is_some_and(|row| !row.ended && row.text.trim_end_matches(' ').is_empty()) {
            rows.pop();
        }
        rows
    }
}

/// Where to stop for `max_chars`, as a count of rows, and where to read on; `None` where all is told.
///
/// Reading on must tell all that was not told. It tells nothing twice where rows changed from top to bottom, because a
/// cut never parts rows that changed at once.
fn cut(rows: &[Changed], cursor: u64, max_chars: usize) -> Option<(usize, u64)> {
    let mut earliest = vec![u64::MAX; rows.len() + 1];
    for (index, row) in rows.iter().enumerate().rev() {
        earliest[index] = row.touched.min(earliest[index + 1]);
    }
    let mut chars = 0;
    let mut best = None;
    for (index, row) in rows.iter().enumerate() {
        let whole = index > 0 && rows[index - 1].touched != row.touched;
        if whole && earliest[index] - 1 > cursor {
            if best.is_none() || chars <= max_chars {
                best = Some((index, earliest[index] - 1));
            }
            if chars > max_chars {
                return best;
            }
        }
        chars += row.text.chars().count() + 1;
    }
    best.filter(|_| chars > max_chars)
}

/// The first `told` rows as lines. One that goes on in a row not told yet is not ended.
fn join(rows: &[Changed], told: usize) -> String {
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate().take(told) {
        let next = rows.get(index + 1);
        if next.is_some_and(|next| row.wrapped && next.continues && next.place == row.place + 1) {
            text.push_str(&row.text);
            continue;
        }
        text.push_str(row.text.trim_end_matches(' '));
        if next.is_some() || row.ended {
            text.push('\n');
        }
    }
    text
}
