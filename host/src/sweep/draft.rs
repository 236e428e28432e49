//! The jobs of a sweep before it has a folder: the points of all rounds, and which job takes files of which.

use std::{collections::BTreeMap, path::Path};

use super::{
    SEED,
    axis::Axis,
    reference::{self, RoundIndex},
    round::{Random, Round, Values, too_many},
    sections,
};
use crate::{
    error::{Error, Result},
    script::{
        Problem, library,
        settings::{ResolvedSettings, Setting, SettingRule, SettingValue, ValueOrigin, given},
    },
    study::table::TableSpec,
};

/// The most jobs of a sweep that starts without `--yes`.
pub const MOST: usize = 100_000;

/// What a sweep is planned from.
pub struct Request<'a> {
    /// The settings that the plugin declares.
    pub declared: &'a [Setting],
    /// Their values in all jobs: from a preset, a file, the defaults.
    pub base: &'a ResolvedSettings,
    pub preset: Option<&'a Path>,
    /// As they were typed.
    pub axes: &'a [(String, String)],
    pub random: Option<u32>,
    /// The seed of jobs whose axes have none, and of what is drawn.
    pub seed: u64,
    /// Whether more than [`MOST`] jobs are meant.
    pub yes: bool,
}

/// A job before its sweep has a folder.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The index of its round.
    pub round: usize,
    /// The settings that were given, `@round/path` among them.
    pub values: BTreeMap<String, SettingValue>,
    pub seed: u64,
    /// The indices of the jobs that `@round/path` means.
    pub sources: BTreeMap<String, usize>,
}

impl Draft {
    /// What a setting was given, or the seed.
    pub fn value(&self, name: &str) -> Option<SettingValue> {
        match name {
            SEED => Some(SettingValue::Int(self.seed as i64)),
            name => self.values.get(name).cloned(),
        }
    }

    fn new(round: usize, base: &Values, point: Values) -> Self {
        let mut values: BTreeMap<_, _> = base.iter().cloned().chain(point).collect();
        let seed = match values.remove(SEED) {
            Some(SettingValue::Int(seed)) => seed as u64,
            _ => 0,
        };
        Self { round, values, seed, sources: BTreeMap::new() }
    }
}

/// The rounds of a sweep and its jobs, round after round.
///
/// # Errors
/// `Usage`, for whatever is wrong with an axis, a preset's sections or a reference; too many jobs.
pub fn drafts(request: &Request) -> Result<(Vec<Round>, Vec<Draft>)> {
    let settings = with_seed(request.declared)?;
    let mut rounds = rounds(request, &settings)?;
    let base = given(request.base);
    let random = request.random.map(|count| Random { count, seed: request.seed });
    refuse_undrawn(&rounds, random)?;
    let most = if request.yes { u128::from(u32::MAX) } else { MOST as u128 };
    let names: Vec<String> = rounds.iter().map(|round| round.name.clone()).collect();
    let default = |name: &str| request.base.get(name).cloned();
    let (mut drafts, mut indices): (Vec<Draft>, Vec<RoundIndex>) = (Vec::new(), Vec::new());
    for (i, round) in rounds.iter_mut().enumerate() {
        let points = round.points(random, most)?;
        refuse_drawn(round, &points, &settings)?;
        let first = drafts.len();
        if (first + points.len()) as u128 > most {
            return Err(too_many((first + points.len()) as u128));
        }
        for point in points {
            let mut draft = Draft::new(i, &base, point);
            draft.sources = reference::sources(&draft, &round.name, &indices, &names, request.declared)?;
            drafts.push(draft);
        }
        let index = RoundIndex::new(&round.name, first, &drafts[first..], &default);
        round.varying.clone_from(&index.varying);
        indices.push(index);
    }
    Ok((rounds, drafts))
}

/// The table that the preset asks for, of the jobs of the last round.
///
/// # Errors
/// `Usage`: the section is no table, or does not fit the settings and the jobs.
pub fn table(request: &Request, drafts: &[Draft]) -> Result<Option<TableSpec>> {
    let Some(preset) = request.preset else { return Ok(None) };
    let Some(table) = TableSpec::of_preset(&preset.display().to_string(), &library::read(preset)?)? else {
        return Ok(None);
    };
    let names: Vec<&str> = request.declared.iter().map(|setting| setting.name.as_str()).collect();
    let last = drafts.last().map_or(0, |draft| draft.round);
    let planned = drafts.iter().filter(|draft| draft.round == last).map(|draft| {
        let seed = (SEED.to_owned(), draft.seed.to_string());
        draft.values.iter().map(|(name, value)| (name.clone(), value.to_string())).chain([seed]).collect()
    });
    table.check(&names, &planned.collect::<Vec<_>>())?;
    Ok(Some(table))
}

/// Holds what a preset says of a sweep and of its table against the settings, if it says anything.
///
/// # Errors
/// As [`drafts`] and [`table`].
pub fn check(declared: &[Setting], base: &ResolvedSettings, preset: &Path) -> Result<()> {
    let request =
        Request { declared, base, preset: Some(preset), axes: &[], random: None, seed: 0, yes: false };
    if !sections::are_in(preset) {
        return table(&request, &[]).map(drop);
    }
    let rounds = rounds(&request, &with_seed(declared)?)?;
    let mut axes = rounds.iter().flat_map(|round| &round.axes);
    // A preset may leave to the command line how many points are drawn.
    let random = axes.any(|(_, axis)| matches!(axis, Axis::Range(_))).then_some(1);
    let request = Request { random, ..request };
    let (_, drafts) = drafts(&request)?;
    table(&request, &drafts).map(drop)
}

/// The declared settings and the seed, which is an axis like them.
fn with_seed(declared: &[Setting]) -> Result<Vec<Setting>> {
    if declared.iter().any(|setting| setting.name == SEED) {
        return Err(Error::usage(
            "the plugin has a setting called `seed`, which in a sweep is the seed of a run",
            "give the setting another name in the plugin",
        ));
    }
    let rule = SettingRule::AtLeast(0.0);
    let seed = Setting::of_host(SEED, SettingValue::Int(0), rule, "the seed of all random numbers");
    Ok(declared.iter().cloned().chain([seed]).collect())
}

/// The rounds of the preset with what was typed: that goes before a file of `--config`, and that before the
/// preset.
fn rounds(request: &Request, settings: &[Setting]) -> Result<Vec<Round>> {
    let mut rounds = sections::rounds(request.preset, settings)?;
    let configured = request.base.choices.iter().filter(|c| matches!(c.origin, ValueOrigin::Config(_)));
    for choice in configured {
        rounds.iter_mut().for_each(|round| round.unset(&choice.name));
    }
    for (i, (name, text)) in request.axes.iter().enumerate() {
        let error =
            |problem: Problem| Error::usage(format!("command line: {}", problem.message), problem.help);
        if request.axes[..i].iter().any(|(other, _)| other == name) {
            let help = format!("write all values with commas between: {name}={text},...");
            return Err(Error::usage(format!("command line: the axis `{name}` is there twice"), help));
        }
        let setting = &settings[given::index(settings, name).map_err(error)?];
        let axis = Axis::from_text(setting, text).map_err(error)?;
        rounds.iter_mut().for_each(|round| round.set(name, axis.clone()));
    }
    let seed = Axis::Values(vec![SettingValue::Int(request.seed as i64)]);
    for round in &mut rounds {
        let has_seed =
            round.axes.iter().map(|(name, _)| name).chain(round.together.iter().flatten().map(|v| &v.0));
        if !has_seed.into_iter().any(|name| name == SEED) {
            round.axes.push((SEED.to_owned(), seed.clone()));
        }
    }
    Ok(rounds)
}

/// Refuses drawn values that a rule of their setting refuses.
fn refuse_drawn(round: &Round, points: &[Values], settings: &[Setting]) -> Result<()> {
    let is_range =
        |name: &str| round.axes.iter().any(|(other, axis)| other == name && matches!(axis, Axis::Range(_)));
    for (name, value) in points.iter().flatten().filter(|(name, _)| is_range(name)) {
        let checked = given::index(settings, name).and_then(|i| given::check(&settings[i], value.clone()));
        checked.map_err(|problem| Error::usage(format!("drawn: {}", problem.message), problem.help))?;
    }
    Ok(())
}

/// Refuses `--random` where there is nothing to draw.
fn refuse_undrawn(rounds: &[Round], random: Option<Random>) -> Result<()> {
    let mut axes = rounds.iter().flat_map(|round| &round.axes).filter(|(name, _)| name != SEED);
    if random.is_none() || axes.any(|(_, axis)| axis.is_drawn()) {
        return Ok(());
    }
    Err(Error::usage(
        "--random draws from the values of axes, and there is no axis with several",
        "give one: lr=log:1e-4..1e-2 or channels=16,32; every seed is run with every point",
    ))
}

/// The settings of all jobs that are not the plugin's defaults.
fn given(base: &ResolvedSettings) -> Values {
    let given = base.choices.iter().filter(|choice| choice.origin != ValueOrigin::Default);
    given.map(|choice| (choice.name.clone(), choice.value.clone())).collect()
}
