//! The table of a paper, as a preset's section `[table]` describes it: ours next to what is printed.
//!
//! ```toml
//! [table]
//! rows = "method"            # a setting, or several: a row for each of their values
//! columns = "dataset"        # settings as well; none where it is left out
//! value = "accuracy"         # a metric as in `host compare --metric`, or several next to each other
//! paper = [[62.26, 79.76], [71.5, nan]]   # a number for each cell, row by row; nan where there is none
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    compare::{Groups, Origins, cell, grouped, metric_among, shown_estimate},
    list::common_metrics,
    metric::MetricName,
    quantity::{Quantity, is_fact},
    statistics::Estimate,
    summary::RunSummary,
};
use crate::{
    error::{Error, Result},
    run::{TableCell, number},
    script::{did_you_mean, settings::TABLE},
};

/// The section `[table]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    pub rows: Names,
    #[serde(default)]
    pub columns: Names,
    pub value: Names,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paper: Vec<Vec<f64>>,
}

/// A name, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Names {
    One(String),
    Many(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Names {
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// The settings of each run that is planned, as they are typed: rows and columns stand in their order.
pub type Planned = [BTreeMap<String, String>];

impl TableSpec {
    /// The section in the text of a preset, where it has one.
    ///
    /// # Errors
    /// `Usage`: it is not TOML, or the section holds something else.
    pub fn of_preset(name: &str, text: &str) -> Result<Option<Self>> {
        let wrong = |problem: toml::de::Error| {
            let help = "a section [table] has lines like `rows = \"method\"`, `columns = \"dataset\"`, \
                        `value = \"accuracy\"` and `paper = [[62.26]]`";
            Error::usage(format!("{name}: {}", problem.to_string().trim_end()), help)
        };
        let table: toml::Table = text.parse().map_err(wrong)?;
        table.get(TABLE).map(|section| section.clone().try_into().map_err(wrong)).transpose()
    }

    /// Holds it against the names of settings and the runs that are planned, before any of them runs.
    ///
    /// # Errors
    /// `Usage`: a name that is no setting; printed numbers that are not as many as cells.
    pub fn check(&self, settings: &[&str], planned: &Planned) -> Result<()> {
        for name in self.rows.all().iter().chain(self.columns.all()) {
            let plain = name.strip_prefix("settings.").unwrap_or(name);
            if !settings.contains(&plain) && !is_fact(name) {
                let near = did_you_mean(plain, settings.iter().copied());
                let all = || format!("there are {}", settings.join(", "));
                let problem = format!("[{TABLE}]: there is no setting `{name}`");
                return Err(Error::usage(problem, near.unwrap_or_else(all)));
            }
        }
        let count = |names: &Names| distinct(planned_values(names.all(), planned)).len();
        match (count(&self.rows), count(&self.columns)) {
            // Of what is not an axis the runs will say the values.
            (0, _) | (_, 0) => Ok(()),
            (rows, columns) => check_size(&self.paper, rows, columns * self.value.all().len()),
        }
    }
}

/// A table as it can be printed.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperTable {
    /// The first has the heads.
    pub rows: Vec<Vec<TableCell>>,
    /// What its numbers are.
    pub caption: String,
}

/// A paper's table: `mean ± half` of the 95 % interval over the runs of a cell, with the printed number in
/// brackets. A cell without runs, of a job that failed, is there all the same where it was planned.
///
/// # Errors
/// `Usage`: a name that no run has; printed numbers that are not as many as cells.
pub fn table(
    spec: &TableSpec,
    runs: Vec<RunSummary>,
    planned: &Planned,
    origins: Origins,
) -> Result<PaperTable> {
    let known = common_metrics(&runs);
    let metrics = spec.value.all().iter().map(|name| metric_among(&known, name));
    let metrics = metrics.collect::<Result<Vec<_>>>()?;
    let by = spec.rows.all().iter().chain(spec.columns.all());
    let by = by.map(|name| Quantity::named(name, &runs)).collect::<Result<Vec<_>>>()?;
    let groups = grouped(runs, Some(by), origins);
    let split = spec.rows.all().len();
    let rows = ordered(&groups, 0..split, planned);
    let columns = ordered(&groups, split..groups.names.len(), planned);
    check_size(&spec.paper, rows.len(), columns.len() * metrics.len())?;
    let (mut lines, mut counts) = (vec![heads(spec, &columns, &metrics)], BTreeSet::new());
    for (i, row) in rows.iter().enumerate() {
        let mut line: Vec<TableCell> = row.iter().cloned().map(TableCell::Text).collect();
        for (j, (column, metric)) in cells(&columns, &metrics).enumerate() {
            let values: Vec<&String> = row.iter().chain(column).collect();
            let group = groups.groups.iter().find(|group| group.values.iter().eq(values.iter().copied()));
            let ours = group.map(|group| cell(group, None, metric)).transpose()?;
            let ours = ours.and_then(|cell| cell.estimate);
            counts.extend(ours.map(|ours| ours.n));
            let printed = spec.paper.get(i).and_then(|numbers| numbers.get(j));
            line.push(TableCell::Text(ours_and_printed(ours, printed)));
        }
        lines.push(line);
    }
    Ok(PaperTable { rows: lines, caption: caption(&counts, !spec.paper.is_empty()) })
}

fn caption(counts: &BTreeSet<usize>, has_paper: bool) -> String {
    let counts: Vec<_> = counts.iter().map(usize::to_string).collect();
    let over = if counts.is_empty() { "no".to_owned() } else { counts.join(" or ") };
    let printed = if has_paper { "; in brackets the paper's number" } else { "" };
    format!("mean ± half of its 95 % interval, over {over} runs{printed}")
}

/// Every column with every metric, in the order of the cells.
fn cells<'a>(
    columns: &'a [Vec<String>],
    metrics: &'a [MetricName],
) -> impl Iterator<Item = (&'a Vec<String>, &'a MetricName)> {
    columns.iter().flat_map(move |column| metrics.iter().map(move |metric| (column, metric)))
}

fn heads(spec: &TableSpec, columns: &[Vec<String>], metrics: &[MetricName]) -> Vec<TableCell> {
    let rows = spec.rows.all().iter().cloned();
    let head = |(column, metric): (&Vec<String>, &MetricName)| match (column.is_empty(), metrics.len()) {
        (true, _) => metric.to_string(),
        (false, 1) => column.join(", "),
        (false, _) => format!("{}: {metric}", column.join(", ")),
    };
    rows.chain(cells(columns, metrics).map(head)).map(TableCell::Text).collect()
}

fn ours_and_printed(ours: Option<Estimate>, printed: Option<&f64>) -> String {
    let ours = shown_estimate(ours, ours.map_or(0, |ours| ours.n));
    match printed.filter(|printed| !printed.is_nan()) {
        Some(printed) => format!("{ours} ({})", number(*printed)),
        None => ours,
    }
}

/// The combinations of values in a part of the groups' names: as they were planned, then any others.
fn ordered(groups: &Groups, part: std::ops::Range<usize>, planned: &Planned) -> Vec<Vec<String>> {
    let there = groups.groups.iter().map(|group| group.values[part.clone()].to_vec());
    distinct(planned_values(&groups.names[part.clone()], planned).chain(there))
}

/// The values of some settings in each planned run that has them all.
fn planned_values<'a>(names: &'a [String], planned: &'a Planned) -> impl Iterator<Item = Vec<String>> + 'a {
    planned.iter().filter_map(|settings| names.iter().map(|name| settings.get(name).cloned()).collect())
}

fn distinct(combinations: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let mut known = BTreeSet::new();
    combinations.filter(|values| known.insert(values.clone())).collect()
}

fn check_size(paper: &[Vec<f64>], rows: usize, cells: usize) -> Result<()> {
    let fits = paper.len() == rows && paper.iter().all(|row| row.len() == cells);
    if paper.is_empty() || fits {
        return Ok(());
    }
    let widths: BTreeSet<usize> = paper.iter().map(Vec::len).collect();
    let widths: Vec<_> = widths.iter().map(usize::to_string).collect();
    Err(Error::usage(
        format!(
            "[{TABLE}]: `paper` has {} rows of {} numbers, the table has {rows} rows of {cells}",
            paper.len(),
            widths.join(" or ")
        ),
        "write a row for each row of the table, and nan where the paper has no number",
    ))
}

#[cfg(test)]
mod tests;
