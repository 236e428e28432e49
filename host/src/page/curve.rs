//! Curves of metrics as SVG, in the page's own colours.

use super::html::{escape, path_data};
use crate::{
    figure::{Axis, thin},
    run::{Metric, number},
};

/// Sizes in the units of the picture.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 160.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 334.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 138.0;
/// Buckets of [`thin`]: two points each, a bucket for about three units.
const BUCKETS: usize = 100;
/// Colours of curves that lie over each other: classes `c0` to `c7` of the page's style.
pub const COLOURS: usize = 8;

/// A curve, and the band around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// (x, y)
    pub points: Vec<(f64, f64)>,
    /// (x, low, high), finite, with growing x; empty for a curve without a band.
    pub band: Vec<(f64, f64, f64)>,
}

/// The curve of a metric over the whole run, thinned to about two hundred points in which every spike
/// stays; empty without a finite value.
pub fn svg(metric: &Metric) -> String {
    let label = format!("{} over {}: {}", metric.name, metric.x_name, metric.summary());
    over_each_other(&[Curve { points: metric.points.clone(), band: Vec::new() }], metric.x_name, &label)
}

/// Curves over each other, thinned as in [`svg`]; a single one has the page's own colour, of several each has
/// one of [`COLOURS`]. `label` says what the picture shows. Empty without a finite value.
pub fn over_each_other(curves: &[Curve], x_name: &str, label: &str) -> String {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let bands = || curves.iter().flat_map(|curve| &curve.band);
    let values = points().map(|p| p.1).chain(bands().flat_map(|b| [b.1, b.2]));
    let values = values.filter_map(|value| Axis::position(value, false));
    let steps = points().filter_map(|p| Axis::position(p.0, false));
    let (Some(x), Some(y)) = (Axis::around(steps, false), Axis::around(values, false)) else {
        return String::new();
    };
    let across = |position: f64| LEFT + (RIGHT - LEFT) * x.share(position);
    let down = |value: f64| {
        Axis::position(value, false).map_or(f64::NAN, |value| BOTTOM - (BOTTOM - TOP) * y.share(value))
    };
    let drawn = |(i, curve): (usize, &Curve)| {
        let class = if curves.len() > 1 { format!(" c{}", i % COLOURS) } else { String::new() };
        format!("{}{}", band(curve, &class, across, down), line(curve, &class, across, down))
    };
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{}{}{}</svg>",
        escape(label),
        y_ticks(&y, down),
        x_ticks(&x, across, x_name),
        curves.iter().enumerate().map(drawn).collect::<String>(),
    )
}

/// The line, and a dot at its end.
fn line(curve: &Curve, class: &str, across: impl Fn(f64) -> f64, down: impl Fn(f64) -> f64) -> String {
    let thinned = thin(&curve.points, BUCKETS).into_iter();
    let line = path_data(thinned.map(|(step, value)| (across(step), down(value))));
    let last = curve.points.iter().rev().find(|point| point.1.is_finite());
    let class_of_dot = if class.is_empty() { String::new() } else { format!(" class=\"{}\"", class.trim()) };
    let dot = last.map_or(String::new(), |&(step, value)| {
        format!("<circle{class_of_dot} cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>", across(step), down(value))
    });
    format!("<path class=\"line{class}\" d=\"{line}\"/>{dot}")
}

/// The area between the band's ends.
fn band(curve: &Curve, class: &str, across: impl Fn(f64) -> f64, down: impl Fn(f64) -> f64) -> String {
    let stride = curve.band.len().div_ceil(BUCKETS).max(1);
    let kept: Vec<_> = curve.band.iter().step_by(stride).chain(curve.band.last()).collect();
    if kept.len() < 3 {
        return String::new();
    }
    let above = kept.iter().map(|(x, _, high)| (across(*x), down(*high)));
    let below = kept.iter().rev().map(|(x, low, _)| (across(*x), down(*low)));
    format!("<path class=\"band{class}\" d=\"{}Z\"/>", path_data(above.chain(below)))
}

/// A line across and a number on the left for each tick.
fn y_ticks(y: &Axis, down: impl Fn(f64) -> f64) -> String {
    y.ticks(4)
        .into_iter()
        .map(|(position, label)| {
            let at = down(position);
            format!(
                "<path class=\"rule\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 6.0,
                at + 3.5,
            )
        })
        .collect()
}

/// A number below for each tick, and what they count.
fn x_ticks(x: &Axis, across: impl Fn(f64) -> f64, name: &str) -> String {
    let numbers: String = x
        .ticks(5)
        .into_iter()
        .map(|(position, _)| {
            let (at, label) = (across(position), number(position));
            format!("<text x=\"{at:.1}\" y=\"{HEIGHT}\" dy=\"-6\" text-anchor=\"middle\">{label}</text>")
        })
        .collect();
    format!(
        "<path class=\"axis\" d=\"M{LEFT} {BOTTOM}H{RIGHT}\"/>{numbers}\
         <text x=\"{:.0}\" y=\"{HEIGHT}\" dy=\"-6\" text-anchor=\"end\">{name}</text>",
        LEFT - 12.0,
    )
}
