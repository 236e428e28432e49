//! The metric log of a run, as it is read back whole.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufRead, BufReader, ErrorKind},
    path::Path,
};

use serde::Deserialize;

use super::{json_number, words::number};
use crate::error::{Error, Result};

/// Everything in a `metrics.jsonl`.
#[derive(Clone, Debug, Default)]
pub struct LoggedMetrics {
    /// In the order of their first record.
    pub all: Vec<Metric>,
    /// Lines that are no record.
    pub skipped: usize,
}

/// One metric over the run.
#[derive(Clone, Debug)]
pub struct Metric {
    pub name: String,
    /// (x, value) of every record; a value can be NaN or infinite.
    pub points: Vec<(f64, f64)>,
    /// Seconds of the run at each record; NaN where the log has none.
    pub times: Vec<f64>,
    /// What x is: `step` where the steps of all records grow through the run, else `record`, their
    /// running number.
    pub x_name: &'static str,
}

impl LoggedMetrics {
    /// Reads a log; none at all is an empty one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let file = match File::open(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            file => file.map_err(Error::io(path))?,
        };
        let mut metrics = Self::default();
        let (mut file, mut line) = (BufReader::with_capacity(1 << 16, file), Vec::new());
        while file.read_until(b'\n', &mut line).map_err(Error::io(path))? > 0 {
            match record(&line) {
                Some(line) => metrics.add(&line),
                None => metrics.skipped += usize::from(!line.trim_ascii().is_empty()),
            }
            line.clear();
        }
        metrics.all.iter_mut().for_each(Metric::choose_x);
        Ok(metrics)
    }

    fn add(&mut self, line: &LoggedLine) {
        let known = self.all.iter().position(|metric| metric.name == line.name);
        let position = known.unwrap_or_else(|| {
            let name = line.name.clone().into_owned();
            self.all.push(Metric { name, points: Vec::new(), times: Vec::new(), x_name: "step" });
            self.all.len() - 1
        });
        let metric = &mut self.all[position];
        metric.points.push((line.step.unwrap_or(f64::NAN), line.value));
        metric.times.push(line.time.unwrap_or(f64::NAN));
    }
}

impl Metric {
    /// Steps that start again, or that are missing, are replaced by running numbers.
    fn choose_x(&mut self) {
        let steps = self.points.iter().map(|point| point.0);
        if !steps.is_sorted_by(|a, b| a < b) || self.points[0].0.is_nan() {
            self.x_name = "record";
            for (number, point) in self.points.iter_mut().enumerate() {
                point.0 = number as f64;
            }
        }
    }

    /// How many records, and between which values.
    pub fn summary(&self) -> String {
        let values = || self.points.iter().map(|point| point.1);
        let finite = || values().filter(|value| value.is_finite());
        let count = self.points.len();
        let odd = count - finite().count();
        let range = match odd == count {
            true => String::new(),
            false => format!(
                " from {} to {}",
                number(finite().fold(f64::INFINITY, f64::min)),
                number(finite().fold(f64::NEG_INFINITY, f64::max))
            ),
        };
        match odd {
            0 => format!("{count} records{range}"),
            _ => format!("{count} records{range}, {odd} not finite"),
        }
    }
}

/// A line of the log.
#[derive(Deserialize)]
struct LoggedLine<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(with = "json_number")]
    value: f64,
    step: Option<f64>,
    time: Option<f64>,
}

/// None where name or value is missing.
fn record(line: &[u8]) -> Option<LoggedLine<'_>> {
    serde_json::from_slice(line).ok()
}
