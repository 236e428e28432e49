//! Line plots and scatter plots.

use super::axis::Axis;
use super::canvas::WHITE;
use super::frame::{Frame, PlotOptions, color};
use super::thin::thin;
use crate::error::{Error, Result};

const LINE_WIDTH: f64 = 2.0;

/// One curve: `y` over `x`, and its name in the legend.
#[derive(Debug, Clone)]
pub struct Series {
    pub name: String,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
}

/// Curves, each in its colour; several get a legend.
///
/// A point that cannot be shown (not finite, or not positive on a logarithmic axis) leaves a gap.
/// Errors: `x` and `y` of different lengths, nothing to show.
pub fn lines(series: &[Series], options: &PlotOptions) -> Result<Vec<u8>> {
    options.check()?;
    for Series { name, x, y } in series {
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
        _ => series.iter().map(|s| s.name.clone()).zip((0..).map(color)).collect(),
    };
    Frame { options, x, y, legend }.draw(|marks| {
        for (index, runs) in curves.iter().enumerate() {
            for run in runs {
                marks.line(run, LINE_WIDTH, color(index))?;
            }
        }
        Ok(())
    })
}

/// The unbroken stretches of a curve, as places; a stretch with far more points than the plot has
/// columns is thinned.
fn runs(series: &Series, options: &PlotOptions) -> Vec<Vec<(f64, f64)>> {
    let points: Vec<_> = series.x.iter().zip(&series.y).map(|(&x, &y)| place((x, y), options)).collect();
    points
        .split(Option::is_none)
        .map(|run| run.iter().flatten().copied().collect::<Vec<_>>())
        .filter(|run| !run.is_empty())
        .map(|run| {
            let ordered = run.is_sorted_by(|a, b| a.0 <= b.0);
            if ordered { thin(&run, 2 * options.width as usize) } else { run }
        })
        .collect()
}

/// One dot a point (x, y); `labels` (one class a point) colour them, and `class_names` name the
/// classes in the legend, where a class without a name has its number.
///
/// A point that cannot be shown is skipped. Errors: labels of another length, nothing to show.
pub fn scatter(
    points: &[(f64, f64)],
    labels: Option<&[usize]>,
    class_names: &[String],
    options: &PlotOptions,
) -> Result<Vec<u8>> {
    options.check()?;
    if let Some(labels) = labels.filter(|labels| labels.len() != points.len()) {
        return Err(Error::usage(
            format!("{} labels for {} points", labels.len(), points.len()),
            "give one label for each point, or none",
        ));
    }
    let places: Vec<_> = points.iter().map(|&point| place(point, options)).collect();
    let (x, y) = axes(places.iter().flatten().copied(), options)?;
    let mut classes = labels.unwrap_or_default().to_vec();
    classes.sort_unstable();
    classes.dedup();
    let name = |class: usize| class_names.get(class).cloned().unwrap_or(class.to_string());
    let legend = classes.iter().map(|&class| (name(class), color(class))).collect();
    let radius = match points.len() {
        0..300 => 4.0,
        300..3000 => 3.0,
        _ => 2.0,
    };
    Frame { options, x, y, legend }.draw(|marks| {
        for (index, &at) in places.iter().enumerate() {
            let Some(at) = at else { continue };
            let class = labels.map_or(0, |labels| labels[index]);
            // The light rim keeps dots apart where they overlap.
            marks.dot(at, radius + 0.7, WHITE)?;
            marks.dot(at, radius, color(class))?;
        }
        Ok(())
    })
}

/// Where a point stands in plot units; none where an axis cannot show it.
fn place(point: (f64, f64), options: &PlotOptions) -> Option<(f64, f64)> {
    Some((Axis::place(point.0, options.log_x)?, Axis::place(point.1, options.log_y)?))
}

/// The axes that show all `places`.
fn axes(places: impl Iterator<Item = (f64, f64)> + Clone, options: &PlotOptions) -> Result<(Axis, Axis)> {
    Axis::around(places.clone().map(|(x, _)| x), options.log_x)
        .zip(Axis::around(places.map(|(_, y)| y), options.log_y))
        .ok_or_else(nothing)
}

/// The error for a plot in which nothing remains to be shown.
pub(super) fn nothing() -> Error {
    Error::usage(
        "nothing to show: no value is finite (and, on a logarithmic axis, positive)",
        "look for NaN in what is plotted, and switch log_x or log_y off for values up to zero",
    )
}
