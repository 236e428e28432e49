//! Runs side by side: those that differ by their seed alone are one row, which says their means and how far
//! these are known.

mod chosen;
mod group;
mod origin;
mod shown;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::PathBuf};

use super::{
    list::common_metrics, metric::MetricName, quantity::Quantity, statistics::Estimate, summary::RunSummary,
};
use crate::{
    error::{Error, Result},
    script::did_you_mean,
};
pub use chosen::chosen;
pub use group::{Group, Groups, Unit, grouped};
pub use origin::Origins;
pub use shown::{number_rows, rows, shown_difference, shown_estimate};

/// How many metrics are compared where none is named.
const METRICS: usize = 8;

/// What is to be compared.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What has a row for each of its values; else all settings that differ.
    pub by: Vec<String>,
    /// Else the last values of the metrics that most runs have.
    pub metrics: Vec<String>,
    /// Values of the rows that all others are held against: `method=none`.
    pub baseline: Vec<(String, String)>,
    /// No file outside of this folder is read, to know which run made it.
    pub below: Option<PathBuf>,
}

/// Runs side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What the rows differ in.
    pub names: Vec<String>,
    pub metrics: Vec<MetricName>,
    pub rows: Vec<ComparedRow>,
    pub has_baseline: bool,
    /// What was left out, and what has to be known to read it.
    pub remarks: Vec<String>,
}

/// Runs that are the same but for what is averaged over.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedRow {
    /// A text for each of [`Comparison::names`].
    pub values: Vec<String>,
    pub runs: Vec<RunSummary>,
    /// One for each metric.
    pub cells: Vec<ComparedCell>,
    pub is_baseline: bool,
}

/// A metric of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ComparedCell {
    /// None where no run has the metric.
    pub estimate: Option<Estimate>,
    /// The mean of the differences to the baseline's run of the same seed.
    pub difference: Option<Estimate>,
}

/// Compares runs.
///
/// # Errors
/// `Usage`: there are none; a name or a metric that no run has; no row is the baseline. `Io`: the metrics
/// have to be read again, and cannot be.
pub fn compare(runs: Vec<RunSummary>, request: &Request) -> Result<Comparison> {
    if runs.is_empty() {
        let help = "name completed runs or folders with them; `host runs` lists all";
        return Err(Error::usage("there are no runs to compare", help));
    }
    let metrics = metrics(&runs, &request.metrics)?;
    let by = request.by.iter().map(|name| Quantity::named(name, &runs)).collect::<Result<Vec<_>>>()?;
    let changed = runs.iter().filter(|run| run.changed).count();
    let origins = Origins::below(request.below.clone());
    let groups = grouped(runs, (!by.is_empty()).then_some(by), origins);
    let bases = baseline(&groups, &request.baseline)?;
    let mut remarks = groups.remarks.clone();
    remarks.extend(remark_of_changes(changed));
    if !bases.is_empty() {
        remarks.push("differences are to the baseline's run of the same seed".into());
    }
    let rows = groups.groups.iter().enumerate().map(|(i, group)| {
        let base = bases.get(&i).map(|&base| &groups.groups[base]);
        let cells = metrics.iter().map(|metric| cell(group, base, metric)).collect::<Result<_>>()?;
        let runs = group.units.iter().map(|unit| unit.run.clone()).collect();
        let is_baseline = bases.get(&i) == Some(&i);
        Ok(ComparedRow { values: group.values.clone(), runs, cells, is_baseline })
    });
    Ok(Comparison {
        rows: rows.collect::<Result<_>>()?,
        names: groups.names,
        metrics,
        has_baseline: !bases.is_empty(),
        remarks,
    })
}

fn remark_of_changes(runs: usize) -> Option<String> {
    let which = match runs {
        0 => return None,
        1 => "1 run".to_owned(),
        n => format!("{n} runs"),
    };
    let what = "went on with other settings, scripts or files than at the start";
    Some(format!("{which} {what}: `host runs --where changed=yes`"))
}

fn metrics(runs: &[RunSummary], named: &[String]) -> Result<Vec<MetricName>> {
    let known = common_metrics(runs);
    if named.is_empty() {
        return Ok(known.into_iter().take(METRICS).map(MetricName::last_of).collect());
    }
    named.iter().map(|name| metric_among(&known, name)).collect()
}

/// The metric of a name, which is one of those that are known.
///
/// # Errors
/// `Usage` with the nearest name.
pub fn metric_among(known: &[&str], name: &str) -> Result<MetricName> {
    let whole = known.contains(&name).then(|| MetricName::last_of(name));
    let metric = whole.unwrap_or_else(|| MetricName::parse(name));
    if known.contains(&metric.name.as_str()) {
        return Ok(metric);
    }
    let near = did_you_mean(&metric.name, known.iter().copied());
    let all = || match known {
        [] => "these runs have none".to_owned(),
        known => format!("there are {}", known.join(", ")),
    };
    Err(Error::usage(format!("no run logs the metric `{}`", metric.name), near.unwrap_or_else(all)))
}

/// The estimates of a metric, over the runs that have it.
pub fn cell(group: &Group, base: Option<&Group>, metric: &MetricName) -> Result<ComparedCell> {
    let values = group.values_of(metric)?;
    let base = base.map(|base| base.values_of(metric)).transpose()?;
    let pairs = base.map(|base| {
        let base: HashMap<&str, f64> = base.into_iter().collect();
        let pairs = values.iter().filter_map(|(key, value)| Some(value - base.get(key)?));
        pairs.collect::<Vec<f64>>()
    });
    let values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    Ok(ComparedCell {
        estimate: Estimate::of(&values),
        difference: pairs.and_then(|pairs| Estimate::of(&pairs)),
    })
}

/// For each row the one that it is held against: that with the given values which has all others in common.
fn baseline(groups: &Groups, given: &[(String, String)]) -> Result<HashMap<usize, usize>> {
    if given.is_empty() {
        return Ok(HashMap::new());
    }
    let column = |name: &String| {
        let found = groups.names.iter().position(|known| known == name);
        found.ok_or_else(|| {
            let near = did_you_mean(name, groups.names.iter().map(String::as_str));
            let all = || format!("the rows differ in {}", groups.names.join(", "));
            Error::usage(format!("the rows do not differ in `{name}`"), near.unwrap_or_else(all))
        })
    };
    let columns = given.iter().map(|(name, value)| Ok((column(name)?, value))).collect::<Result<Vec<_>>>()?;
    for (column, value) in &columns {
        if !groups.groups.iter().any(|group| group.values[*column] == **value) {
            let all: Vec<_> = groups.groups.iter().map(|group| group.values[*column].as_str()).collect();
            let problem = format!("no row has {}={value}", groups.names[*column]);
            return Err(Error::usage(problem, format!("there are {}", all.join(", "))));
        }
    }
    let base_of = |group: &Group| {
        let mut values = group.values.clone();
        columns.iter().for_each(|(column, value)| values[*column].clone_from(value));
        groups.groups.iter().position(|other| other.values == values)
    };
    let pairs = groups.groups.iter().enumerate();
    Ok(pairs.filter_map(|(i, group)| Some((i, base_of(group)?))).collect())
}
