//! Learning rates that change from step to step: what PyTorch calls `lr_scheduler`.

use std::{
    f64::consts::PI,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Optimiser, rule::within};
use crate::{Error, Result, ensure};

/// How a learning rate goes on from the one that its optimiser was made with, the base; s counts the steps of
/// the schedule from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// `base gamma^floor(s / size)` (StepLR).
    Step { size: u64, gamma: f64 },
    /// `base gamma^n` once n of the milestones are reached (MultiStepLR).
    MultiStep { milestones: Vec<u64>, gamma: f64 },
    /// `base gamma^s` (ExponentialLR).
    Exponential { gamma: f64 },
    /// From `start base` to `end base` in equal steps (LinearLR).
    Linear { start: f64, end: f64, total: u64 },
    /// Over the first `warm_up` steps from `start base` up to the base in equal ones, then half a wave down
    /// to the floor at step `total`, where it stays (LinearLR before CosineAnnealingLR in a SequentialLR).
    Cosine { total: u64, floor: f64, warm_up: u64, start: f64 },
    /// From `base / div` up to the base in a share `rise` of all steps, then down to
    /// `base / div / final_div`, in half waves, or in equal steps (OneCycleLR). It stays there.
    OneCycle { total: u64, rise: f64, div: f64, final_div: f64, is_linear: bool },
    /// See [`Plateau`].
    Plateau(Plateau),
}

/// A learning rate that is multiplied by a factor where a number did not become better for more than
/// `patience` steps (ReduceLROnPlateau).
#[derive(Debug, Clone, PartialEq)]
pub struct Plateau {
    /// Whether larger numbers are better.
    pub is_max: bool,
    pub factor: f64,
    pub patience: u64,
    /// By how much a number has to be better: a share of the best one, or a difference.
    pub threshold: f64,
    pub is_relative: bool,
    /// Steps after each reduction that do not count.
    pub cooldown: u64,
    pub floor: f64,
    /// A smaller change of the learning rate is left out.
    pub eps: f64,
}

impl Default for Plateau {
    fn default() -> Self {
        Self {
            is_max: false,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            is_relative: true,
            cooldown: 0,
            floor: 0.0,
            eps: 1e-8,
        }
    }
}

/// All that changes in a scheduler, as plain data. The learning rates are its optimiser's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SchedulerState {
    pub steps: u64,
    /// The best number so far, from the first step on.
    pub best: f64,
    /// Steps since then.
    pub bad: u64,
    /// Steps that do not count yet.
    pub cooldown: u64,
}

impl SchedulerState {
    /// The same numbers, bit for bit.
    pub fn is_same(&self, other: &Self) -> bool {
        let bits = |s: &Self| (s.steps, s.best.to_bits(), s.bad, s.cooldown);
        bits(self) == bits(other)
    }
}

/// A schedule at work on an optimiser. Clones are handles of the same scheduler.
#[derive(Clone)]
pub struct Scheduler(Arc<SchedulerInner>);

struct SchedulerInner {
    schedule: Schedule,
    optimiser: Optimiser,
    state: Mutex<SchedulerState>,
}

impl Scheduler {
    /// A schedule from its first step on: the optimiser gets the learning rate of that.
    ///
    /// # Errors
    /// [`Error::Argument`] for a setting outside its range.
    pub fn new(schedule: Schedule, optimiser: &Optimiser) -> Result<Self> {
        schedule.check()?;
        let state = Mutex::default();
        let scheduler = Self(Arc::new(SchedulerInner { schedule, optimiser: optimiser.clone(), state }));
        scheduler.apply(0)?;
        Ok(scheduler)
    }

    fn lock(&self) -> MutexGuard<'_, SchedulerState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the optimiser its learning rates for the next step; a plateau needs a number to watch.
    ///
    /// # Errors
    /// [`Error::Argument`] for a number where none is watched, for none where one is, and for NaN.
    pub fn step(&self, watched: Option<f64>) -> Result<()> {
        let mut state = self.lock();
        match (&self.0.schedule, watched) {
            (Schedule::Plateau(plateau), Some(number)) => {
                plateau.step(&mut state, number, &self.0.optimiser)?
            }
            (Schedule::Plateau(_), None) => {
                return Err(argument("the number to watch", "missing", "a loss: `scheduler.step(loss)`"));
            }
            (_, Some(number)) => {
                let found = number.to_string();
                return Err(argument("the number to watch", &found, "none: only a plateau has one"));
            }
            (_, None) => self.apply(state.steps + 1)?,
        }
        state.steps += 1;
        Ok(())
    }

    fn apply(&self, step: u64) -> Result<()> {
        let bases = self.0.optimiser.initial_learning_rates();
        let rates: Option<Vec<f64>> = bases.iter().map(|&base| self.0.schedule.rate(base, step)).collect();
        rates.map_or(Ok(()), |rates| self.0.optimiser.set_learning_rates(&rates))
    }

    /// How often [`Scheduler::step`] was called.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// The schedule with its settings.
    pub fn schedule(&self) -> &Schedule {
        &self.0.schedule
    }

    /// All that a checkpoint has to keep besides the optimiser's state.
    pub fn state(&self) -> SchedulerState {
        *self.lock()
    }

    /// Restores a state in place.
    pub fn load_state(&self, state: &SchedulerState) {
        *self.lock() = *state;
    }

    /// A number that the handles of one scheduler share and no other scheduler alive has.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether two handles are of one scheduler.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.0.optimiser.learning_rate();
        write!(f, "{:?}, {} steps, learning rate {rate}", self.0.schedule, self.steps())
    }
}

fn argument(name: &'static str, found: &str, expected: &str) -> Error {
    Error::argument("scheduler", name, found, expected)
}

fn counted(name: &'static str, count: u64) -> Result<()> {
    ensure(count > 0, || argument(name, "0", "at least 1"))
}

impl Schedule {
    fn check(&self) -> Result<()> {
        let gamma = |gamma: f64| within("gamma", gamma, 0.0..f64::INFINITY);
        match self {
            Self::Step { size, gamma: by } => counted("the size of a step", *size).and_then(|()| gamma(*by)),
            Self::MultiStep { gamma: by, .. } | Self::Exponential { gamma: by } => gamma(*by),
            Self::Linear { start, end, total } => {
                counted("total", *total)?;
                within("start_factor", *start, 0.0..f64::INFINITY)?;
                within("end_factor", *end, 0.0..f64::INFINITY)
            }
            Self::Cosine { total, floor, warm_up, start } => {
                within("eta_min", *floor, 0.0..f64::INFINITY)?;
                within("start_factor", *start, 0.0..f64::INFINITY)?;
                ensure(warm_up < total, || {
                    argument("total", &total.to_string(), "more than the steps of warm_up")
                })
            }
            Self::OneCycle { total, rise, div, final_div, .. } => {
                counted("total", *total)?;
                within("pct_start", *rise, 0.0..1.0)?;
                within("div_factor", *div, f64::MIN_POSITIVE..f64::INFINITY)?;
                within("final_div_factor", *final_div, f64::MIN_POSITIVE..f64::INFINITY)
            }
            Self::Plateau(plateau) => {
                within("factor", plateau.factor, 0.0..1.0)?;
                within("threshold", plateau.threshold, 0.0..f64::INFINITY)?;
                within("min_lr", plateau.floor, 0.0..f64::INFINITY)?;
                within("eps", plateau.eps, 0.0..f64::INFINITY)
            }
        }
    }

    /// The learning rate of a step; none where it does not depend on the step alone.
    fn rate(&self, base: f64, step: u64) -> Option<f64> {
        let part = |step: u64, total: u64| step.min(total) as f64 / total as f64;
        Some(match *self {
            Self::Step { size, gamma } => base * gamma.powf((step / size) as f64),
            Self::MultiStep { ref milestones, gamma } => {
                base * gamma.powf(milestones.iter().filter(|&&milestone| milestone <= step).count() as f64)
            }
            Self::Exponential { gamma } => base * gamma.powf(step as f64),
            Self::Linear { start, end, total } => base * (start + (end - start) * part(step, total)),
            Self::Cosine { warm_up, start, .. } if step < warm_up => {
                base * (start + (1.0 - start) * part(step, warm_up))
            }
            Self::Cosine { total, floor, warm_up, .. } => {
                wave(base, floor, part(step - warm_up, total - warm_up))
            }
            Self::OneCycle { total, rise, div, final_div, is_linear } => {
                let [low, lowest] = [base / div, base / div / final_div];
                let (step, top, end) = (step as f64, rise * total as f64 - 1.0, total as f64 - 1.0);
                let between = |a: f64, b: f64, part: f64| {
                    if is_linear { a + (b - a) * part } else { wave(a, b, part) }
                };
                if step <= top {
                    between(low, base, if top > 0.0 { step / top } else { 1.0 })
                } else {
                    between(base, lowest, ((step - top) / (end - top)).min(1.0))
                }
            }
            Self::Plateau(_) => return None,
        })
    }
}

/// Half a wave from `a` at 0 to `b` at 1.
fn wave(a: f64, b: f64, part: f64) -> f64 {
    b + (a - b) * (1.0 + (PI * part).cos()) / 2.0
}

impl Plateau {
    fn is_better(&self, number: f64, best: f64) -> bool {
        let margin = if self.is_relative { best * self.threshold } else { self.threshold };
        if self.is_max { number > best + margin } else { number < best - margin }
    }

    fn step(&self, state: &mut SchedulerState, number: f64, optimiser: &Optimiser) -> Result<()> {
        ensure(!number.is_nan(), || argument("the number to watch", "NaN", "a number"))?;
        if state.steps == 0 || self.is_better(number, state.best) {
            (state.best, state.bad) = (number, 0);
        } else {
            state.bad += 1;
        }
        if state.cooldown > 0 {
            (state.cooldown, state.bad) = (state.cooldown - 1, 0);
        }
        if state.bad <= self.patience {
            return Ok(());
        }
        (state.cooldown, state.bad) = (self.cooldown, 0);
        let reduced = |rate: f64| {
            let lower = (rate * self.factor).max(self.floor);
            if rate - lower > self.eps { lower } else { rate }
        };
        let rates: Vec<f64> = optimiser.learning_rates().into_iter().map(reduced).collect();
        optimiser.set_learning_rates(&rates)
    }
}
