//! The metric log of a run, as it is read back whole.

mod open;

use std::{borrow::Cow, path::Path, sync::Arc};

use serde::Deserialize;

use super::{json_number, words::number};
use crate::error::Result;
pub use open::Logs;
use open::OpenLog;

/// What x is where steps grow.
const STEP: &str = "step";

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
        let mut log = OpenLog::default();
        log.read_on(path)?;
        let mut metrics = Arc::unwrap_or_clone(log.metrics);
        metrics.add_line(&log.torn);
        Ok(metrics)
    }

    fn add_line(&mut self, line: &[u8]) {
        match record(line) {
            Some(line) => self.add(&line),
            None => self.skipped += usize::from(!line.trim_ascii().is_empty()),
        }
    }

    fn add(&mut self, line: &LoggedLine) {
        let known = self.all.iter().position(|metric| metric.name == line.name);
        let position = known.unwrap_or_else(|| {
            let name = line.name.clone().into_owned();
            self.all.push(Metric { name, points: Vec::new(), times: Vec::new(), x_name: STEP });
            self.all.len() - 1
        });
        self.all[position].add(line);
    }
}

impl Metric {
    /// Steps that start again, or that are missing, are replaced by running numbers.
    fn add(&mut self, line: &LoggedLine) {
        let step = line.step.unwrap_or(f64::NAN);
        let grows = self.points.last().map_or(!step.is_nan(), |last| last.0 < step);
        if self.x_name == STEP && !grows {
            self.x_name = "record";
            self.points.iter_mut().enumerate().for_each(|(number, point)| point.0 = number as f64);
        }
        let x = if self.x_name == STEP { step } else { self.points.len() as f64 };
        self.points.push((x, line.value));
        self.times.push(line.time.unwrap_or(f64::NAN));
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
