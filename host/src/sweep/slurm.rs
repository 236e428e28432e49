//! Jobs as tasks of Slurm: a job array for each round, in which one task runs one job.
//!
//! How a job stands is how its run's folder stands, as everywhere, and what `squeue` says of its task. The
//! sweep's folder keeps only which arrays were submitted. A task is one process: the batch script becomes
//! `host sweep task`, which becomes `host run` or `host resume`, so that Slurm's signal reaches the run.

mod array;
mod commands;
mod options;
mod queue;
mod script;
mod submitted;
mod task;

pub use array::Array;
pub use commands::{DEFAULT_LONGEST, is_installed, longest_array, requeue};
pub use options::{Options, memory, option, time, word};
pub use queue::Queue;
pub use submitted::{Submitted, submitted};
pub use task::{out_of_time, words};

use super::{
    Standing, Sweep,
    job::{Job, Launch, Need},
    state::{is_open, lack},
};
use crate::{
    error::{Error, Result},
    run::timestamp,
};

/// Jobs of a sweep that Slurm is to run.
pub struct Submission<'a> {
    pub sweep: &'a Sweep,
    pub options: &'a Options,
    /// What each task starts its job with, as whoever submits it gave it.
    pub launch: &'a Launch,
    /// The tasks that Slurm has already.
    pub queue: &'a Queue,
    /// How the jobs stand.
    pub states: &'a [Standing],
    /// Whether jobs that failed are run again.
    pub retry: bool,
}

impl Submission<'_> {
    /// Hands one array after another to `send`, with its batch script; `send` gives the array's id. `longest`
    /// is the cluster's `MaxArraySize`. An array waits for those of earlier rounds; where the number of tasks
    /// that run at a time is limited, for all before it, since Slurm limits each array on its own.
    ///
    /// # Errors
    /// Those of `send`; a folder into which Slurm cannot write.
    pub fn submit(
        &self,
        longest: usize,
        mut send: impl FnMut(&Array, &str) -> Result<String>,
    ) -> Result<Vec<(String, Array)>> {
        let mut before: Vec<(String, usize)> = self.in_queue();
        let mut sent = Vec::new();
        for array in self.arrays(longest) {
            let is_waited_for = |round: usize| round < array.round || self.options.max_running.is_some();
            let after = before.iter().filter(|(_, round)| is_waited_for(*round)).map(|(id, _)| id.as_str());
            let script = script::text(self, &array, &after.collect::<Vec<_>>())?;
            let id = send(&array, &script)?;
            before.push((id.clone(), array.round));
            sent.push((id, array));
        }
        Ok(sent)
    }

    /// Submits an array, and notes it in the sweep's folder.
    ///
    /// # Errors
    /// `sbatch` refuses it; the folder cannot be written to.
    pub fn send(&self, array: &Array, script: &str) -> Result<String> {
        let folder = self.sweep.folder.join(submitted::LOGS);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let id = commands::sbatch(script)?;
        let line = Submitted {
            array: id.clone(),
            round: self.sweep.plan.round[array.round].name.clone(),
            first: array.first,
            tasks: array.indices(),
            options: self.options.words(),
            submitted: timestamp(std::time::SystemTime::now()),
        };
        submitted::note(self.sweep, line).map_err(|error| {
            let help = format!("end it with `scancel {id}`, and give the command again");
            Error::usage(format!("array {id} was submitted, and cannot be noted: {error}"), help)
        })?;
        Ok(id)
    }

    /// The arrays of the jobs that are open: neither completed nor in Slurm's hands, and with files that are
    /// there or that jobs in Slurm's hands make.
    fn arrays(&self, longest: usize) -> Vec<Array> {
        let mut taken = vec![false; self.sweep.jobs.len()];
        for (i, job) in self.sweep.jobs.iter().enumerate() {
            let is_coming = |job: usize| taken[job - 1] || self.queue.has(job);
            let is_there = |need: &Need| lack(self.sweep, need, self.states[need.job - 1].state).is_none();
            taken[i] = is_open(job, self.states[i].state, self.retry)
                && !self.queue.has(job.job)
                && job.needs.iter().all(|need| is_coming(need.job) || is_there(need));
        }
        let rounds = self.sweep.plan.round.iter().enumerate();
        let of_round = |name: &str| -> Vec<usize> {
            let jobs = self.sweep.jobs.iter().filter(|job| taken[job.job - 1] && job.round == name);
            jobs.map(|job| job.job).collect()
        };
        rounds.flat_map(|(i, round)| Array::split(i, &of_round(&round.name), longest)).collect()
    }

    /// The arrays that Slurm has already, with their rounds.
    fn in_queue(&self) -> Vec<(String, usize)> {
        let round = |job: &Job| self.sweep.plan.round.iter().position(|round| round.name == job.round);
        let arrays = self.queue.arrays().into_iter();
        arrays.filter_map(|(id, job)| Some((id, round(self.sweep.jobs.get(job - 1)?)?))).collect()
    }
}
