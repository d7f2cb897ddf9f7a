//! One stream on its way: what is told of it, and what is held back because a secret may have begun.

use std::{collections::BTreeMap, sync::Arc};

use aho_corasick::{
    Anchored,
    automaton::{Automaton, StateID},
};
use bytes::Bytes;

use super::{
    REDACTED,
    forms::{Forms, Search},
};

/// A beginning of a secret that is shorter than this is no secret yet, bytes: it may be shown to whoever waits for it.
const RELEASED_BYTES_MAX: usize = 4;

/// The state of one stream. Told pieces put together are the redacted stream.
pub struct Redaction(Option<Box<Open>>);

struct Open {
    forms: Arc<Forms>,
    /// The automaton's.
    state: Option<StateID>,
    /// Long forms whose head has been seen, and how many of their bytes.
    longs: BTreeMap<usize, usize>,
    /// Where secrets were found, not all of it told yet: apart, and in order.
    found: Vec<(u64, u64)>,
    /// Bytes that have come, and of them those that are told.
    end: u64,
    told: u64,
    /// The last thing told is the mark of a secret, which reaches to `told`.
    marked: bool,
    /// Bytes at the end that may be the beginning of a form.
    begun: usize,
    /// The end of what has come: all that is not told, and what a head may have begun in.
    recent: Vec<u8>,
}

impl Redaction {
    pub(super) fn new(forms: Option<Arc<Forms>>) -> Self {
        Self(forms.map(|forms| Box::new(Open::new(forms))))
    }

    /// Takes the next bytes; answers what can be told now. Held back is only an end that may be the beginning of a form
    /// of a secret, at most as long as the longest.
    pub fn push(&mut self, bytes: Bytes) -> Bytes {
        match &mut self.0 {
            Some(open) => open.push(bytes),
            None => bytes,
        }
    }

    /// Whether a beginning is held back that is so short that it may be [released](Self::release).
    pub fn is_waiting(&self) -> bool {
        self.0.as_ref().is_some_and(|open| open.begun < RELEASED_BYTES_MAX && open.told < open.end)
    }

    /// Tells such a short beginning. Where the rest of a secret comes after all, the rest is replaced.
    pub fn release(&mut self) -> Bytes {
        match &mut self.0 {
            Some(open) if open.begun < RELEASED_BYTES_MAX => open.tell(open.end),
            _ => Bytes::new(),
        }
    }

    /// Tells what is held back: the stream is over, or goes on elsewhere.
    pub fn finish(&mut self) -> Bytes {
        let Some(open) = &mut self.0 else { return Bytes::new() };
        let rest = open.tell(open.end);
        **open = Open::new(open.forms.clone());
        rest
    }
}

impl Open {
    fn new(forms: Arc<Forms>) -> Self {
        Self {
            forms,
            state: None,
            longs: BTreeMap::new(),
            found: vec![],
            end: 0,
            told: 0,
            marked: false,
            begun: 0,
            recent: vec![],
        }
    }

    fn push(&mut self, bytes: Bytes) -> Bytes {
        let forms = self.forms.clone();
        match &forms.search {
            Some(Search::Table(table)) => self.look(table, &forms, &bytes),
            Some(Search::Graph(graph)) => self.look(graph, &forms, &bytes),
            None => return Bytes::new(),
        }
        self.recent.extend_from_slice(&bytes);
        // A long form that has begun did so before any head that has.
        let longest = self.longs.values().copied().max();
        self.begun = longest.unwrap_or_else(|| forms.beginning(&self.recent));
        let told = self.tell(self.end - self.begun as u64);
        let keep = ((self.end - self.told) as usize).max(forms.head_bytes).min(self.recent.len());
        self.recent = self.recent.split_off(self.recent.len() - keep);
        told
    }

    /// Finds secrets that end within `bytes`.
    fn look<A: Automaton>(&mut self, automaton: &A, forms: &Forms, bytes: &[u8]) {
        // Both kinds of automaton can start like this.
        let Some(mut state) = self.state.or_else(|| automaton.start_state(Anchored::No).ok()) else { return };
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            state = automaton.next_state(Anchored::No, state, byte);
            rest = after;
            if self.longs.is_empty() {
                while !automaton.is_match(state)
                    && let Some((&byte, after)) = rest.split_first()
                {
                    state = automaton.next_state(Anchored::No, state, byte);
                    rest = after;
                }
            } else {
                self.go_on(forms, byte, self.end + (bytes.len() - rest.len()) as u64);
            }
            if automaton.is_match(state) {
                self.note(automaton, state, forms, self.end + (bytes.len() - rest.len()) as u64);
            }
        }
        self.state = Some(state);
        self.end += bytes.len() as u64;
    }

    /// Compares one more byte with the long forms that have begun.
    fn go_on(&mut self, forms: &Forms, byte: u8, end: u64) {
        let mut longs = std::mem::take(&mut self.longs);
        longs.retain(|form, matched| {
            let long = &forms.rests[*form];
            *matched = long.next(*matched, byte);
            if *matched == long.len() {
                self.hide(end - long.len() as u64, end);
                *matched = long.again();
            }
            *matched >= forms.head_bytes
        });
        self.longs = longs;
    }

    /// Notes the heads that end here.
    fn note<A: Automaton>(&mut self, automaton: &A, state: StateID, forms: &Forms, end: u64) {
        for index in 0..automaton.match_len(state) {
            let head = &forms.heads[automaton.match_pattern(state, index).as_usize()];
            if head.is_form {
                self.hide(end - head.bytes.len() as u64, end);
            }
            for &form in &head.longs {
                // One that has gone further may still begin here as well; its falls know.
                self.longs.entry(form).or_insert(head.bytes.len());
            }
        }
    }

    /// Notes where a secret was found. They come in the order of their ends.
    fn hide(&mut self, mut from: u64, to: u64) {
        while let Some(&(before, _)) = self.found.last().filter(|(_, end)| *end > from) {
            from = from.min(before);
            self.found.pop();
        }
        self.found.push((from, to));
    }

    /// Tells everything before `settled`, and a secret that begins before it whole: whatever is found later and overlaps
    /// it belongs to the same mark.
    fn tell(&mut self, settled: u64) -> Bytes {
        let mut out = Vec::new();
        let first = self.end - self.recent.len() as u64;
        let plain = |from: u64, to: u64| &self.recent[(from - first) as usize..(to - first) as usize];
        let count = self.found.iter().take_while(|(from, _)| *from < settled).count();
        for (from, to) in self.found.drain(..count) {
            if from > self.told {
                out.extend_from_slice(plain(self.told, from));
            }
            if !(self.marked && from < self.told) {
                out.extend_from_slice(REDACTED.as_bytes());
            }
            (self.told, self.marked) = (to, true);
        }
        if settled > self.told {
            out.extend_from_slice(plain(self.told, settled));
            (self.told, self.marked) = (settled, false);
        }
        out.into()
    }
}

#[cfg(test)]
mod tests;
