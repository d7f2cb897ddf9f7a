//! Where in a file a hunk's lines are: an index of the lines a patch mentions, and a search that cannot explode.

use std::collections::HashMap;

use super::Hunk;

/// A file by lines, each with its end.
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    /// Where each line begins; offsets, because slices would take four times the memory.
    starts: Vec<u32>,
}

impl<'a> Text<'a> {
    /// `bytes` is at most `PATCHED_BYTES_MAX` long.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut starts = Vec::new();
        let mut at = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            starts.push(at);
            at += line.len() as u32;
        }
        Self { bytes, starts }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The line, from 0; empty beyond the last.
    pub(super) fn line(&self, at: usize) -> &'a [u8] {
        &self.bytes[self.start(at)..self.start(at.saturating_add(1))]
    }

    /// The bytes of the lines from one up to another.
    pub(super) fn span(&self, from: usize, to: usize) -> &'a [u8] {
        &self.bytes[self.start(from)..self.start(to)]
    }

    fn start(&self, at: usize) -> usize {
        self.starts.get(at).map_or(self.bytes.len(), |&start| start as usize)
    }

    /// Whether exactly these lines are there; `work` counts the bytes that were compared.
    pub(super) fn holds(&self, at: usize, wanted: &[&[u8]], work: &mut usize) -> bool {
        at.checked_add(wanted.len()).is_some_and(|end| end <= self.len())
            && wanted.iter().enumerate().all(|(offset, line)| {
                *work += line.len() + 1;
                self.line(at + offset) == *line
            })
    }
}

/// A line as the index knows it: without the blanks around it, so that nearly equal lines can be found for a report.
pub(super) fn key(line: &[u8]) -> &[u8] {
    line.trim_ascii()
}

/// Where the lines that a patch mentions stand in a file: no larger than the two.
pub(super) struct Index<'a>(HashMap<&'a [u8], Vec<u32>>);

impl<'a> Index<'a> {
    pub(super) fn new(text: &Text, hunks: &'a [Hunk]) -> Self {
        let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
        let mut places: HashMap<&[u8], Vec<u32>> = lines.map(|line| (key(line.text.as_bytes()), Vec::new())).collect();
        for at in 0..text.len() {
            if let Some(places) = places.get_mut(key(text.line(at))) {
                places.push(at as u32);
            }
        }
        Self(places)
    }

    /// Lines of the file, ascending, that equal this one but for blanks around them.
    pub(super) fn places(&self, line: &[u8]) -> &[u32] {
        self.0.get(key(line)).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What to look for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) lines: &'a [&'a [u8]],
    /// The place to be near to.
    pub(super) near: usize,
    /// The first line that is free to be changed.
    pub(super) from: usize,
    /// Whether nothing may follow.
    pub(super) last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    At(usize),
    Nowhere,
    /// The allowance is used up: too many places look alike.
    Exhausted,
}

/// Finds the nearest place, the later one of two as near. Each place of the rarest line is tried, so that the work is
/// the number of these places and not the length of the file; `allowance` bounds it where even that is much.
pub(super) fn nearest(text: &Text, index: &Index, wanted: Wanted, allowance: &mut usize) -> Found {
    let rarest = wanted.lines.iter().enumerate().min_by_key(|(_, line)| index.places(line).len());
    let Some((offset, line)) = rarest else { return Found::Nowhere };
    let places = index.places(line);
    let middle = places.partition_point(|&place| (place as usize) < wanted.near.saturating_add(offset));
    let (mut before, mut after) = (places[..middle].iter().rev().peekable(), places[middle..].iter().peekable());
    let distance = |place: Option<&&u32>| place.map(|&&place| (wanted.near + offset).abs_diff(place as usize));
    loop {
        let forwards = match (distance(before.peek()), distance(after.peek())) {
            (None, None) => return Found::Nowhere,
            (Some(before), Some(after)) => after <= before,
            (before, _) => before.is_none(),
        };
        let place = if forwards { after.next() } else { before.next() };
        let start = place.and_then(|&place| (place as usize).checked_sub(offset));
        let mut work = 1;
        if let Some(start) = start.filter(|&start| start >= wanted.from)
            && (!wanted.last || start + wanted.lines.len() == text.len())
            && text.holds(start, wanted.lines, &mut work)
        {
            return Found::At(start);
        }
        match allowance.checked_sub(work) {
            Some(rest) => *allowance = rest,
            None => return Found::Exhausted,
        }
    }
}
