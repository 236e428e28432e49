//! A comparison as rows of a table: for people, and for programs.

use super::{ComparedCell, Comparison};
use crate::{
    run::{TableCell, number},
    study::statistics::Estimate,
};

/// What stands where there is no number.
const NONE: &str = "–";

/// A table for people: what the rows differ in, how many runs each has, and of each metric `mean ± half` of
/// the 95 % interval, with the difference to the baseline where there is one.
pub fn rows(comparison: &Comparison) -> Vec<Vec<TableCell>> {
    let text = |text: &str| TableCell::Text(text.to_owned());
    let mut heads = named(comparison);
    heads.push(text("n"));
    for metric in &comparison.metrics {
        heads.push(text(&metric.to_string()));
        heads.extend(comparison.has_baseline.then(|| text(&format!("{metric} - baseline"))));
    }
    let row = |row: &super::ComparedRow| {
        let n = row.runs.len();
        let mut cells = values(row);
        cells.push(TableCell::Whole(n as i64));
        for cell in &row.cells {
            cells.push(TableCell::Text(shown_estimate(cell.estimate, n)));
            let difference = if row.is_baseline { "baseline".into() } else { shown_difference(cell, n) };
            cells.extend(comparison.has_baseline.then_some(TableCell::Text(difference)));
        }
        cells
    };
    [heads].into_iter().chain(comparison.rows.iter().map(row)).collect()
}

/// The same for programs: mean, low and high end of each interval in columns of their own.
pub fn number_rows(comparison: &Comparison) -> Vec<Vec<TableCell>> {
    let text = |text: String| TableCell::Text(text);
    let mut heads = named(comparison);
    heads.push(text("n".into()));
    for metric in &comparison.metrics {
        let differences = [format!("{metric} - baseline")].into_iter().filter(|_| comparison.has_baseline);
        for name in [metric.to_string()].into_iter().chain(differences) {
            heads.extend([name.clone(), format!("{name} (low)"), format!("{name} (high)")].map(text));
        }
    }
    let row = |row: &super::ComparedRow| {
        let mut cells = values(row);
        cells.push(TableCell::Whole(row.runs.len() as i64));
        for cell in &row.cells {
            cells.extend(numbers(cell.estimate));
            cells.extend(comparison.has_baseline.then(|| numbers(cell.difference)).into_iter().flatten());
        }
        cells
    };
    [heads].into_iter().chain(comparison.rows.iter().map(row)).collect()
}

fn named(comparison: &Comparison) -> Vec<TableCell> {
    match &comparison.names[..] {
        [] => vec![TableCell::Text("plugin".into())],
        names => names.iter().map(|name| TableCell::Text(name.clone())).collect(),
    }
}

/// What a row differs in; runs that differ in nothing have the name of their plugin.
fn values(row: &super::ComparedRow) -> Vec<TableCell> {
    match &row.values[..] {
        [] => vec![TableCell::Text(row.runs.first().map(|run| run.plugin.clone()).unwrap_or_default())],
        values => values.iter().map(|value| TableCell::Text(value.clone())).collect(),
    }
}

fn numbers(estimate: Option<Estimate>) -> [TableCell; 3] {
    let cell = |value: Option<f64>| value.map_or(TableCell::Text(String::new()), TableCell::Number);
    let half = estimate.and_then(|estimate| estimate.half);
    let mean = estimate.map(|estimate| estimate.mean);
    let end = |sign: f64| Some(mean? + sign * half?);
    [cell(mean), cell(end(-1.0)), cell(end(1.0))]
}

/// `0.834 ± 0.012`, with two digits of the interval; `(n=2)` where that is not the row's `n`.
pub fn shown_estimate(estimate: Option<Estimate>, n: usize) -> String {
    shown(estimate, n, false)
}

/// `+0.012 ± 0.004`
pub fn shown_difference(cell: &ComparedCell, n: usize) -> String {
    shown(cell.difference, n, true)
}

fn shown(estimate: Option<Estimate>, n: usize, is_signed: bool) -> String {
    let Some(Estimate { mean, half, n: counted }) = estimate else { return NONE.to_owned() };
    let sign = if is_signed && mean > 0.0 { "+" } else { "" };
    let text = match half {
        Some(half) if half > 0.0 => between(mean, half),
        Some(_) => format!("{} ± 0", number(mean)),
        None => number(mean),
    };
    let count = if counted == n { String::new() } else { format!(" (n={counted})") };
    format!("{sign}{text}{count}")
}

/// Mean and half width with the digits that the latter gives a meaning to.
fn between(mean: f64, half: f64) -> String {
    let power = libm::log10(half).floor();
    let is_plain = (-6.0..6.0).contains(&power) && mean.abs() < 1e6;
    let decimals = (1.0 - power).max(0.0) as usize;
    match is_plain {
        true => format!("{mean:.decimals$} ± {half:.decimals$}"),
        false => format!("{} ± {}", number(mean), number(half)),
    }
}
