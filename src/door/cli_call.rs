//! Runs one tool from the command line: live output, progress, signals, exit status.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use clap::ArgMatches;
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Front, Streams, cli_input, cli_print, cli_progress::Reporter};
use crate::{
    failure::{Code, Failure},
    registry::{CallScope, Calls, Entry, Profile},
};

/// The command ran out of time.
const OUT_OF_TIME: u8 = 124;
/// pyro failed, not the command it was to run.
const PYRO_FAILED: u8 = 125;

pub(super) fn run(entry: &Entry, matches: &ArgMatches, front: &Front, streams: &Streams) -> u8 {
    let json = matches.get_flag(cli_input::JSON);
    let live = Live { streamed: Arc::new(AtomicBool::new(false)), wanted: entry.cli.passes_through && !json };
    let outcome = cli_input::arguments(entry, matches).and_then(|arguments| {
        let calls = (front.open)(&front.registry)?;
        let runtime = super::runtime()?;
        let outcome = runtime.block_on(answer(&calls, entry, arguments, &live, streams));
        // Blocking reads that nobody waits for must not hold the exit.
        runtime.shutdown_background();
        outcome
    });
    if let Some(status) = streams.trouble() {
        return status;
    }
    match outcome {
        Ok(Ended { outcome: Ok(output), signal }) => {
            let only = entry.cli.only.filter(|only| matches.get_flag(only.flag));
            let exit = match entry.human(&output) {
                _ if only.is_some_and(|only| cli_print::only(only.field, &output, streams)) => 0,
                Some(form) if live.streamed.load(Ordering::Relaxed) => {
                    streams.err(form.stderr);
                    form.exit
                }
                _ => cli_print::output(entry, &output, json, streams),
            };
            signal.map_or(exit, by_signal)
        }
        Ok(Ended { outcome: Err(failure), signal }) => {
            let exit = signal.map_or_else(|| exit_of(entry, &failure), by_signal);
            cli_print::failure(&failure, json, exit, streams)
        }
        Err(failure) => cli_print::failure(&failure, json, exit_of(entry, &failure), streams),
    }
}

/// A canceled call ends within this, or the process does without it; a machine of its own ends with the process.
const CANCELED_END: Duration = Duration::from_secs(3);

struct Live {
    wanted: bool,
    streamed: Arc<AtomicBool>,
}

struct Ended {
    outcome: Result<Value, Failure>,
    /// The signal that took the call back.
    signal: Option<u8>,
}

fn exit_of(entry: &Entry, failure: &Failure) -> u8 {
    match failure.code {
        Code::TimedOut if entry.cli.passes_through => OUT_OF_TIME,
        _ if entry.cli.passes_through => PYRO_FAILED,
        _ => 1,
    }
}

fn by_signal(number: u8) -> u8 {
    128 + number
}

async fn answer(
    calls: &Calls,
    entry: &Entry,
    arguments: Value,
    live: &Live,
    streams: &Streams,
) -> Result<Ended, Failure> {
    let no_signals = |error| Failure::io("listen for signals", &error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let canceled = CancellationToken::new();
    let reporter = Arc::new(Reporter::new(streams.clone(), entry.cli.passes_through));
    let scope = CallScope {
        canceled: canceled.clone(),
        progress: Some({
            let reporter = Arc::clone(&reporter);
            Arc::new(move |progress| reporter.report(&progress))
        }),
        output: live.wanted.then(|| {
            let (reporter, streams) = (Arc::clone(&reporter), streams.clone());
            let (streamed, canceled) = (Arc::clone(&live.streamed), canceled.clone());
            let sink = move |stdout: bool, bytes: &[u8]| {
                reporter.end();
                streamed.store(true, Ordering::Relaxed);
                if stdout {
                    streams.out(bytes)
                } else {
                    streams.err(bytes)
                }
                if streams.broken() {
                    canceled.cancel();
                }
            };
            Arc::new(sink) as crate::registry::OutputSink
        }),
        patience: None,
        door: "cli",
        ..CallScope::default()
    };
    let everything = Profile::everything();
    let taken_back = Arc::new(AtomicU8::new(0));
    // A task of its own: the call may be stuck in a write that nobody reads, and a signal must end it all the same.
    let signals = tokio::spawn({
        let (taken_back, canceled) = (Arc::clone(&taken_back), canceled.clone());
        async move {
            let number = received(&mut interrupt, &mut terminate).await;
            taken_back.store(number, Ordering::Relaxed);
            canceled.cancel();
            let again = tokio::time::timeout(CANCELED_END, received(&mut interrupt, &mut terminate)).await;
            std::process::exit(i32::from(by_signal(again.unwrap_or(number))));
        }
    });
    let outcome = calls.call(entry.name, arguments, &everything, scope).await;
    signals.abort();
    reporter.end();
    let number = taken_back.load(Ordering::Relaxed);
    Ok(Ended { outcome, signal: (number > 0).then_some(number) })
}

async fn received(interrupt: &mut Signal, terminate: &mut Signal) -> u8 {
    tokio::select! {
        _ = interrupt.recv() => 2,
        _ = terminate.recv() => 15,
    }
}
