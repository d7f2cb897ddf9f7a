//! Which sequences call for which function. What is not listed here shows nothing and changes nothing.

use vte::{Params, Perform};

use super::{cursor::Cursor, emulator::Emulator};

impl Perform for Emulator {
    fn print(&mut self, c: char) {
        // In place of an invalid byte, that may have begun the next character.
        self.between |= c != char::REPLACEMENT_CHARACTER;
        match c {
            '\u{7f}' => {}
            // Completed from two pieces, these come as characters.
            '\u{80}'..='\u{9f}' => self.show(char::REPLACEMENT_CHARACTER),
            _ => self.show(c),
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            0x08 => self.move_to_column(self.cursor.column.saturating_sub(1)),
            b'\t' => self.cursor.column = self.tabs.after(self.cursor.column),
            b'\n' | 0x0b | 0x0c => {
                self.line_feed();
                if self.modes.newline {
                    self.move_to_column(0);
                }
            }
            b'\r' => self.move_to_column(0),
            0x0e => self.cursor.shifted = true,
            0x0f => self.cursor.shifted = false,
            // Among UTF-8 these are no controls: the parser hands over bytes that begin no character.
            0x80.. => self.show(char::REPLACEMENT_CHARACTER),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        self.between = true;
        match (intermediates, byte) {
            ([], b'7') => self.save(),
            ([], b'8') => self.restore(),
            ([], b'D') => self.line_feed(),
            ([], b'E') => {
                self.line_feed();
                self.move_to_column(0);
            }
            ([], b'H') => self.tabs.set(self.cursor.column, true),
            ([], b'M') => self.reverse_line_feed(),
            ([], b'c') => self.reset(),
            ([], b'=') => self.modes.keypad = true,
            ([], b'>') => self.modes.keypad = false,
            ([b'('], set) => self.cursor.drawing[0] = set == b'0',
            ([b')'], set) => self.cursor.drawing[1] = set == b'0',
            _ => {}
        }
    }

    fn osc_dispatch(&mut self, _params: &[&[u8]], bell_terminated: bool) {
        self.between |= bell_terminated;
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        self.between = true;
        if ignore {
            return;
        }
        let number = |index: usize| params.iter().nth(index).map_or(0, |param| usize::from(param[0]));
        let count = number(0).max(1);
        match (intermediates, action) {
            ([], 'A' | 'B' | 'e') => self.move_rows(count, action == 'A'),
            ([], 'C' | 'a') => self.move_to_column(self.cursor.column + count),
            ([], 'D') => self.move_to_column(self.cursor.column.saturating_sub(count)),
            ([], 'E' | 'F') => {
                self.move_rows(count, action == 'F');
                self.move_to_column(0);
            }
            ([], 'G' | '`') => self.move_to_column(count - 1),
            ([], 'd') => self.move_to_row(count - 1),
            ([], 'H' | 'f') => {
                self.move_to_row(count - 1);
                self.move_to_column(number(1).max(1) - 1);
            }
            ([] | [b'?'], 'J') => self.erase_screen(number(0)),
            ([] | [b'?'], 'K') => self.erase_line(number(0)),
            ([], '@' | 'P' | 'X') => self.edit_cells(action, count),
            ([], 'L' | 'M') => self.shift_lines(count, action == 'L'),
            ([], 'S') => self.scroll_up(count),
            // With more numbers it is about the mouse.
            ([], 'T') if params.len() == 1 => self.scroll_down(count),
            ([], 'I' | 'Z') => self.tab(count, action == 'I'),
            ([], 'b') => self.repeat(count),
            ([], 'g') => match number(0) {
                0 => self.tabs.set(self.cursor.column, false),
                3 => self.tabs.clear(),
                _ => {}
            },
            ([], 'r') => self.set_region(count - 1, if number(1) == 0 { usize::MAX } else { number(1) }),
            ([], 's') => self.save(),
            ([], 'u') => self.restore(),
            ([], 'h' | 'l') => params.iter().for_each(|param| self.set_mode(param[0], action == 'h')),
            ([b'?'], 'h' | 'l') => params.iter().for_each(|param| self.set_private_mode(param[0], action == 'h')),
            ([b'!'], 'p') => self.soft_reset(),
            ([], 'n') if number(0) == 5 => self.reply("\x1b[0n"),
            ([], 'n') if number(0) == 6 => self.report_position(""),
            ([b'?'], 'n') if number(0) == 6 => self.report_position("?"),
            // A VT100 with advanced video, of no version.
            ([], 'c') if number(0) == 0 => self.reply("\x1b[?1;2c"),
            ([b'>'], 'c') if number(0) == 0 => self.reply("\x1b[>0;0;0c"),
            _ => {}
        }
    }
}

impl Emulator {
    fn set_mode(&mut self, mode: u16, on: bool) {
        match mode {
            4 => self.modes.insert = on,
            20 => self.modes.newline = on,
            _ => {}
        }
    }

    fn set_private_mode(&mut self, mode: u16, on: bool) {
        match mode {
            1 => self.modes.cursor_keys = on,
            6 => {
                self.cursor.origin = on;
                self.home();
            }
            7 => self.modes.autowrap = on,
            25 => self.modes.cursor_visible = on,
            47 | 1047 | 1049 => self.switch(on, mode),
            1048 if on => self.save(),
            1048 => self.restore(),
            2004 => self.modes.bracketed_paste = on,
            _ => {}
        }
    }

    /// CPR: where the cursor is, from 1.
    fn report_position(&mut self, mark: &str) {
        let Cursor { row, column, origin, .. } = self.cursor;
        let row = if origin { row.saturating_sub(self.grid().top) } else { row };
        self.reply(&format!("\x1b[{mark}{};{}R", row + 1, column + 1));
    }
}
