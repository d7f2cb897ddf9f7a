//! How far a build is: reads what mmdebstrap says line by line, and scales parts into one whole. The reading is pure.

use crate::progress::{Progress, ProgressSink};

/// Reports for a part of a build, which runs from `from` to `to` of the whole.
#[derive(Clone)]
pub(super) struct Reporter {
    pub(super) sink: Option<ProgressSink>,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Reporter {
    pub(super) fn say(&self, step: &str, fraction: f64) {
        if let Some(sink) = &self.sink {
            let fraction = self.from + (self.to - self.from) * fraction.clamp(0.0, 1.0);
            sink(Progress { step: step.to_owned(), fraction: Some(fraction) });
        }
    }
}

/// Follows `mmdebstrap --verbose`, which installs two batches: essential packages, then the others.
#[derive(Debug, Default)]
pub(super) struct Installation {
    batch: Option<Batch>,
    batches_done: u32,
    phase: Option<Phase>,
    reached: f64,
}

#[derive(Debug, Default)]
struct Batch {
    packages: u32,
    fetched: u32,
    unpacked: u32,
    set_up: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Indices,
    Packages,
    Archive,
}

/// Shares of the time, as measured: indices, each of the two batches, and the archive at the end.
const INDICES: f64 = 0.07;
const BATCH: f64 = 0.43;

impl Installation {
    /// Takes a line; answers the step and the fraction where they moved.
    pub(super) fn line(&mut self, line: &str) -> Option<(&'static str, f64)> {
        let line = line.trim_end();
        match line.strip_prefix("I: ") {
            Some(phase) if phase.starts_with("running apt-get update") => self.phase = Some(Phase::Indices),
            Some(phase) if phase.starts_with("extracting") => {
                return Some(("extracting essential packages", self.reached));
            }
            Some(phase) if phase.starts_with("creating tarball") => self.phase = Some(Phase::Archive),
            Some(_) => return None,
            None => self.count(line)?,
        }
        let (step, fraction) = self.place()?;
        // A batch may be announced twice; progress never goes back.
        if fraction < self.reached {
            return None;
        }
        self.reached = fraction;
        Some((step, fraction))
    }

    fn count(&mut self, line: &str) -> Option<()> {
        if let Some(packages) = newly_installed(line) {
            self.batches_done += u32::from(self.batch.is_some());
            self.phase = Some(Phase::Packages);
            self.batch = Some(Batch { packages: packages.max(1), ..Batch::default() });
            return Some(());
        }
        let batch = self.batch.as_mut()?;
        let counter = match line.split_once([':', ' '])?.0 {
            "Get" => &mut batch.fetched,
            "Unpacking" => &mut batch.unpacked,
            "Setting" => &mut batch.set_up,
            _ => return None,
        };
        *counter = (*counter + 1).min(batch.packages);
        Some(())
    }

    fn place(&self) -> Option<(&'static str, f64)> {
        match (self.phase?, &self.batch) {
            (Phase::Indices, _) => Some(("fetching package lists", 0.0)),
            (Phase::Archive, _) => Some(("writing the tree", INDICES + 2.0 * BATCH)),
            (Phase::Packages, None) => None,
            (Phase::Packages, Some(batch)) => {
                let share = |count: u32| f64::from(count) / f64::from(batch.packages);
                let done = 0.2 * share(batch.fetched) + 0.4 * share(batch.unpacked) + 0.4 * share(batch.set_up);
                let step = match batch {
                    Batch { set_up: 1.., .. } => "setting up packages",
                    Batch { unpacked: 1.., .. } => "unpacking packages",
                    _ => "downloading packages",
                };
                Some((step, INDICES + BATCH * (f64::from(self.batches_done.min(1)) + done)))
            }
        }
    }
}

/// The number in `0 upgraded, 69 newly installed, 0 to remove and 0 not upgraded.`
fn newly_installed(line: &str) -> Option<u32> {
    line.split_once(" newly installed")?.0.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Shortened from a real run.
    const SAMPLE: &str = "\
I: chroot architecture amd64 is equal to the host's architecture
I: running apt-get update...
Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]
Fetched 9415 kB in 1s (11.7 MB/s)
I: downloading packages with apt...
0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
Need to get 29.7 MB of archives.
Get:1 http://deb.debian.org/debian bookworm/main amd64 gcc-12-base amd64 12.2.0-14+deb12u1 [37.6 kB]
Get:2 http://deb.debian.org/debian bookworm/main amd64 libc6 amd64 2.36-9+deb12u14 [2758 kB]
I: extracting archives...
I: installing essential packages...
Selecting previously unselected package gcc-12-base:amd64.
Unpacking gcc-12-base:amd64 (12.2.0-14+deb12u1) ...
Unpacking libc6:amd64 (2.36-9+deb12u14) ...
Setting up gcc-12-base:amd64 (12.2.0-14+deb12u1) ...
Setting up libc6:amd64 (2.36-9+deb12u14) ...
I: installing remaining packages inside the chroot...
0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.
Get:1 http://deb.debian.org/debian bookworm/main amd64 git amd64 1:2.39.5-0+deb12u3 [7264 kB]
Unpacking git (1:2.39.5-0+deb12u3) ...
Setting up git (1:2.39.5-0+deb12u3) ...
I: creating tarball...
I: done
";

    #[test]
    fn a_real_run_moves_from_start_to_end() {
        let mut run = Installation::default();
        let said: Vec<_> = SAMPLE.lines().filter_map(|line| run.line(line)).collect();
        let percent: Vec<_> = said.iter().map(|(step, at)| format!("{step} {:.0}", at * 100.0)).collect();
        let expected = [
            "fetching package lists 0",
            "downloading packages 7",
            "downloading packages 11",
            "downloading packages 16",
            "extracting essential packages 16",
            "unpacking packages 24",
            "unpacking packages 33",
            "setting up packages 41",
            "setting up packages 50",
            "downloading packages 50",
            "downloading packages 59",
            "unpacking packages 76",
            "setting up packages 93",
            "writing the tree 93",
        ];
        assert_eq!(percent, expected);
    }

    #[test]
    fn parts_are_scaled_into_the_whole() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink: ProgressSink = {
            let seen = seen.clone();
            Arc::new(move |progress| seen.lock().unwrap().push(progress.fraction.unwrap()))
        };
        let reporter = Reporter { sink: Some(sink), from: 0.5, to: 1.0 };
        reporter.say("x", 0.5);
        reporter.say("x", 7.0);
        assert_eq!(*seen.lock().unwrap(), [0.75, 1.0]);
    }
}
