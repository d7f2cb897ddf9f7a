//! Reading a shell: the bytes, or what a person would see, once nothing more comes.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    shell::Shell,
    wire::{Content, ReadShell, ShellPage},
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
    let state = shell.state();
    if !read.plain {
        let asked = read.cursor.min(state.raw.end());
        let (cursor, bytes) = state.raw.read(asked, read.max);
        let next_cursor = cursor + bytes.len() as u64;
        return ShellPage {
            shell: facts,
            cursor,
            next_cursor,
            more: next_cursor < state.raw.end(),
            dropped_bytes: cursor - asked,
            idle,
            content: Content::Raw(STANDARD.encode(bytes)),
        };
    }
    let view = state.terminal.view(read.cursor, read.max);
    ShellPage {
        shell: facts,
        cursor: read.cursor.min(view.next_cursor),
        next_cursor: view.next_cursor,
        more: view.more,
        dropped_bytes: view.dropped_bytes,
        idle,
        content: Content::Plain { text: view.text, screen: view.screen },
    }
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
