//! The plot: a bar per median with a whisker to the 95th percentile, on a logarithmic scale; pure.

use std::fmt::Write;

use super::{
    report::{Report, figure},
    sample::{Spread, Unit},
};

/// Lengths in pixels.
const LABELS: f64 = 330.0;
const BARS: f64 = 420.0;
const RIGHT: f64 = 90.0;
const ROW: f64 = 34.0;
const BAR: f64 = 12.0;
const TOP: f64 = 56.0;

/// Draws all rows of times.
pub(super) fn draw(report: &Report) -> String {
    let rows: Vec<_> = report.rows.iter().filter(|row| row.unit == Unit::Milliseconds).collect();
    let spreads =
        || rows.iter().flat_map(|row| std::iter::once(&row.spread).chain(row.beside.iter().map(|one| &one.spread)));
    let smallest = spreads().map(|spread| spread.median.max(0.1)).fold(f64::MAX, f64::min);
    let largest = spreads().map(|spread| spread.p95).fold(1.0, f64::max);
    // Whole powers of ten, and one of them at least.
    let low = smallest.min(largest).log10().floor();
    let high = largest.log10().ceil().max(low + 1.0);
    let at = |ms: f64| LABELS + ((ms.max(f64::MIN_POSITIVE).log10() - low) / (high - low)).clamp(0.0, 1.0) * BARS;
    let (width, bottom) = (LABELS + BARS + RIGHT, TOP + ROW * rows.len() as f64);
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"20\">{}</text>\n\
         <text x=\"10\" y=\"38\" fill=\"#666\">median and 95th percentile; blue: pyro, gray: without it</text>",
        bottom + 28.0,
        escaped(&format!("{}, {}, kernel {}", report.host.execution_mode, report.host.cpu, report.host.guest_kernel)),
    );
    for power in low as i32..=high as i32 {
        let x = at(10f64.powi(power));
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#ddd\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{} ms</text>",
            bottom + 16.0,
            10f64.powi(power)
        );
    }
    for (place, row) in rows.iter().enumerate() {
        let y = TOP + ROW * place as f64 + 4.0;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LABELS - 8.0,
            y + 16.0,
            escaped(&row.what)
        );
        bar(&mut svg, &row.spread, y, "#2b6cb0", &at);
        if let Some(beside) = &row.beside {
            bar(&mut svg, &beside.spread, y + BAR + 2.0, "#a0a0a0", &at);
        }
    }
    svg + "</svg>\n"
}

fn bar(svg: &mut String, spread: &Spread, y: f64, color: &str, at: &dyn Fn(f64) -> f64) {
    let (end, far, middle) = (at(spread.median), at(spread.p95), y + BAR / 2.0);
    let _ = writeln!(
        svg,
        "<rect x=\"{LABELS}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{color}\"/>\
         <path d=\"M{end:.1} {middle}H{far:.1}M{far:.1} {}V{}\" stroke=\"#222\"/>\
         <text x=\"{:.1}\" y=\"{}\" font-size=\"10\">{}</text>",
        end - LABELS,
        middle - 4.0,
        middle + 4.0,
        far + 5.0,
        middle + 4.0,
        figure(spread.median)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chores::bench::report::tests::example;

    #[test]
    fn bars_end_at_their_medians_and_words_are_escaped() {
        let svg = draw(&example());
        // 1 to 1,000 ms: 101.2 lies a little beyond two thirds.
        assert!(
            svg.contains(&format!("<rect x=\"330\" y=\"60\" width=\"{:.1}\"", 420.0 * 101.2_f64.log10() / 3.0)),
            "{svg}"
        );
        assert_eq!(svg.matches("<rect x=").count(), 3);
        assert!(svg.contains("exec of `true` &amp; co") && svg.contains("A &lt;fast&gt; CPU"));
    }
}
