//! What a bench found, as a line: for readers, or as JSON with all that is known; and in a history.

use std::{
    cell::Cell,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use indicatif::HumanBytes;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::{
    error::{Error, Result},
    run::{Environment, peak_memory},
};

/// Where lines go.
pub(super) struct Lines {
    json: bool,
    history: Option<(PathBuf, fs::File)>,
    is_first: Cell<bool>,
}

impl Lines {
    /// Lines for readers or as JSON, which are also appended to a history where there is one.
    ///
    /// # Errors
    /// A history that cannot be opened.
    pub fn new(json: bool, history: Option<&PathBuf>) -> Result<Self> {
        let open = |path: &PathBuf| {
            let file = fs::OpenOptions::new().create(true).append(true).open(path);
            file.map(|file| (path.clone(), file)).map_err(|e| cannot_write(path, &e))
        };
        Ok(Self { json, history: history.map(open).transpose()?, is_first: Cell::new(true) })
    }

    /// A line of these parts, maps all.
    ///
    /// # Errors
    /// A history that cannot be written.
    pub fn show(&self, parts: &[Json]) -> Result<()> {
        let mut line = joined(parts);
        line.insert("peak_bytes".into(), peak_memory().into());
        if self.json {
            out!("{}", Json::Object(line.clone()));
        } else {
            if self.is_first.replace(false) {
                out!("{}", row(["name", "median", "min", "max", "a second"]));
            }
            out!("{}", readable(&line));
        }
        let Some((path, file)) = &self.history else { return Ok(()) };
        let Environment { host, cpu, .. } = Environment::here(None, None);
        line.insert("date".into(), Timestamp::now().to_string().into());
        line.insert("machine".into(), host.into());
        line.insert("cpu".into(), cpu.into());
        let written = { file }.write_all(format!("{}\n", Json::Object(line)).as_bytes());
        written.map_err(|e| cannot_write(path, &e))
    }
}

/// One map of several.
pub(in crate::cli) fn joined(parts: &[Json]) -> Map<String, Json> {
    let entries = parts.iter().filter_map(Json::as_object).flatten();
    entries.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn readable(line: &Map<String, Json>) -> String {
    let text = |name: &str| line.get(name).and_then(Json::as_str).unwrap_or_default();
    let number = |name: &str| line.get(name).and_then(Json::as_f64);
    let time = |name: &str| number(name).map_or_else(String::new, |s| format!("{:.3} ms", s * 1e3));
    let each = number("images_per_s").map(|n| format!("{n:.0} images"));
    let each = each.or_else(|| number("items_per_s").map(|n| format!("{n:.0} items")));
    let name = format!("{} {}", text("name"), text("variant"));
    let each = each.unwrap_or_default();
    let times = row([&name, &time("median_s"), &time("min_s"), &time("max_s"), &each]);
    times + &line.get("count").map_or_else(String::new, counted)
}

/// What one repetition does, on a line of its own.
fn counted(count: &Json) -> String {
    let number = |name: &str| count[name].as_u64().unwrap_or_default();
    let bytes = HumanBytes(number("bytes_read") + number("bytes_written"));
    format!("\n  {} launches, {bytes} moved, {} round trips", number("launches"), number("round_trips"))
}

fn row([name, median, min, max, each]: [&str; 5]) -> String {
    format!("{name:<20}{median:>15}{min:>15}{max:>15}{each:>15}")
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::usage(
        format!("{}: the history cannot be written: {error}", path.display()),
        "--history takes a file that is there, or its name in a folder that is",
    )
}
