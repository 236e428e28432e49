//! The list of runs: which columns it has, in which order the runs stand.

use std::collections::BTreeMap;

use super::{
    columns::Column,
    metric::{MetricName, Reduction},
    quantity::{Quantity, Value, status},
    summary::{RunSummary, differing},
};
use crate::{error::Result, script::settings::SettingValue};

/// Columns of every list, before those of settings and metrics.
const FIRST: [&str; 4] = ["run", "status", "age", "duration"];

/// How many metrics a list shows by itself.
const METRICS: usize = 2;

/// The column of the settings that differ among the runs of the same plugin.
const SETTINGS: &str = "settings";

/// Sorts runs by a quantity; a `-` before its name reverses it, except that runs without it stay at the end.
/// Without a name the newest is first.
///
/// # Errors
/// Those of [`Quantity::named`] and [`Quantity::of`].
pub fn sort(runs: &mut Vec<RunSummary>, by: Option<&str>) -> Result<()> {
    let Some(name) = by else {
        runs.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.path.cmp(&b.path)));
        return Ok(());
    };
    let (is_reversed, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
    let quantity = Quantity::named(name, runs)?;
    let values = runs.iter().map(|run| quantity.of(run)).collect::<Result<Vec<_>>>()?;
    let mut keyed: Vec<(Value, RunSummary)> = values.into_iter().zip(std::mem::take(runs)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::None, _) | (_, Value::None) => a.order(b),
        _ if is_reversed => b.order(a),
        _ => a.order(b),
    });
    runs.extend(keyed.into_iter().map(|(_, run)| run));
    Ok(())
}

/// The columns of these runs: those that are `named`, or else the first facts, the settings that differ, and
/// the last and best values of the metrics that most runs have.
///
/// # Errors
/// Those of [`Quantity::named`] and [`Quantity::of`].
pub fn columns(runs: &[RunSummary], named: &[String]) -> Result<Vec<Column>> {
    if !named.is_empty() {
        return named.iter().map(|name| column_named(runs, name)).collect();
    }
    let mut columns = FIRST.iter().map(|name| column_named(runs, name)).collect::<Result<Vec<_>>>()?;
    if runs.iter().any(|run| !run.notes.name.is_empty()) {
        columns.insert(1, column_named(runs, "name")?);
    }
    for metric in common_metrics(runs).into_iter().take(METRICS) {
        for reduction in [Reduction::Last, Reduction::Best] {
            columns.push(column(runs, &Quantity::Metric(MetricName { name: metric.to_owned(), reduction }))?);
        }
    }
    if runs.iter().any(|run| !run.notes.tags.is_empty()) {
        columns.push(column_named(runs, "tag")?);
    }
    if runs.iter().any(|run| run.changed) {
        columns.push(column_named(runs, "changed")?);
    }
    columns.push(settings(runs));
    Ok(columns)
}

fn column_named(runs: &[RunSummary], name: &str) -> Result<Column> {
    match name {
        SETTINGS => Ok(settings(runs)),
        name => column(runs, &Quantity::named(name, runs)?),
    }
}

fn column(runs: &[RunSummary], quantity: &Quantity) -> Result<Column> {
    let values = runs.iter().map(|run| quantity.of(run)).collect::<Result<Vec<_>>>()?;
    let is_number = |value: &Value| *value == Value::None || value.number().is_some();
    Ok(Column {
        head: quantity.head(),
        key: Some(quantity.key()),
        is_number: values.iter().all(is_number) && !values.iter().all(|value| *value == Value::None),
        keeps_end: matches!(quantity, Quantity::Fact(super::quantity::Fact::Run)),
        cells: values.iter().map(Value::shown).collect(),
    })
}

/// `lr=0.1 method=a`: of each run the settings that differ among those of its plugin.
fn settings(runs: &[RunSummary]) -> Column {
    let mut plugins: BTreeMap<&str, Vec<&RunSummary>> = BTreeMap::new();
    for run in runs {
        plugins.entry(&run.plugin).or_default().push(run);
    }
    let differing: BTreeMap<&str, Vec<String>> =
        plugins.into_iter().map(|(plugin, runs)| (plugin, differing(runs.into_iter()))).collect();
    let cell = |run: &RunSummary| {
        let names = differing.get(&*run.plugin).into_iter().flatten();
        let words = names.filter_map(|name| Some(format!("{name}={}", setting(run, name)?)));
        words.collect::<Vec<_>>().join(" ")
    };
    Column { head: SETTINGS.into(), cells: runs.iter().map(cell).collect(), ..Column::default() }
}

/// A setting's value as it is typed.
pub fn setting(run: &RunSummary, name: &str) -> Option<String> {
    run.settings.get(name).cloned().and_then(SettingValue::from_json).map(|value| value.to_string())
}

/// The names of metrics, those that most runs have first, and among these in the order in which they were
/// logged.
pub fn common_metrics(runs: &[RunSummary]) -> Vec<&str> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for metric in runs.iter().flat_map(|run| &run.metrics) {
        match counts.iter_mut().find(|(name, _)| *name == metric.name) {
            Some((_, count)) => *count += 1,
            None => counts.push((&metric.name, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(name, _)| name).collect()
}

/// `3 runs: 2 completed, 1 failed`
pub fn totals(runs: &[RunSummary]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        *counts.entry(status(run.status)).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    match runs.len() {
        1 => format!("1 run: {}", counts.join(", ")),
        n => format!("{n} runs: {}", counts.join(", ")),
    }
}
