//! The columns at which tabs stop.

const EVERY: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Tabs {
    stops: Vec<bool>,
}

impl Tabs {
    pub(super) fn new(columns: usize) -> Self {
        Self { stops: (0..columns).map(|column| column % EVERY == 0).collect() }
    }

    /// New columns get the usual stops.
    pub(super) fn resize(&mut self, columns: usize) {
        let added = (self.stops.len()..columns).map(|column| column % EVERY == 0);
        self.stops.extend(added);
        self.stops.truncate(columns);
    }

    pub(super) fn set(&mut self, column: usize, stop: bool) {
        if let Some(place) = self.stops.get_mut(column) {
            *place = stop;
        }
    }

    pub(super) fn clear(&mut self) {
        self.stops.fill(false);
    }

    /// The next stop right of `column`; without one, the last column.
    pub(super) fn after(&self, column: usize) -> usize {
        let last = self.stops.len().saturating_sub(1);
        (column + 1..last).find(|&column| self.stops[column]).unwrap_or(last)
    }

    /// The next stop left of `column`; without one, the first column.
    pub(super) fn before(&self, column: usize) -> usize {
        (0..column).rev().find(|&column| self.stops[column]).unwrap_or(0)
    }
}
