//! `@round/path`: a file that a run of an earlier round leaves.

use std::{
    collections::BTreeMap,
    path::{Component, Path},
};

use super::{SEED, draft::Draft};
use crate::{
    error::{Error, Result},
    script::{
        did_you_mean,
        settings::{Setting, SettingValue},
    },
};

/// The round and the file in the run's folder that a text refers to.
pub fn parse(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('@')?.split_once('/')
}

/// The jobs of a round, by the values in which they differ.
pub struct RoundIndex {
    pub name: String,
    /// The settings that differ between its jobs.
    pub varying: Vec<String>,
    jobs: BTreeMap<Vec<String>, usize>,
}

impl RoundIndex {
    /// Of the jobs of one round, the first of which is job `first`. `default` is what a setting is that a job
    /// was not given.
    pub fn new(
        name: &str,
        first: usize,
        drafts: &[Draft],
        default: &dyn Fn(&str) -> Option<SettingValue>,
    ) -> Self {
        let value =
            |draft: &Draft, key: &str| draft.value(key).or_else(|| default(key)).map(|v| v.to_string());
        let mut keys: Vec<&str> = Vec::new();
        for name in drafts.iter().flat_map(|draft| draft.values.keys()) {
            if !keys.contains(&name.as_str()) {
                keys.push(name);
            }
        }
        keys.push(SEED);
        keys.retain(|key| drafts.iter().any(|draft| value(draft, key) != value(&drafts[0], key)));
        let of = |draft: &Draft| keys.iter().map(|key| value(draft, key).unwrap_or_default()).collect();
        let jobs = drafts.iter().enumerate().map(|(i, draft)| (of(draft), first + i)).collect();
        Self { name: name.to_owned(), varying: keys.into_iter().map(str::to_owned).collect(), jobs }
    }

    /// The job with the values that `draft` has.
    fn job(&self, draft: &Draft, round: &str) -> Result<usize> {
        let value = |key: &String| {
            draft.value(key).map(|value| value.to_string()).ok_or_else(|| {
                Error::usage(
                    format!(
                        "the jobs of round `{}` differ in `{key}`, which round `{round}` does not set",
                        self.name
                    ),
                    format!("give round `{round}` the axis `{key}` as well"),
                )
            })
        };
        let values: Vec<String> = self.varying.iter().map(value).collect::<Result<_>>()?;
        self.jobs.get(&values).copied().ok_or_else(|| {
            let shown: Vec<_> =
                self.varying.iter().zip(&values).map(|(key, value)| format!("{key}={value}")).collect();
            Error::usage(
                format!("round `{}` has no job with {}", self.name, shown.join(" ")),
                format!("round `{round}` takes a file of it: give both rounds the same values"),
            )
        })
    }
}

/// The jobs that a draft's settings refer to, by the texts that do.
///
/// # Errors
/// A round that is not there or not before this one, no job of it with the same values, a setting that is
/// not declared as a path, a path that leads out of the run's folder.
pub fn sources(
    draft: &Draft,
    round: &str,
    earlier: &[RoundIndex],
    all: &[String],
    settings: &[Setting],
) -> Result<BTreeMap<String, usize>> {
    let mut found = BTreeMap::new();
    for (name, value) in &draft.values {
        let is_path = settings.iter().any(|setting| setting.name == *name && setting.is_path());
        for text in value.texts() {
            let Some((from, file)) = parse(text) else { continue };
            match is_path {
                false if all.iter().any(|name| name == from) => return Err(no_path(name, text, settings)),
                false => continue,
                true => {}
            }
            let Some(index) = earlier.iter().find(|index| index.name == from) else {
                return Err(no_round(text, from, round, earlier, all));
            };
            if !Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
                || file.is_empty()
            {
                let problem = format!("{text}: `{file}` is no file in the folder of a run");
                return Err(Error::usage(problem, "write it like @gan/models/generator-1.onnx"));
            }
            found.insert(text.to_owned(), index.job(draft, round)?);
        }
    }
    Ok(found)
}

fn no_path(name: &str, text: &str, settings: &[Setting]) -> Error {
    let declared = settings.iter().find(|setting| setting.name == name).map(Setting::as_path);
    Error::usage(
        format!("{text}: a file of another round needs a setting that is declared as a path, not `{name}`"),
        format!("declare it in the plugin: `params(#{{ ..., {}, ... }})`", declared.unwrap_or_default()),
    )
}

fn no_round(text: &str, from: &str, round: &str, earlier: &[RoundIndex], all: &[String]) -> Error {
    let names: Vec<&str> = earlier.iter().map(|index| &*index.name).collect();
    if all.iter().any(|name| name == from) {
        let problem = format!("{text}: round `{from}` does not come before round `{round}`");
        return Error::usage(problem, "a round takes files of those before it");
    }
    let help = did_you_mean(from, names.iter().copied()).unwrap_or_else(|| match &names[..] {
        [] => format!("there is no round before `{round}`: rounds are [[round]] in a preset"),
        names => format!("before `{round}` there are {}", names.join(", ")),
    });
    Error::usage(format!("{text}: there is no round `{from}`"), help)
}
