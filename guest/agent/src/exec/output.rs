//! A command's output between its pipes and its readers: kept within a limit; a reader that is slow holds the command
//! back as a pipe would, one that left does not.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use pyro_protocol::{
    exec::{ExecEnded, OUTPUT_KEPT_BYTES},
    frame::{Event, OUTPUT_BYTES_MAX, Stream},
    ring::Ring,
};
use tokio::sync::watch;

const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];

/// Both streams of one command, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    state: Mutex<State>,
    /// Told when there is more to read.
    grown: watch::Sender<()>,
    /// Told when a reader has read, or left.
    drained: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    rings: [Ring; 2],
    /// Where each attached reader is, per stream.
    readers: BTreeMap<u64, [u64; 2]>,
    reader_next: u64,
    ended: Option<ExecEnded>,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                rings: [Ring::new(OUTPUT_KEPT_BYTES), Ring::new(OUTPUT_KEPT_BYTES)],
                readers: BTreeMap::new(),
                reader_next: 0,
                ended: None,
            }),
            grown: watch::Sender::new(()),
            drained: watch::Sender::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends what the command wrote, first waiting while that would drop bytes a live reader has yet to read.
    pub(crate) async fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut drained = self.drained.subscribe();
        loop {
            {
                let mut state = self.state();
                let kept_from = state.rings[stream as usize].start_after(bytes.len());
                if !state.readers.values().any(|at| at[stream as usize] < kept_from) {
                    state.rings[stream as usize].push(bytes);
                    break;
                }
            }
            let _ = drained.changed().await;
        }
        self.grown.send_replace(());
    }

    /// Bytes written so far.
    pub(crate) fn written(&self) -> [u64; 2] {
        self.state().rings.each_ref().map(Ring::end)
    }

    /// What is kept of a stream now.
    pub(crate) fn kept(&self, stream: Stream) -> Vec<u8> {
        self.state().rings[stream as usize].read(0, OUTPUT_KEPT_BYTES).1.into()
    }

    /// Says how the command ended; nothing is written afterwards.
    pub(crate) fn end(&self, ended: ExecEnded) {
        self.state().ended = Some(ended);
        self.grown.send_replace(());
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state().ended.is_some()
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> ExecEnded {
        let mut grown = self.grown.subscribe();
        loop {
            if let Some(ended) = self.state().ended.clone() {
                return ended;
            }
            let _ = grown.changed().await;
        }
    }

    /// Waits until no reader is left: each has read to the end, or left before.
    pub(crate) async fn read_to_end(&self) {
        let mut drained = self.drained.subscribe();
        while !self.state().readers.is_empty() {
            let _ = drained.changed().await;
        }
    }

    /// Attaches a reader at the given offsets. Its owner calls [`Output::detach`].
    pub(crate) fn attach(&self, offsets: [u64; 2]) -> (u64, watch::Receiver<()>) {
        let mut state = self.state();
        let reader = state.reader_next;
        state.reader_next += 1;
        state.readers.insert(reader, offsets);
        (reader, self.grown.subscribe())
    }

    pub(crate) fn detach(&self, reader: u64) {
        self.state().readers.remove(&reader);
        self.drained.send_replace(());
    }

    /// Takes a reader's next event, looking at `first` before the other stream; `None` when there is nothing yet.
    pub(crate) fn next(&self, reader: u64, first: Stream) -> Option<Event> {
        let mut state = self.state();
        let at = *state.readers.get(&reader)?;
        let order = if first == Stream::Stdout { STREAMS } else { [Stream::Stderr, Stream::Stdout] };
        for stream in order {
            let (offset, bytes) = state.rings[stream as usize].read(at[stream as usize], OUTPUT_BYTES_MAX);
            if bytes.is_empty() {
                continue;
            }
            if let Some(at) = state.readers.get_mut(&reader) {
                at[stream as usize] = offset + bytes.len() as u64;
            }
            drop(state);
            self.drained.send_replace(());
            return Some(Event::Output { stream, offset, bytes });
        }
        state.ended.clone().map(Event::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static FULL: [u8; OUTPUT_KEPT_BYTES] = [7; OUTPUT_KEPT_BYTES];

    #[tokio::test]
    async fn without_a_reader_the_oldest_go_at_once() {
        let output = Output::new();
        output.write(Stream::Stdout, &FULL).await;
        output.write(Stream::Stdout, b"more").await;
        assert_eq!(output.written(), [OUTPUT_KEPT_BYTES as u64 + 4, 0]);
    }

    #[tokio::test]
    async fn a_slow_reader_holds_the_command_back_and_loses_nothing() {
        let output = Output::new();
        let (reader, _grown) = output.attach([0, 0]);
        output.write(Stream::Stdout, &FULL).await;
        let mut write = std::pin::pin!(output.write(Stream::Stdout, b"more"));
        assert!(futures_util::poll!(&mut write).is_pending());
        let next = output.next(reader, Stream::Stderr);
        assert_eq!(
            next,
            Some(Event::Output { stream: Stream::Stdout, offset: 0, bytes: vec![7; OUTPUT_BYTES_MAX].into() })
        );
        write.await;
        assert_eq!(output.written(), [OUTPUT_KEPT_BYTES as u64 + 4, 0]);
    }

    #[tokio::test]
    async fn a_reader_that_leaves_lets_the_command_go_on() {
        let output = Output::new();
        let (reader, _grown) = output.attach([0, 0]);
        output.write(Stream::Stdout, &FULL).await;
        tokio::join!(output.write(Stream::Stdout, b"more"), async { output.detach(reader) });
        assert_eq!(output.written(), [OUTPUT_KEPT_BYTES as u64 + 4, 0]);
    }
}
