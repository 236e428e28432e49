//! A comparison as a page: its table, and the curves of each metric over each other, with the 95 % interval
//! of their means as a band.

use super::{
    compare::{ComparedRow, Comparison, rows},
    metric::MetricName,
    statistics::Estimate,
    summary::METRICS,
};
use crate::{
    error::Result,
    run::{
        TableCell,
        report::{COLOURS, Curve, ReportMetrics, document, escape, note, over_each_other, section},
    },
};

/// The whole page.
///
/// # Errors
/// The metrics of a run cannot be read.
pub fn page(comparison: &Comparison) -> Result<String> {
    let (table, curves) = parts(comparison)?;
    let body = [
        "<header><h1>Comparison</h1></header>\n".to_owned(),
        table,
        section("Curves", &curves),
        section("Runs", &runs(comparison)),
    ];
    Ok(document("Comparison", &body.concat()))
}

/// The table of a comparison with what is remarked, and its curves; both are HTML.
///
/// # Errors
/// The metrics of a run cannot be read.
pub fn parts(comparison: &Comparison) -> Result<(String, String)> {
    let logs = |row: &ComparedRow| -> Result<Vec<ReportMetrics>> {
        row.runs.iter().map(|run| ReportMetrics::read(&run.path.join(METRICS))).collect()
    };
    let logs = comparison.rows.iter().map(logs).collect::<Result<Vec<_>>>()?;
    let mut names: Vec<&MetricName> = Vec::new();
    for metric in &comparison.metrics {
        if !names.iter().any(|known| known.name == metric.name) {
            names.push(metric);
        }
    }
    let cards: String = names.iter().map(|metric| card(&metric.name, &logs)).collect();
    let curves = match cards.as_str() {
        "" => String::new(),
        cards => format!("{}<div class=\"cards\">{cards}</div>", keys(comparison)),
    };
    let remarks: String = comparison.remarks.iter().map(|remark| note(remark)).collect();
    Ok((format!("{}{remarks}", html_table(&rows(comparison))), curves))
}

/// Rows as an HTML table; the first has the heads.
pub fn html_table(rows: &[Vec<TableCell>]) -> String {
    let line = |(i, row): (usize, &Vec<TableCell>)| {
        let tag = if i == 0 { "th" } else { "td" };
        let cell = |cell: &TableCell| format!("<{tag}>{}</{tag}>", escape(&cell.shown()));
        format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>())
    };
    format!("<table class=\"data\">{}</table>\n", rows.iter().enumerate().map(line).collect::<String>())
}

/// The curves of a metric; none where no run has two values of it.
fn card(name: &str, logs: &[Vec<ReportMetrics>]) -> String {
    let curves: Vec<Curve> = logs.iter().map(|logs| curve(name, logs)).collect();
    if curves.iter().all(|curve| curve.points.len() < 2) {
        return String::new();
    }
    let label = format!("{name} over the values logged, of {} rows", curves.len());
    let svg = over_each_other(&curves, "step", &label);
    format!("<div class=\"card\"><h3>{}</h3>{svg}</div>\n", escape(name))
}

/// The mean over runs at each of their values, and the interval where there are two or more.
fn curve(name: &str, logs: &[ReportMetrics]) -> Curve {
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

/// Which colour is which row.
fn keys(comparison: &Comparison) -> String {
    let key = |(i, row): (usize, &ComparedRow)| {
        let words = comparison.names.iter().zip(&row.values).map(|(name, value)| format!("{name}={value}"));
        let words = words.collect::<Vec<_>>().join(" ");
        let words = if words.is_empty() { "all runs".to_owned() } else { words };
        format!("<li><b class=\"key c{}\">■</b> {}</li>\n", i % COLOURS, escape(&words))
    };
    let keys: String = comparison.rows.iter().enumerate().map(key).collect();
    format!("<ul class=\"keys\">{keys}</ul>\n")
}

/// The runs behind each row.
fn runs(comparison: &Comparison) -> String {
    let run = |run: &super::RunSummary| format!("<li>{}</li>\n", escape(&run.path.display().to_string()));
    let all: String = comparison.rows.iter().flat_map(|row| &row.runs).map(run).collect();
    format!("<ul>{all}</ul>\n")
}
