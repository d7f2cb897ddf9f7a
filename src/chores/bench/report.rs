//! The report: a table for people, JSON for programs; pure.

use std::fmt::Write;

use serde::Serialize;

use super::{host::Host, sample::Row};

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Report {
    pub(super) host: Host,
    pub(super) rows: Vec<Row>,
    /// Groups that could not be measured here.
    pub(super) skipped: Vec<Skipped>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Skipped {
    pub(super) name: &'static str,
    pub(super) why: String,
}

impl Report {
    /// Columns are as wide as what stands in them.
    pub(super) fn table(&self) -> String {
        let head = ["what", "median", "p95", "runs", "beside", "median", "p95", "ratio"].map(str::to_owned);
        let rows: Vec<[String; 8]> = std::iter::once(head).chain(self.rows.iter().map(cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..8).map(width).collect();
        let mut page = self.host.lines();
        page.push('\n');
        for row in &rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // Words begin where words begin, numbers end where numbers end. Writing to a string cannot fail.
                let _ = if [0, 4].contains(&column) {
                    write!(line, "{cell:<width$}  ")
                } else {
                    write!(line, "{cell:>width$}  ")
                };
            }
            page.push_str(line.trim_end());
            page.push('\n');
        }
        for Skipped { name, why } in &self.skipped {
            let _ = writeln!(page, "skipped {name}: {why}");
        }
        page
    }
}

fn cells(row: &Row) -> [String; 8] {
    let shown = |number: f64| format!("{} {}", figure(number), row.unit.word());
    let beside = row.beside.as_ref();
    let of = |number: Option<f64>| number.map(shown).unwrap_or_default();
    [
        row.what.clone(),
        shown(row.spread.median),
        shown(row.spread.p95),
        row.spread.runs.to_string(),
        beside.map(|beside| beside.what.clone()).unwrap_or_default(),
        of(beside.map(|beside| beside.spread.median)),
        of(beside.map(|beside| beside.spread.p95)),
        row.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
    ]
}

/// Three digits say enough.
pub(super) fn figure(number: f64) -> String {
    match number.abs() {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::chores::bench::sample::Sample;

    pub(in crate::chores::bench) fn example() -> Report {
        let (mut fast, mut slow) = (Sample::default(), Sample::default());
        [101.2, 98.0, 140.4].into_iter().for_each(|number| fast.number(number));
        [4.04, 3.9].into_iter().for_each(|number| slow.number(number));
        let rows = vec![fast.ms("boot", "restore").beside("bare QEMU", &slow), slow.ms("exec", "exec of `true` & co")];
        let skipped = vec![Skipped { name: "fork", why: "no memory".into() }];
        Report { host: Host::example(), rows, skipped }
    }

    #[test]
    fn columns_are_aligned_and_figures_short() {
        let table = example().table();
        let lines: Vec<&str> = table.lines().skip_while(|line| !line.starts_with("what")).collect();
        let expected = [
            "what                  median      p95  runs  beside      median      p95  ratio",
            "restore               101 ms   140 ms     3  bare QEMU  3.90 ms  4.04 ms  25.95",
            "exec of `true` & co  3.90 ms  4.04 ms     2",
            "skipped fork: no memory",
        ];
        assert_eq!(lines, expected);
    }
}
