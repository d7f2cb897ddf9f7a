//! What was measured, and what is told of it; pure.

use std::time::Duration;

use serde::Serialize;

/// What numbers are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Unit {
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "MiB")]
    Mebibytes,
    /// Of one core.
    #[serde(rename = "percent")]
    Percent,
}

impl Unit {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::Percent => "%",
        }
    }
}

/// Several runs of one thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sample(Vec<f64>);

/// What is told of a sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    /// The smallest value that 95 of 100 runs do not exceed: with fewer than twenty runs, the largest.
    pub(super) p95: f64,
    pub(super) runs: usize,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// Of its group, for `--only`.
    pub(super) name: &'static str,
    pub(super) what: String,
    pub(super) unit: Unit,
    #[serde(flatten)]
    pub(super) spread: Spread,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) beside: Option<Beside>,
}

/// What the same costs without pyro, taken in turn with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Beside {
    pub(super) what: String,
    #[serde(flatten)]
    pub(super) spread: Spread,
}

impl Sample {
    pub(super) fn time(&mut self, took: Duration) {
        self.number(took.as_secs_f64() * 1e3);
    }

    pub(super) fn number(&mut self, number: f64) {
        self.0.push(number);
    }

    /// Of no runs everything is zero.
    pub(super) fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: usize| (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
        Spread { median: at(rank(50)), p95: at(rank(95)), runs: sorted.len() }
    }

    pub(super) fn row(&self, name: &'static str, what: impl Into<String>, unit: Unit) -> Row {
        Row { name, what: what.into(), unit, spread: self.spread(), beside: None }
    }

    pub(super) fn ms(&self, name: &'static str, what: impl Into<String>) -> Row {
        self.row(name, what, Unit::Milliseconds)
    }
}

impl Row {
    pub(super) fn beside(self, what: impl Into<String>, sample: &Sample) -> Self {
        Self { beside: Some(Beside { what: what.into(), spread: sample.spread() }), ..self }
    }

    /// How many times its baseline it takes.
    pub(super) fn ratio(&self) -> Option<f64> {
        let beside = self.beside.as_ref()?.spread.median;
        (beside > 0.0).then(|| self.spread.median / beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_95th_percentile_are_values_that_were_measured() {
        let sample = |values: &[f64]| {
            values.iter().fold(Sample::default(), |mut sample, value| {
                sample.number(*value);
                sample
            })
        };
        assert_eq!(sample(&[]).spread(), Spread { median: 0.0, p95: 0.0, runs: 0 });
        assert_eq!(sample(&[3.0]).spread(), Spread { median: 3.0, p95: 3.0, runs: 1 });
        assert_eq!(sample(&[9.0, 1.0, 5.0]).spread(), Spread { median: 5.0, p95: 9.0, runs: 3 });
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(sample(&hundred).spread(), Spread { median: 50.0, p95: 95.0, runs: 100 });
        let row = sample(&[4.0]).ms("x", "y").beside("z", &sample(&[2.0]));
        assert_eq!(row.ratio(), Some(2.0));
        assert_eq!(sample(&[4.0]).ms("x", "y").beside("z", &sample(&[])).ratio(), None);
    }
}
