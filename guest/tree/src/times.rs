//! Times of archives: seconds and a fraction in decimal, before 1970 as well.

use nix::sys::{stat::FileStat, time::TimeSpec};

const NANOSECONDS: i64 = 1_000_000_000;

/// When an entry's content last changed.
pub(crate) fn modified(stat: &FileStat) -> TimeSpec {
    TimeSpec::new(stat.st_mtime, stat.st_mtime_nsec)
}

/// Nanoseconds since 1970, at the ends of the range where they do not fit.
pub(crate) fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(NANOSECONDS).saturating_add(nanoseconds)
}

/// Decimal seconds as pax headers have them.
pub(crate) fn decimal(time: TimeSpec) -> String {
    let (seconds, nanoseconds) = (time.tv_sec(), time.tv_nsec());
    match (seconds < 0, nanoseconds) {
        (false, _) => format!("{seconds}.{nanoseconds:09}"),
        (true, 0) => format!("{seconds}"),
        // A TimeSpec counts its nanoseconds upwards, the decimal fraction away from zero.
        (true, _) => format!("-{}.{:09}", -(seconds + 1), NANOSECONDS - nanoseconds),
    }
}

/// Reads what [`decimal`] writes, and any shorter or longer fraction; more than nanoseconds is cut.
pub(crate) fn parse(text: &str) -> Option<TimeSpec> {
    let (text, negative) = text.strip_prefix('-').map_or((text, false), |text| (text, true));
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut digits = fraction.get(..fraction.len().min(9))?.to_owned();
    digits.extend(std::iter::repeat_n('0', 9 - digits.len()));
    let (seconds, nanoseconds) = (seconds.parse::<i64>().ok()?, i64::from(digits.parse::<u32>().ok()?));
    if seconds < 0 {
        return None;
    }
    Some(match (negative, nanoseconds) {
        (false, _) => TimeSpec::new(seconds, nanoseconds),
        (true, 0) => TimeSpec::new(-seconds, 0),
        (true, _) => TimeSpec::new(-seconds - 1, NANOSECONDS - nanoseconds),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_survive(seconds in -(1i64 << 40)..1i64 << 40, nanoseconds in 0..NANOSECONDS) {
            let time = TimeSpec::new(seconds, nanoseconds);
            prop_assert_eq!(parse(&decimal(time)), Some(time));
        }

        #[test]
        fn nonsense_is_no_time(text in "\\PC*") {
            parse(&text);
        }
    }

    #[test]
    fn the_fraction_counts_away_from_zero() {
        assert_eq!(decimal(TimeSpec::new(-2, 500_000_000)), "-1.500000000");
        assert_eq!(parse("-0.5"), Some(TimeSpec::new(-1, 500_000_000)));
        assert_eq!(parse("7.1234567891"), Some(TimeSpec::new(7, 123_456_789)));
        assert_eq!(parse("--1"), None);
    }
}
