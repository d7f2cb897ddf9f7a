//! The bytes that show the current screen on a person's terminal, so that what follows in the stream fits.

use std::fmt::Write;

use super::{Terminal, cursor::Cursor, emulator::Emulator, grid::Grid};

/// Mouse and focus are not reported: what a terminal reports of them would be typed into the program unasked.
/// Then what decides where text lands is as on a new terminal, and nothing wraps while rows are drawn.
const PREPARE: &str = "\x1b[?9;1000;1002;1003;1004;1005;1006;1015l\x1b[?6;7l\x1b[4;20l\x1b[r\x1b(B\x1b)B\x0f\x1b[m";

impl Terminal {
    /// What draws the current screen, without colours, on a terminal of this size that was just attached, and sets the
    /// modes that the program set.
    pub fn repaint(&self) -> Vec<u8> {
        let emulator = &self.emulator;
        let mut out = String::from(PREPARE);
        if emulator.in_alternate {
            // Entering the alternate screen saves the cursor, so the main screen is drawn first.
            draw(&mut out, &emulator.main);
            place(&mut out, &emulator.main.saved, 0);
            out.push_str("\x1b[?1049h");
            draw(&mut out, &emulator.alternate);
        } else {
            draw(&mut out, &emulator.main);
        }
        settle(&mut out, emulator);
        out.into_bytes()
    }
}

fn draw(out: &mut String, grid: &Grid) {
    out.push_str("\x1b[H\x1b[2J");
    for (index, row) in grid.rows().enumerate() {
        let text = row.text();
        let text = text.trim_end_matches(' ');
        if !text.is_empty() {
            let _ = write!(out, "\x1b[{};1H{text}", index + 1);
        }
    }
}

/// Region and modes, and last the cursor, which some of them move.
fn settle(out: &mut String, emulator: &Emulator) {
    let (grid, modes, cursor) = (emulator.shown(), emulator.modes, emulator.cursor);
    if (grid.top, grid.bottom + 1) != (0, grid.height()) {
        let _ = write!(out, "\x1b[{};{}r", grid.top + 1, grid.bottom + 1);
    }
    for (mode, on) in [
        ("?1", modes.cursor_keys),
        ("?6", cursor.origin),
        ("?7", modes.autowrap),
        ("?25", modes.cursor_visible),
        ("?2004", modes.bracketed_paste),
        ("4", modes.insert),
        ("20", modes.newline),
    ] {
        let _ = write!(out, "\x1b[{mode}{}", if on { 'h' } else { 'l' });
    }
    out.push_str(if modes.keypad { "\x1b=" } else { "\x1b>" });
    place(out, &cursor, if cursor.origin { grid.top } else { 0 });
    for (set, drawing) in ["\x1b(0", "\x1b)0"].into_iter().zip(cursor.drawing) {
        out.push_str(if drawing { set } else { "" });
    }
    if cursor.shifted {
        out.push('\x0e');
    }
}

/// Puts the cursor where it is, with rows counted from `top`.
fn place(out: &mut String, cursor: &Cursor, top: usize) {
    let _ = write!(out, "\x1b[{};{}H", cursor.row.saturating_sub(top) + 1, cursor.column + 1);
}
