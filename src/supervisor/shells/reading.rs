//! Reading a shell: the bytes, or what a person would see, once nothing more comes.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    shell::Shell,
    wire::{Content, ReadShell, ShellPage},
};
use crate::{
    limits::{self, json_bytes, json_bytes_of},
    terminal::{Terminal, View},
};

/// A program that never pauses is not waited for any longer once it wrote this much, bytes: its first lines would be
/// dropped meanwhile.
const ENOUGH: u64 = 1024 * 1024;

pub(super) async fn read(shell: &Shell, read: &ReadShell) -> ShellPage {
    let idle = match read.idle_ms {
        Some(idle_ms) => settled(shell, read, Duration::from_millis(idle_ms)).await,
        None => false,
    };
    let facts = shell.facts();
    let egress_denied = shell.denied_since(read.cursor);
    let state = shell.state();
    if read.plain {
        let View { text, next_cursor, more, dropped_bytes, screen } = view(&state.terminal, read);
        let cursor = read.cursor.min(next_cursor);
        return ShellPage {
            shell: facts,
            cursor,
            next_cursor,
            more,
            dropped_bytes,
            idle,
            egress_denied,
            content: Content::Plain { text, screen },
        };
    }
    let asked = read.cursor.min(state.raw.end());
    let (cursor, bytes) = state.raw.read(asked, read.max);
    let next_cursor = cursor + bytes.len() as u64;
    ShellPage {
        shell: facts,
        cursor,
        next_cursor,
        more: next_cursor < state.raw.end(),
        dropped_bytes: cursor - asked,
        idle,
        egress_denied,
        content: Content::Raw(STANDARD.encode(bytes)),
    }
}

/// What changed, within what a result may cost.
fn view(terminal: &Terminal, read: &ReadShell) -> View {
    let mut max = read.max;
    let mut view = terminal.view(read.cursor, max);
    while json_bytes(&view.text) > limits::SHELL_JSON_BYTES_MAX && max > 1 {
        // JSON writes these characters longer than a result may be: a shorter page, and nothing left out.
        max /= 2;
        view = terminal.view(read.cursor, max);
    }
    // Lines that changed from below upwards are one page; only on enormous screens is that too long.
    view.dropped_bytes += cut(&mut view.text, limits::SHELL_JSON_BYTES_MAX);
    if let Some(screen) = &mut view.screen {
        cut(&mut screen.text, limits::SHELL_SCREEN_JSON_BYTES_MAX);
    }
    view
}

/// Cuts a text to what it may cost; answers how many bytes that took.
fn cut(text: &mut String, max: usize) -> u64 {
    let mut cost = 0;
    let beyond = |(_, char): &(usize, char)| {
        cost += json_bytes_of(*char);
        cost > max
    };
    let end = text.char_indices().find(beyond).map_or(text.len(), |(at, _)| at);
    let left_out = text.len() - end;
    text.truncate(end);
    left_out as u64
}

/// Waits until nothing came for as long as asked; false where it ended, said enough, or took too long.
async fn settled(shell: &Shell, read: &ReadShell, idle: Duration) -> bool {
    let enough = if read.plain { ENOUGH } else { read.max as u64 };
    let limit = Instant::now() + Duration::from_millis(read.wait_ms);
    let mut grown = shell.grown();
    let mut quiet = Instant::now() + idle;
    loop {
        grown.mark_unchanged();
        let written = shell.state().raw.end();
        if shell.is_over() || written.saturating_sub(read.cursor) >= enough {
            return false;
        }
        tokio::select! {
            biased;
            changed = grown.changed() => {
                if changed.is_err() {
                    return false;
                }
                quiet = Instant::now() + idle;
            }
            () = tokio::time::sleep_until(quiet.min(limit).into()) => return quiet <= limit,
        }
        if Instant::now() >= limit {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_full_of_marks_fits_a_result() {
        let mut terminal = Terminal::new(500, 500);
        terminal.feed(&b"\x1b[500;1Hlast\x1b[H".repeat(2));
        let cell = "\u{4e00}\u{1d167}\u{1d168}\u{1d169}\u{1d167}";
        terminal.feed(cell.repeat(250 * 499).as_bytes());
        let view = view(&terminal, &ReadShell { cursor: 1, max: 98_304, plain: true, idle_ms: None, wait_ms: 0 });
        assert!(json_bytes(&view.text) <= limits::SHELL_JSON_BYTES_MAX);
        let screen = view.screen.unwrap().text;
        assert!((90_000..=limits::SHELL_SCREEN_JSON_BYTES_MAX).contains(&json_bytes(&screen)), "{}", screen.len());
    }

    #[test]
    fn what_fits_stays_and_what_does_not_is_counted() {
        let mut text = "a\"ü".to_owned();
        assert_eq!((cut(&mut text, 5), text.as_str()), (0, "a\"ü"));
        assert_eq!((cut(&mut text, 4), text.as_str()), (2, "a\""));
        assert_eq!((cut(&mut text, 2), text.as_str()), (1, "a"));
    }
}
