//! How a job stands: read from the folder of its run, never written anywhere.

use std::{fmt, path::Path};

use serde::Serialize;

use super::{
    folder::Sweep,
    job::{Job, Need},
    slurm::Queue,
};
use crate::run::{RECORD, Record, Status, is_held, status_on_disk};

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JobState {
    Completed,
    Running,
    Interrupted,
    Queued,
    Failed,
    /// It needs a file that the job which should leave it did not leave.
    Blocked,
}

impl JobState {
    /// Whether nothing more happens to it by itself.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Blocked)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Completed => "COMPLETED",
            Self::Running => "RUNNING",
            Self::Interrupted => "INTERRUPTED",
            Self::Queued => "QUEUED",
            Self::Failed => "FAILED",
            Self::Blocked => "BLOCKED",
        })
    }
}

/// How a job stands, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: JobState,
    /// What it failed or is blocked by; empty otherwise.
    pub why: String,
}

impl Standing {
    pub fn new(state: JobState, why: impl Into<String>) -> Self {
        Self { state, why: why.into() }
    }
}

/// How the run in `folder` stands, which need not be there.
pub fn of_run(folder: &Path) -> Standing {
    let is_held = || is_held(folder).unwrap_or(false);
    if !folder.join(RECORD).exists() {
        // A process that is about to write the record holds the folder.
        return Standing::new(if is_held() { JobState::Running } else { JobState::Queued }, "");
    }
    let state = match status_on_disk(folder) {
        Err(error) => return Standing::new(JobState::Failed, error.to_string()),
        Ok(Status::Completed) => JobState::Completed,
        Ok(Status::Running) => JobState::Running,
        Ok(Status::Interrupted) => JobState::Interrupted,
        Ok(Status::Queued) => JobState::Queued,
        Ok(Status::Failed) => {
            let error = Record::read(folder).ok().and_then(|record| record.error);
            return Standing::new(JobState::Failed, error.unwrap_or_default());
        }
    };
    Standing::new(state, "")
}

/// How all jobs stand, in their order: their runs, and those tasks that Slurm has of them.
pub fn states(sweep: &Sweep, queue: &Queue) -> Vec<Standing> {
    let mut states: Vec<Standing> = Vec::with_capacity(sweep.jobs.len());
    for job in &sweep.jobs {
        let standing = queue.standing(job, of_run(&sweep.run_folder(job)));
        let standing = match standing.state {
            state if state != JobState::Completed && !job.is_own() => gone(job),
            JobState::Queued => blocked(sweep, job, &states).unwrap_or(standing),
            _ => standing,
        };
        states.push(standing);
    }
    states
}

/// Whether a job is to be started again, as far as its own state goes.
pub fn is_open(job: &Job, state: JobState, retry: bool) -> bool {
    match state {
        JobState::Completed | JobState::Running => false,
        JobState::Failed => retry && job.is_own(),
        _ => true,
    }
}

/// The standing of a job whose run was there before the sweep, and is not any more.
fn gone(job: &Job) -> Standing {
    let why = format!("{} was its run, and is no completed run now: plan the sweep anew", job.run.display());
    Standing::new(JobState::Failed, why)
}

/// The states as they are counted, in this order.
const ALL: [JobState; 6] = [
    JobState::Completed,
    JobState::Running,
    JobState::Interrupted,
    JobState::Queued,
    JobState::Failed,
    JobState::Blocked,
];

/// "40 jobs: 38 COMPLETED, 2 FAILED"
pub fn counts(standings: &[Standing]) -> String {
    let count = |state| standings.iter().filter(|standing| standing.state == state).count();
    let counts = ALL.into_iter().map(|state| (count(state), state)).filter(|(n, _)| *n > 0);
    let words: Vec<_> = counts.map(|(n, state)| format!("{n} {state}")).collect();
    let jobs = if standings.len() == 1 { "job" } else { "jobs" };
    format!("{} {jobs}: {}", standings.len(), words.join(", "))
}

/// Why a job cannot start and never will, unless another one is run again.
pub fn blocked(sweep: &Sweep, job: &Job, states: &[Standing]) -> Option<Standing> {
    let state = |need: &Need| states.get(need.job - 1).map(|standing| standing.state);
    let over = job.needs.iter().filter_map(|need| Some((need, state(need).filter(|s| s.is_over())?)));
    let why = over.into_iter().find_map(|(need, state)| lack(sweep, need, state));
    why.map(|why| Standing::new(JobState::Blocked, why))
}

/// Whether all files that a job needs are there.
pub fn is_ready(sweep: &Sweep, job: &Job, states: &[Standing]) -> bool {
    job.needs.iter().all(|need| lack(sweep, need, states[need.job - 1].state).is_none())
}

/// Why a job cannot start now, from the runs of those that it needs.
pub fn lacks(sweep: &Sweep, job: &Job) -> Option<String> {
    let state = |need: &Need| of_run(&sweep.run_folder(&sweep.jobs[need.job - 1])).state;
    job.needs.iter().find_map(|need| lack(sweep, need, state(need)))
}

/// Why a file is not there that a job needs of another one, which is in `state`.
pub fn lack(sweep: &Sweep, need: &Need, state: JobState) -> Option<String> {
    let is_there = || sweep.run_folder(&sweep.jobs[need.job - 1]).join(&need.file).is_file();
    match state {
        JobState::Completed if is_there() => None,
        JobState::Completed => Some(format!("job {} left no {}", need.job, need.file.display())),
        state => Some(format!("job {} is {state}", need.job)),
    }
}
