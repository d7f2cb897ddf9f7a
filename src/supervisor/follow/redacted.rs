//! A command's events without the workspace's secrets. Pure but for the clock: what the guest says comes in, what is told
//! goes out, and offsets count what is told.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bytes::Bytes;
use pyro_protocol::{
    exec::{Condition, ExecEnded},
    frame::{Event, OUTPUT_BYTES_MAX, Stream},
};

use crate::{
    redact::{Redaction, Redactor},
    supervisor::guest::bounded,
};

/// Where output pauses, a few bytes that may begin a secret are held back for this long and no longer: they may be a
/// prompt, and somebody waits for it.
const PROMPT: Duration = Duration::from_millis(20);
/// Of what was noticed while a command ran, as many as there are kinds.
const CONDITIONS_MAX: usize = 2;

pub(super) struct Redacted {
    redactor: Redactor,
    streams: [Told; 2],
    ready: VecDeque<Event>,
}

/// How far one stream is told.
struct Told {
    stream: Stream,
    redaction: Redaction,
    /// Bytes that the guest has said, lost ones included...
    said: u64,
    /// ...and what has come of them.
    told: u64,
    /// When a short beginning that is held back is released.
    release_at: Option<Instant>,
}

impl Redacted {
    pub(super) fn new(redactor: &Redactor) -> Self {
        let told = |stream| Told { stream, redaction: redactor.stream(), said: 0, told: 0, release_at: None };
        Self {
            redactor: redactor.clone(),
            streams: [told(Stream::Stdout), told(Stream::Stderr)],
            ready: VecDeque::new(),
        }
    }

    /// Takes an event as the guest tells it.
    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Output { stream, offset, bytes } => {
                self.streams[stream as usize].take(offset, bytes, &mut self.ready);
            }
            Event::Ended(ended) => self.end(ended),
            event => self.ready.push_back(event),
        }
    }

    /// The next event that can be told.
    pub(super) fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    /// When something is [released](Self::release) unless more comes.
    pub(super) fn release_at(&self) -> Option<Instant> {
        self.streams.iter().filter_map(|told| told.release_at).min()
    }

    /// Tells what has waited for long enough.
    pub(super) fn release(&mut self) {
        for told in &mut self.streams {
            if told.release_at.take_if(|at| *at <= Instant::now()).is_some() {
                let bytes = told.redaction.release();
                told.tell(bytes, &mut self.ready);
            }
        }
    }

    /// Everything that is still to be told where no more will come. An end that was heard is better than `ended`.
    pub(super) fn last(&mut self, ended: ExecEnded) -> Vec<Event> {
        if !matches!(self.ready.back(), Some(Event::Ended(_))) {
            self.end(ended);
        }
        self.ready.drain(..).collect()
    }

    /// Ends both streams, and keeps of what is said of the end what is worth it.
    fn end(&mut self, mut ended: ExecEnded) {
        for (told, bytes) in self.streams.iter_mut().zip([&mut ended.stdout_bytes, &mut ended.stderr_bytes]) {
            told.skip_to(*bytes, &mut self.ready);
            *bytes = told.finish(&mut self.ready);
        }
        ended.detail = ended.detail.map(|detail| bounded(&self.redactor.text(&detail)));
        // What was refused is the host's to tell.
        ended.egress_denied.clear();
        ended.conditions.retain(|condition| *condition != Condition::EgressDenied);
        ended.conditions.truncate(CONDITIONS_MAX);
        self.ready.push_back(Event::Ended(ended));
    }
}

impl Told {
    fn take(&mut self, offset: u64, bytes: Bytes, ready: &mut VecDeque<Event>) {
        self.skip_to(offset, ready);
        self.said = self.said.saturating_add(bytes.len() as u64);
        let bytes = self.redaction.push(bytes);
        self.tell(bytes, ready);
        self.release_at = self.redaction.is_waiting().then(|| Instant::now() + PROMPT);
    }

    /// What lies before is lost, and no secret reaches across it.
    fn skip_to(&mut self, offset: u64, ready: &mut VecDeque<Event>) {
        if let Some(lost) = offset.checked_sub(self.said).filter(|lost| *lost > 0) {
            self.finish(ready);
            self.said = offset;
            self.told = self.told.saturating_add(lost);
        }
    }

    /// Tells what is held back; answers how much there was in all.
    fn finish(&mut self, ready: &mut VecDeque<Event>) -> u64 {
        let bytes = self.redaction.finish();
        self.tell(bytes, ready);
        self.release_at = None;
        self.told
    }

    /// In pieces that fit a frame: marks may be longer than what they stand for.
    fn tell(&mut self, mut bytes: Bytes, ready: &mut VecDeque<Event>) {
        // Only a guest that lies says so much that offsets end.
        while !bytes.is_empty()
            && let piece = bytes.split_to(bytes.len().min(OUTPUT_BYTES_MAX))
            && let Some(end) = self.told.checked_add(piece.len() as u64)
        {
            ready.push_back(Event::Output { stream: self.stream, offset: self.told, bytes: piece });
            self.told = end;
        }
    }
}
