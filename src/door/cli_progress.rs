//! Progress on standard error: a bar on a terminal, else a line per step, so that logs stay readable.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Streams;
use crate::progress::Progress;

/// Where a command's own output goes through, lines of ours appear only if it takes this long to begin.
const QUIET: Duration = Duration::from_secs(2);
const BAR_UNITS: f64 = 1000.0;

pub(super) struct Reporter {
    streams: Streams,
    passes_through: bool,
    begun: Instant,
    state: Mutex<State>,
}

enum State {
    Waiting,
    Lines { step: String },
    Bar(ProgressBar),
    Ended,
}

impl Reporter {
    pub(super) fn new(streams: Streams, passes_through: bool) -> Self {
        Self { streams, passes_through, begun: Instant::now(), state: Mutex::new(State::Waiting) }
    }

    pub(super) fn report(&self, progress: &Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Waiting) {
            *state = if self.streams.terminal { State::Bar(bar()) } else { State::Lines { step: String::new() } };
        }
        match &mut *state {
            State::Bar(bar) => show(bar, progress),
            State::Lines { step } if *step != progress.step => {
                step.clone_from(&progress.step);
                if !self.passes_through || self.begun.elapsed() > QUIET {
                    self.streams.err(format!("pyro: {step}\n"));
                }
            }
            _ => {}
        }
    }

    /// Clears the bar; later reports are dropped.
    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Bar(bar) = &*state {
            bar.finish_and_clear();
        }
        *state = State::Ended;
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(spinner());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_message(progress.step.clone());
    match progress.fraction {
        Some(fraction) => {
            if bar.length().is_none() {
                bar.set_length(BAR_UNITS as u64);
                bar.set_style(measured());
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            bar.set_position((fraction.clamp(0.0, 1.0) * BAR_UNITS) as u64);
        }
        None => {
            bar.unset_length();
            bar.set_style(spinner());
        }
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn measured() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} [{bar:30}] {percent}% {msg} ({elapsed})")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
