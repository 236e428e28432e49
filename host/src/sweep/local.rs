//! Jobs as processes of this machine: some at a time, each an ordinary `host run` or `host resume`, so that a
//! crash takes one job.

mod worker;

use std::{
    collections::VecDeque,
    io,
    num::NonZeroUsize,
    process::ExitStatus,
    sync::mpsc::{Receiver, Sender, channel},
    time::{Duration, Instant},
};

use super::{
    JobState, Standing, Sweep,
    job::Launch,
    plan::refuse_edited,
    slurm::Queue,
    state::{blocked, is_open, is_ready, of_run, states},
};
use crate::{
    error::Result,
    run::{LoopHandle, Progress, duration},
};
use worker::{Ended, Worker};

/// How long the engine waits for a worker's end before it looks whether it was asked to stop, and whether a
/// run that another process holds goes on.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The exit code of a command that was refused.
const REFUSED: i32 = 2;

/// How jobs are started.
#[derive(Debug)]
pub struct Local {
    /// How many at a time.
    pub jobs: NonZeroUsize,
    pub launch: Launch,
    /// Whether jobs that failed are run again.
    pub retry: bool,
}

/// The jobs of a sweep on this machine.
struct Drive<'a> {
    sweep: &'a Sweep,
    local: &'a Local,
    states: Vec<Standing>,
    /// The indices of jobs that are to be started, in their order.
    waiting: VecDeque<usize>,
    workers: Vec<Worker>,
    /// Jobs whose runs another process holds: one of a sweep that was killed.
    held: Vec<usize>,
    ends: Receiver<Ended>,
    sender: Sender<Ended>,
    progress: Option<&'a Progress>,
    bar: Option<LoopHandle>,
}

/// Runs the jobs of a sweep until none is left that could be started, or until it is asked to stop; then
/// every worker is asked once, and waited for. Shows `progress`, and gives how all jobs stand then.
///
/// # Errors
/// A worker cannot be started.
pub fn drive(sweep: &Sweep, local: &Local, progress: Option<&Progress>) -> Result<Vec<Standing>> {
    let states = states(sweep, &Queue::default());
    let states = &states;
    let is_open = |i: &usize| is_open(&sweep.jobs[*i], states[*i].state, local.retry);
    let with = |state: JobState| (0..states.len()).filter(move |i| states[*i].state == state);
    let (waiting, held) = ((0..states.len()).filter(is_open).collect(), with(JobState::Running).collect());
    let done = with(JobState::Completed).count();
    let (sender, ends) = channel();
    let bar = progress.filter(|progress| progress.has_bars());
    let bar = bar.map(|progress| progress.start("jobs", Some(sweep.jobs.len() as u64), done as u64));
    let mut drive = Drive {
        sweep,
        local,
        states: states.clone(),
        waiting,
        workers: Vec::new(),
        held,
        ends,
        sender,
        progress,
        bar,
    };
    drive.reopen();
    let ended = drive.run();
    drive.stop();
    ended.map(|()| drive.states)
}

/// Why a process ended before its run did: what it said, unless a signal ended it.
fn why(status: &io::Result<ExitStatus>, said: &str) -> String {
    match status {
        Ok(status) if status.code().is_none() || said.trim().is_empty() => {
            format!("its process ended: {status}")
        }
        Ok(_) => said.trim().trim_start_matches("error: ").to_owned(),
        Err(error) => error.to_string(),
    }
}

impl Drive<'_> {
    /// What failed or was blocked is queued again, where it is to be run again.
    fn reopen(&mut self) {
        for i in &self.waiting {
            if self.states[*i].state.is_over() {
                self.states[*i] = Standing::new(JobState::Queued, "");
            }
        }
    }

    fn run(&mut self) -> Result<()> {
        while !ops::interrupt::requested() {
            self.start()?;
            if self.workers.is_empty() && self.held.is_empty() {
                return Ok(());
            }
            if let Ok(ended) = self.ends.recv_timeout(LOOK_EVERY) {
                self.end(&ended);
            }
            self.look();
        }
        Ok(())
    }

    /// Starts as many jobs as there is room for.
    fn start(&mut self) -> Result<()> {
        let mut i = 0;
        while i < self.waiting.len() && self.workers.len() + self.held.len() < self.local.jobs.get() {
            let index = self.waiting[i];
            let job = &self.sweep.jobs[index];
            if let Some(standing) = blocked(self.sweep, job, &self.states) {
                self.waiting.remove(i);
                self.states[index] = standing;
                self.report(index, None);
            } else if is_ready(self.sweep, job, &self.states) {
                refuse_edited(&self.sweep.plan.scripts)?;
                self.waiting.remove(i);
                let launch = &self.local.launch;
                let worker = Worker::start(self.sweep, index, launch, self.local.jobs, self.sender.clone())?;
                self.states[index] = Standing::new(JobState::Running, "");
                self.workers.push(worker);
            } else {
                i += 1;
            }
        }
        Ok(())
    }

    /// Takes note of a worker's end: how its job stands is how its run's folder stands.
    fn end(&mut self, ended: &Ended) {
        let Some(at) = self.workers.iter().position(|worker| worker.index == ended.index) else { return };
        let worker = self.workers.swap_remove(at);
        let (index, took) = (worker.index, worker.since.elapsed());
        let status = worker.wait();
        let standing = of_run(&self.sweep.run_folder(&self.sweep.jobs[index]));
        let is_refused = status.as_ref().is_ok_and(|status| status.code() == Some(REFUSED));
        self.states[index] = match standing.state {
            // It was there before this worker, which gave way.
            JobState::Running => {
                self.held.push(index);
                return;
            }
            _ if ops::interrupt::requested() => standing,
            JobState::Queued => Standing::new(JobState::Failed, why(&status, &ended.said)),
            JobState::Interrupted => Standing::new(JobState::Interrupted, why(&status, &ended.said)),
            JobState::Failed if is_refused => Standing::new(JobState::Failed, why(&status, &ended.said)),
            _ => standing,
        };
        self.report(index, Some(took));
    }

    /// Looks whether runs that another process held are over; one that is not completed goes on here.
    fn look(&mut self) {
        let folder = |index: usize| self.sweep.run_folder(&self.sweep.jobs[index]);
        let (over, held): (Vec<_>, Vec<_>) = self
            .held
            .iter()
            .map(|i| (*i, of_run(&folder(*i))))
            .partition(|(_, s)| s.state != JobState::Running);
        self.held = held.into_iter().map(|(index, _)| index).collect();
        for (index, standing) in over {
            let is_open = matches!(standing.state, JobState::Interrupted | JobState::Queued);
            self.states[index] = standing;
            if is_open {
                self.waiting.push_front(index);
            } else {
                self.report(index, None);
            }
        }
    }

    /// One line for a job that is over.
    fn report(&self, index: usize, took: Option<Duration>) {
        let standing = &self.states[index];
        let Some(progress) = self.progress else { return };
        if let (JobState::Completed, Some(bar)) = (standing.state, &self.bar) {
            bar.advance();
        }
        let job = &self.sweep.jobs[index];
        let first = standing.why.lines().next().unwrap_or_default();
        let words = [
            format!("job {}/{}", job.job, self.sweep.jobs.len()),
            self.sweep.label(job),
            standing.state.to_string(),
            took.map(|took| duration(took.as_secs_f64())).unwrap_or_default(),
            first.to_owned(),
        ];
        let shown: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        progress.println(&shown.join("  "));
    }

    /// Asks every worker once to stop, which it does with a checkpoint, and waits for all.
    fn stop(&mut self) {
        self.workers.iter().for_each(Worker::stop);
        let since = Instant::now();
        while !self.workers.is_empty() {
            if let Ok(ended) = self.ends.recv_timeout(LOOK_EVERY) {
                self.end(&ended);
            } else if since.elapsed() > worker::PATIENCE {
                self.workers.iter_mut().for_each(Worker::kill);
            }
        }
    }
}
