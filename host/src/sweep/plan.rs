//! `sweep.toml`: what a sweep was planned from, to be read by people and when it is resumed.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    axis::Axis,
    draft::{Draft, Request},
    round::Round,
};
use crate::{
    error::{Error, Result},
    files::sha256,
    run::{Arguments, ScriptText},
    script::{
        library,
        settings::{SettingValue, ValueOrigin},
    },
    study::table::TableSpec,
};

/// The plan of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The working folder, which paths are relative to.
    pub folder: String,
    /// The seed of jobs whose axes have none, and of what is drawn.
    pub seed: u64,
    /// How many points were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random: Option<u32>,
    /// How many jobs there are.
    pub jobs: usize,
    /// What its runs are started with, besides settings and seeds.
    pub arguments: Arguments,
    pub versions: toml::Table,
    /// The settings of all jobs that are not the plugin's defaults.
    #[serde(default)]
    pub settings: toml::Table,
    pub round: Vec<PlannedRound>,
    /// The table that the preset asks for, of the runs of the last round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableSpec>,
    /// The plugin and what it imports, as they have to be for every job.
    pub scripts: Vec<ScriptSum>,
}

/// A round in the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedRound {
    pub name: String,
    pub jobs: usize,
    /// The settings in which its jobs differ.
    pub varying: Vec<String>,
    /// The values of each axis; of a range, the text.
    pub axes: toml::Table,
    /// Settings that go together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<toml::Table>,
}

/// A script by its checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptSum {
    pub path: String,
    pub sha256: String,
}

impl Plan {
    pub fn new(
        request: &Request,
        arguments: Arguments,
        scripts: &[ScriptText],
        rounds: &[Round],
        drafts: &[Draft],
        table: Option<TableSpec>,
    ) -> Self {
        let given = request.base.choices.iter().filter(|choice| choice.origin != ValueOrigin::Default);
        let versions = crate::run::versions(None).into_iter();
        let round = |(i, round): (usize, &Round)| {
            planned(round, drafts.iter().filter(|draft| draft.round == i).count())
        };
        Self {
            folder: std::env::current_dir().map(|here| here.display().to_string()).unwrap_or_default(),
            seed: request.seed,
            random: request.random,
            jobs: drafts.len(),
            arguments,
            versions: versions
                .map(|(name, version)| (name, version.as_str().unwrap_or_default().into()))
                .collect(),
            settings: given.map(|choice| (choice.name.clone(), (&choice.value).into())).collect(),
            round: rounds.iter().enumerate().map(round).collect(),
            table,
            scripts: scripts.iter().map(ScriptSum::of).collect(),
        }
    }

    /// The scripts that are not what they were: those with another text, and those that are gone.
    pub fn changed(&self, scripts: &[ScriptText]) -> Vec<String> {
        let now: Vec<ScriptSum> = scripts.iter().map(ScriptSum::of).collect();
        let lacks = |sums: &[ScriptSum], sum: &ScriptSum| sums.iter().all(|other| other.sha256 != sum.sha256);
        let new = now.iter().filter(|sum| lacks(&self.scripts, sum));
        let gone = self.scripts.iter().filter(|sum| lacks(&now, sum));
        let mut names: Vec<String> = new.chain(gone).map(|sum| sum.path.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Refuses to start a job with another text than the jobs before it.
///
/// # Errors
/// A script is not as it was when the sweep was planned.
pub fn refuse_edited(scripts: &[ScriptSum]) -> Result<()> {
    let text = |script: &ScriptSum| library::read(Path::new(&script.path));
    let is_same =
        |script: &ScriptSum| text(script).is_ok_and(|text| sha256(text.as_bytes()) == script.sha256);
    let edited: Vec<&str> = scripts.iter().filter(|s| !is_same(s)).map(|s| &*s.path).collect();
    match edited.is_empty() {
        true => Ok(()),
        false => Err(Error::usage(
            format!("while the sweep ran, {} changed", edited.join(", ")),
            "put the text back and resume the sweep; or plan it anew, for runs with the new text",
        )),
    }
}

impl ScriptSum {
    fn of(script: &ScriptText) -> Self {
        Self { path: script.path.clone(), sha256: script.sha256.clone() }
    }
}

fn planned(round: &Round, jobs: usize) -> PlannedRound {
    let axis = |axis: &Axis| match axis {
        Axis::Values(values) => toml::Value::Array(values.iter().map(toml::Value::from).collect()),
        Axis::Range(range) => range.to_string().into(),
    };
    let table = |values: &Vec<(String, SettingValue)>| {
        values.iter().map(|(name, value)| (name.clone(), value.into())).collect()
    };
    PlannedRound {
        name: round.name.clone(),
        jobs,
        varying: round.varying.clone(),
        axes: round.axes.iter().map(|(name, values)| (name.clone(), axis(values))).collect(),
        settings: round.together.iter().map(table).collect(),
    }
}
