//! Line plots and scatter plots.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::{Color, INK, WHITE},
    frame::{PlotFrame, PlotOptions, color},
    marks::Mark,
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
}

/// Curves, each in its colour; several get a legend.
///
/// A point that cannot be shown (not finite, or not positive on a logarithmic axis) leaves a gap.
///
/// # Errors
/// `x` and `y` of different lengths, nothing to show.
pub fn lines(series: &[Series], options: &PlotOptions) -> Result<Vec<u8>> {
    options.check()?;
    for Series { name, x, y, .. } in series {
        if x.len() != y.len() {
            return Err(Error::usage(
                format!("series \"{name}\" has {} x and {} y", x.len(), y.len()),
                "give as many x as y",
            ));
        }
    }
    let curves: Vec<_> = series.iter().map(|s| runs(s, options)).collect();
    let (x, y) = axes(curves.iter().flatten().flatten().copied(), options)?;
    let legend = match series {
        [_] => Vec::new(),
        _ => series.iter().enumerate().map(|(i, s)| (s.name.clone(), color(i), s.mark)).collect(),
    };
    PlotFrame { options, x, y, legend }.draw(|marks| {
        for (index, (runs, series)) in curves.iter().zip(series).enumerate() {
            let color = color(index);
            for run in runs {
                match series.mark {
                    Mark::Line => marks.line(run, LINE_WIDTH, color)?,
                    Mark::Dashed => marks.dashes(run, LINE_WIDTH, color)?,
                    Mark::Dot => run.iter().try_for_each(|&at| marks.dot(at, SINGLE, color))?,
                    Mark::Ring => run.iter().try_for_each(|&at| marks.ring(at, SINGLE, color))?,
                }
            }
        }
        Ok(())
    })
}

/// The unbroken stretches of a curve, as positions; a stretch with far more points than the plot has
/// columns is thinned.
fn runs(series: &Series, options: &PlotOptions) -> Vec<Vec<(f64, f64)>> {
    let points: Vec<_> = series.x.iter().zip(&series.y).map(|(&x, &y)| position((x, y), options)).collect();
    points
        .split(Option::is_none)
        .map(|run| run.iter().flatten().copied().collect::<Vec<_>>())
        .filter(|run| !run.is_empty())
        .map(|run| {
            let ordered = run.is_sorted_by(|a, b| a.0 <= b.0);
            if ordered && matches!(series.mark, Mark::Line | Mark::Dashed) {
                thin(&run, 2 * options.width as usize)
            } else {
                run
            }
        })
        .collect()
}

/// What distinguishes the points of a scatter plot; each list is as long as the points, or empty.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// One class a point: its colour.
    pub labels: Vec<usize>,
    /// The classes' names in the legend, where a class without a name has its number.
    pub names: Vec<String>,
    /// Which points are drawn as rings.
    pub rings: Vec<bool>,
    /// What dots, and what rings are; nothing where the legend does not say.
    pub ring_names: Option<[String; 2]>,
}

/// One dot or ring a point (x, y).
///
/// A point that cannot be shown is skipped.
///
/// # Errors
/// Kinds of another length, nothing to show.
pub fn scatter(points: &[(f64, f64)], kinds: &Kinds, options: &PlotOptions) -> Result<Vec<u8>> {
    options.check()?;
    kinds.check(points.len())?;
    let positions: Vec<_> = points.iter().map(|&point| position(point, options)).collect();
    let (mut x, mut y) = axes(positions.iter().flatten().copied(), options)?;
    if options.square {
        let span = (x.high - x.low).max(y.high - y.low);
        for axis in [&mut x, &mut y] {
            let middle = (axis.low + axis.high) / 2.0;
            (axis.low, axis.high) = (middle - span / 2.0, middle + span / 2.0);
        }
    }
    let radius = match points.len() {
        0..300 => 4.0,
        300..3000 => 3.0,
        _ => 2.0,
    };
    PlotFrame { options, x, y, legend: kinds.legend() }.draw(|marks| {
        for (index, &at) in positions.iter().enumerate() {
            let Some(at) = at else { continue };
            let color = color(kinds.labels.get(index).copied().unwrap_or(0));
            // The light rim keeps dots apart where they overlap.
            marks.dot(at, radius + 0.7, WHITE)?;
            match kinds.rings.get(index) {
                Some(true) => marks.ring(at, radius, color)?,
                _ => marks.dot(at, radius, color)?,
            }
        }
        Ok(())
    })
}

impl Kinds {
    /// Refuses lists that are neither empty nor as long as the points.
    fn check(&self, points: usize) -> Result<()> {
        for (what, count) in [("labels", self.labels.len()), ("rings", self.rings.len())] {
            if count != 0 && count != points {
                return Err(Error::usage(
                    format!("{count} {what} for {points} points"),
                    "give one for each point, or none",
                ));
            }
        }
        Ok(())
    }

    /// Name, colour and mark of every class, then of dots and rings.
    fn legend(&self) -> Vec<(String, Color, Mark)> {
        let mut classes = self.labels.clone();
        classes.sort_unstable();
        classes.dedup();
        let name = |class: usize| self.names.get(class).cloned().unwrap_or(class.to_string());
        let mut legend: Vec<_> =
            classes.iter().map(|&class| (name(class), color(class), Mark::Dot)).collect();
        if let Some([dots, rings]) = &self.ring_names {
            legend.extend([(dots.clone(), INK, Mark::Dot), (rings.clone(), INK, Mark::Ring)]);
        }
        legend
    }
}

/// Where a point stands in plot units; none where an axis cannot show it.
fn position(point: (f64, f64), options: &PlotOptions) -> Option<(f64, f64)> {
    Some((Axis::position(point.0, options.log_x)?, Axis::position(point.1, options.log_y)?))
}

/// The axes that show all `positions`.
fn axes(positions: impl Iterator<Item = (f64, f64)> + Clone, options: &PlotOptions) -> Result<(Axis, Axis)> {
    Axis::around(positions.clone().map(|(x, _)| x), options.log_x)
        .zip(Axis::around(positions.map(|(_, y)| y), options.log_y))
        .ok_or_else(nothing)
}

/// The error for a plot in which nothing remains to be shown.
pub(super) fn nothing() -> Error {
    Error::usage(
        "nothing to show: no value is finite (and, on a logarithmic axis, positive)",
        "look for NaN in what is plotted, and switch log_x or log_y off for values up to zero",
    )
}
