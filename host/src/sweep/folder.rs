//! The folder of a sweep.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json};

use super::{
    JobState,
    adopt::Existing,
    draft::Draft,
    job::{Job, Need, RUNS},
    plan::Plan,
    reference,
    state::of_run,
};
use crate::{
    error::{Error, Result},
    files::{cleaned, sha256, write_whole},
    run::{lock, make_folder},
    script::settings::{ResolvedSettings, SettingValue},
};

const PLAN: &str = "sweep.toml";
const JOBS: &str = "jobs.jsonl";

/// The longest name of a run's folder, in bytes.
const LONGEST_NAME: usize = 100;

/// Whether a folder is that of a sweep.
pub fn is_sweep(folder: &Path) -> bool {
    [PLAN, JOBS].iter().all(|name| folder.join(name).symlink_metadata().is_ok_and(|facts| facts.is_file()))
}

/// A sweep: its folder, its plan, its jobs.
#[derive(Debug)]
pub struct Sweep {
    /// Relative to the working folder where it is in that.
    pub folder: PathBuf,
    pub plan: Plan,
    pub jobs: Vec<Job>,
}

/// What the jobs of a new sweep are made of.
pub struct Outline<'a> {
    pub drafts: &'a [Draft],
    /// The settings that all have in common.
    pub base: &'a ResolvedSettings,
    /// Runs that a job may be.
    pub existing: &'a Existing,
}

impl Sweep {
    /// Makes the folder `<name>-<hash>` in `out`, or the first of `...-2`, `...-3` that is free, with the
    /// plan and the jobs in it. A job that equals a run of those that exist already has that run.
    ///
    /// # Errors
    /// The folder cannot be made or written to; a run that exists already left no file that a job needs.
    pub fn create(out: &Path, name: &str, plan: Plan, outline: &Outline) -> Result<Self> {
        let text = to_toml(&plan)?;
        fs::create_dir_all(out).map_err(Error::io(out))?;
        let folder = make_folder(out, &folder_name(name, &text)).map_err(Error::io(out))?;
        let made = Self::in_folder(&folder, plan, outline).and_then(|sweep| {
            sweep.write(&text)?;
            Ok(sweep)
        });
        if made.is_err() {
            // It is the first error that matters, and the folder is this call's own.
            let _ = fs::remove_dir_all(&folder);
        }
        made
    }

    /// The sweep that [`Self::create`] makes, whose folder is not there.
    ///
    /// # Errors
    /// A run that exists already left no file that a job needs.
    pub fn without_folder(out: &Path, name: &str, plan: Plan, outline: &Outline) -> Result<Self> {
        let folder = out.join(folder_name(name, &to_toml(&plan)?));
        Self::in_folder(&folder, plan, outline)
    }

    fn in_folder(folder: &Path, plan: Plan, outline: &Outline) -> Result<Self> {
        let mut sweep = Self { folder: from_here(folder), plan, jobs: Vec::new() };
        sweep.fill(outline)?;
        Ok(sweep)
    }

    /// Reads a sweep from its folder.
    ///
    /// # Errors
    /// It is not the folder of a sweep; its files are not as they were written.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(PLAN);
        let text = fs::read_to_string(&path).map_err(|problem| match problem.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Error::usage(
                format!("{} is not the folder of a sweep: it has no {PLAN}", folder.display()),
                "give a folder that `host sweep` made",
            ),
            _ => Error::io(&path)(problem),
        })?;
        let plan =
            toml::from_str(&text).map_err(|error| damaged(&path, &error.message().replace('\n', ", ")))?;
        let path = folder.join(JOBS);
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        let job = |line| serde_json::from_str(line).map_err(|error| damaged(&path, &error.to_string()));
        let jobs: Vec<Job> = text.lines().map(job).collect::<Result<_>>()?;
        let is_in_order = |(i, job): (usize, &Job)| {
            job.job == i + 1 && job.needs.iter().all(|need| (1..=i).contains(&need.job))
        };
        match jobs.iter().enumerate().all(is_in_order) {
            true => Ok(Self { folder: from_here(folder), plan, jobs }),
            false => Err(damaged(&path, "jobs are not numbered from 1, each after those that it needs")),
        }
    }

    /// Takes the sweep's lock: one process at a time starts its jobs.
    ///
    /// # Errors
    /// Another process holds it.
    pub fn lock(&self) -> Result<File> {
        lock(&self.folder)
    }

    /// The folder of a job's run.
    pub fn run_folder(&self, job: &Job) -> PathBuf {
        self.folder.join(&job.run)
    }

    /// What tells a job from the others of its round, after the round where there are several.
    pub fn label(&self, job: &Job) -> String {
        let round = self.plan.round.iter().find(|round| round.name == job.round);
        let own = round.map(|round| job.label(&round.varying)).unwrap_or_default();
        match self.plan.round.len() {
            1 => own,
            _ => format!("{} {own}", job.round).trim_end().to_owned(),
        }
    }

    fn fill(&mut self, outline: &Outline) -> Result<()> {
        for (i, draft) in outline.drafts.iter().enumerate() {
            let needs = self.needs(draft)?;
            let values = draft.values.iter().map(|(name, value)| (name.clone(), self.filled(draft, value)));
            let values: BTreeMap<String, SettingValue> = values.collect();
            let settings = values.iter().map(|(name, value)| (name.clone(), to_json(value))).collect();
            let round = self.plan.round[draft.round].name.clone();
            let mut job = Job { job: i + 1, round, settings, seed: draft.seed, needs, run: PathBuf::new() };
            job.run = match outline.existing.get(|| whole(outline.base, &values), draft.seed) {
                Some(run) => std::path::absolute(run).map_err(Error::io(run))?,
                None => self.own_folder(&job),
            };
            self.jobs.push(job);
        }
        Ok(())
    }

    /// The folder of a run of this sweep's own: `runs/007 method=b seed=1`, with commas.
    fn own_folder(&self, job: &Job) -> PathBuf {
        let width = self.plan.jobs.to_string().len();
        let name = format!("{:0width$} {}", job.job, self.label(job)).replace(' ', ",");
        Path::new(RUNS).join(cleaned(name.trim_end_matches(','), LONGEST_NAME))
    }

    /// The files that a job takes of others. Errors: one that exists already does not have it.
    fn needs(&self, draft: &Draft) -> Result<Vec<Need>> {
        let need = |(text, source): (&String, &usize)| {
            let file = reference::parse(text).map(|(_, file)| file).unwrap_or_default();
            let folder = self.run_folder(&self.jobs[*source]);
            if of_run(&folder).state == JobState::Completed && !folder.join(file).is_file() {
                let problem = format!("{text}: the run {} left no such file", from_here(&folder).display());
                return Err(Error::usage(problem, format!("it left {}", models(&folder))));
            }
            Ok(Need { job: source + 1, file: file.into() })
        };
        draft.sources.iter().map(need).collect()
    }

    /// A value with paths of files in place of `@round/path`.
    fn filled(&self, draft: &Draft, value: &SettingValue) -> SettingValue {
        value.clone().with_texts(&|text| match (draft.sources.get(&text), reference::parse(&text)) {
            (Some(source), Some((_, file))) => {
                from_here(&self.run_folder(&self.jobs[*source])).join(file).display().to_string()
            }
            _ => text,
        })
    }

    fn write(&self, plan: &str) -> Result<()> {
        let runs = self.folder.join(RUNS);
        fs::create_dir_all(&runs).map_err(Error::io(&runs))?;
        let path = self.folder.join(JOBS);
        let mut lines = String::new();
        for job in &self.jobs {
            lines += &serde_json::to_string(job).map_err(|error| Error::io(&path)(error.into()))?;
            lines.push('\n');
        }
        write_whole(&path, lines.as_bytes())?;
        // The plan comes last: a folder without it is no sweep.
        Ok(write_whole(&self.folder.join(PLAN), plan.as_bytes())?)
    }
}

/// All settings of a job, as the record of its run has them.
fn whole(base: &ResolvedSettings, values: &BTreeMap<String, SettingValue>) -> Map<String, Json> {
    let value = |name: &str, default: &SettingValue| to_json(values.get(name).unwrap_or(default));
    base.choices.iter().map(|choice| (choice.name.clone(), value(&choice.name, &choice.value))).collect()
}

fn to_json(value: &SettingValue) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// The name of the folder of a sweep with that plan.
fn folder_name(name: &str, plan: &str) -> String {
    format!("{name}-{}", &sha256(plan.as_bytes())[..8])
}

fn to_toml(plan: &Plan) -> Result<String> {
    toml::to_string(plan).map_err(|error| {
        Error::usage(format!("the plan cannot be written as TOML: {error}"), "seeds are below 2^63")
    })
}

fn damaged(path: &Path, problem: &str) -> Error {
    let problem = format!("{} is not as a sweep writes it: {problem}", path.display());
    Error::usage(problem, "plan the sweep again with `host sweep`: runs that equal a job are taken over")
}

/// What lies in a run's `models/`.
fn models(folder: &Path) -> String {
    let entries = fs::read_dir(folder.join("models")).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| format!("models/{}", entry.file_name().display())).collect();
    names.sort();
    if names.is_empty() { "no models".into() } else { names.join(", ") }
}

/// A path as it is seen from the working folder, where it is in that.
fn from_here(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let here = std::env::current_dir().unwrap_or_default();
    whole.strip_prefix(&here).map(Path::to_path_buf).unwrap_or(whole)
}
