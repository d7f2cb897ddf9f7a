//! All forms of all secrets, to be looked for at once: their beginnings by one automaton, the rest of the long ones by
//! comparison.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{MatchKind, StartKind, dfa, nfa::contiguous};

/// So many bytes of a form are in the automaton: it stays small whatever the secrets' size, and no ordinary text has them
/// by chance.
pub(super) const HEAD_BYTES: usize = 16;

/// Up to this much text in it the automaton is a table, bytes: three times as fast, and up to 1 KiB for each of them.
const TABLE_BYTES_MAX: usize = 32 * 1024;

pub(super) enum Search {
    Table(dfa::DFA),
    Graph(contiguous::NFA),
}

pub(super) struct Forms {
    /// `None` where there are more forms than an automaton can number, which is beyond every limit: nothing is told then.
    pub(super) search: Option<Search>,
    /// The automaton's patterns, sorted, none twice.
    pub(super) heads: Vec<Head>,
    pub(super) rests: Vec<Long>,
    /// Bytes of the longest head.
    pub(super) head_bytes: usize,
}

/// A short form, or the beginning of long ones.
pub(super) struct Head {
    pub(super) bytes: Box<[u8]>,
    pub(super) is_form: bool,
    /// The forms that begin so, as places in [`Forms::rests`].
    pub(super) longs: Vec<usize>,
}

/// A form that is longer than its head.
pub(super) struct Long {
    bytes: Box<[u8]>,
    /// For each number of matched bytes: how many match still where the next one does not fit (Knuth, Morris and Pratt).
    /// Empty where that is never as much as a head, and so almost always.
    falls: Box<[u32]>,
}

impl Forms {
    pub(super) fn new(spelled: BTreeSet<Vec<u8>>, head_bytes: usize) -> Self {
        let mut heads: BTreeMap<Box<[u8]>, (bool, Vec<usize>)> = BTreeMap::new();
        let mut rests = Vec::new();
        for form in spelled {
            let (is_form, longs) = heads.entry(form[..form.len().min(head_bytes)].into()).or_default();
            if form.len() <= head_bytes {
                *is_form = true;
            } else {
                longs.push(rests.len());
                rests.push(Long::new(form.into(), head_bytes));
            }
        }
        let head = |(bytes, (is_form, longs))| Head { bytes, is_form, longs };
        let heads: Vec<Head> = heads.into_iter().map(head).collect();
        Self { search: Search::new(&heads), heads, rests, head_bytes }
    }

    /// Bytes at the end of a stream that may be the beginning of a head, one that is not whole.
    pub(super) fn beginning(&self, end: &[u8]) -> usize {
        let begins = |from: usize| {
            let suffix = &end[from..];
            let after = self.heads.partition_point(|head| *head.bytes <= *suffix);
            self.heads.get(after).is_some_and(|head| head.bytes.starts_with(suffix))
        };
        let from = (end.len().saturating_sub(self.head_bytes - 1)..end.len()).find(|&from| begins(from));
        from.map_or(0, |from| end.len() - from)
    }
}

impl Search {
    fn new(heads: &[Head]) -> Option<Self> {
        let patterns = || heads.iter().map(|head| &head.bytes);
        let bytes: usize = patterns().map(|bytes| bytes.len()).sum();
        let mut table = dfa::DFA::builder();
        table.match_kind(MatchKind::Standard).start_kind(StartKind::Unanchored).prefilter(false);
        if bytes <= TABLE_BYTES_MAX
            && let Ok(table) = table.build(patterns())
        {
            return Some(Self::Table(table));
        }
        let mut graph = contiguous::NFA::builder();
        graph.match_kind(MatchKind::Standard).prefilter(false).build(patterns()).ok().map(Self::Graph)
    }
}

impl Long {
    fn new(bytes: Box<[u8]>, head_bytes: usize) -> Self {
        let mut falls = vec![0u32; bytes.len() + 1];
        let mut fall = 0;
        for at in 1..bytes.len() {
            while fall > 0 && bytes[fall] != bytes[at] {
                fall = falls[fall] as usize;
            }
            fall += usize::from(bytes[fall] == bytes[at]);
            falls[at + 1] = fall as u32;
        }
        if falls.iter().all(|&fall| (fall as usize) < head_bytes) {
            falls.clear();
        }
        Self { bytes, falls: falls.into() }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many of its bytes the stream ends with after one more, where it ended with `matched`. Below a head's length
    /// that is not told: the automaton sees it anew.
    pub(super) fn next(&self, mut matched: usize, byte: u8) -> usize {
        while matched > 0 {
            if self.bytes.get(matched) == Some(&byte) {
                return matched + 1;
            }
            matched = self.falls.get(matched).map_or(0, |&fall| fall as usize);
        }
        0
    }

    /// How many of its bytes may be the beginning of the next one, where it has just been seen whole.
    pub(super) fn again(&self) -> usize {
        self.falls.last().map_or(0, |&fall| fall as usize)
    }
}
