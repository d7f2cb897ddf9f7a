//! Runs one tool from the command line: live output, progress, signals, exit status.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use clap::ArgMatches;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
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
/// 128 + SIGPIPE, as a shell sees a writer whose reader went away.
const NO_READER: u8 = 141;

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
    if streams.broken() {
        return NO_READER;
    }
    match outcome {
        Ok(Ended { outcome: Ok(output), signal }) => {
            let exit = match entry.human(&output) {
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
        door: "cli",
    };
    let everything = Profile::everything();
    let mut call = std::pin::pin!(calls.call(entry.name, arguments, &everything, scope));
    let mut taken_back = None;
    loop {
        let number = tokio::select! {
            outcome = &mut call => {
                reporter.end();
                return Ok(Ended { outcome, signal: taken_back });
            }
            Some(()) = interrupt.recv() => 2,
            Some(()) = terminate.recv() => 15,
        };
        if taken_back.replace(number).is_some() {
            reporter.end();
            std::process::exit(i32::from(by_signal(number)));
        }
        canceled.cancel();
    }
}
