//! Optimisers. A [`Rule`] says how one parameter moves; the [`Optimiser`] keeps, for each parameter,
//! how many steps it made and the tensors (moments) that the rule remembers.

mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod fused;
#[cfg(feature = "cube")]
mod gpu;
mod lbfgs;
mod line_search;
mod lion;
mod radam;
mod rms_prop;
mod rule;
mod scheduler;
mod sgd;
mod state;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use lbfgs::Lbfgs;
pub use lion::Lion;
pub use radam::AdamForm;
pub use rms_prop::RmsProp;
pub use rule::{OptimiserStep, Rule};
pub use scheduler::{Plateau, Schedule, Scheduler, SchedulerState};
pub use sgd::Sgd;
pub use state::OptimiserState;

use super::Parameter;
use crate::{Error, Gradients, Result, Tensor, ensure, no_grad, tensor::recording};
use lbfgs::LbfgsMemory;

/// Rules at work on named parameters. Clones are handles of the same optimiser.
#[derive(Clone)]
pub struct Optimiser(Arc<OptimiserInner>);

struct OptimiserInner {
    /// The rule of each group, and the learning rate that it was made with.
    groups: Vec<(Box<dyn Rule>, f64)>,
    parameters: Vec<(String, Parameter)>,
    /// For each parameter the number of its group.
    group_of: Vec<usize>,
    progress: Mutex<OptimiserProgress>,
}

struct OptimiserProgress {
    steps: u64,
    /// One for each group.
    learning_rates: Vec<f64>,
    /// One for each parameter.
    memories: Vec<ParameterMemory>,
    /// Of L-BFGS, which has one for all parameters; none before its first step.
    lbfgs: Option<LbfgsMemory>,
}

/// What an optimiser remembers of one parameter.
#[derive(Clone, Default)]
struct ParameterMemory {
    steps: u64,
    /// As the rule names them; none before the first step.
    moments: Vec<Tensor>,
    /// What was accumulated for the next step.
    gradient: Option<Tensor>,
}

/// Parameters that are moved alike.
pub struct ParameterGroup {
    rule: Box<dyn Rule>,
    learning_rate: f64,
    parameters: Vec<(String, Parameter)>,
}

impl ParameterGroup {
    /// A group with a rule and a learning rate of its own.
    pub fn new(rule: impl Rule, learning_rate: f64, parameters: Vec<(String, Parameter)>) -> Self {
        Self { rule: Box::new(rule), learning_rate, parameters }
    }
}

impl Optimiser {
    /// An optimiser of these parameters. Buffers are left out, tied parameters count once.
    ///
    /// # Errors
    /// [`Error::Argument`] for a setting of the rule or a learning rate outside its range, for no
    /// parameters, and for two different ones of one name.
    pub fn new(rule: impl Rule, learning_rate: f64, parameters: Vec<(String, Parameter)>) -> Result<Self> {
        Self::of_groups(vec![ParameterGroup::new(rule, learning_rate, parameters)])
    }

    /// An optimiser of several groups. A parameter belongs to the first one that has it.
    ///
    /// # Errors
    /// As [`Optimiser::new`].
    pub fn of_groups(groups: Vec<ParameterGroup>) -> Result<Self> {
        let (mut kept, mut group_of): (Vec<(String, Parameter)>, _) = (Vec::new(), Vec::new());
        let mut rules = Vec::new();
        for (number, group) in groups.into_iter().enumerate() {
            group.rule.check()?;
            check_learning_rate(group.learning_rate)?;
            for (name, parameter) in group.parameters {
                if parameter.is_buffer() || kept.iter().any(|(_, known)| known.is_same(&parameter)) {
                    continue;
                }
                if kept.iter().any(|(known, _)| *known == name) {
                    return Err(wrong_list(format!("two different `{name}`"), "a name for each"));
                }
                kept.push((name, parameter));
                group_of.push(number);
            }
            rules.push((group.rule, group.learning_rate));
        }
        ensure(rules.len() == 1 || rules.iter().all(|(rule, _)| rule.evaluates().is_none()), || {
            wrong_list(format!("{} groups", rules.len()), "one group for L-BFGS")
        })?;
        if kept.is_empty() {
            return Err(wrong_list("empty".into(), "at least one that is trained"));
        }
        let memories = vec![ParameterMemory::default(); kept.len()];
        let learning_rates = rules.iter().map(|(_, rate)| *rate).collect();
        let progress = Mutex::new(OptimiserProgress { steps: 0, learning_rates, memories, lbfgs: None });
        Ok(Self(Arc::new(OptimiserInner { groups: rules, parameters: kept, group_of, progress })))
    }

    fn progress(&self) -> MutexGuard<'_, OptimiserProgress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves every parameter that has a gradient, by that and what was accumulated; the others are left
    /// alone.
    ///
    /// # Errors
    /// Those of the operations; parameters before the one that failed have moved. [`Error::State`] for
    /// L-BFGS.
    pub fn step(&self, gradients: &Gradients) -> Result<()> {
        ensure(self.lbfgs().is_none(), lbfgs::needs_closure)?;
        let mut progress = self.progress();
        let OptimiserProgress { learning_rates, memories, .. } = &mut *progress;
        let parameters = self.0.parameters.iter().zip(&self.0.group_of);
        #[cfg(feature = "cube")]
        let mut on_gpu = vec![];
        for (((name, parameter), &group), memory) in parameters.zip(memories) {
            let rule = &*self.0.groups[group].0;
            memory.accumulate(parameter.gradient(gradients))?;
            let Some(gradient) = memory.gradient.take() else { continue };
            let mut value = parameter.lock();
            same_spec(name, &value, &gradient)?;
            memory.prepare(rule, &value)?;
            let step = OptimiserStep { learning_rate: learning_rates[group], number: memory.steps + 1 };
            #[cfg(feature = "cube")]
            if let Some(step) = rule.on_gpu(step).filter(|_| gpu::applies(&value)) {
                on_gpu.push(gpu::Move { step, value, gradient, memory });
                continue;
            }
            if fused::applies(&value) {
                fused::step(rule, step, &mut value, &gradient, &mut memory.moments)?;
            } else {
                let moved = no_grad(|| rule.plain(step, &value, &gradient, &mut memory.moments))?;
                *value = moved.track_as(&value);
            }
            memory.steps += 1;
        }
        #[cfg(feature = "cube")]
        gpu::step(&mut on_gpu)?;
        #[cfg(feature = "cube")]
        drop(on_gpu);
        progress.steps += 1;
        Ok(())
    }

    /// A step by the gradients of what `loss` gives, which L-BFGS evaluates several times; gives the first.
    ///
    /// # Errors
    /// Those of `loss`, and as [`Optimiser::step`].
    pub fn step_with<E: From<Error>>(
        &self,
        mut loss: impl FnMut() -> Result<Tensor, E>,
    ) -> Result<Tensor, E> {
        let Some(rule) = self.lbfgs() else {
            let loss = recording(true, loss)?;
            self.step(&loss.backward()?)?;
            return Ok(loss.detach());
        };
        // `loss` may ask this optimiser something.
        let (lr, memory) = (self.learning_rate(), self.progress().lbfgs.clone());
        let (first, memory) = rule.step(lr, memory, &self.0.parameters, &mut loss)?;
        let mut progress = self.progress();
        progress.lbfgs = memory;
        progress.steps += 1;
        Ok(first)
    }

    fn lbfgs(&self) -> Option<&Lbfgs> {
        self.0.groups[0].0.evaluates()
    }

    /// Whether gradients were kept for the next step.
    pub fn has_accumulated(&self) -> bool {
        self.progress().memories.iter().any(|memory| memory.gradient.is_some())
    }

    /// Keeps gradients for the next step, which moves by the sum of all.
    ///
    /// # Errors
    /// Those of the operations. [`Error::State`] for L-BFGS.
    pub fn accumulate(&self, gradients: &Gradients) -> Result<()> {
        ensure(self.lbfgs().is_none(), lbfgs::needs_closure)?;
        let mut progress = self.progress();
        let mut parameters = self.0.parameters.iter().zip(&mut progress.memories);
        parameters.try_for_each(|((_, parameter), memory)| memory.accumulate(parameter.gradient(gradients)))
    }

    /// The learning rate of the next step; of several groups that of the first.
    pub fn learning_rate(&self) -> f64 {
        self.progress().learning_rates[0]
    }

    /// The learning rates of the next step, one for each group.
    pub fn learning_rates(&self) -> Vec<f64> {
        self.progress().learning_rates.clone()
    }

    /// The learning rates that the groups were made with.
    pub fn initial_learning_rates(&self) -> Vec<f64> {
        self.0.groups.iter().map(|(_, rate)| *rate).collect()
    }

    /// Sets the learning rate of the steps to come; of several groups that of the first, and those of the
    /// others so that their ratios are those that they were made with.
    ///
    /// # Errors
    /// [`Error::Argument`] for one below 0 or not finite.
    pub fn set_learning_rate(&self, learning_rate: f64) -> Result<()> {
        let initial = self.initial_learning_rates();
        let ratio = |rate: &f64| if *rate == initial[0] { 1.0 } else { rate / initial[0] };
        self.set_learning_rates(&initial.iter().map(|rate| learning_rate * ratio(rate)).collect::<Vec<_>>())
    }

    /// Sets the learning rate of each group.
    ///
    /// # Errors
    /// [`Error::Argument`] for one below 0 or not finite, and for another number of them than of groups.
    pub fn set_learning_rates(&self, rates: &[f64]) -> Result<()> {
        rates.iter().try_for_each(|&rate| check_learning_rate(rate))?;
        ensure(rates.len() == self.0.groups.len(), || {
            let expected = format!("one for each of the {} groups", self.0.groups.len());
            Error::argument("optimiser", "the list of learning rates", format!("{rates:?}"), expected)
        })?;
        self.progress().learning_rates = rates.to_vec();
        Ok(())
    }

    /// How many steps were made.
    pub fn steps(&self) -> u64 {
        self.progress().steps
    }

    /// The parameters that are moved.
    pub fn parameters(&self) -> &[(String, Parameter)] {
        &self.0.parameters
    }

    /// The rules of all groups: how parameters move.
    pub fn describe(&self) -> String {
        self.0.groups.iter().map(|(rule, _)| rule.describe()).collect::<Vec<_>>().join("; ")
    }

    /// A number that the handles of one optimiser share and no other optimiser alive has.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether two handles are of one optimiser.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl ParameterMemory {
    fn accumulate(&mut self, gradient: Option<&Tensor>) -> Result<()> {
        let Some(gradient) = gradient else { return Ok(()) };
        self.gradient = Some(match self.gradient.take() {
            Some(before) => before.add(gradient)?,
            None => gradient.clone(),
        });
        Ok(())
    }

    /// Zeros before the first step; on the device and in the element type of the parameter after its module
    /// was moved or converted.
    fn prepare(&mut self, rule: &dyn Rule, value: &Tensor) -> Result<()> {
        if self.moments.is_empty() {
            let zeros = rule.moments().iter().map(|_| value.zeros_like());
            self.moments = zeros.collect::<Result<_>>()?;
        }
        for moment in &mut self.moments {
            *moment = moment.to_device(value.device())?.cast(value.dtype())?;
        }
        Ok(())
    }
}

/// Refuses a gradient that was taken before the parameter was moved or converted.
fn same_spec(name: &str, value: &Tensor, gradient: &Tensor) -> Result<()> {
    if value.spec() == gradient.spec() && value.device() == gradient.device() {
        return Ok(());
    }
    Err(Error::State(format!(
        "step: the gradient of `{name}` is {} on {}, expected {} on {}",
        gradient.spec(),
        gradient.device(),
        value.spec(),
        value.device()
    )))
}

fn wrong_list(found: String, expected: &str) -> Error {
    Error::argument("optimiser", "the list of parameters", found, expected)
}

fn check_learning_rate(learning_rate: f64) -> Result<()> {
    rule::within("the learning rate", learning_rate, 0.0..f64::INFINITY)
}

impl fmt::Display for Optimiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.progress();
        write!(
            f,
            "{}, learning rate {}, {} steps on {} tensors",
            self.describe(),
            progress.learning_rates.iter().map(f64::to_string).collect::<Vec<_>>().join(" and "),
            progress.steps,
            self.0.parameters.len()
        )
    }
}
