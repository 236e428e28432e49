//! How the jobs of a sweep stand, for people and for programs.

use serde_json::json;

use super::{Outcome, Sweep, command};
use crate::{
    error::Result,
    sweep::{Job, JobState, Standing, slurm::Queue, states},
    terminal::one_line,
};

/// How a sweep is listed: its states, in this order.
const ALL: [JobState; 6] = [
    JobState::Completed,
    JobState::Running,
    JobState::Interrupted,
    JobState::Queued,
    JobState::Failed,
    JobState::Blocked,
];

/// Says what became of the jobs, what failed and why, and how to go on, with options such as `--slurm`.
pub fn tell(sweep: &Sweep, standings: &[Standing], options: &str) -> Outcome {
    let command = |action| format!("{} {options}", command(action, sweep)).trim_end().to_owned();
    for (job, standing) in sweep.jobs.iter().zip(standings).filter(|(_, s)| !s.why.is_empty()) {
        err!("job {}  {}  {}", job.job, sweep.label(job), standing.state);
        err!("  {}", standing.why.trim_end().replace('\n', "\n  "));
    }
    err!("{}", counted(standings));
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

/// "40 jobs: 38 COMPLETED, 2 FAILED"
fn counted(standings: &[Standing]) -> String {
    let count = |state| standings.iter().filter(|standing| standing.state == state).count();
    let counts = ALL.into_iter().map(|state| (count(state), state)).filter(|(n, _)| *n > 0);
    let words: Vec<_> = counts.map(|(n, state)| format!("{n} {state}")).collect();
    let jobs = if standings.len() == 1 { "job" } else { "jobs" };
    format!("{} {jobs}: {}", standings.len(), words.join(", "))
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
    out!("{}", counted(&standings));
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
