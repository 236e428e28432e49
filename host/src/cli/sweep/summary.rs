//! How the jobs of a sweep stand, for people and for programs.

use serde_json::json;

use super::{Outcome, Sweep, command};
use crate::{
    error::Result,
    sweep::{Job, JobState, Standing, counts, slurm::Queue, states},
    terminal::one_line,
};

/// Says what became of the jobs, what failed and why, and how to go on, with options such as `--slurm`.
pub fn tell(sweep: &Sweep, standings: &[Standing], options: &str) -> Outcome {
    let command = |action| format!("{} {options}", command(action, sweep)).trim_end().to_owned();
    for (job, standing) in sweep.jobs.iter().zip(standings).filter(|(_, s)| !s.why.is_empty()) {
        err!("job {}  {}  {}", job.job, sweep.label(job), standing.state);
        err!("  {}", standing.why.trim_end().replace('\n', "\n  "));
    }
    err!("{}", counts(standings));
    let any = |wanted: &[JobState]| standings.iter().any(|standing| wanted.contains(&standing.state));
    let is_open = any(&[JobState::Running, JobState::Interrupted, JobState::Queued]);
    if ops::interrupt::requested() && is_open {
        err!("interrupted: go on with `{}`", command("resume"));
        return Outcome::Interrupted;
    }
    if any(&[JobState::Failed, JobState::Blocked]) {
        err!("run again what failed: `{}`", command("retry"));
    } else if is_open {
        err!("go on with `{}`", command("resume"));
    }
    let is_done = standings.iter().all(|standing| standing.state == JobState::Completed);
    if is_done { Outcome::Done } else { Outcome::Failed }
}

/// `host sweep status`
pub fn status(sweep: &Sweep, json: bool) -> Result<Outcome> {
    let queue = Queue::of(sweep).unwrap_or_else(|error| {
        err!("warning: only what the folders of the runs say is shown: {error}");
        Queue::default()
    });
    let standings = states(sweep, &queue);
    if json {
        out!("{}", as_json(sweep, &standings));
        return Ok(Outcome::Done);
    }
    let labels: Vec<String> = sweep.jobs.iter().map(|job| one_line(&sweep.label(job))).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let digits = sweep.jobs.len().to_string().len();
    for ((job, standing), label) in sweep.jobs.iter().zip(&standings).zip(labels) {
        let (run, why) = (sweep.run_folder(job), standing.why.lines().next().unwrap_or_default());
        let line =
            format!("{:digits$}  {:<11}  {label:<width$}  {}  {why}", job.job, standing.state, run.display());
        out!("{}", one_line(line.trim_end()));
    }
    out!("{}", counts(&standings));
    Ok(Outcome::Done)
}

fn as_json(sweep: &Sweep, standings: &[Standing]) -> serde_json::Value {
    let job = |(job, standing): (&Job, &Standing)| {
        json!({
            "job": job.job,
            "round": job.round,
            "state": standing.state,
            "settings": job.settings,
            "seed": job.seed,
            "run": sweep.run_folder(job),
            "why": standing.why,
        })
    };
    let jobs: Vec<_> = sweep.jobs.iter().zip(standings).map(job).collect();
    json!({ "sweep": sweep.folder, "plugin": sweep.plan.arguments.plugin, "jobs": jobs })
}
