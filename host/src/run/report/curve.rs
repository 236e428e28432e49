//! A metric's curve as SVG, in the page's own colours.

use super::{
    html::{escape, number, path_data},
    metrics::Metric,
};
use crate::figure::{Axis, thin};

/// Sizes in the units of the picture.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 160.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 334.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 138.0;
/// Buckets of [`thin`]: two points each.
const BUCKETS: usize = 500;

/// The curve over the whole run, thinned to about a thousand points in which every spike stays;
/// empty without a finite value.
pub fn svg(metric: &Metric) -> String {
    let values = metric.points.iter().filter_map(|p| Axis::position(p.1, false));
    let steps = metric.points.iter().filter_map(|p| Axis::position(p.0, false));
    let (Some(x), Some(y)) = (Axis::around(steps, false), Axis::around(values, false)) else {
        return String::new();
    };
    let across = |position: f64| LEFT + (RIGHT - LEFT) * x.share(position);
    let down = |position: f64| BOTTOM - (BOTTOM - TOP) * y.share(position);
    let line = path_data(
        thin(&metric.points, BUCKETS)
            .into_iter()
            .map(|(step, value)| (across(step), Axis::position(value, false).map_or(f64::NAN, down))),
    );
    let last = metric.points.iter().rev().find(|point| point.1.is_finite());
    let dot = last.map_or(String::new(), |&(step, value)| {
        format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>", across(step), down(value))
    });
    let label = format!("{} over {}: {}", metric.name, metric.x_name, metric.summary());
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{}{}\
         <path class=\"line\" d=\"{line}\"/>{dot}</svg>",
        escape(&label),
        y_ticks(&y, down),
        x_ticks(&x, across, metric.x_name),
    )
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
        LEFT - 6.0,
    )
}
