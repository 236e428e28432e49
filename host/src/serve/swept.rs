//! A sweep: how its jobs stand, and its completed runs side by side.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use super::{place::run_url, site::Site};
use crate::{
    error::{Error, Result},
    page::{self, Page, Section, escape},
    run::Status,
    study::{
        RunSummary,
        compare::{Request, chosen, compare},
    },
    sweep::{Job, JobState, Standing, Sweep, counts, states},
};

/// The page of the sweep in a folder.
///
/// # Errors
/// The folder, or that of a run, cannot be read.
pub fn page(site: &Site, folder: &Path) -> Result<Page> {
    let sweep = Sweep::open(folder)?;
    refuse_outer(site, &sweep)?;
    let standings = states(&sweep);
    let name = folder.display().to_string();
    let mut sections = vec![
        Section::new("about", "", about(&name, &sweep, &standings)),
        Section::new("jobs", "Jobs", jobs(site, &sweep, &standings)),
    ];
    let mut charts = Vec::new();
    let shelf = site.library.look()?;
    let own: HashSet<PathBuf> = sweep.jobs.iter().map(|job| site.base.join(sweep.run_folder(job))).collect();
    let is_own = |run: &&RunSummary| own.contains(&site.base.join(&run.path));
    let runs: Vec<RunSummary> = shelf.found.runs.iter().filter(is_own).cloned().collect();
    let (runs, _) = chosen(runs, &[]);
    let request = Request { below: Some(site.base.clone()), ..Request::default() };
    if !runs.is_empty() {
        let compared =
            page::comparison(&compare(runs, &request)?, &site.logs, &|run| Some(run_url(&run.path)))?;
        sections.extend(compared.sections.into_iter().filter(|section| section.id != "about"));
        charts = compared.charts;
    }
    Ok(Page { title: name, sections, charts })
}

/// Refuses a sweep with a run that lies elsewhere, which it may have taken over: nothing there is read.
fn refuse_outer(site: &Site, sweep: &Sweep) -> Result<()> {
    let is_outer = |job: &&Job| {
        let folder = sweep.run_folder(job).canonicalize();
        folder.is_ok_and(|real| !real.starts_with(&site.base))
    };
    let Some(job) = sweep.jobs.iter().find(is_outer) else { return Ok(()) };
    let problem = format!("the run of job {} lies outside of the folder that is served", job.job);
    Err(Error::usage(problem, "serve a folder with all of its runs below it"))
}

fn about(name: &str, sweep: &Sweep, standings: &[Standing]) -> String {
    let plugin = escape(&sweep.plan.arguments.plugin);
    let all = standings.iter().map(|standing| (standing.state == JobState::Completed, 1));
    format!(
        "<header><h1>{}</h1>\n<p class=\"summary\">{plugin}: {}</p></header>\n{}\n",
        escape(name),
        escape(&counts(standings)),
        bar(name, all)
    )
}

/// A line for each job.
fn jobs(site: &Site, sweep: &Sweep, standings: &[Standing]) -> String {
    let row = |(job, standing): (&Job, &Standing)| {
        let (run, state) = (sweep.run_folder(job), standing.state.to_string());
        let label = match sweep.label(job) {
            label if label.is_empty() => "run".to_owned(),
            label => label,
        };
        let run = run.strip_prefix(&site.base).unwrap_or(&run);
        // A run that was there before the sweep may lie elsewhere.
        let link = match run.is_relative() && standing.state != JobState::Queued {
            true => format!("<a href=\"{}\">{}</a>", run_url(run), escape(&label)),
            false => escape(&label),
        };
        let why = escape(standing.why.lines().next().unwrap_or_default());
        let state = state.to_lowercase();
        let state = format!("<span class=\"badge {state}\">{state}</span>");
        page::row(&job.job.to_string(), &format!("<td>{state}</td><td>{link}</td><td>{why}</td>"))
    };
    let rows: String = sweep.jobs.iter().zip(standings).map(row).collect();
    page::table_of("jobs", &page::heads(&["job", "state", "run", "why"]), &rows)
}

/// How many jobs' runs stand in each way; those that are not there yet are queued.
pub fn counted(sweep: &Sweep, runs: &[RunSummary]) -> Vec<(Status, usize)> {
    let known: HashMap<&Path, Status> = runs.iter().map(|run| (run.path.as_path(), run.status)).collect();
    let of = |job: &Job| known.get(&*sweep.run_folder(job)).copied().unwrap_or_default();
    let all: Vec<Status> = sweep.jobs.iter().map(of).collect();
    let order = [Status::Completed, Status::Running, Status::Interrupted, Status::Failed, Status::Queued];
    let counts = order.map(|status| (status, all.iter().filter(|other| **other == status).count()));
    counts.into_iter().filter(|(_, n)| *n > 0).collect()
}

/// A bar of how many of all are done.
pub fn bar(label: &str, parts: impl Iterator<Item = (bool, usize)>) -> String {
    let (mut done, mut all) = (0, 0);
    for (is_done, n) in parts {
        done += if is_done { n } else { 0 };
        all += n;
    }
    format!("<progress max=\"{all}\" value=\"{done}\" aria-label=\"{} completed\"></progress>", escape(label))
}
