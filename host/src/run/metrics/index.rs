//! What is known of a metric log: its values, and the keys of the lines read back from the file.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead, BufReader},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::run::json_number;

/// One line of the file.
#[derive(Serialize, Deserialize)]
pub struct MetricLine<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(with = "json_number")]
    value: f64,
    step: u64,
    #[serde(borrow)]
    path: Cow<'a, str>,
    time: f64,
}

impl<'a> MetricLine<'a> {
    pub fn new(path: &'a str, name: &'a str, value: f64, step: u64, seconds: f64) -> Self {
        Self { name: name.into(), value, step, path: path.into(), time: (seconds * 1000.0).round() / 1000.0 }
    }

    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// The values of a log, and the keys of the lines that it was read from.
#[derive(Default)]
pub struct Index {
    /// In the order of their first lines; the position of a value is its step. Beside each value the
    /// number of its line.
    series: Vec<(String, Vec<(u64, f64)>)>,
    /// Where a name stands in `series`.
    positions: HashMap<String, usize>,
    kept: HashMap<u64, Kept>,
    /// Lines in all.
    lines: u64,
    /// Lines that the script has reached. After a resume what stands between loops runs again, and has
    /// to see the log as it was when it ran for the first time.
    reached: u64,
    /// What the file's whole lines take, in bytes.
    pub bytes: u64,
    /// The time of the last line.
    pub seconds: f64,
}

/// The lines of one path and name that were read back.
#[derive(Default)]
struct Kept {
    lines: Vec<u64>,
    /// How many of them were logged again since the path was entered.
    met: usize,
}

impl Index {
    /// Reads a file, up to its last whole line. Lines that are no records stay in it and are ignored.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
        let (mut index, mut line) = (Self::default(), Vec::new());
        loop {
            line.clear();
            file.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                index.reached = 0;
                return Ok(index);
            }
            index.bytes += line.len() as u64;
            if let Ok(line) = serde_json::from_slice::<MetricLine>(&line) {
                let number = index.lines;
                index.kept.entry(key(&line.path, &line.name)).or_default().lines.push(number);
                index.add(&line.name, line.value);
                index.seconds = line.time;
            }
        }
    }

    pub fn add(&mut self, name: &str, value: f64) {
        let value = (self.lines, value);
        match self.positions.get(name) {
            Some(&position) => self.series[position].1.push(value),
            None => {
                self.positions.insert(name.into(), self.series.len());
                self.series.push((name.into(), vec![value]));
            }
        }
        self.lines += 1;
        self.reached = self.lines;
    }

    /// Drops all lines after so many, which take so many bytes.
    pub fn forget_after(&mut self, lines: u64, bytes: u64) {
        for (_, values) in &mut self.series {
            values.retain(|(number, _)| *number < lines);
        }
        self.kept.retain(|_, kept| {
            kept.lines.retain(|number| *number < lines);
            kept.met = kept.met.min(kept.lines.len());
            !kept.lines.is_empty()
        });
        (self.lines, self.bytes) = (self.lines.min(lines), bytes);
        self.reached = self.reached.min(lines);
    }

    /// How many lines the script has reached.
    pub fn reached(&self) -> u64 {
        self.reached
    }

    /// Takes note that the script has reached so many lines, by skipping what is done.
    pub fn reach(&mut self, lines: u64) {
        self.reached = self.reached.max(lines).min(self.lines);
    }

    /// Whether the next line of this path and name was read back; if so, the one after it comes next.
    pub fn meet(&mut self, path: &str, name: &str) -> bool {
        match self.kept.get_mut(&key(path, name)) {
            Some(kept) if kept.met < kept.lines.len() => {
                let number = kept.lines[kept.met];
                kept.met += 1;
                self.reach(number + 1);
                true
            }
            _ => false,
        }
    }

    /// Starts to count the lines of exactly this path from the first again.
    pub fn enter(&mut self, path: &str) {
        if self.kept.is_empty() {
            return;
        }
        for (name, _) in &self.series {
            if let Some(kept) = self.kept.get_mut(&key(path, name)) {
                kept.met = 0;
            }
        }
    }

    /// How many lines of a name there are, reached or not.
    pub fn count(&self, name: &str) -> usize {
        self.positions.get(name).map_or(0, |&position| self.series[position].1.len())
    }

    /// The values of a name in the lines that the script has reached.
    pub fn values(&self, name: &str) -> impl Iterator<Item = f64> {
        let all = self.positions.get(name).map_or(&[][..], |&position| &self.series[position].1);
        all.iter().take_while(|(line, _)| *line < self.reached).map(|(_, value)| *value)
    }

    /// The names in the order of their first lines.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.series.iter().map(|(name, _)| name.as_str())
    }

    /// The newest value of a name.
    pub fn newest(&self, name: &str) -> Option<f64> {
        let position = self.positions.get(name)?;
        self.series[*position].1.last().map(|(_, value)| *value)
    }
}

/// The bytes of a file up to its record number `lines`, with the lines before that that are no records.
pub fn position_of(path: &Path, lines: u64) -> io::Result<u64> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let (mut line, mut bytes, mut records) = (Vec::new(), 0, 0);
    while records < lines {
        line.clear();
        if file.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        bytes += line.len() as u64;
        records += u64::from(serde_json::from_slice::<MetricLine>(&line).is_ok());
    }
    Ok(bytes)
}

/// A path and a name in 64 bits: the paths themselves would not fit into memory after millions of
/// lines. Among ten million keys, two are equal once in 400,000 runs.
fn key(path: &str, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (path, name).hash(&mut hasher);
    hasher.finish()
}
