//! The cursor with all that is saved and restored along with it, and the modes that are not.

/// Rows and columns count from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) row: usize,
    pub(super) column: usize,
    /// The last column was written; the next character goes to the next row.
    pub(super) pending: bool,
    /// DECOM: rows count from the scrolling region's top.
    pub(super) origin: bool,
    /// Which of G0 and G1 are line drawing.
    pub(super) drawing: [bool; 2],
    /// G1 is in use, not G0.
    pub(super) shifted: bool,
}

impl Cursor {
    /// Characters are line drawing.
    pub(super) fn draws(&self) -> bool {
        self.drawing[usize::from(self.shifted)]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Modes {
    /// DECAWM.
    pub(super) autowrap: bool,
    /// IRM: characters push what is there to the right.
    pub(super) insert: bool,
    /// LNM: a line feed returns the carriage too.
    pub(super) newline: bool,
    /// DECCKM: cursor keys send what applications want.
    pub(super) cursor_keys: bool,
    /// DECKPAM: so does the keypad.
    pub(super) keypad: bool,
    pub(super) bracketed_paste: bool,
    /// DECTCEM.
    pub(super) cursor_visible: bool,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            autowrap: true,
            insert: false,
            newline: false,
            cursor_keys: false,
            keypad: false,
            bracketed_paste: false,
            cursor_visible: true,
        }
    }
}
