//! The page of one run, made from its folder.

use std::path::Path;

use serde_json::Value;

use super::{
    chart::{Chart, POINTS, share},
    curve,
    document::{Page, Section},
    figures::{Pictures, figures},
    files::{left, read, tables},
    folder::{self, files},
    html::{block, escape, note, table, within},
    record::{changes, command, environments, header, text, title},
    settings::settings,
};
use crate::{
    error::Result,
    run::{LoggedMetrics, Metric, number},
};

/// What the folder `run` and its `metrics` show now. What is missing from the folder is missing from the
/// page.
///
/// # Errors
/// The folder, or a file in it, cannot be read.
pub fn run_page(run: &Path, metrics: &LoggedMetrics, pictures: Pictures) -> Result<Page> {
    let (record, problem) = folder::record(run)?;
    run_page_of(run, &record, &problem, metrics, pictures)
}

/// [`run_page`] with a record that is not in the folder yet, and a remark about it.
///
/// # Errors
/// As there.
pub fn run_page_of(
    run: &Path,
    record: &Value,
    problem: &str,
    metrics: &LoggedMetrics,
    pictures: Pictures,
) -> Result<Page> {
    let top = files(run, "")?;
    let parts = ["figures", "tables", "models"].map(|part| files(run, part));
    let [drawn, tabled, models] = parts;
    let (drawn, tabled, models) = (drawn?, tabled?, models?);
    let (log, warnings) = folder::log(run)?;
    let all: Vec<_> = [top, models, tabled.clone(), drawn.clone()].concat();
    let (charted, short): (Vec<_>, Vec<_>) = metrics.all.iter().partition(|m| m.points.len() > 1);
    let sections = vec![
        Section::new("about", "", [header(record), note(problem)].concat()),
        Section::new("error", "Error", block("error", "error", &text(&record["error"]))),
        Section::new("warnings", "Warnings", warned(&warnings)),
        Section::new("results", "Results", table("results", &single_values(&short))),
        Section::new("tables", "Tables", tables(&tabled)?),
        Section::new("metrics", "Metrics", cards(&charted, metrics.skipped)),
        Section::new("figures", "Figures", figures(&drawn, record, pictures)?),
        Section::new("settings", "Settings", settings(record)),
        Section::new("changes", "Changed on resume", table("changed on resume", &changes(record))),
        Section::new("command", "Command", block("", "command", &command(record))),
        Section::new("read", "Data and models that were read", read(record)),
        Section::new("files", "Files", left(&all, record)),
        Section::new("log", "Log", block("log", "log", &log)),
        Section::new("environment", "Environment", environments(record)),
    ];
    let most = match pictures {
        Pictures::Inside => share(charted.len()),
        Pictures::Linked => POINTS,
    };
    let charts = charted.into_iter().map(|metric| Chart::of(metric, most)).collect();
    Ok(Page { title: title(record), sections, charts })
}

/// Name and value of metrics with a single record.
fn single_values(metrics: &[&Metric]) -> Vec<(String, String)> {
    let value = |metric: &&Metric| metric.points.last().map_or_else(String::new, |point| number(point.1));
    metrics.iter().map(|metric| (metric.name.clone(), value(metric))).collect()
}

fn warned(warnings: &[String]) -> String {
    let items: String = warnings.iter().map(|warning| format!("<li>{}</li>\n", escape(warning))).collect();
    within("<ul class=\"warnings\">\n", &items, "</ul>\n")
}

/// One card a metric: name, last value, curve, extremes.
fn cards(metrics: &[&Metric], skipped: usize) -> String {
    let cards: String = metrics
        .iter()
        .map(|metric| {
            let name = escape(&metric.name);
            let last = metric.points.last().map_or(f64::NAN, |point| point.1);
            format!(
                "<div class=\"card\" data-chart=\"{name}\"><h3>{name} <b>{}</b></h3>{}<p>{}</p></div>\n",
                number(last),
                curve::svg(metric),
                escape(&metric.summary()),
            )
        })
        .collect();
    let skipped = match skipped {
        0 => String::new(),
        1 => "1 line of metrics.jsonl cannot be read and is left out.".to_string(),
        n => format!("{n} lines of metrics.jsonl cannot be read and are left out."),
    };
    [within("<div class=\"cards\">\n", &cards, "</div>\n"), note(&skipped)].concat()
}
