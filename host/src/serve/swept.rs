//! A sweep: its page, as `report.html` in its folder is, of now and with links to the pages of its runs.

use std::{collections::HashMap, path::Path};

use super::{place::run_url, site::Site};
use crate::{
    error::{Error, Result},
    page::{Page, Section, escape},
    run::Status,
    study::RunSummary,
    sweep::{
        Job, JobState, Sweep, counts,
        report::{self, Source},
        slurm::Queue,
        states,
    },
};

/// The page of the sweep in a folder.
///
/// # Errors
/// The folder, or that of a run, cannot be read; a run of it lies outside of what is served.
pub fn page(site: &Site, folder: &Path) -> Result<Page> {
    let sweep = Sweep::open(folder)?;
    refuse_outer(site, &sweep)?;
    // What the folders of the runs say: a page that asks again and again is not for the queue of Slurm.
    let standings = states(&sweep, &Queue::default());
    let shelf = site.library.look()?;
    let known: HashMap<&Path, &RunSummary> =
        shelf.found.runs.iter().map(|run| (run.path.as_path(), run)).collect();
    let inside = |folder: &Path| folder.strip_prefix(&site.base).unwrap_or(folder).to_owned();
    let source = Source {
        run: &|folder| known.get(&*inside(folder)).map(|run| (*run).clone()),
        link: &|job| {
            let folder = inside(&sweep.run_folder(job));
            known.contains_key(&*folder).then(|| run_url(&folder))
        },
        logs: &site.logs,
        below: Some(site.base.clone()),
    };
    let mut page = report::page(&sweep, &standings, &source)?;
    let done = standings.iter().filter(|standing| standing.state == JobState::Completed).count();
    let progress = format!("<p>{} {}</p>\n", bar(&page.title, done, standings.len()), counts(&standings));
    page.sections.insert(1, Section::new("progress", "", progress));
    Ok(page)
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
pub fn bar(label: &str, done: usize, all: usize) -> String {
    let label = escape(label);
    format!("<progress max=\"{all}\" value=\"{done}\" aria-label=\"{label} completed\"></progress>")
}
