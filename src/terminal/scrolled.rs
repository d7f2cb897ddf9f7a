//! The rows that scrolled off the screen, as text and within bounds.

use std::collections::VecDeque;

use super::row::Row;
use crate::limits::{TERMINAL_SCROLLED_BYTES_MAX, TERMINAL_SCROLLED_ROWS_MAX};

#[derive(Debug)]
pub(super) struct ScrolledRow {
    /// With the spaces at its end where it is `wrapped`.
    pub(super) text: Box<str>,
    pub(super) touched: u64,
    pub(super) wrapped: bool,
    pub(super) continues: bool,
}

#[derive(Debug, Default)]
pub(super) struct Scrolled {
    rows: VecDeque<ScrolledRow>,
    bytes: usize,
    /// The latest change among the rows that are no longer kept.
    dropped_to: u64,
}

impl Scrolled {
    pub(super) fn push(&mut self, row: &Row) {
        let mut text = row.text();
        if !row.wrapped {
            text.truncate(text.trim_end_matches(' ').len());
        }
        self.bytes += text.len();
        let Row { touched, wrapped, continues, .. } = *row;
        self.rows.push_back(ScrolledRow { text: text.into(), touched, wrapped, continues });
        while self.rows.len() > TERMINAL_SCROLLED_ROWS_MAX || self.bytes > TERMINAL_SCROLLED_BYTES_MAX {
            let Some(dropped) = self.rows.pop_front() else { break };
            self.bytes -= dropped.text.len();
            self.dropped_to = self.dropped_to.max(dropped.touched);
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &ScrolledRow> {
        self.rows.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn dropped_to(&self) -> u64 {
        self.dropped_to
    }

    /// Something up to `offset` was never seen.
    pub(super) fn dropped(&mut self, offset: u64) {
        self.dropped_to = self.dropped_to.max(offset);
    }
}
