//! Line plots.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::Color,
    errors::{ErrorMark, Errors, Interval},
    figure::{Figure, not_shown},
    frame::{PlotFrame, PlotOptions, color},
    marks::{Mark, Marks},
    side::Side,
    thin::thin,
};

const LINE_WIDTH: f64 = 2.0;

/// The radius of a dot of a curve that is drawn as dots.
const SINGLE: f64 = 4.0;

/// One curve: `y` over `x`, its name in the legend, and how it is drawn.
#[derive(Debug, Clone)]
pub struct Series {
    pub name: String,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub mark: Mark,
    /// Error bars and bands.
    pub errors: Vec<Errors>,
}

/// Curves, each in its colour; several get a legend.
///
/// A point that cannot be shown (not finite, or not positive on a logarithmic axis) leaves a gap. A curve
/// without any other is left out, with a warning.
///
/// # Errors
/// `x` and `y` of different lengths; errors of another length, or negative.
pub fn lines(series: &[Series], options: &PlotOptions) -> Result<Figure> {
    options.check()?;
    series.iter().try_for_each(Series::check)?;
    let curves: Vec<_> = series.iter().enumerate().map(|(i, s)| Curve::new(s, color(i), options)).collect();
    let mut warnings = Vec::new();
    for curve in curves.iter().filter(|curve| curve.runs.is_empty()) {
        let name = &curve.series.name;
        warnings.push(format!("the curve \"{name}\" has {} and is left out", not_shown(options.log_y)));
    }
    if series.is_empty() {
        warnings.push("there is no curve to show".into());
    }
    let shown = || curves.iter().filter(|curve| !curve.runs.is_empty());
    let (x, y) = axes(shown().flat_map(Curve::positions), options);
    let mut frame = PlotFrame::new(options, x, y);
    if series.len() > 1 {
        frame.side = Side::legend(shown().map(|c| (c.series.name.clone(), c.color, c.series.mark)).collect());
    }
    let drawing = frame.draw(|marks| {
        shown().for_each(|curve| curve.errors(marks, ErrorMark::Band));
        for curve in shown() {
            curve.line(marks);
            curve.errors(marks, ErrorMark::Bars);
        }
    });
    Ok(Figure { drawing, warnings })
}

impl Series {
    fn check(&self) -> Result<()> {
        let Self { name, x, y, errors, .. } = self;
        if x.len() != y.len() {
            return Err(Error::usage(
                format!("series \"{name}\" has {} x and {} y", x.len(), y.len()),
                "give as many x as y",
            ));
        }
        errors.iter().try_for_each(|errors| errors.check(&format!("the curve \"{name}\""), y.len()))
    }
}

/// A series as it is drawn, in positions.
struct Curve<'a> {
    series: &'a Series,
    color: Color,
    /// Its unbroken stretches.
    runs: Vec<Vec<(f64, f64)>>,
    /// For each of the errors the unbroken stretches of intervals.
    intervals: Vec<Vec<Vec<Interval>>>,
    /// So many points are enough for the width of the plot.
    buckets: usize,
}

impl<'a> Curve<'a> {
    fn new(series: &'a Series, color: Color, options: &PlotOptions) -> Self {
        let points = series.x.iter().zip(&series.y);
        let positions: Vec<_> = points.clone().map(|(&x, &y)| position((x, y), options)).collect();
        let runs = stretches(&positions);
        let interval = |(&(x, y), distances): (&(&f64, &f64), &[f64; 2])| {
            Interval::new(Axis::position(*x, options.log_x)?, *y, *distances, options.log_y)
        };
        let points: Vec<_> = points.collect();
        let intervals = series
            .errors
            .iter()
            .map(|errors| stretches(&points.iter().zip(&errors.distances).map(interval).collect::<Vec<_>>()))
            .collect();
        Self { series, color, runs, intervals, buckets: 2 * options.width as usize }
    }

    /// All that the axes have to show.
    fn positions(&self) -> impl Iterator<Item = (f64, f64)> + Clone {
        let ends = self.intervals.iter().flatten().flatten().flat_map(Interval::ends);
        self.runs.iter().flatten().copied().chain(ends)
    }

    fn line(&self, marks: &mut Marks) {
        for run in &self.runs {
            let ordered = run.is_sorted_by(|a, b| a.0 <= b.0);
            let is_line = matches!(self.series.mark, Mark::Line | Mark::Dashed);
            let run = if ordered && is_line { &thin(run, self.buckets) } else { run };
            match self.series.mark {
                Mark::Line => marks.line(run, LINE_WIDTH, self.color),
                Mark::Dashed => marks.dashes(run, LINE_WIDTH, self.color),
                Mark::Dot => run.iter().for_each(|&at| marks.dot(at, SINGLE, self.color)),
                Mark::Ring => run.iter().for_each(|&at| marks.ring(at, SINGLE, self.color)),
            }
        }
    }

    /// Draws those errors that are drawn in this way.
    fn errors(&self, marks: &mut Marks, mark: ErrorMark) {
        let errors = self.series.errors.iter().zip(&self.intervals);
        for (_, stretches) in errors.filter(|(errors, _)| errors.mark == mark) {
            for stretch in stretches {
                match mark {
                    ErrorMark::Bars => stretch.iter().for_each(|interval| interval.draw(marks, self.color)),
                    ErrorMark::Band => {
                        let side = |end: fn(&Interval) -> f64| {
                            let points: Vec<_> = stretch.iter().map(|i| (i.x, end(i))).collect();
                            thin(&points, self.buckets)
                        };
                        let (high, low) = (side(|i| i.high), side(|i| i.low));
                        let outline: Vec<_> = high.into_iter().chain(low.into_iter().rev()).collect();
                        marks.area(&outline, self.color);
                    }
                }
            }
        }
    }
}

/// What stands between gaps.
fn stretches<T: Copy>(items: &[Option<T>]) -> Vec<Vec<T>> {
    let runs = items.split(Option::is_none).map(|run| run.iter().flatten().copied().collect::<Vec<_>>());
    runs.filter(|run| !run.is_empty()).collect()
}

/// Where a point stands in plot units; none where an axis cannot show it.
pub fn position(point: (f64, f64), options: &PlotOptions) -> Option<(f64, f64)> {
    Some((Axis::position(point.0, options.log_x)?, Axis::position(point.1, options.log_y)?))
}

/// The axes that show all `positions`.
pub fn axes(positions: impl Iterator<Item = (f64, f64)> + Clone, options: &PlotOptions) -> (Axis, Axis) {
    (
        Axis::around(positions.clone().map(|(x, _)| x), options.log_x).unwrap_or(Axis::empty(options.log_x)),
        Axis::around(positions.map(|(_, y)| y), options.log_y).unwrap_or(Axis::empty(options.log_y)),
    )
}
