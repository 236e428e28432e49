//! Box plots.

use files::Result;

use super::{
    axis::Axis,
    figure::{Figure, not_shown},
    frame::{PlotFrame, PlotOptions, color},
    marks::{Marks, THIN},
    ticks::{Labels, Scale},
};

/// Half the width of a box, of a place that is one wide.
const HALF: f64 = 0.25;

/// How far whiskers reach at most, in boxes.
const WHISKER: f64 = 1.5;

const OUTLIER: f64 = 3.0;

/// What a box plot shows of values, as Matplotlib has it.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxStatistics {
    /// The quartiles, between two values linearly interpolated.
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    /// The lowest and the highest value that are at most 1.5 (q3 - q1) from the box.
    pub low: f64,
    pub high: f64,
    /// All values beyond these, in order.
    pub outliers: Vec<f64>,
}

impl BoxStatistics {
    /// Those of finite values; none without any.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| percentile(&sorted, share));
        let reach = WHISKER * (q3 - q1);
        let is_near = |value: &f64| (q1 - reach..=q3 + reach).contains(value);
        // Quartiles between two values can be beyond all that is near.
        let low = sorted.iter().copied().find(is_near).unwrap_or(first).min(q1);
        let high = sorted.iter().rev().copied().find(is_near).unwrap_or(last).max(q3);
        let outliers = sorted.into_iter().filter(|value| !(low..=high).contains(value)).collect();
        Some(Self { q1, median, q3, low, high, outliers })
    }
}

/// The value below which `share` of the sorted values are, as NumPy computes it (method "linear").
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, t) = (sorted[place as usize], place - place.floor());
    let above = sorted[(place as usize + 1).min(sorted.len() - 1)];
    if t >= 0.5 { above - (above - below) * (1.0 - t) } else { below + (above - below) * t }
}

/// A box for each list of values: its quartiles, whiskers to the values within 1.5 box lengths, and the
/// outliers.
///
/// A value that cannot be shown is left out, with a warning.
///
/// # Errors
/// A size out of bounds.
pub fn boxes(groups: &[(String, Vec<f64>)], options: &PlotOptions) -> Result<Figure> {
    options.check()?;
    let mut warnings = Vec::new();
    let statistics: Vec<_> =
        groups.iter().map(|group| summarised(group, options.log_y, &mut warnings)).collect();
    if groups.is_empty() {
        warnings.push("there is no box to show".into());
    }
    let position = |value: f64| Axis::position(value, options.log_y);
    let all = statistics.iter().flatten().flat_map(|s| [s.low, s.high].into_iter().chain(s.outliers.clone()));
    let y = Axis::around(all.filter_map(position), options.log_y).unwrap_or(Axis::empty(options.log_y));
    let names = groups.iter().map(|(name, _)| name.clone()).collect();
    let x = Scale::slots(groups.len(), Labels::Names(names));
    let drawing = PlotFrame::new(options, x, y).draw(|marks| {
        for (place, statistics) in statistics.iter().enumerate() {
            if let Some(statistics) = statistics {
                draw(marks, place as f64, statistics, |value| position(value).unwrap_or(f64::NEG_INFINITY));
            }
        }
    });
    Ok(Figure { drawing, warnings })
}

/// The statistics of what can be shown of a group.
fn summarised(
    (name, values): &(String, Vec<f64>),
    log: bool,
    warnings: &mut Vec<String>,
) -> Option<BoxStatistics> {
    let shown: Vec<f64> =
        values.iter().copied().filter(|&value| Axis::position(value, log).is_some()).collect();
    let why = if log { "finite and positive" } else { "finite" };
    match values.len() - shown.len() {
        _ if shown.is_empty() => warnings.push(format!("\"{name}\" has {}", not_shown(log))),
        0 => {}
        missing => warnings
            .push(format!("{missing} of {} values of \"{name}\" are not {why}, left out", values.len())),
    }
    BoxStatistics::of(&shown)
}

fn draw(marks: &mut Marks, x: f64, statistics: &BoxStatistics, position: impl Fn(f64) -> f64) {
    let BoxStatistics { q1, median, q3, low, high, outliers } = statistics;
    let [q1, median, q3, low, high] = [q1, median, q3, low, high].map(|&value| position(value));
    let (left, right, blue) = (x - HALF, x + HALF, color(0));
    let corners = [(left, q1), (right, q1), (right, q3), (left, q3), (left, q1)];
    marks.area(&corners[..4], blue);
    marks.line(&corners, THIN, blue);
    marks.interval(x, [q3, high], &[high], blue);
    marks.interval(x, [low, q1], &[low], blue);
    marks.line(&[(left, median), (right, median)], 2.0, color(1));
    outliers.iter().for_each(|&outlier| marks.ring((x, position(outlier)), OUTLIER, blue));
}
