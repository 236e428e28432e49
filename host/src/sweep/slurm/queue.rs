//! What Slurm says of the tasks of a sweep.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    commands::squeue,
    submitted::{LOGS, Submitted, submitted},
};
use crate::{
    error::Result,
    sweep::{Job, JobState, Standing, Sweep},
};

/// The array, the index in it, the state, why it waits: which may hold anything, and so comes last.
const FORMAT: &str = "%F|%K|%T|%r";

/// The tasks of a sweep that Slurm has, by their jobs. That of a sweep without Slurm is empty.
#[derive(Debug, Default)]
pub struct Queue {
    tasks: BTreeMap<usize, Task>,
    /// The arrays that were submitted, of which Slurm may know no more.
    submitted: Vec<Submitted>,
    folder: PathBuf,
}

#[derive(Debug, PartialEq, Eq)]
struct Task {
    array: String,
    index: usize,
    /// Whether it is yet to start; else it runs, or begins or ends to.
    is_pending: bool,
    reason: String,
}

impl Queue {
    /// The tasks of a sweep; `squeue` is asked only if any were submitted.
    ///
    /// # Errors
    /// `squeue` is not there or does not answer.
    pub fn of(sweep: &Sweep) -> Result<Self> {
        let submitted = submitted(sweep)?;
        let ids: Vec<&str> = submitted.iter().map(|line| &*line.array).collect();
        let shown = if ids.is_empty() { String::new() } else { squeue(&ids, FORMAT)? };
        let first = |array: &str| submitted.iter().find(|line| line.array == array).map(|line| line.first);
        let tasks = shown.lines().filter_map(parse);
        let tasks = tasks.filter_map(|task| Some((first(&task.array)? + task.index, task))).collect();
        Ok(Self { tasks, submitted, folder: sweep.folder.clone() })
    }

    /// Whether a job is in Slurm's hands.
    pub fn has(&self, job: usize) -> bool {
        self.tasks.contains_key(&job)
    }

    /// How many jobs are in Slurm's hands.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The arrays that are not over, each with one of its jobs.
    pub fn arrays(&self) -> BTreeMap<String, usize> {
        self.tasks.iter().map(|(job, task)| (task.array.clone(), *job)).collect()
    }

    /// How a job stands, from how its run does. A run on another machine may hold a lock that is not seen
    /// here: it is RUNNING if Slurm runs its task.
    pub fn standing(&self, job: &Job, run: Standing) -> Standing {
        match (run.state, self.tasks.get(&job.job)) {
            (JobState::Completed, _) => run,
            (_, Some(task)) if task.is_pending => {
                let why = format!("task {}_{} waits: {}", task.array, task.index, task.reason);
                Standing::new(JobState::Queued, why)
            }
            (_, Some(_)) => Standing::new(JobState::Running, ""),
            (JobState::Queued | JobState::Interrupted, None) => match self.log(job.job) {
                Some(log) => Standing::new(run.state, format!("its task ended: {}", log.display())),
                None => run,
            },
            (_, None) => run,
        }
    }

    /// What the last task of a job said.
    fn log(&self, job: usize) -> Option<PathBuf> {
        let of = |line: &Submitted| {
            let name = format!("{}_{}.out", line.array, job.checked_sub(line.first)?);
            Some(self.folder.join(Path::new(LOGS)).join(name)).filter(|path| path.is_file())
        };
        self.submitted.iter().rev().find_map(of)
    }
}

/// A task by its line of `squeue`; none is what has no index.
fn parse(line: &str) -> Option<Task> {
    let mut parts = line.splitn(4, '|');
    let (array, index) = (parts.next()?.trim().to_owned(), parts.next()?.trim().parse().ok()?);
    let (state, reason) = (parts.next()?.trim(), parts.next()?.trim().to_owned());
    let is_pending = ["PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"].contains(&state);
    Some(Task { array, index, is_pending, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_squeue_are_tasks() {
        let task = |index, is_pending, reason: &str| {
            Some(Task { array: "12".into(), index, is_pending, reason: reason.into() })
        };
        assert_eq!(parse("12|3|PENDING|Resources"), task(3, true, "Resources"));
        assert_eq!(parse("12|0|RUNNING|None"), task(0, false, "None"));
        assert_eq!(parse("12|4|COMPLETING|a|b"), task(4, false, "a|b"));
        assert_eq!(parse("12|N/A|PENDING|None"), None);
        assert_eq!(parse("slurm_load_jobs error"), None);
    }
}
