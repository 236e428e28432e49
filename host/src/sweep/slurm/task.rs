//! What a task of Slurm does: one job.

use std::ffi::OsString;

use super::commands;
use crate::{
    error::{Error, Result},
    run::shell_quoted,
    sweep::{
        JobState, Launch, Sweep,
        plan::refuse_edited,
        state::{lacks, of_run},
    },
};

/// The words of the command that brings a job to its end; none if it is there.
///
/// # Errors
/// There is no such job; a file that it needs is not there; a script changed since the sweep was planned.
pub fn words(sweep: &Sweep, number: usize, launch: &Launch) -> Result<Option<Vec<OsString>>> {
    let job = number.checked_sub(1).and_then(|i| sweep.jobs.get(i)).filter(|job| job.is_own());
    let job = job.ok_or_else(|| {
        let problem = format!("{} has no job {number} to run", sweep.folder.display());
        Error::usage(problem, format!("it has {}; `host sweep status` lists them", sweep.jobs.len()))
    })?;
    let folder = sweep.run_folder(job);
    if of_run(&folder).state == JobState::Completed {
        return Ok(None);
    }
    if let Some(why) = lacks(sweep, job) {
        let folder = shell_quoted(&sweep.folder.display().to_string());
        return Err(Error::usage(
            format!("job {number} is {}: {why}", JobState::Blocked),
            format!("`host sweep retry {folder} --slurm` takes it up, after what it needs"),
        ));
    }
    refuse_edited(&sweep.plan.scripts)?;
    let mut words = launch.words(job, &folder);
    // Behind the command's name, since what comes last are settings.
    words.insert(1, "--requeue".into());
    Ok(Some(words))
}

/// The task that this process is, if Slurm asked it to stop before its time limit. One that was cancelled or
/// pre-empted is none that Slurm counts as running, and what becomes of it is Slurm's to say. The end of the
/// job is not compared with the clock: the limit may have been changed, and the signal comes up to a minute
/// early.
///
/// # Errors
/// Slurm does not answer.
pub fn out_of_time() -> Result<Option<String>> {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let Some((array, index)) = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID")) else {
        return Ok(None);
    };
    let task = format!("{array}_{index}");
    let state = commands::squeue(&[&task], "%T")?;
    Ok((state.trim() == "RUNNING").then_some(task))
}
