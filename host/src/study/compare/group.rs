//! Runs put together that differ in their seed alone, or in what nobody asked for.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::origin::Origins;
use crate::{
    error::Result,
    run::{NaturalKey, natural_key},
    study::{metric::MetricName, quantity::Quantity, summary::RunSummary},
};

/// Groups of runs, sorted by their values.
#[derive(Debug)]
pub struct Groups {
    /// What they differ in.
    pub names: Vec<String>,
    pub groups: Vec<Group>,
    pub remarks: Vec<String>,
}

/// Runs with the same values of what their groups differ in.
#[derive(Debug)]
pub struct Group {
    pub values: Vec<String>,
    pub units: Vec<Unit>,
}

/// One run of a group.
#[derive(Debug)]
pub struct Unit {
    /// Its seed, and its values of what is averaged over: runs of two groups with the same key are a pair.
    pub key: String,
    pub run: RunSummary,
}

impl Group {
    /// The numbers of the runs that have the metric, by their keys.
    pub fn values_of(&self, metric: &MetricName) -> Result<Vec<(&str, f64)>> {
        let value = |unit: &'_ Unit| unit.run.metric(metric);
        let values = self.units.iter().map(|unit| Ok((unit.key.as_str(), value(unit)?)));
        let values = values.collect::<Result<Vec<_>>>()?;
        Ok(values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }
}

/// Groups runs by some quantities or else by plugin, device and all settings, as far as these differ. A file
/// of another run in a setting is the same one where that run differs in its seed alone. Of several runs that
/// are the same in everything, seed included, the newest counts.
pub fn grouped(runs: Vec<RunSummary>, by: Option<Vec<Quantity>>, mut origins: Origins) -> Groups {
    let settings: Vec<BTreeMap<String, String>> = runs.iter().map(|run| origins.settings(run)).collect();
    let differing = differing(&runs, &settings);
    let names: Vec<String> = match &by {
        Some(by) => by.iter().map(Quantity::head).collect(),
        None => differing.clone(),
    };
    let rest: Vec<&String> = differing.iter().filter(|name| !names.contains(name)).collect();
    let mut groups: HashMap<Vec<String>, HashMap<String, RunSummary>> = HashMap::new();
    let mut replaced = 0;
    for (run, settings) in runs.into_iter().zip(&settings) {
        let value = |name: &String| value(&run, settings, name);
        let values = match &by {
            Some(by) => by.iter().map(|quantity| asked(quantity, &run, settings)).collect(),
            None => names.iter().map(value).collect(),
        };
        let rest: Vec<String> = rest.iter().map(|name| value(name)).collect();
        let key = format!("{} {}", run.seed, rest.join("\n"));
        let units = groups.entry(values).or_default();
        replaced += usize::from(units.contains_key(&key));
        match units.get(&key) {
            Some(other) if other.started > run.started => {}
            _ => drop(units.insert(key, run)),
        }
    }
    let group = |(values, units): (Vec<String>, HashMap<String, RunSummary>)| {
        let mut units: Vec<Unit> = units.into_iter().map(|(key, run)| Unit { key, run }).collect();
        units.sort_by_cached_key(|unit| natural_key(&unit.key));
        Group { values, units }
    };
    let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
    groups.sort_by_cached_key(|group| group.values.iter().map(|value| key(value)).collect::<Vec<_>>());
    let rest = rest.into_iter().cloned().collect();
    Groups { names, groups, remarks: remarks(replaced, rest) }
}

/// Numbers come by size, before texts, which come as people count.
fn key(value: &str) -> (bool, u64, NaturalKey) {
    match value.parse::<f64>() {
        // The bits of floats, positive ones after negative ones, are in their order.
        Ok(number) => {
            let bits = number.to_bits();
            let ordered = if number.is_sign_negative() { !bits } else { bits | 1 << 63 };
            (false, ordered, natural_key(""))
        }
        Err(_) => (true, 0, natural_key(value)),
    }
}

fn remarks(replaced: usize, averaged: Vec<String>) -> Vec<String> {
    let mut remarks = Vec::new();
    match replaced {
        0 => {}
        1 => remarks.push("1 run is left out: a newer one has the same settings and seed".to_owned()),
        n => remarks.push(format!("{n} runs are left out: newer ones have the same settings and seed")),
    }
    if !averaged.is_empty() {
        remarks.push(format!("averaged over {}", averaged.join(", ")));
    }
    remarks
}

/// Facts that distinguish runs as settings do.
const LIKE_SETTINGS: [&str; 2] = ["plugin", "device"];

fn value(run: &RunSummary, settings: &BTreeMap<String, String>, name: &str) -> String {
    match name {
        "plugin" => run.plugin.clone(),
        "device" => run.device.clone(),
        name => settings.get(name).cloned().unwrap_or_default(),
    }
}

fn asked(quantity: &Quantity, run: &RunSummary, settings: &BTreeMap<String, String>) -> String {
    match quantity {
        Quantity::Setting(name) => settings.get(name).cloned().unwrap_or_default(),
        quantity => quantity.of(run).map(|value| value.shown()).unwrap_or_default(),
    }
}

/// What is not the same in all runs: plugin, device, and settings in the order of their declaration.
fn differing(runs: &[RunSummary], settings: &[BTreeMap<String, String>]) -> Vec<String> {
    let mut names: Vec<&str> = LIKE_SETTINGS.to_vec();
    let mut known: HashSet<&str> = names.iter().copied().collect();
    let declared = runs.iter().flat_map(|run| run.settings.keys());
    names.extend(declared.map(String::as_str).filter(|name| known.insert(*name)));
    let differs = |name: &&str| {
        let mut values = runs.iter().zip(settings).map(|(run, settings)| value(run, settings, name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    names.into_iter().filter(differs).map(str::to_owned).collect()
}
