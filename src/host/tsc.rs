//! The rate of the host's time stamp counter, which emulated guests must be told.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::sys;

/// kHz, measured once per host boot and kept in `cache`.
pub fn khz(cache: &Path, boot_id: &str) -> u64 {
    let path = cache.join("tsc-khz");
    let kept = std::fs::read_to_string(&path).ok().and_then(|text| {
        let (id, khz) = text.split_once(' ')?;
        (id == boot_id).then(|| khz.trim().parse().ok())?
    });
    kept.unwrap_or_else(|| {
        let khz = measure();
        // Keeping it only saves the next measurement.
        let _ = std::fs::create_dir_all(cache).and_then(|()| std::fs::write(&path, format!("{boot_id} {khz}\n")));
        khz
    })
}

/// Counts ticks over a stretch of the monotonic clock long enough for five digits.
fn measure() -> u64 {
    let (started, first) = both_clocks();
    thread::sleep(Duration::from_millis(50));
    let (ended, last) = both_clocks();
    ((last - first) as f64 / (ended - started).as_secs_f64() / 1000.0).round() as u64
}

/// Both clocks at one moment: the tightest of several looks, for a preemption between two reads would skew the rate.
fn both_clocks() -> (Instant, u64) {
    let look = || {
        let before = Instant::now();
        let ticks = sys::time_stamp();
        (before.elapsed(), before, ticks)
    };
    let first = look();
    let (_, moment, ticks) = (0..9).map(|_| look()).fold(first, |best, next| if next.0 < best.0 { next } else { best });
    (moment, ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_plausible_and_kept_for_this_boot_only() {
        let dir = tempfile::tempdir().unwrap();
        let khz_now = khz(dir.path(), "boot-1");
        assert!((100_000..20_000_000).contains(&khz_now), "{khz_now}");
        std::fs::write(dir.path().join("tsc-khz"), "boot-1 77\n").unwrap();
        assert_eq!(khz(dir.path(), "boot-1"), 77);
        assert_ne!(khz(dir.path(), "boot-2"), 77);
    }
}
