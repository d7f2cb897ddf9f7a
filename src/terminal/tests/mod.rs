//! Given these bytes, the screen reads so.

mod lines;
mod programs;
mod properties;
mod replies;
mod screen;
mod sizes;

use super::{Screen, Terminal, View};

fn fed(cols: u16, rows: u16, bytes: impl AsRef<[u8]>) -> Terminal {
    let mut terminal = Terminal::new(cols, rows);
    terminal.feed(bytes.as_ref());
    terminal
}

/// The screen as a person would see it, whether it is drawn on or not.
fn seen(terminal: &mut Terminal) -> Screen {
    terminal.feed(b"\x1b7\x1b[H\x1b8");
    terminal.view(0, usize::MAX).screen.unwrap()
}

/// Rows of a screen of 10 columns and 4 rows, and the cursor's row and column.
fn screen(bytes: impl AsRef<[u8]>) -> (String, (u16, u16)) {
    let screen = seen(&mut fed(10, 4, bytes));
    (screen.text, (screen.cursor_row, screen.cursor_column))
}

/// The rows alone.
fn rows(bytes: impl AsRef<[u8]>) -> String {
    screen(bytes).0
}

/// Everything from the stream's beginning.
fn all(terminal: &Terminal) -> View {
    terminal.view(0, usize::MAX)
}
