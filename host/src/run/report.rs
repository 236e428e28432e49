//! The report of a run: one HTML file with everything in it, made from the run's folder.

mod curve;
mod folder;
mod html;
mod metrics;

#[cfg(test)]
mod tests;

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::table::{TableCell, from_csv};
use crate::{
    error::{Error, Result},
    files::write_whole,
};
use folder::{files, log_tail, record};

pub use curve::{COLOURS, Curve, over_each_other};
pub(crate) use html::shell_quoted;
pub use html::{NaturalKey, byte_size, duration, escape, natural_key, note, number, section};
use html::{base64, block, row, table, table_of, within};
pub use metrics::{Metric, ReportMetrics};

const STYLE: &str = include_str!("report/report.css");

/// Bytes of figures that one report holds; a browser still opens such a page.
const MAX_FIGURE_BYTES: u64 = 64 << 20;

/// Writes `report.html` into the folder `run`.
///
/// What is missing from the folder is missing from the report.
///
/// # Errors
/// The folder, or a file in it, cannot be read; the report cannot be written.
pub fn write(run: &Path) -> Result<()> {
    let page = page(run)?;
    Ok(write_whole(&run.join("report.html"), page.as_bytes())?)
}

/// The whole page.
fn page(run: &Path) -> Result<String> {
    let top = files(run)?.ok_or_else(|| Error::io(run)(ErrorKind::NotFound.into()))?;
    let (record, problem) = record(run)?;
    let metrics = ReportMetrics::read(&run.join("metrics.jsonl"))?;
    let figures = files(&run.join("figures"))?.unwrap_or_default();
    let tables_of_run = files(&run.join("tables"))?.unwrap_or_default();
    let models = files(&run.join("models"))?.unwrap_or_default();
    let title = escape(&title(&record));
    let body = [
        header(&record),
        note(&problem),
        section("Error", &block("error", &text(&record["error"]))),
        section("Results", &table(&metrics.single_values())),
        section("Tables", &tables(&tables_of_run)?),
        section("Metrics", &curves(&metrics)),
        section("Figures", &pictures(&figures)?),
        section("Settings", &settings(&record)),
        section("Changed on resume", &table(&changes(&record))),
        section("Command", &block("", &command(&record["command"]))),
        section("Files", &file_table(run, top.iter().chain(&tables_of_run).chain(&models))),
        section("Log", &block("log", &log_tail(&run.join("log.txt"))?)),
        section("Environment", &environments(&record["environments"])),
        section("Versions", &table(&entries(&record["versions"]))),
    ]
    .concat();
    Ok(document(&title, &body))
}

/// A page in one file; `title` and `body` are HTML.
pub fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main>\n{body}</main></body></html>\n"
    )
}

/// On what the run computed; each of several where it went on elsewhere.
fn environments(value: &Value) -> String {
    let shown = |environment: &Value| {
        let shown = |(name, text): (String, String)| match environment[&*name].as_u64() {
            Some(bytes) if name == "peak_memory" => ("peak memory".to_owned(), byte_size(bytes)),
            _ => (name, text),
        };
        table(&entries(environment).into_iter().map(shown).collect::<Vec<_>>())
    };
    value.as_array().into_iter().flatten().map(shown).collect()
}

/// The plugin's title or, without one, its name.
fn title(record: &Value) -> String {
    [text(&record["title"]), text(&record["plugin"])]
        .into_iter()
        .find(|title| !title.is_empty())
        .unwrap_or("Run".to_string())
}

/// The headline, what the plugin says about itself, and the facts of the run.
fn header(record: &Value) -> String {
    let status = text(&record["status"]);
    let badge = match status.as_str() {
        "" => String::new(),
        _ => format!(" <span class=\"badge {}\">{}</span>", escape(&status.to_lowercase()), escape(&status)),
    };
    let took = record["seconds"].as_f64().map(duration).unwrap_or_default();
    let facts: String = [
        ("plugin", text(&record["plugin"])),
        ("duration", took),
        ("seed", text(&record["seed"])),
        ("device", text(&record["device"])),
        ("started", text(&record["started"])),
        ("finished", text(&record["finished"])),
    ]
    .iter()
    .filter(|(_, fact)| !fact.is_empty())
    .map(|(name, fact)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(fact)))
    .collect();
    let summary = within("<p class=\"summary\">", &escape(&text(&record["summary"])), "</p>");
    let title = escape(&title(record));
    format!("<header><h1>{title}{badge}</h1>\n{summary}<dl class=\"facts\">{facts}</dl></header>\n")
}

/// Every setting with its value and its meaning.
fn settings(record: &Value) -> String {
    let rows: String = entries(&record["settings"])
        .iter()
        .map(|(name, value)| {
            let meaning = escape(&text(&record["setting_meanings"][name]));
            row(name, value, &format!("<td class=\"meaning\">{meaning}</td>"))
        })
        .collect();
    table_of(&rows)
}

/// What a resume changed: settings, scripts and files.
fn changes(record: &Value) -> Vec<(String, String)> {
    let list = |key: &str| record[key].as_array().into_iter().flatten();
    let settings = list("changed_settings").map(|change| {
        let (name, before, after) = (&change["name"], text(&change["before"]), text(&change["after"]));
        (text(name), format!("{before} until resume {}, then {after}", text(&change["resumed"])))
    });
    let files = list("changed").map(|change| {
        let what = match (&change["before"], &change["after"]) {
            (_, Value::Null) => "gone",
            (Value::Null, _) => "new",
            _ => "another",
        };
        (text(&change["name"]), format!("{what} since resume {}", text(&change["resumed"])))
    });
    settings.chain(files).collect()
}

/// One card a metric: name, last value, curve, extremes.
fn curves(metrics: &ReportMetrics) -> String {
    let cards: String = metrics
        .all
        .iter()
        .filter(|metric| metric.points.len() > 1)
        .map(|metric| {
            let name = escape(&metric.name);
            let last = metric.points.last().map_or(f64::NAN, |point| point.1);
            format!(
                "<div class=\"card\"><h3>{name} <b>{}</b></h3>{}<p>{}</p></div>\n",
                number(last),
                curve::svg(metric),
                escape(&metric.summary()),
            )
        })
        .collect();
    let skipped = match metrics.skipped {
        0 => String::new(),
        1 => "1 line of metrics.jsonl cannot be read and is left out.".to_string(),
        n => format!("{n} lines of metrics.jsonl cannot be read and are left out."),
    };
    within("<div class=\"cards\">", &cards, "</div>") + note(&skipped).as_str()
}

/// The tables in natural order, the first row of each as its heads.
fn tables(tables: &[(PathBuf, u64)]) -> Result<String> {
    let mut html = String::new();
    for (path, _) in tables {
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        html += &format!(
            "<table class=\"data\"><caption>{}</caption>",
            escape(&path.file_stem().unwrap_or_default().to_string_lossy())
        );
        for (i, row) in from_csv(&text).iter().enumerate() {
            let cell = |cell: &TableCell| match i {
                0 => format!("<th>{}</th>", escape(&cell.shown())),
                _ => format!("<td>{}</td>", escape(&cell.shown())),
            };
            html += &format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>());
        }
        html += "</table>\n";
    }
    Ok(html)
}

/// The figures in natural order, embedded as long as the report does not grow too large.
fn pictures(figures: &[(PathBuf, u64)]) -> Result<String> {
    let mut html = String::new();
    let mut total = 0;
    for (path, size) in figures {
        if path.extension().is_none_or(|extension| extension != "png") {
            continue;
        }
        let caption = escape(&path.file_stem().unwrap_or_default().to_string_lossy());
        total += size;
        if total > MAX_FIGURE_BYTES {
            html += &format!(
                "<figure><figcaption>{caption} (too large for this page: see \
                 figures/)</figcaption></figure>\n"
            );
            continue;
        }
        let png = fs::read(path).map_err(Error::io(path))?;
        html += &format!(
            "<figure{}><img alt=\"{caption}\" \
             src=\"data:image/png;base64,{}\"><figcaption>{caption}</figcaption></figure>\n",
            if is_wide(&png) { " class=\"wide\"" } else { "" },
            base64(&png),
        );
    }
    Ok(within("<div class=\"figures\">", &html, "</div>"))
}

/// Whether a PNG is more than twice as wide as high, and should have a row for itself.
fn is_wide(png: &[u8]) -> bool {
    // Width and height are the first two fields of the first chunk.
    let side =
        |at: usize| png.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    u64::from(side(16)) > 2 * u64::from(side(20))
}

/// The names of the run's files, from its folder, and their sizes.
fn file_table<'a>(run: &Path, files: impl Iterator<Item = &'a (PathBuf, u64)>) -> String {
    let names: Vec<_> = files
        .map(|(path, size)| {
            let name = path.strip_prefix(run).unwrap_or(path);
            (name.display().to_string(), byte_size(*size))
        })
        .filter(|(name, _)| !name.starts_with('.') && name != "report.html")
        .collect();
    table(&names)
}

/// The command as it can be typed again.
fn command(value: &Value) -> String {
    match value {
        Value::Array(words) => {
            let words: Vec<_> = words.iter().map(|word| shell_quoted(&text(word))).collect();
            words.join(" ")
        }
        other => text(other),
    }
}

/// A value as a person writes it: strings without quotes, lines of text one below the other.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // A float that JSON has no number for.
        Value::Object(tagged) if tagged.contains_key("float") => {
            tagged.get("text").map(text).unwrap_or_default()
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(","))
        }
        Value::Array(lines) if !lines.is_empty() && lines.iter().all(Value::is_string) => {
            lines.iter().map(text).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

/// Names and values of an object.
fn entries(value: &Value) -> Vec<(String, String)> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), text(value))).collect()
}
