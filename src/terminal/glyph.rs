//! How many cells a character takes, which characters are not shown, and the characters of line drawing.

use unicode_width::UnicodeWidthChar;

/// What a character does to the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glyph {
    /// Takes a cell.
    Narrow,
    /// Takes two cells.
    Wide,
    /// Joins the character before it.
    Mark,
    /// Shows nothing, and could carry text past the eye of whoever looks at the screen.
    Hidden,
}

pub(super) fn glyph(c: char) -> Glyph {
    if matches!(c, ' '..='~') {
        return Glyph::Narrow;
    }
    if is_hidden(c) {
        return Glyph::Hidden;
    }
    match c.width() {
        None => Glyph::Hidden,
        Some(0) => Glyph::Mark,
        Some(1) => Glyph::Narrow,
        Some(_) => Glyph::Wide,
    }
}

/// Controls of direction and format, separators of lines, tags, and variation selectors besides those of emoji.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The characters of DEC's special graphics in place of `_` to `~`.
const DRAWING: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽', '├', '┤',
    '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// What `c` looks like in the line drawing set.
pub(super) fn drawn(c: char) -> char {
    u32::from(c).checked_sub(u32::from('_')).and_then(|place| DRAWING.get(place as usize)).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_take_the_cells_that_terminals_give_them() {
        let glyphs = |text: &str| text.chars().map(glyph).collect::<Vec<_>>();
        assert_eq!(glyphs("aé─🯅"), [Glyph::Narrow; 4]);
        assert_eq!(glyphs("漢한😀ａ"), [Glyph::Wide; 4]);
        assert_eq!(glyphs("\u{301}\u{fe0f}\u{20dd}"), [Glyph::Mark; 3]);
    }

    #[test]
    fn what_hides_text_is_not_shown() {
        let hidden = "\u{200b}\u{202e}\u{2066}\u{2069}\u{feff}\u{ad}\u{e0041}\u{e0100}\u{2028}\u{7f}\u{9b}\u{1}";
        assert!(hidden.chars().all(|c| glyph(c) == Glyph::Hidden));
    }

    #[test]
    fn letters_become_lines() {
        assert_eq!("lqkxmj~_AZ".chars().map(drawn).collect::<String>(), "┌─┐│└┘· AZ");
    }
}
