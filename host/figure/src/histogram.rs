//! Histograms.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::WHITE,
    figure::{Figure, not_shown},
    frame::{PlotFrame, PlotOptions, color},
};

const MAX_BINS: usize = 10_000;

/// How many `values` fall into each of `bins` equal stretches (of the logarithm, with `log_x`).
///
/// Default: the bins of Freedman and Diaconis, 2 IQR / n^(1/3) wide, 5 to 100 of them. A value that cannot be
/// shown is skipped.
///
/// # Errors
/// Bins not in 1..=10000.
pub fn histogram(values: &[f64], bins: Option<usize>, options: &PlotOptions) -> Result<Figure> {
    options.check()?;
    if let Some(bins) = bins.filter(|bins| !(1..=MAX_BINS).contains(bins)) {
        return Err(Error::usage(
            format!("{bins} bins; expected 1 to {MAX_BINS}"),
            "leave bins out for a number that suits the values",
        ));
    }
    let mut positions: Vec<f64> =
        values.iter().filter_map(|&value| Axis::position(value, options.log_x)).collect();
    positions.sort_unstable_by(f64::total_cmp);
    let (x, counts, warnings) = match Axis::around(positions.iter().copied(), options.log_x) {
        Some(x) => (x, count(&positions, bins.unwrap_or_else(|| default_bins(&positions))), Vec::new()),
        None => {
            let warning = format!("it has {}", not_shown(options.log_x));
            (Axis::empty(options.log_x), Vec::new(), vec![warning])
        }
    };
    let y = count_axis(&counts, options.log_y);
    let named =
        PlotOptions { y_label: options.y_label.clone().or(Some("count".to_string())), ..options.clone() };
    let (bottom, wide) = (y.low, x.high - x.low);
    let drawing = PlotFrame::new(&named, x, y).draw(|marks| {
        for &(left, right, count) in &counts {
            let Some(top) = Axis::position(count as f64, options.log_y) else {
                continue; // an empty bin on a logarithmic axis
            };
            marks.bar([(left, top), (right, bottom)], color(0));
            // Thin gaps separate bars, as long as the bars are wider.
            if (right - left) / wide > 5.0 / f64::from(options.width) {
                marks.line(&[(right, top), (right, bottom)], 1.0, WHITE);
            }
        }
    });
    Ok(Figure { drawing, warnings })
}

/// Left edge, right edge and number of values of each bin; `positions` are sorted and not empty.
fn count(positions: &[f64], bins: usize) -> Vec<(f64, f64, usize)> {
    let (low, high) = match (positions[0], positions[positions.len() - 1]) {
        (low, high) if high > low => (low, high),
        (only, _) => (only - 0.25 * only.abs().max(1.0), only + 0.25 * only.abs().max(1.0)),
    };
    let edge = |bin: usize| low + (high - low) * (bin as f64 / bins as f64);
    let mut start = 0;
    (1..=bins)
        .map(|bin| {
            // The last bin includes its right edge.
            let end = match bin {
                last if last == bins => positions.len(),
                _ => positions.partition_point(|&position| position < edge(bin)),
            };
            let found = end - start;
            start = end;
            (edge(bin - 1), edge(bin), found)
        })
        .collect()
}

/// The bins of Freedman and Diaconis for sorted `positions`.
fn default_bins(positions: &[f64]) -> usize {
    let (last, count) = (positions.len() - 1, positions.len() as f64);
    let spread = positions[last * 3 / 4] - positions[last / 4];
    let bins = (positions[last] - positions[0]) * libm::cbrt(count) / (2.0 * spread);
    // Equal quartiles give no width: then there are as many bins as the values can fill.
    let bins = if bins.is_finite() { bins } else { count.sqrt() };
    (bins.ceil() as usize).clamp(5, 100)
}

/// From nothing to a little above the largest count; on a logarithmic axis bars of one value have
/// to stand above the bottom too.
fn count_axis(counts: &[(f64, f64, usize)], log: bool) -> Axis {
    let highest = counts.iter().map(|bin| bin.2).max().unwrap_or(1) as f64;
    let (low, high) = match log {
        true => (libm::log10(0.5), libm::log10(1.5 * highest)),
        false => (0.0, 1.05 * highest),
    };
    Axis { low, high, log }
}
