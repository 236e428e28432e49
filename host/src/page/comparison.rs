//! A comparison as a page: its table, and the curves of each metric over each other, with the 95 % interval
//! of their means as a band.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    chart::{Band, Chart, ChartCurve, Short, kept, share},
    curve::{Curve, over_each_other},
    document::{Page, Section, keyed},
    html::{escape, heads, note, table_of, within},
};
use crate::{
    error::Result,
    run::{LoggedMetrics, Logs, TableCell},
    study::{
        Estimate, RunSummary,
        compare::{ComparedRow, Comparison, rows},
        metric::MetricName,
        summary::METRICS,
    },
};

/// The page. `link` is where the page of a run is; none where there is no such page.
///
/// # Errors
/// The metrics of a run cannot be read.
pub fn comparison(
    comparison: &Comparison,
    logs: &Logs,
    link: &dyn Fn(&RunSummary) -> Option<String>,
) -> Result<Page> {
    let Compared { table, curves, charts } = compared(comparison, "", logs)?;
    let sections = vec![
        Section::new("about", "", "<header><h1>Comparison</h1></header>\n".to_owned()),
        Section::new("table", "", table),
        Section::new("metrics", "Curves", curves),
        Section::new("runs", "Runs", runs(comparison, link)),
    ];
    Ok(Page { title: "Comparison".into(), sections, charts })
}

/// The parts of a comparison; table and curves are HTML.
pub struct Compared {
    /// With what is remarked.
    pub table: String,
    pub curves: String,
    pub charts: Vec<Chart>,
}

/// Runs side by side. `prefix` is put before the names of charts: on a page with several comparisons no two
/// have the same.
///
/// # Errors
/// The metrics of a run cannot be read.
pub fn compared(comparison: &Comparison, prefix: &str, logs: &Logs) -> Result<Compared> {
    let read = |row: &ComparedRow| -> Result<Vec<Arc<LoggedMetrics>>> {
        row.runs.par_iter().map(|run| logs.read(&run.path.join(METRICS))).collect()
    };
    let logs = comparison.rows.par_iter().map(read).collect::<Result<Vec<_>>>()?;
    let mut names: Vec<&MetricName> = Vec::new();
    for metric in &comparison.metrics {
        if !names.iter().any(|known| known.name == metric.name) {
            names.push(metric);
        }
    }
    let keys: Vec<String> = comparison.rows.iter().map(|row| key(comparison, row)).collect();
    let drawn = names.par_iter().map(|metric| drawn(&metric.name, prefix, &logs));
    let drawn: Vec<(String, Vec<Curve>)> = drawn.collect::<Vec<_>>().into_iter().flatten().collect();
    let cards: String = drawn.iter().map(|(name, curves)| card(name, curves)).collect();
    let (keyed, most) = (keyed(&keys), share(keys.len() * drawn.len()));
    let remarks: String = comparison.remarks.iter().map(|remark| note(remark)).collect();
    Ok(Compared {
        table: [html_table("", &rows(comparison)), remarks].concat(),
        curves: within(&format!("{keyed}<div class=\"cards\">\n"), &cards, "</div>\n"),
        charts: drawn.iter().map(|(name, curves)| chart(name, curves, &keys, most)).collect(),
    })
}

/// Rows as an HTML table with a caption, or none; the first row has the heads.
pub fn html_table(caption: &str, rows: &[Vec<TableCell>]) -> String {
    let shown = |row: &Vec<TableCell>| row.iter().map(TableCell::shown).collect::<Vec<_>>();
    let Some((first, rest)) = rows.split_first() else { return String::new() };
    let first = shown(first);
    let line = |row: &Vec<TableCell>| {
        let cell = |cell: String| format!("<td>{}</td>", escape(&cell));
        format!("<tr>{}</tr>\n", shown(row).into_iter().map(cell).collect::<String>())
    };
    let body: String = rest.iter().map(line).collect();
    let body = if body.is_empty() { "<tr></tr>\n".to_owned() } else { body };
    let heads = heads(&first.iter().map(String::as_str).collect::<Vec<_>>());
    let label = if caption.is_empty() { "table" } else { caption };
    let caption = within("<h3>", &escape(caption), "</h3>\n");
    format!("<div class=\"data\">{caption}{}</div>\n", table_of(label, &heads, &body))
}

/// The curves of a metric, one a row; none where no run has two values of it.
fn drawn(name: &str, prefix: &str, logs: &[Vec<Arc<LoggedMetrics>>]) -> Option<(String, Vec<Curve>)> {
    let curves: Vec<Curve> = logs.iter().map(|logs| curve(name, logs)).collect();
    curves.iter().any(|curve| curve.points.len() > 1).then(|| (format!("{prefix}{name}"), curves))
}

fn card(name: &str, curves: &[Curve]) -> String {
    let label = format!("{name} over the values logged, of {} rows", curves.len());
    let (svg, name) = (over_each_other(curves, "step", &label), escape(name));
    format!("<div class=\"card\" data-chart=\"{name}\"><h3>{name}</h3>{svg}</div>\n")
}

/// The curves for the page's script, each with about `most` points at most.
fn chart(name: &str, curves: &[Curve], keys: &[String], most: usize) -> Chart {
    let of = |(curve, key): (&Curve, &String)| {
        let kept = kept(curve.points.iter().map(|point| point.1), most);
        let at = |of: &dyn Fn(usize) -> f64| kept.iter().map(|&i| Short(of(i))).collect::<Vec<_>>();
        let end = |i: usize| {
            let x = curve.points[i].0;
            let found = curve.band.binary_search_by(|band| band.0.total_cmp(&x));
            found.map_or((f64::NAN, f64::NAN), |at| (curve.band[at].1, curve.band[at].2))
        };
        let band = || Band { low: at(&|i| end(i).0), high: at(&|i| end(i).1) };
        ChartCurve {
            name: key.clone(),
            step: at(&|i| curve.points[i].0),
            time: Vec::new(),
            value: at(&|i| curve.points[i].1),
            band: (!curve.band.is_empty()).then(band),
        }
    };
    let curves = curves.iter().zip(keys).map(of).collect();
    Chart { name: name.to_owned(), note: String::new(), x: "step", curves }
}

/// The mean over runs at each of their values, and the interval where there are two or more.
fn curve(name: &str, logs: &[Arc<LoggedMetrics>]) -> Curve {
    let series: Vec<_> =
        logs.iter().filter_map(|log| log.all.iter().find(|metric| metric.name == name)).collect();
    let longest = series.iter().map(|metric| metric.points.len()).max().unwrap_or(0);
    let mut curve = Curve::default();
    for step in 0..longest {
        let values: Vec<f64> =
            series.iter().filter_map(|metric| metric.points.get(step)).map(|point| point.1).collect();
        let Some(Estimate { mean, half, .. }) = Estimate::of(&values) else { continue };
        curve.points.push((step as f64, mean));
        curve.band.extend(half.map(|half| (step as f64, mean - half, mean + half)));
    }
    curve
}

/// What a row is called among the curves.
fn key(comparison: &Comparison, row: &ComparedRow) -> String {
    let words = comparison.names.iter().zip(&row.values).map(|(name, value)| format!("{name}={value}"));
    match words.collect::<Vec<_>>().join(" ") {
        words if words.is_empty() => "all runs".to_owned(),
        words => words,
    }
}

/// The runs behind each row.
fn runs(comparison: &Comparison, link: &dyn Fn(&RunSummary) -> Option<String>) -> String {
    let run = |run: &RunSummary| {
        let name = escape(&run.path.display().to_string());
        match link(run) {
            Some(url) => format!("<li><a href=\"{}\">{name}</a></li>\n", escape(&url)),
            None => format!("<li>{name}</li>\n"),
        }
    };
    let all: String = comparison.rows.iter().flat_map(|row| &row.runs).map(run).collect();
    format!("<ul>{all}</ul>\n")
}
