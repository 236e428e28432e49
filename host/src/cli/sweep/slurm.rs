//! `--slurm` of `host sweep`, `resume` and `retry`; and what one of its tasks does.

use std::{os::unix::process::CommandExt as _, process::Command};

use super::{
    again::{self, find},
    command, finish,
};
use crate::{
    cli::{args::SweepTask, outcome::Outcome},
    error::{Error, Result},
    sweep::{
        Launch, Sweep,
        slurm::{self, Array, DEFAULT_LONGEST, Options, Queue, Submission},
        states,
    },
};

/// How the jobs of a sweep are given to Slurm.
pub struct Slurm {
    options: Options,
    /// The cluster's `MaxArraySize`.
    longest: usize,
    /// Whether scripts are only printed.
    dry_run: bool,
}

impl Slurm {
    /// # Errors
    /// There is no Slurm here, which a dry run does without.
    pub fn new(options: Options, dry_run: bool) -> Result<Self> {
        let longest = match dry_run && !slurm::is_installed() {
            true => {
                err!("there is no Slurm here: arrays have up to {DEFAULT_LONGEST} tasks, as by its default");
                DEFAULT_LONGEST
            }
            false => slurm::longest_array()?,
        };
        Ok(Self { options, longest, dry_run })
    }

    /// Submits the jobs of a sweep that was just planned; its folder is removed where nothing was submitted.
    pub fn begin(&self, sweep: &Sweep, launch: &Launch) -> Result<Outcome> {
        let outcome = self.go(sweep, launch, false);
        if outcome.is_err() && !self.dry_run && slurm::submitted(sweep).is_ok_and(|all| all.is_empty()) {
            // It is the first error that matters.
            let _ = std::fs::remove_dir_all(&sweep.folder);
        }
        outcome
    }

    /// Submits the open jobs of a sweep, or prints the scripts.
    pub fn go(&self, sweep: &Sweep, launch: &Launch, retry: bool) -> Result<Outcome> {
        // Held until the end, so that no job is submitted twice.
        let _lock = (!self.dry_run).then(|| sweep.lock()).transpose()?;
        let queue = Queue::of(sweep)?;
        let states = states(sweep, &queue);
        let options = &self.options;
        let submission = Submission { sweep, options, launch, queue: &queue, states: &states, retry };
        if self.dry_run {
            return self.print(&submission);
        }
        let arrays = self.send(&submission)?;
        out!("{}", sweep.folder.display());
        tell(&submission, &arrays)
    }

    /// Prints the scripts; what would be an array's id is its number.
    fn print(&self, submission: &Submission) -> Result<Outcome> {
        let mut count = 0;
        submission.submit(self.longest, |_, script| {
            out!("{}", script.trim_end());
            count += 1;
            Ok(format!("ARRAY{count}"))
        })?;
        Ok(Outcome::Done)
    }

    /// Submits the arrays, with a line for each.
    fn send(&self, submission: &Submission) -> Result<Vec<(String, Array)>> {
        let (sweep, mut count) = (submission.sweep, 0);
        let arrays = submission.submit(self.longest, |array, script| {
            let id = submission.send(array, script)?;
            let round = &sweep.plan.round[array.round].name;
            let (n, tasks) = (array.jobs.len(), if array.jobs.len() == 1 { "task" } else { "tasks" });
            err!("submitted array {id}: {n} {tasks} of round {round}");
            count += 1;
            Ok(id)
        });
        if arrays.is_err() && count > 0 {
            err!("that stays in the queue: submit the rest with `{} --slurm`", command("resume", sweep));
        }
        arrays
    }
}

/// Says how to go on after a submission.
fn tell(submission: &Submission, arrays: &[(String, Array)]) -> Result<Outcome> {
    let (sweep, before) = (submission.sweep, submission.queue.arrays());
    let ids: Vec<&str> = before.keys().chain(arrays.iter().map(|(id, _)| id)).map(String::as_str).collect();
    if !ids.is_empty() {
        err!("watch it: `{}`; end it: `scancel {}`", command("status", sweep), ids.join(" "));
        err!("once it is done: `{} --slurm` writes its page and its table", command("resume", sweep));
        return Ok(Outcome::Done);
    }
    err!("nothing to submit");
    finish(sweep, submission.states, &format!("--slurm {}", submission.options.words()))
}

/// Refuses to run the jobs of a sweep here that was given to Slurm, unless that is asked for and Slurm has no
/// more tasks of it.
pub fn refuse_here(sweep: &Sweep, is_asked: bool, action: &str) -> Result<()> {
    let submitted = slurm::submitted(sweep)?;
    let Some(last) = submitted.last() else { return Ok(()) };
    let command = format!("{} --slurm {}", command(action, sweep), last.options);
    let command = command.trim_end();
    if !is_asked {
        return Err(Error::usage(
            format!("{} was given to Slurm", sweep.folder.display()),
            format!("`{command}` submits what is open; with --jobs N jobs run on this machine"),
        ));
    }
    let queue = Queue::of(sweep)?;
    if queue.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = queue.arrays().into_keys().collect();
    Err(Error::usage(
        format!("Slurm has {} tasks of {}", queue.len(), sweep.folder.display()),
        format!(
            "wait for them, or end them with `scancel {}`; `{command}` submits what is open",
            ids.join(" ")
        ),
    ))
}

/// `host sweep task`: becomes the command of one job.
pub fn task(args: &SweepTask) -> Result<Outcome> {
    let sweep = Sweep::open(&find(&args.sweep)?)?;
    let planned = &sweep.plan.arguments;
    let launch = again::launch(planned, &args.given, args.given.plugin.clone().unwrap_or_default());
    let Some(words) = slurm::words(&sweep, args.job, &launch)? else {
        err!("job {} is completed", args.job);
        return Ok(Outcome::Done);
    };
    let program = std::env::current_exe().map_err(Error::io("the program itself"))?;
    Err(Error::io(&program)(Command::new(&program).args(words).exec()))
}
