//! What it costs to take secrets out of output, beside keeping its head and tail: `cargo bench --bench redact`. Prints medians of runs
//! taken in turn and their ratio; judges nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use bytes::Bytes;
use pyro_mcp::{redact::Redactor, workspace::HeadTail};

const RUNS: usize = 7;
const TEXT_BYTES: usize = 64 * 1024 * 1024;
/// A frame of the guest.
const PIECE_BYTES: usize = 64 * 1024;

fn main() {
    // `cargo test --benches` only wants to see that it builds.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let text = log();
    println!("{:<58} {:>10} {:>10} {:>8}", "what (median)", "measured", "kept", "ratio");
    let tokens: Vec<String> = (0..20).map(|secret| letters(secret, 40)).collect();
    row("ordinary log text, 20 secrets of 40 bytes", &redactor(&tokens), &text);
    let keys: Vec<String> = (0..20).map(|secret| lines(&letters(secret, 3200))).collect();
    row("the same, 20 keys of 50 lines", &redactor(&keys), &text);
    let started = Instant::now();
    let archives: Vec<String> = (0..64).map(|secret| lines(&letters(secret, 64_512))).collect();
    black_box(redactor(&archives));
    println!("{:<58} {:>7.0} ms", "taking in 64 secrets of 64 KiB", started.elapsed().as_secs_f64() * 1000.0);
}

fn redactor(secrets: &[String]) -> Redactor {
    Redactor::new(secrets.iter().map(|secret| secret.as_bytes()))
}

fn row(what: &str, redactor: &Redactor, text: &Bytes) {
    let (mut redacted, mut kept) = (vec![], vec![]);
    for _ in 0..RUNS {
        redacted.push(timed(|| {
            let mut stream = redactor.stream();
            for at in (0..text.len()).step_by(PIECE_BYTES) {
                black_box(stream.push(text.slice(at..at + PIECE_BYTES)));
            }
            black_box(stream.finish());
        }));
        kept.push(timed(|| {
            let mut kept = HeadTail::new(16 * 1024, false);
            text.chunks(PIECE_BYTES).for_each(|piece| kept.push(piece));
            black_box(kept.finish(TEXT_BYTES as u64));
        }));
    }
    let (redacted, kept) = (rate(redacted), rate(kept));
    println!("{what:<58} {redacted:>5.0} MB/s {kept:>5.0} MB/s {:>8.2}", kept / redacted);
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// Of the median, MB/s.
fn rate(mut times: Vec<Duration>) -> f64 {
    times.sort();
    TEXT_BYTES as f64 / 1e6 / times[times.len() / 2].as_secs_f64()
}

/// As a server writes it.
fn log() -> Bytes {
    let mut text = String::new();
    for at in 0u64.. {
        let (minute, second, noise) = (at / 60 % 60, at % 60, at.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        text += &format!(
            "2026-11-26T09:{minute:02}:{second:02}.{:06}Z  INFO worker[{}]: GET /api/items/{noise:x}?page={} 200 in {} ms\n",
            noise % 1_000_000,
            at % 8,
            at % 13,
            noise % 977,
        );
        if text.len() >= TEXT_BYTES {
            break;
        }
    }
    text.truncate(TEXT_BYTES);
    text.into()
}

/// The same for the same number, and unlike any other's.
fn letters(secret: u64, count: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = secret.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(ALPHABET[(state >> 33) as usize % ALPHABET.len()])
    };
    (0..count).map(|_| letter()).collect()
}

/// In lines of 63 characters.
fn lines(text: &str) -> String {
    text.as_bytes().chunks(63).map(|line| String::from_utf8_lossy(line) + "\n").collect()
}
