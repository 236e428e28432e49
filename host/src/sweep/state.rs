//! How a job stands: read from the folder of its run, never written anywhere.

use std::{fmt, path::Path};

use serde::Serialize;

use super::{
    folder::Sweep,
    job::{Job, Need},
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

/// How all jobs stand, in their order.
pub fn states(sweep: &Sweep) -> Vec<Standing> {
    let mut states: Vec<Standing> = Vec::with_capacity(sweep.jobs.len());
    for job in &sweep.jobs {
        let standing = of_run(&sweep.run_folder(job));
        let standing = match standing.state {
            state if state != JobState::Completed && !job.is_own() => gone(job),
            JobState::Queued => blocked(sweep, job, &states).unwrap_or(standing),
            _ => standing,
        };
        states.push(standing);
    }
    states
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
    let why = job.needs.iter().find_map(|need| {
        let state = states.get(need.job - 1)?.state;
        match state {
            JobState::Completed if is_there(sweep, need) => None,
            JobState::Completed => Some(format!("job {} left no {}", need.job, need.file.display())),
            state if state.is_over() => Some(format!("job {} is {state}", need.job)),
            _ => None,
        }
    });
    why.map(|why| Standing::new(JobState::Blocked, why))
}

/// Whether all files that a job needs are there.
pub fn is_ready(sweep: &Sweep, job: &Job, states: &[Standing]) -> bool {
    let is_done = |need: &Need| states[need.job - 1].state == JobState::Completed && is_there(sweep, need);
    job.needs.iter().all(is_done)
}

fn is_there(sweep: &Sweep, need: &Need) -> bool {
    sweep.run_folder(&sweep.jobs[need.job - 1]).join(&need.file).is_file()
}
